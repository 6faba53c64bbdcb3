"""Promise 1 of the design, whatever comes: no command outside the envelope, no true power beyond the site's
limits.

`Inputs` feeds one controller with anything a wire could bring and judges every step by an oracle of its own
(intervals by fractions, ages in unbounded milliseconds). `Physics` lets the firmware drive the bays of
site_model.py, which may be deaf, mute, stuck or tripped, and judges the true sum at the connection. `Whole`
does so with the product's own drivers on the bytes of the plant simulator.
"""

from fractions import Fraction

from hypothesis import HealthCheck, given, settings, target
from hypothesis import strategies as st

from firmware.assembly import make_image
from firmware.config import validate
from firmware.controller import Controller
from hil_tests.rig.setups import station
from hil_tests.rig.virtual import VirtualRig
from hil_tests.scenarios.site_model import BayModel, MeterModel, Site

WRAP = 1 << 30
COMMON = {
    "deadline": None,
    "print_blob": True,
    "suppress_health_check": [
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
}


def raw_config(bays, site, control, meter_max_age_ms=1000, period_ms=200):
    """`bays`: (rating_w, response_ms, bidirectional) of each."""
    return {
        "site": {"meter": "grid", **site},
        "buses": [{"name": "b", "kind": "tcp", "host": "h"}],
        "meters": [{"name": "grid", "bus": "b", "period_ms": period_ms, "max_age_ms": meter_max_age_ms}],
        "bays": [
            {
                "name": "bay%d" % i,
                "rating_w": rating_w,
                "bidirectional": bidirectional,
                "converter": {"bus": "b", "response_ms": response_ms, "lease_ms": 2000, "max_age_ms": 500},
            }
            for i, (rating_w, response_ms, bidirectional) in enumerate(bays)
        ],
        "control": control,
    }


def firmware_of(config):
    image = make_image(config)
    return image, Controller(image, config)


# --- every input may be anything ----------------------------------------------------------------------


class Known:
    """What the oracle knows of one signal: staleness latches until the next sample."""

    def __init__(self, max_age_ms):
        self.max_age_ms = max_age_ms
        self.value = None
        self.at_ms = 0

    def put(self, value, now_ms):
        self.value, self.at_ms = value, now_ms

    def look(self, now_ms):
        """The value, None when it is unknown or too old at this step."""
        if self.value is not None and now_ms - self.at_ms > self.max_age_ms:
            self.value = None
        return self.value


def allowed_interval(row, power_w, state, soc_bp):
    """Where a command of this bay may lie, in W, exact; None = unknown."""
    if power_w is None or abs(power_w) > 10_000_000 or state not in (1, 2):
        return 0, 0
    if soc_bp is None or not 0 <= soc_bp <= 10_000:
        return 0, 0
    battery = row["battery"]
    up = Fraction(battery["soc_max_bp"] - soc_bp, battery["taper_bp"])
    down = Fraction(soc_bp - battery["soc_min_bp"], battery["taper_bp"])
    hi = row["rating_w"] * min(Fraction(1), max(Fraction(0), up))
    lo = -row["rating_w"] * min(Fraction(1), max(Fraction(0), down)) if row["bidirectional"] else 0
    return lo, hi


class Inputs:
    """One controller, inputs put by name and bay, and the oracle's own notes of them."""

    def __init__(self, config, start_tick):
        self.config = config
        self.image, self.controller = firmware_of(config)
        self.start_tick = start_tick
        self.now_ms = 0
        self.controller.start(start_tick)
        ages = [
            {
                "power_w": row["converter"]["max_age_ms"],
                "state": row["converter"]["max_age_ms"],
                "soc_bp": row["battery"]["max_age_ms"],
            }
            for row in config["bays"]
        ]
        self.known = [{name: Known(age) for name, age in bay.items()} for bay in ages]
        self.meter = Known(config["meters"][0]["max_age_ms"])

    def tick(self):
        return (self.start_tick + self.now_ms) % WRAP

    def put(self, bay, name, value):
        self.known[bay][name].put(value, self.now_ms)
        getattr(self.image.bays[bay], name).put(value, self.tick())

    def fail(self, bay, name):
        self.known[bay][name].value = None
        getattr(self.image.bays[bay], name).fail()

    def put_meter(self, value):
        self.meter.put(value, self.now_ms)
        self.image.station.grid_power_w.put(value, self.tick())

    def order(self, name, value):
        getattr(self.image.station, name).put(value, self.tick())

    def step(self, dt_ms):
        self.now_ms += dt_ms
        self.controller.step(self.tick())
        self.judge()

    def judge(self):
        commands = []
        for row, bay, known in zip(self.config["bays"], self.image.bays, self.known):
            lo, hi = allowed_interval(
                row, *[known[n].look(self.now_ms) for n in ("power_w", "state", "soc_bp")]
            )
            command_w = bay.command_w.value
            assert lo <= command_w <= hi, (bay.command_w.name, lo, command_w, hi)
            assert bay.envelope_lo_w.value <= 0 <= bay.envelope_hi_w.value
            assert lo <= bay.envelope_lo_w.value and bay.envelope_hi_w.value <= hi
            assert bay.envelope_lo_w.value <= command_w <= bay.envelope_hi_w.value
            assert (bay.command_w.quality, bay.command_w.time) == (2, self.tick())
            commands.append(command_w)
        self.judge_sum(commands)

    def judge_sum(self, commands):
        station = self.image.station
        assert station.envelope_lo_w.value <= 0 <= station.envelope_hi_w.value
        assert station.envelope_lo_w.value <= sum(commands) <= station.envelope_hi_w.value
        assert station.command_w.value == sum(commands)
        assert min(commands) >= 0 or max(commands) <= 0  # never one bay into the other
        meter_w = self.meter.look(self.now_ms)
        if meter_w is None or abs(meter_w) > 10_000_000:
            site = self.config["site"]
            assert sum(commands) <= max(0, site["import_max_w"] - site["load_max_w"])
            assert sum(commands) >= min(0, -site["export_max_w"] - site["load_min_w"])


POWERS = st.one_of(
    st.integers(-30_000, 30_000), st.sampled_from([0, 2**31, -(2**31), 10_000_001, -10_000_000])
)
BAY_INPUTS = {
    "power_w": POWERS,
    "state": st.sampled_from([2, 2, 2, 1, 0, 3, 7, -1]),
    "soc_bp": st.one_of(st.integers(1_500, 9_500), st.sampled_from([-1, 0, 10_000, 10_001, 65_535])),
}
STATION_INPUTS = {
    "agc_w": st.integers(-80_000, 80_000),
    "schedule_w": st.integers(-10_000_000, 10_000_000),
    "master_alive": st.just(1),
    "agc_enabled": st.integers(0, 1),
    "local": st.sampled_from([0, 0, 0, 1]),
}


def bay_input(name):
    return st.tuples(st.just("bay"), st.integers(0, 3), st.just(name), BAY_INPUTS[name])


def station_input(name):
    return st.tuples(st.just("station"), st.just(0), st.just(name), STATION_INPUTS[name])


ACTIONS = st.one_of(
    *[bay_input(name) for name in BAY_INPUTS],
    *[station_input(name) for name in STATION_INPUTS],
    st.tuples(st.just("fail"), st.integers(0, 3), st.sampled_from(sorted(BAY_INPUTS)), st.none()),
    st.tuples(st.just("withdraw"), st.just(0), st.just("agc_w"), st.none()),
    st.tuples(st.just("meter"), st.just(0), st.just(""), POWERS),
    st.tuples(st.just("good"), st.integers(0, 3), st.just(""), st.integers(2_500, 8_500)),
)
TIMES = st.one_of(st.sampled_from([0, 10, 100, 100, 100, 500, 501, 60_000]), st.integers(0, 60_000))
TURNS = st.lists(st.tuples(TIMES, st.lists(ACTIONS, max_size=6)), min_size=1, max_size=40)
STARTS = st.sampled_from([0, WRAP - 1, WRAP - 700, WRAP - 61_000, WRAP // 2 - 300])
FALLBACKS = st.sampled_from(["hold", "ramp_to_zero"])


def act(inputs, action):
    kind, bay, name, value = action
    bay = bay % len(inputs.known)
    if kind == "bay":
        inputs.put(bay, name, value)
    elif kind == "station":
        inputs.order(name, value)
    elif kind == "fail":
        inputs.fail(bay, name)
    elif kind == "withdraw":
        inputs.image.station.agc_w.fail()
    elif kind == "meter":
        inputs.put_meter(value)
    else:
        for key, sample in (
            ("power_w", inputs.image.bays[bay].command_w.value),
            ("state", 2),
            ("soc_bp", value),
        ):
            inputs.put(bay, key, sample)


@settings(max_examples=250, **COMMON)
@given(
    bays=st.lists(
        st.tuples(st.integers(100, 30_000), st.sampled_from([200, 1500]), st.booleans()),
        min_size=1,
        max_size=4,
    ),
    limits=st.tuples(*[st.integers(0, 60_000)] * 2, *[st.integers(-20_000, 20_000)] * 2),
    control=st.tuples(st.integers(1, 1_000_000), FALLBACKS),
    start=STARTS,
    turns=TURNS,
)
def test_no_command_outside_the_envelope(bays, limits, control, start, turns):
    import_w, export_w, load_a, load_b = limits
    site = {
        "import_max_w": import_w,
        "export_max_w": export_w,
        "load_min_w": min(load_a, load_b),
        "load_max_w": max(load_a, load_b),
    }
    ramp, fallback = control
    config = validate(raw_config(bays, site, {"ramp_w_per_s": ramp, "fallback": fallback, "validity_s": 60}))
    inputs = Inputs(config, start)
    for dt_ms, actions in turns:
        for action in actions:
            act(inputs, action)
        inputs.step(dt_ms)


# --- what really flows ---------------------------------------------------------------------------------

LOAD_W = 4_000
CYCLE_MS = 100
BAY_MODELS = st.tuples(
    st.sampled_from([5_000, 10_000, 15_000]),  # rating
    st.sampled_from([3_000, 10_000, 30_000, 1_000_000]),  # slew per s
    st.sampled_from([5, 20, 100]),  # write
    st.sampled_from([5, 50, 200]),  # dead time
    st.sampled_from([5, 30]),  # report
)
SOCS = st.sampled_from([1_900, 5_000, 8_700, 9_100])  # empty, free both ways, tapered, full
FAULTS = ("deaf", "mute", "tripped", "stuck")
STORY_EVENTS = st.one_of(
    st.tuples(st.just("order"), st.integers(-45_000, 45_000)),
    st.tuples(st.just("order"), st.sampled_from([-45_000, 45_000])),
    st.tuples(st.just("wait"), st.sampled_from([100, 500, 1_500, 4_000, 8_000])),
    st.tuples(st.sampled_from(FAULTS), st.integers(0, 2)),
    st.tuples(st.just("dead"), st.integers(0, 2)),  # deaf and mute at once
    st.tuples(st.just("well"), st.integers(0, 2)),
    st.tuples(st.just("meter"), st.booleans()),
    st.tuples(st.just("soc"), st.tuples(st.integers(0, 2), SOCS)),
    st.tuples(st.just("soc"), st.tuples(st.integers(0, 2), SOCS)),
    st.tuples(st.just("stall"), st.sampled_from([300, 1_000, 3_000])),
    st.tuples(st.just("restart"), st.none()),
)
STORY = st.lists(STORY_EVENTS, min_size=4, max_size=30)


class Physics:
    """A site with models, a firmware, and the judge at the connection."""

    def __init__(self, models, limits, ramp_w_per_s, meter=(250, 1_000), margin_w=0):
        """`limits`: (import_w, export_w); `meter`: (how late, age limit) in ms; `margin_w`: beyond limits."""
        import_w, export_w = limits
        late_ms, max_age_ms = meter
        self.bays = [BayModel(r, slew, w, d, rep, 100, 2_000) for r, slew, w, d, rep in models]
        site = {
            "import_max_w": import_w,
            "export_max_w": export_w,
            "meter_latency_ms": late_ms + CYCLE_MS,
            "load_min_w": 0,
            "load_max_w": 12_000,
        }
        rows = [(bay.rating_w, bay.response_ms() + CYCLE_MS, True) for bay in self.bays]
        control = {"ramp_w_per_s": ramp_w_per_s, "validity_s": 0}
        self.config = validate(raw_config(rows, site, control, max_age_ms))
        self.site = Site(self.bays, MeterModel(200, late_ms), float(LOAD_W), CYCLE_MS, WRAP - 4_000)
        self.import_w = import_w + margin_w + 1 + len(self.bays)  # measurements are rounded to 1 W
        self.export_w = export_w + margin_w + 1 + len(self.bays)
        self.order_w = 0
        self.worst_w = -1e6  # beyond the limits
        self.restart()

    def leave(self, charging, percents):
        """What somebody else left behind: power one way, within the limits, its leases still running."""
        for bay, percent in zip(self.bays, percents):
            if charging:
                power_w = min(bay.rating_w, self.import_w - 4 - self.site.sum_w())
            else:
                power_w = -min(bay.rating_w, self.export_w - 4 + self.site.sum_w())
            bay.leave(power_w * percent / 100, 2_000)

    def restart(self):
        image, controller = firmware_of(self.config)
        self.site.start_firmware(image, controller)
        self.order(self.order_w)

    def order(self, power_w):
        self.order_w = power_w
        self.site.image.station.agc_w.put(power_w, self.site.tick())

    def run(self, duration_ms):
        self.site.advance(duration_ms, self.judge, self.judge_step)

    def judge(self, site):
        sum_w = site.sum_w()
        self.worst_w = max(self.worst_w, sum_w - self.import_w, -self.export_w - sum_w)
        assert -self.export_w <= sum_w <= self.import_w, (site.now_ms, sum_w, self.state())

    def judge_step(self, site):
        for bay in site.image.bays:
            assert bay.envelope_lo_w.value <= bay.command_w.value <= bay.envelope_hi_w.value

    def state(self):
        """For the reader of a failure."""
        station = self.site.image.station
        rows = [
            (
                bay.command_w.value,
                round(model.power_w),
                bay.booked_lo_w.value,
                bay.booked_hi_w.value,
                bay.silent.value,
            )
            for bay, model in zip(self.site.image.bays, self.bays)
        ]
        return rows, station.base_lo_w.value, station.base_hi_w.value

    def tell(self, event, value):
        if event == "order":
            self.order(value)
        elif event == "meter":
            self.site.meter.silent = value
        elif event == "soc":
            self.site.soc_bp[value[0] % len(self.bays)] = value[1]
        elif event == "drift":
            self.site.load_w_per_s = value
        elif event == "restart":
            self.restart()
        elif event == "stall":
            self.site.stalled = True
            self.run(value)
            self.site.stalled = False
        elif event != "wait":
            self.touch(self.bays[value % len(self.bays)], event)

    @staticmethod
    def touch(bay, event):
        if event == "well":
            bay.deaf = bay.mute = bay.stuck = bay.tripped = False
        elif event == "dead":
            bay.deaf = bay.mute = True
        else:
            setattr(bay, event, True)
        if bay.mute:
            bay.stuck = False  # out of sight and beyond its own lease: nothing is left to rely on


@settings(max_examples=120, **COMMON)
@given(
    models=st.lists(BAY_MODELS, min_size=2, max_size=3),
    limits=st.tuples(st.integers(LOAD_W, 30_000), st.integers(0, 20_000)),
    ramp=st.sampled_from([1_000, 6_000, 30_000, 1_000_000]),
    meter=st.tuples(st.sampled_from([5, 250, 1_200]), st.sampled_from([500, 1_000, 10_000])),
    before=st.tuples(st.booleans(), st.lists(st.integers(0, 100), min_size=3, max_size=3)),
    story=STORY,
)
def test_the_true_sum_stays_within_the_sites_limits(models, limits, ramp, meter, before, story):
    physics = Physics(models, limits, ramp, meter)
    physics.leave(*before)
    physics.run(300)
    for event, value in story:
        physics.tell(event, value)
        physics.run(value if event == "wait" else 300)
    physics.run(3_000)
    target(physics.worst_w)


DRIFT_W_PER_S = 500  # what the configuration states by default
DRIFTS = st.tuples(st.just("drift"), st.integers(-DRIFT_W_PER_S, DRIFT_W_PER_S))
QUICK_MODELS = st.tuples(
    st.sampled_from([5_000, 10_000, 15_000]),
    st.sampled_from([10_000, 30_000, 1_000_000]),
    st.sampled_from([5, 20, 100]),
    st.sampled_from([5, 50, 200]),
    st.sampled_from([5, 30]),
)


def drift_margin_w(bays, late_ms, max_age_ms):
    """What the load may gain unseen: while bays move, their commands (two response times) and the meter's
    window (twice its latency) blur its samples; then the answer must reach the terminals.
    """
    response_ms = max(bay.response_ms() + bay.poll_ms for bay in bays) + CYCLE_MS
    blurred_ms = 2 * (response_ms + late_ms + 2 * CYCLE_MS + 200)
    answer_ms = late_ms + max_age_ms + CYCLE_MS + response_ms
    return DRIFT_W_PER_S * (blurred_ms + answer_ms) // 1000


@settings(max_examples=80, **COMMON)
@given(
    models=st.lists(QUICK_MODELS, min_size=2, max_size=3),
    limits=st.tuples(st.integers(12_000, 30_000), st.integers(0, 20_000)),
    ramp=st.sampled_from([1_000, 6_000, 30_000]),
    story=st.lists(st.one_of(STORY_EVENTS, DRIFTS, DRIFTS), min_size=4, max_size=30),
)
def test_a_load_that_drifts_as_stated_costs_no_more_than_the_stated_margin(models, limits, ramp, story):
    late_ms, max_age_ms = 250, 500
    bays = [BayModel(r, slew, w, d, rep, 100, 2_000) for r, slew, w, d, rep in models]
    margin_w = drift_margin_w(bays, late_ms, max_age_ms)
    physics = Physics(models, limits, ramp, (late_ms, max_age_ms), margin_w)
    physics.site.load_bounds_w = (0, 12_000)
    physics.run(300)
    for event, value in story:
        if event in ("stall", "restart"):
            continue  # while the firmware stands, its margin grows
        physics.tell(event, value)
        physics.run(value if event == "wait" else 300)
    physics.run(3_000)
    target(physics.worst_w)


# --- the same with the product's drivers and the plant simulator --------------------------------------

STANDBY_W = 100  # what three idle converters draw beside their orders, and the meter's mean over its interval
PLANT_STORY = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.sampled_from([-45_000, -20_000, 0, 20_000, 45_000])),
        st.tuples(st.just("wait"), st.sampled_from([200, 1_000, 5_000])),
        st.tuples(
            st.just("inject"), st.sampled_from(["converter_silent", "converter_deaf", "converter_stuck"])
        ),
        st.tuples(st.just("inject"), st.sampled_from(["converter_fault", "vehicle_unplugged"])),
        st.tuples(st.just("clear"), st.just("")),
        st.tuples(st.just("meter"), st.booleans()),
        st.tuples(st.just("soc"), SOCS),
    ),
    min_size=4,
    max_size=14,
)
BAY_FAULTS = ("converter_silent", "converter_deaf", "converter_stuck", "converter_fault", "vehicle_unplugged")


class Whole:
    """The virtual rig with three bays behind a tight connection; the judge stands in the plant's substep."""

    def __init__(self, import_w, export_w):
        raw = station(bays=3, site_load_w=LOAD_W, validity_s=0)
        raw["site"].update(import_max_w=import_w, export_max_w=export_w)
        self.rig = VirtualRig(raw)
        self.rig.actors.append(self)
        self.next_ms = 0
        self.import_w = import_w + STANDBY_W
        self.export_w = export_w + STANDBY_W
        self.worst_w = -1e6
        self.rig.plant.observe(20, self.judge)

    def act(self, rig, now):
        """A master that lives."""
        if rig.ms >= self.next_ms:
            self.next_ms = rig.ms + 500
            rig.image.station.master_alive.put(1, now)

    def judge(self, plant):
        sum_w = plant.grid_w()
        self.worst_w = max(self.worst_w, sum_w - self.import_w, -self.export_w - sum_w)
        assert -self.export_w <= sum_w <= self.import_w, (plant.now_ms, sum_w, plant.state()["bays"])

    def tell(self, event, value, bay):
        plant = self.rig.plant
        if event == "order":
            self.rig.image.station.agc_w.put(value, self.rig.tick())
        elif event == "inject":
            plant.inject(value, bay=bay)
            if bay in plant.silent_bays or bay in plant.deaf_bays:
                plant.clear("converter_stuck", bay=bay)  # see Physics.touch
        elif event == "clear":
            for name in BAY_FAULTS:
                plant.clear(name, bay=bay)
        elif event == "soc":
            plant.inject("soc", bay=bay, bp=value)
        elif event == "meter":
            (plant.inject if value else plant.clear)("meter_silent")


@settings(max_examples=25, **COMMON)
@given(
    limits=st.tuples(st.integers(LOAD_W, 40_000), st.integers(0, 30_000)),
    story=PLANT_STORY,
    bays=st.lists(st.integers(0, 2), min_size=14, max_size=14),
)
def test_the_plants_meter_never_sees_more_than_the_connection_bears(limits, story, bays):
    whole = Whole(*limits)
    whole.rig.run(6_000)  # discovery, and the first bookings at their worst
    for (event, value), bay in zip(story, bays):
        whole.tell(event, value, bay)
        whole.rig.run(value if event == "wait" else 600)
    whole.rig.run(3_000)
    target(whole.worst_w)
