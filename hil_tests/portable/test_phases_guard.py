"""Promises and capability behind limits of each phase.

lane: heap=640k
"""

from firmware import codes
from firmware.codes_phases import LIMIT_PHASE_1
from firmware.guard.capability import HORIZONS_S
from firmware.guard.departure import MODE_NOW, MODE_V2G
from firmware.image import RESULT
from firmware.snapshot import Snapshot
from hil_tests.portable.phase_support import guarded_phases, started
from hil_tests.portable.support import no_heap


def stand(bench):
    """Long enough for a whole table of the capability and a look at the fleet."""
    bench.run(25)


def test_one_that_must_charge_on_a_full_phase_does_not_starve_the_others():
    bench = started(guarded_phases([[1], [2], [1, 2, 3]], rating_w=7000))
    for i in range(3):
        bench.session(i, target_bp=0)
    bench.session(0, mode=MODE_NOW, target_bp=8000)
    bench.loads_w = [11000, 0, 0]
    stand(bench)
    assert bench.bays[0].must.value == codes.MUST_NOW
    assert bench.commands() == [0, 7000, 0]
    assert bench.bays[0].limit_hi.value == LIMIT_PHASE_1
    bench.loads_w = [8500, 0, 0]
    bench.run(40)
    assert bench.commands() == [1500, 7000, 0]
    bench.order(-1000000)  # the others still obey
    bench.run(40)
    assert bench.commands() == [1500, -7000, -7000]


def test_those_that_must_charge_share_their_phase_by_laxity():
    bench = started(guarded_phases([[1], [1], [2]], (240, 400, 400)), socs=[3000, 3000, 3000])
    for i in range(3):
        bench.session(i, target_bp=0)
    bench.session(0, target_bp=8000, hours=4.8)
    bench.session(1, target_bp=8000, hours=5.4)
    stand(bench)
    assert [bench.bays[i].must.value > 0 for i in range(3)] == [True, True, False]
    commands = bench.commands()
    assert commands[0] >= 5999 and commands[0] + commands[1] == 6000
    assert commands[2] == 7000


def test_cars_behind_one_breaker_cannot_all_wait():
    """Each needs 2.7 h of its own, and both together 5.5 h of the phase."""
    bench = started(guarded_phases([[1], [1], [2]], (280, 400, 400)), socs=[5000, 5000, 5000])
    for i in range(3):
        bench.session(i, target_bp=8000, hours=6)
    bench.order(-1000000)
    bench.run(60)
    assert [bay.must.value for bay in bench.bays] == [0, 0, 0]
    assert bench.bays[0].shared_s < 2000 < bench.bays[0].laxity_s.value < bench.bays[2].shared_s
    for i in range(3):
        bench.session(i, target_bp=8000, hours=5.4)
    bench.run(60)
    assert [bay.must.value for bay in bench.bays] == [codes.MUST_SHARED, codes.MUST_SHARED, 0]
    assert bench.commands() == [3500, 3500, -7000]


def test_capability_is_what_the_phases_let_through():
    raw = guarded_phases([[1], [1], [2, 3, 1]], (200, 400, 400), rating_w=12000)
    bench = started(raw)
    for i in range(3):
        bench.session(i, mode=MODE_V2G, target_bp=0)
    stand(bench)
    table = bench.controller.guard.capability
    room_w = 5000
    carried_w = bench.commands()[0] + bench.commands()[1] + -(-bench.commands()[2] // 3)
    assert carried_w <= room_w
    assert bench.station.envelope_hi_w.value == sum(bench.commands())
    for k in range(len(HORIZONS_S)):
        assert table.charge_w[k] <= sum(bench.commands())
        assert table.discharge_w[k] <= -bench.station.envelope_lo_w.value
    assert table.charge_w[0] == sum(bench.commands())
    bench.order(-1000000)
    bench.run(60)
    assert table.discharge_w[0] == -sum(bench.commands()) == -bench.station.envelope_lo_w.value


def test_what_is_promised_out_can_come_back_over_the_phase():
    """A car that gives 7 kW on a phase which lets 2 kW back in."""
    wide = started(guarded_phases([[1]]), soc_bp=7900)
    narrow = started(guarded_phases([[1]]), soc_bp=7900, loads_w=[8000, 0, 0])
    for bench in (wide, narrow):
        bench.session(0, target_bp=8000, hours=1.2)
        bench.order(0)
        stand(bench)
        bench.table = bench.controller.guard.capability.discharge_w
    k = HORIZONS_S.index(1800)
    assert 0 < narrow.table[k] < wide.table[k]
    given_wh = narrow.table[k] // 2
    back_s = 4320 - 1800
    assert given_wh * 10000 // 9400 <= 2000 * 94 // 100 * back_s // 3600


def test_a_step_takes_nothing_from_the_heap():
    bench = started(guarded_phases([[1], [1], [2, 3, 1]], (200, 300, 400), rating_w=12000))
    for i in range(3):
        bench.session(i, target_bp=9000, hours=3 + i)
    stand(bench)
    for _ in range(12):
        bench.now += 100
        bench.feed()
        no_heap(bench.controller.step, bench.now)


def test_a_step_restarts_from_the_image():
    """What the image holds of the phases is all that they remember: a replay may begin anywhere."""
    raw = guarded_phases([[1], [1], [2, 3, 1]], (200, 300, 400), rating_w=12000)
    here, there = started(raw), started(raw)
    for i in range(3):
        here.session(i, target_bp=9000, hours=3 + i)
    here.loads_w = [3000, 0, 4000]
    here.run(33)
    state = Snapshot(here.image)
    state.take()
    copy = Snapshot(there.image)
    copy.numbers = list(state.numbers)
    copy.give()
    for name in ("now", "loads_w", "measured_w"):
        setattr(there, name, getattr(here, name))
    there.measured_w = list(here.measured_w)
    there.controller.last = here.controller.last
    results = [bench.image.of_kinds((RESULT,)) for bench in (here, there)]
    for _ in range(25):
        here.step()
        there.step()
        assert [signal.value for signal in results[0]] == [signal.value for signal in results[1]]
