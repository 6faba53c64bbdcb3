"""IEC 104 outstation, rows 23-30: t1, t2, t3 on a monotonic clock that wraps."""

from hil_tests.portable.iec104_support import GI, NOON, STARTDT, TESTFR, Raw, Rig, asdu, controls
from protocols.iec104.cp56 import encode
from protocols.ticks import TICKS_MASK, ticks_add

READ = asdu(102, 5, 1)


def test_row_23_t1_runs_from_the_oldest_frame():
    rig = Rig()
    master = Raw(rig)
    master.is_deaf = True
    master.i(READ)
    rig.wait(8000, [master])
    master.i(READ)
    rig.wait(6999, [master])
    assert not master.link.is_closed
    rig.wait(1, [master])
    assert master.link.is_closed and master.link.closed_reason == "t1"
    assert rig.station.counts[19] == 1


def test_row_23_an_acknowledgement_of_the_oldest_moves_t1_on():
    rig = Rig()
    master = Raw(rig)
    master.is_deaf = True
    master.i(READ)
    rig.wait(8000, [master])
    master.i(READ)
    rig.wait(5000, [master])
    master.s(master.vr - 1)
    rig.wait(9999, [master])
    assert not master.link.is_closed
    rig.wait(1, [master])
    assert master.link.closed_reason == "t1"


def test_row_24_and_30_test_frame_without_answer():
    rig = Rig()
    master = Raw(rig)
    rig.wait(19999, [master])
    assert master.take() == []
    rig.wait(1, [master])
    assert controls(master.take()) == [TESTFR]
    rig.wait(14999, [master])
    assert not master.link.is_closed
    rig.wait(1, [master])
    assert master.link.is_closed and master.link.closed_reason == "t1"


def test_row_25_idle_link_is_tested_when_stopped_too():
    for start in (True, False):
        rig = Rig()
        master = Raw(rig, start=start)
        for _ in range(4):
            rig.wait(20000, [master])
            assert controls(master.take()) == [TESTFR]
            master.u(0x83)
        assert not master.link.is_closed


def test_row_26_any_frame_received_restarts_t3():
    rig = Rig()
    master = Raw(rig)
    for turn in range(12):
        rig.wait(15000, [master])
        if turn % 3 == 0:
            master.i(asdu(102, 44, 1))
        elif turn % 3 == 1:
            master.s()
        else:
            master.u(TESTFR)
    assert TESTFR not in controls(master.take())


def test_row_27_one_test_at_a_time():
    rig = Rig(t1_ms=15000, t2_ms=1000, t3_ms=2000)
    master = Raw(rig)
    rig.wait(14000, [master])
    assert controls(master.take()) == [TESTFR]
    master.s()  # other frames are no answer to the test
    rig.wait(2999, [master])
    assert master.take() == [] and not master.link.is_closed
    rig.wait(1, [master])
    assert master.link.closed_reason == "t1"


def test_row_28_setting_the_clock_does_not_touch_the_timers():
    rig = Rig()
    master = Raw(rig)
    for hours in (1, -1, 300, -300):
        tag = bytearray(7)
        encode(tag, 0, rig.clock.day, (NOON + hours * 3600000) % 86400000, 0)
        answer = master.ask(asdu(103, 6, 0, bytes(tag)))
        assert [a[2] for a in answer] == [7]
        rig.wait(5000, [master])
    assert not master.link.is_closed and master.take() == []


def test_row_29_timers_over_the_tick_wrap():
    for before in (1, 10000, 19999, 20000, 34999):
        rig = Rig()
        rig.now = TICKS_MASK - before
        master = Raw(rig)
        rig.wait(19999, [master])
        assert master.take() == []
        rig.wait(1, [master])
        assert controls(master.take()) == [TESTFR]
        master.u(0x83)
        master.i(GI)
        rig.wait(14999, [master])
        assert not master.link.is_closed
        rig.wait(1, [master])
        assert master.link.closed_reason == "t1"


def test_deadlines_tell_when_to_come_back():
    rig = Rig()
    assert rig.station.next_deadline(rig.now) == -1
    master = Raw(rig, start=False)
    assert rig.station.next_deadline(rig.now) == 20000
    master.u(STARTDT)
    assert rig.station.next_deadline(rig.now) == 15000  # M_EI_NA_1 awaits its acknowledgement
    master.read()
    master.s()
    master.i(asdu(102, 44, 1))
    assert rig.station.next_deadline(rig.now) == 10000
    assert rig.station.next_deadline(ticks_add(rig.now, 30000)) == 0
