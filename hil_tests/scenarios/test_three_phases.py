"""boards/sim/three_phases.json in virtual time, over real drivers and bytes: a one-phase AC pile on L1, a
one-phase V2G bay on L2, a rotated three-phase one, unequal breakers. The plant judges the breakers.
"""

import json
import random

from firmware.codes_phases import LIMIT_PHASE_1, LIMIT_PHASE_2, LIMIT_PHASE_3, PHASE_BACK, PHASE_SILENT
from hil_tests.faults.scene import LIMIT_IOA, Scene
from tools.board_lines import with_lines
from tools.child import ROOT

PILE, SMALL, LARGE = 0, 1, 2
CUT_MS = 3_000  # meter, cycle, bus and the converters' own way
PILE_CUT_MS = 6_000  # and a vehicle's, which has 5 s


def example(pile_phases=1):
    """The pile with so many phases, and a one-phase car at it."""
    raw = json.loads((ROOT / "boards/sim/three_phases.json").read_text())
    raw["telecontrol"]["port"] = 2404
    raw["control"]["validity_s"] = 0
    pile = raw["bays"][PILE]
    pile["phases"] = [1, 2, 3][:pile_phases]
    pile["pilot"]["phases"] = pile_phases
    pile["rating_w"] = 7_360 * pile_phases
    raw["plant"]["bays"][PILE]["lines"] = [1, 2, 3]
    return with_lines(raw, "sim")


class Phases(Scene):
    def __init__(self, pile_phases=1):
        super().__init__(raw=example(pile_phases))
        self.run(1_500)
        assert self.order(-25)
        self.run(28_000)

    def household(self, phase, w):
        self.plant.inject("site_load", w=w, phase=phase)

    def bays_w(self):
        return [converter.ac_w for converter in self.plant.converters]

    def phases_w(self):
        return self.plant.state()["phase_w"]


def test_evcc_29532_on_real_bytes():
    """The household overloads L2: the pile's car on L1 goes on, those on L2 are cut in time."""
    s = Phases()
    pile_w, small_w, large_w = s.bays_w()
    assert pile_w > 4_000 and small_w > 2_000 and large_w > 5_000
    assert s.plant.breakers.longest_ms == [0, 0, 0]
    s.household(2, 8_500)
    s.run(CUT_MS)
    after_w = s.bays_w()
    assert abs(after_w[SMALL]) < 50 and abs(after_w[LARGE]) < 50
    assert after_w[PILE] > pile_w - 200
    s.run(20_000)
    assert s.bays_w()[PILE] > 7_000  # what the others left on L1 is its own now
    assert s.image.bays[SMALL].limit_hi.value == LIMIT_PHASE_2
    assert s.plant.breakers.longest_ms[0] == 0
    assert LIMIT_PHASE_2 in (s.master.values[LIMIT_IOA][0], s.image.bays[LARGE].limit_hi.value)


def test_evcc_29532_one_phase_car_at_a_three_phase_pile():
    """Its lines tell which phase the car uses; a pause does not make that forgotten, another car does."""
    s = Phases(pile_phases=3)
    pile = s.image.bays[PILE]
    before_w = s.bays_w()[PILE]
    assert before_w > 2_000 and pile.idle_lines.value == 0b110
    assert s.plant.breakers.longest_ms == [0, 0, 0]
    s.household(2, 8_500)
    s.household(3, 6_500)
    s.run(25_000)
    assert s.bays_w()[PILE] > before_w + 1_000  # alone on L1
    assert s.image.phases[1].room_hi_w.value == s.image.phases[2].room_hi_w.value == 0
    assert s.phases_w()[0] <= 400 * 23
    s.household(1, 9_000)
    s.run(20_000)
    assert s.bays_w()[PILE] == 0 and pile.idle_lines.value == 0b110
    s.household(1, 1_000)
    s.run(40_000)
    assert s.bays_w()[PILE] > before_w
    s.plant.inject("vehicle_unplugged", bay=PILE)
    s.run(3_000)
    assert pile.idle_lines.value == 0 and pile.limit_hi.value != LIMIT_PHASE_1


def test_a_meter_that_loses_one_phase_closes_that_phase():
    s = Phases()
    stores = [face.store.stores[1].registers for face in s.rig.faces]
    twin = next(store for store in stores if hasattr(store, "_twin"))._twin
    twin.forced = {0x0E: 0x7FC0, 0x0F: 0}  # no number
    s.run(5_000)
    assert (PHASE_SILENT, 2) in [event[1:] for event in s.events]
    assert s.image.phases[1].room_hi_w.value == 350 * 2070 // 100 - 3_000
    assert s.image.phases[0].room_hi_w.value == 400 * 2070 // 100 - 1_000
    twin.forced = {}
    s.run(3_000)
    assert (PHASE_BACK, 2) in [event[1:] for event in s.events]


def test_random_households_never_hold_a_breaker_over_its_rating():
    """20 jumps of single phases, every 6 s; the pile's car is the slowest to answer."""
    s = Phases()
    dice = random.Random(22770)
    bound = set()
    for _ in range(20):
        s.household(dice.randint(1, 3), dice.randint(0, 8_000))
        s.order(dice.choice((-25, -25, -12, 15)))
        s.run(6_000)
        bound.add(s.station.limit.value)
    longest = s.plant.breakers.longest_ms
    assert longest[0] <= PILE_CUT_MS and max(longest[1:]) <= CUT_MS, longest
    assert {LIMIT_PHASE_1, LIMIT_PHASE_2, LIMIT_PHASE_3} & bound
