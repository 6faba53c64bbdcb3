"""IEC 104 outstation, rows 31-46: start and stop, redundancy groups, several masters."""

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
from protocols.iec104 import const as c

READ = asdu(102, 5, 1)
SILENT = asdu(50, 44, 0x6201, bytes(5))  # an ASDU that has no answer


def test_row_31_nothing_is_sent_before_startdt():
    rig = Rig()
    master = Raw(rig, start=False)
    rig.acquire()
    rig.wait(19999, [master])
    assert master.take() == []


def test_row_32_i_frame_before_startdt():
    rig = Rig()
    master = Raw(rig, start=False)
    master.i(setpoint(TEN))
    assert master.link.closed_reason == "not_started" and not rig.handler.orders


def test_row_33_s_frame_while_stopped():
    rig = Rig()
    master = Raw(rig, start=False)
    master.s()
    assert master.link.closed_reason == "not_started"


def test_row_34_startdt_twice():
    rig = Rig()
    master = Raw(rig)
    master.ask(READ)
    numbers = (master.link.vs, master.link.vr)
    master.u(STARTDT)
    assert controls(master.take()) == [0x0B]
    assert (master.link.vs, master.link.vr) == numbers
    assert summary(master.ask(READ)) == [(1, 5, 1)]


def test_row_35_stopdt_with_nothing_to_acknowledge():
    rig = Rig()
    master = Raw(rig)
    master.u(STOPDT)
    assert controls(master.take()) == [0x23]
    master = Raw(rig, "10.0.0.2", start=False)
    master.u(STOPDT)
    assert controls(master.take()) == [0x23]


def test_row_36_stopdt_acknowledges_first():
    rig = Rig()
    master = Raw(rig)
    master.i(SILENT)
    master.u(STOPDT)
    frames = master.take()
    assert controls(frames) == ["S", 0x23] and frames[0][4] >> 1 == 1


def test_row_37_stopdt_waits_for_acknowledgement_of_our_frames():
    rig = Rig()
    master = Raw(rig)
    master.i(GI)
    master.read()
    sent = master.vr
    rig.binary[0].update(1, 0, rig.now)
    master.frames = []
    master.u(STOPDT)
    rig.station.tick(rig.now)
    assert master.take() == []
    master.s(sent - 1)
    assert master.take() == []
    master.s(sent)
    assert controls(master.take()) == [0x23]
    assert not master.link.is_closed


def test_row_37_t1_applies_while_stopping():
    rig = Rig()
    master = Raw(rig)
    master.i(READ)
    master.u(STOPDT)
    rig.wait(15000, [master])
    assert master.link.closed_reason == "t1"


def test_row_38_i_frame_after_stopdt():
    rig = Rig()
    master = Raw(rig)
    master.u(STOPDT)
    master.take()
    master.i(setpoint(TEN))
    assert master.link.closed_reason == "not_started" and not rig.handler.orders


def test_row_39_events_while_stopped_are_kept():
    rig = Rig()
    rig.acquire()
    master = Raw(rig)
    master.asdus()
    master.u(STOPDT)
    rig.binary[1].update(1, 0, rig.now)
    rig.wait(1000, [master])
    assert controls(master.take()) == [0x23]
    master.u(STARTDT)
    assert summary(master.asdus()) == [(30, 3, 1)]


def group_rig():
    rig = Rig(groups=(("10.0.0.1", "10.0.0.2"),))
    rig.acquire()
    first = Raw(rig, "10.0.0.1")
    first.asdus()
    return rig, first


def test_row_40_startdt_on_the_second_link_of_a_group():
    rig, first = group_rig()
    second = Raw(rig, "10.0.0.2", start=False)
    rig.binary[0].update(1, 0, rig.now)
    rig.measured[0].update(777, 0, rig.now)
    rig.station.tick(rig.now)
    assert summary([f[6:] for f in first.take()]) == [(30, 3, 1), (36, 3, 1)]
    rig.binary[1].update(1, 0, rig.now)
    second.u(STARTDT)
    rig.station.tick(rig.now)
    assert first.take() == []
    got = second.asdus()
    assert summary(got) == [(30, 3, 1), (36, 3, 1), (30, 3, 1)]
    assert [a[6] for a in got] == [1, 1, 2]
    rig.binary[2].update(1, 0, rig.now)
    rig.station.tick(rig.now)
    assert first.take() == [] and summary(second.asdus()) == [(30, 3, 1)]
    first.s()  # its acknowledgement comes late and changes nothing
    assert not first.link.is_closed
    first.i(setpoint(TEN))
    assert first.link.closed_reason == "not_started" and not rig.handler.orders


def test_row_41_masters_of_different_groups_each_get_everything():
    rig = Rig()
    rig.acquire()
    masters = [Raw(rig, "10.0.0.1"), Raw(rig, "10.0.0.2")]
    for master in masters:
        master.asdus()
    rig.binary[0].update(1, 0, rig.now)
    rig.station.tick(rig.now)
    assert summary(masters[0].asdus()) == summary(masters[1].asdus()) == [(30, 3, 1)]
    assert len(masters[0].ask(GI)) == len(masters[1].ask(GI)) == 4
    assert masters[0].asdus() == masters[1].asdus() == []


def test_row_42_peer_that_is_not_allowed():
    rig = Rig(allow=("10.0.0.1",))
    assert rig.station.open_link("10.0.0.9", rig.now) is None
    assert rig.station.counts[c.REFUSED_PEER] == 1
    assert rig.station.open_link("10.0.0.1", rig.now) is not None


def test_row_43_too_many_links():
    rig = Rig()
    masters = [Raw(rig, "10.0.0.%d" % i) for i in range(3)]
    assert rig.station.open_link("10.0.0.9", rig.now) is None
    assert rig.station.counts[c.REFUSED_FULL] == 1
    for master in masters:
        assert summary(master.ask(READ)) == [(1, 5, 1)]
    rig.station.close_link(masters[1].link)
    rig.station.close_link(masters[1].link)
    assert rig.station.open_link("10.0.0.9", rig.now) is not None
    assert rig.station.open_link("10.0.0.10", rig.now) is None


def test_row_44_reconnect_while_the_old_link_is_dead():
    rig = Rig(max_links=1)
    old = Raw(rig)
    assert rig.station.open_link("10.0.0.1", rig.now) is None
    rig.wait(20000, [old])
    assert rig.station.open_link("10.0.0.9", rig.now) is None
    new = Raw(rig)
    assert old.link.closed_reason == "replaced" and new.link is not old.link
    rig.station.close_link(old.link)
    assert summary(new.ask(setpoint(TEN))) == [(50, 7, 1)]


def test_row_45_answers_go_to_the_link_that_asked():
    rig = Rig()
    one = Raw(rig, "10.0.0.1")
    two = Raw(rig, "10.0.0.2")
    assert len(one.ask(GI)) == 4
    assert two.asdus() == []
    assert summary(two.ask(READ)) == [(1, 5, 1)]
    assert one.asdus() == []


def test_row_46_standby_link_lives_on_test_frames():
    rig = Rig()
    active = Raw(rig, "10.0.0.1")
    standby = Raw(rig, "10.0.0.1", start=False)
    for _ in range(400):  # more than two hours
        rig.wait(20000, [active, standby])
        assert controls(standby.take()) == [TESTFR] and controls(active.take()) == [TESTFR]
        standby.u(0x83)
        active.u(0x83)
    assert not active.link.is_closed and not standby.link.is_closed


def test_control_belongs_to_the_first_started_link_until_it_stops():
    rig = Rig()
    one = Raw(rig, "10.0.0.1")
    two = Raw(rig, "10.0.0.2")
    assert rig.station.control_link is one.link and rig.station.started_links == 2
    assert summary(two.ask(setpoint(TEN))) == [(50, 0x47, 1)]
    assert rig.station.counts[c.REFUSED_CONTROL] == 1 and not rig.handler.orders
    assert summary(one.ask(setpoint(TEN))) == [(50, 7, 1)]
    one.u(STOPDT)
    assert rig.station.control_link is two.link
    assert summary(two.ask(setpoint(TEN))) == [(50, 7, 1)]
    one.u(STARTDT)
    assert summary(one.ask(setpoint(TEN))) == [(50, 0x47, 1)]
    rig.station.close_link(two.link)
    assert rig.station.control_link is one.link and rig.station.started_links == 1
    assert summary(one.ask(setpoint(TEN))) == [(50, 7, 1)]


def test_control_belongs_to_the_configured_addresses():
    rig = Rig(control_from=("10.0.0.2", "10.0.0.3"))
    one = Raw(rig, "10.0.0.1")
    assert rig.station.control_link is None
    assert summary(one.ask(setpoint(TEN))) == [(50, 0x47, 1)]
    two = Raw(rig, "10.0.0.2")
    three = Raw(rig, "10.0.0.3")
    assert rig.station.control_link is two.link
    for master in (two, three):
        assert summary(master.ask(setpoint(TEN))) == [(50, 7, 1)]
    assert len(one.ask(GI)) == 4


def test_a_reconnect_overtakes_a_dead_controlling_link():
    rig = Rig()
    old = Raw(rig)
    other = Raw(rig, "10.0.0.2")
    rig.wait(20000, [old, other])
    other.u(0x83)
    new = Raw(rig)
    assert rig.station.control_link is new.link
    assert summary(new.ask(setpoint(TEN))) == [(50, 7, 1)]
    assert summary(other.ask(setpoint(TEN))) == [(50, 0x47, 1)]


def test_master_seen_is_the_last_frame_on_a_started_link():
    rig = Rig()
    master = Raw(rig, start=False)
    master.u(TESTFR)
    assert rig.station.master_seen == -1
    master.u(STARTDT)
    assert rig.station.master_seen == rig.now
    master.read()
    master.s()
    seen = rig.now
    rig.wait(5000, [master])
    assert rig.station.master_seen == seen
    master.u(TESTFR)
    assert rig.station.master_seen == rig.now
