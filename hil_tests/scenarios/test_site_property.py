"""The true power at the connection never exceeds the site's limits while bays ramp, fail or fall silent.

`Physics` lets the firmware drive the bays of site_model.py, which may be deaf, mute, stuck or tripped, behind
a late meter, and judges the true sum every few milliseconds.
"""

from hypothesis import given, settings, target
from hypothesis import strategies as st

from firmware.config import validate
from hil_tests.scenarios.property_support import COMMON, LOAD_W, SOCS, WRAP, firmware_of, raw_config
from hil_tests.scenarios.site_model import BayModel, MeterModel, Site

CYCLE_MS = 100
BAY_MODELS = st.tuples(
    st.sampled_from([5_000, 10_000, 15_000]),  # rating
    st.sampled_from([3_000, 10_000, 30_000, 1_000_000]),  # slew per s
    st.sampled_from([5, 20, 100]),  # write
    st.sampled_from([5, 50, 200]),  # dead time
    st.sampled_from([5, 30]),  # report
)
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
