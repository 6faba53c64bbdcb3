"""Promise 1 of the design, whatever comes: no command outside the envelope.

One controller is fed with anything a wire could bring, and every step is judged by an oracle of its own:
intervals by fractions, ages in unbounded milliseconds.
"""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.config import validate
from hil_tests.scenarios.property_support import COMMON, WRAP, firmware_of, raw_config


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
