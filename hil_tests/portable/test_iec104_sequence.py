"""IEC 104 outstation, rows 11-22: sequence numbers, acknowledgement, the windows k and w, parameters."""

from hil_tests.portable.iec104_support import (
    GI,
    STARTDT,
    STOPDT,
    TEN,
    TESTFR,
    Raw,
    Rig,
    asdu,
    controls,
    setpoint,
    summary,
)
from hil_tests.portable.support import raises
from protocols.errors import LocalError
from protocols.iec104.outstation import Outstation
from protocols.iec104.params import Params

READ = asdu(102, 5, 1)


def test_row_11_stop_and_start_keep_the_numbers():
    rig = Rig()
    master = Raw(rig)
    assert (master.link.vs, master.link.vr) == (1, 0)  # M_EI_NA_1 was number 0
    master.ask(READ)
    master.u(STOPDT)
    master.u(STARTDT)
    master.take()
    assert summary(master.ask(READ)) == [(1, 5, 1)]
    assert (master.link.vs, master.link.vr) == (3, 2)


def ends(action, reason):
    rig = Rig()
    master = Raw(rig)
    master.ask(READ)
    action(master)
    assert master.link.is_closed and master.link.closed_reason == reason
    assert not rig.handler.orders


def test_row_12_number_repeated_or_skipped():
    ends(lambda m: m.i(setpoint(TEN), ns=0), "sequence")
    ends(lambda m: m.i(setpoint(TEN), ns=2), "sequence")
    ends(lambda m: m.i(setpoint(TEN), ns=32767), "sequence")


def test_row_13_acknowledgement_of_what_was_never_sent():
    for nr in (3, 1, 0, 32767):
        ends(lambda m, nr=nr: m.s(nr), "sequence")
        ends(lambda m, nr=nr: m.i(setpoint(TEN), nr=nr), "sequence")


def test_row_14_acknowledgement_without_news():
    rig = Rig()
    master = Raw(rig)
    for _ in range(3):
        master.s()
    master.i(READ)
    assert summary(master.asdus()) == [(1, 5, 1)]


def test_row_15_wrap_in_both_directions():
    rig = Rig()
    master = Raw(rig)
    link = master.link
    master.is_deaf = True
    link.vs = link.va = master.vr = master.acked = 32760
    link.vr = master.vs = 32762
    for _ in range(12):
        master.i(READ)
        master.read()
    assert link.unacked == 12 and link.vs == 4 and link.vr == 6
    master.s(32767)
    assert link.unacked == 5
    master.s()
    assert link.unacked == 0
    assert len(master.take()) == 12
    assert summary(master.ask(setpoint(TEN))) == [(50, 7, 1)]


def test_row_16_own_i_frame_acknowledges():
    rig = Rig()
    master = Raw(rig)
    for _ in range(20):
        master.i(READ)
        assert master.link.owed == 0
        assert controls(master.take()) == ["I"]
        master.s()
    rig.wait(12000, [master])
    assert "S" not in controls(master.take())


def test_row_17_s_frame_after_w_frames():
    rig = Rig()
    master = Raw(rig)
    negative = asdu(50, 44, 0x6201, bytes(5))  # is acknowledged and has no answer
    for _ in range(7):
        master.i(negative)
    assert master.take() == []
    master.i(negative)
    frames = master.take()
    assert controls(frames) == ["S"] and frames[0][4] >> 1 == 8
    for _ in range(8):
        master.i(negative)
    assert master.take()[0][4] >> 1 == 16


def test_row_18_s_frame_t2_after_the_first():
    rig = Rig(t2_ms=1000, t1_ms=2000)
    master = Raw(rig)
    negative = asdu(50, 44, 0x6201, bytes(5))
    master.i(negative)
    rig.wait(900, [master])
    master.i(negative)
    rig.wait(99, [master])
    assert master.take() == []
    rig.wait(1, [master])
    frames = master.take()
    assert controls(frames) == ["S"] and frames[0][4] >> 1 == 2
    rig.wait(2000, [master])
    assert master.take() == []


def test_row_19_no_more_than_k_frames_out():
    rig = Rig(event_slots=64)
    master = Raw(rig)
    for i in range(40):  # alternating types cannot share a frame
        (rig.binary if i % 2 else rig.measured)[0].update(1000 * i + i % 4 // 2, 0, rig.now)
    rig.station.tick(rig.now)
    assert controls(master.read()) == ["I"] * 12
    rig.station.tick(rig.now)
    assert len(master.read()) == 12
    master.s((master.vr - 11) & 0x7FFF)
    assert len(master.read()) == 13
    master.s()
    assert len(master.read()) == 25
    assert not master.link.is_closed


def test_row_20_testfr_while_the_window_is_full():
    rig = Rig()
    master = Raw(rig)
    for _ in range(12):
        master.i(READ)
    master.take()
    assert master.link.unacked == 12
    master.u(TESTFR)
    assert controls(master.take()) == [0x83]


def test_row_21_one_s_frame_releases_several():
    rig = Rig()
    master = Raw(rig)
    master.i(GI)
    master.read()
    assert master.link.unacked > 3
    master.s()
    assert master.link.unacked == 0 and master.link.va == master.vr


def test_orders_behind_a_full_window_are_answered_in_order_when_it_opens():
    rig = Rig()
    master = Raw(rig)
    master.is_deaf = True
    for _ in range(12):
        master.i(READ)
    for octet in range(5):
        master.i(asdu(45, 6, 0x6001, bytes((octet & 1,))))
    assert len(rig.handler.orders) == 5
    assert summary(master.asdus()) == [(1, 5, 1)] * 12
    assert [a[9] for a in master.asdus()] == [0, 1, 0, 1, 0]


def test_a_peer_that_asks_without_acknowledging_is_closed_and_its_last_order_not_executed():
    rig = Rig()
    master = Raw(rig)
    master.is_deaf = True
    for _ in range(200):
        if master.link.is_closed:
            break
        master.i(setpoint(TEN))
        master.read()
    assert master.link.closed_reason == "overrun"
    done = len(rig.handler.orders)
    assert 12 <= done < 60 and rig.station.counts[0] == done


def test_row_22_parameters():
    for name, value in (("w", 13), ("t2_ms", 15000), ("k", 0), ("common_address", 65535), ("t3_ms", 0)):
        params = Params()
        setattr(params, name, value)
        raises(LocalError, params.check)
        raises(LocalError, Outstation, params, None)
    params = Params(k=12, w=9, t1_ms=20000)
    params.check()
    assert len(params.warnings) == 2
    params = Params()
    params.check()
    assert params.warnings == []
