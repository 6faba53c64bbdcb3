"""No phase stays over its breaker, whatever the household does on it and whatever the bays do: true sums of
each phase, bays of one to three phases that may be deaf, mute, stuck or tripped, behind a late meter.

While the loads stand still the breakers hold at every instant. After a load has jumped, a phase may be over
for the reaction time: until the meter has shown it, the firmware has answered, and the slowest bay is there.
"""

from hypothesis import given, settings, target
from hypothesis import strategies as st

from firmware.config import validate
from hil_tests.scenarios.property_support import COMMON, SOCS, WRAP, raw_config
from hil_tests.scenarios.site_model import STEP_MS, MeterModel, Site
from hil_tests.scenarios.test_site_property import BAY_MODELS, BayModel, Physics

CYCLE_MS, PERIOD_MS, LEASE_MS = 100, 200, 2_000
VOLTAGE_DV = 2300
MOST_LOAD_W = 8_000
WIRINGS = ([1], [2], [3], [1, 2, 3], [2, 3, 1], [3, 1])


class PhasedSite(Site):
    """Loads and bays on L1, L2 and L3; one meter that shows all of them."""

    def __init__(self, bays, wirings, loads_w, late_ms):
        meter = MeterModel(PERIOD_MS, late_ms)
        super().__init__(bays, meter, float(sum(loads_w)), CYCLE_MS, WRAP - 4_000)
        self.load_bounds_w = (-1e6, 1e6)
        self.wirings = wirings
        self.loads_w = list(loads_w)
        self.meters = [MeterModel(PERIOD_MS, late_ms) for _ in range(3)]

    def phase_w(self, p):
        shares = (bay.power_w / len(w) for bay, w in zip(self.bays, self.wirings) if p + 1 in w)
        return self.loads_w[p] + sum(shares)

    def _models(self):
        self.load_w = float(sum(self.loads_w))
        super()._models()
        for p, meter in enumerate(self.meters):
            meter.silent = self.meter.silent
            shown_w = meter.step(self.now_ms, self.phase_w(p))
            if shown_w is not None:
                self.image.phases[p].grid_power_w.put(shown_w, self.tick())


class PhasedPhysics(Physics):
    """The judge at the three breakers."""

    def __init__(self, models, wirings, breakers_da, late_ms):
        self.bays = [BayModel(r, slew, w, d, rep, 100, LEASE_MS) for r, slew, w, d, rep in models]
        phases = [
            {"breaker_da": da, "voltage_dv": VOLTAGE_DV, "load_min_w": 0, "load_max_w": MOST_LOAD_W,
             "load_w_per_s": 0}
            for da in breakers_da
        ]
        site = {
            "import_max_w": 100_000, "export_max_w": 100_000, "meter_latency_ms": late_ms + CYCLE_MS,
            "load_min_w": 0, "load_max_w": 3 * MOST_LOAD_W, "phases": phases,
        }
        rows = [(bay.rating_w, bay.response_ms() + CYCLE_MS, True) for bay in self.bays]
        raw = raw_config(rows, site, {"ramp_w_per_s": 30_000, "validity_s": 0}, 1_000)
        for row, wiring in zip(raw["bays"], wirings):
            row["phases"] = wiring
        self.config = validate(raw)
        self.site = PhasedSite(self.bays, wirings, [0.0, 0.0, 0.0], late_ms)
        self.breakers_w = [da * VOLTAGE_DV // 100 for da in breakers_da]
        self.order_w = 0
        self.over_ms = [0, 0, 0]
        self.grace_ms = [0, 0, 0]
        self.late_ms = late_ms
        self.worst_ms = 0
        self.restart()

    def reaction_ms(self):
        slowest_ms = max(bay.response_ms() for bay in self.bays)
        return self.late_ms + PERIOD_MS + 2 * CYCLE_MS + slowest_ms

    def judge(self, site):
        for p in range(3):
            limit_w = self.breakers_w[p] + 1 + len(self.bays)  # measurements are rounded to 1 W
            power_w = site.phase_w(p)
            over = power_w > max(limit_w, site.loads_w[p]) or power_w < min(-limit_w, site.loads_w[p])
            self.over_ms[p] = self.over_ms[p] + STEP_MS if over else 0
            self.grace_ms[p] = max(0, self.grace_ms[p] - STEP_MS)
            if over:
                assert self.grace_ms[p], (site.now_ms, p, power_w, self.breakers_w[p], self.state())
                self.worst_ms = max(self.worst_ms, self.over_ms[p])

    def tell(self, event, value):
        """A bay that hears nothing ends with its lease, a silent meter with its age limit; nothing cuts one
        that is stuck, so no load jumps on its phases meanwhile.
        """
        if event == "load":
            p, load_w = value
            bays = [bay for bay, w in zip(self.bays, self.site.wirings) if p + 1 in w]
            if any(bay.stuck for bay in bays):
                return
            self.site.loads_w[p] = float(load_w)
            self.grace_ms[p] = self.reaction_ms()
            if self.site.meter.silent or any(bay.deaf for bay in bays):
                self.grace_ms[p] += LEASE_MS + CYCLE_MS
        elif event != "stuck" or not any(self.grace_ms):
            super().tell(event, value)
        if event == "meter" or event == "deaf":
            self.grace_ms = [ms and ms + LEASE_MS + CYCLE_MS for ms in self.grace_ms]


LOADS = st.tuples(st.just("load"), st.tuples(st.integers(0, 2), st.integers(0, MOST_LOAD_W)))
EVENTS = st.one_of(
    LOADS, LOADS, LOADS,
    st.tuples(st.just("order"), st.sampled_from([-45_000, 45_000, 12_000, -9_000])),
    st.tuples(st.just("wait"), st.sampled_from([100, 1_500, 4_000, 8_000])),
    st.tuples(st.sampled_from(("deaf", "mute", "tripped", "stuck")), st.integers(0, 2)),
    st.tuples(st.just("well"), st.integers(0, 2)),
    st.tuples(st.just("meter"), st.booleans()),
    st.tuples(st.just("soc"), st.tuples(st.integers(0, 2), SOCS)),
    st.tuples(st.just("restart"), st.none()),
)


@settings(max_examples=20, **COMMON)
@given(
    models=st.lists(st.tuples(BAY_MODELS, st.sampled_from(WIRINGS)), min_size=2, max_size=4),
    breakers=st.lists(st.integers(100, 600), min_size=3, max_size=3),
    late_ms=st.sampled_from([5, 250]),
    story=st.lists(EVENTS, min_size=4, max_size=25),
)
def test_no_phase_stays_over_its_breaker(models, breakers, late_ms, story):
    physics = PhasedPhysics([m for m, _ in models], [w for _, w in models], breakers, late_ms)
    physics.order(45_000)
    physics.run(4_000)
    for event, value in story:
        physics.tell(event, value)
        physics.run(value if event == "wait" else 300)
    physics.run(3_000)
    target(physics.worst_ms)
