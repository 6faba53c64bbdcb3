"""The site's limits again, with the product's own drivers on the bytes of the plant simulator, in virtual
time: its true power stays within them, whatever is injected.
"""

from hypothesis import given, settings, target
from hypothesis import strategies as st

from hil_tests.rig.setups import station
from hil_tests.rig.virtual import VirtualRig
from hil_tests.scenarios.property_support import COMMON, LOAD_W, SOCS

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
                plant.clear("converter_stuck", bay=bay)  # beyond its lease and out of sight
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
