"""IEC 104 outstation, rows 110-113: forged input, slow readers, floods. `v2g bench` forges a million."""

from hil_tests.portable.iec104_forge import Campaign
from hil_tests.portable.iec104_support import (
    STARTDT,
    TEN,
    TESTFR,
    Raw,
    Rig,
    setpoint,
    summary,
)
from protocols.iec104 import const as c
from protocols.iec104.outstation import Outstation
from protocols.iec104.params import Params


def test_row_110_forged_apdus():
    for seed in (1, 2, 3):
        campaign = Campaign(seed)
        campaign.run(400)
        assert campaign.links < 40


def test_row_111_a_slow_reader_is_closed_and_the_others_go_on():
    rig = Rig(tx_bytes=320)
    rig.acquire()
    slow = Raw(rig, "10.0.0.1")
    good = Raw(rig, "10.0.0.2")
    for i in range(40):
        rig.measured[0].update(1000 * i + 500, 0, rig.now)
        for _ in range(20):
            slow.u(TESTFR)
        rig.station.tick(rig.now)
        assert summary(good.asdus())
        assert slow.link.tx.pending() <= 320
    assert not slow.link.is_closed
    for _ in range(20):
        rig.wait(1000, [good])
        good.s()
    assert slow.link.closed_reason == "t1" and not good.link.is_closed


def test_a_reader_that_stalls_gets_all_events_in_the_end():
    rig = Rig(tx_bytes=320, event_slots=64)
    master = Raw(rig)
    for i in range(60):
        rig.measured[0].update(1000 * i + 500, 0, rig.now)
    rig.station.tick(rig.now)
    assert len(master.take()) == 1
    assert rig.station.next_deadline(rig.now) == 0
    got = 16
    while rig.station.next_deadline(rig.now) == 0:
        rig.station.tick(rig.now)
        got += sum([f[7] for f in master.take()])
    assert got == 60


def test_row_112_connection_flood():
    rig = Rig(allow=("10.0.0.1", "10.0.0.2"))
    good = Raw(rig, "10.0.0.1")
    for i in range(50):
        assert rig.station.open_link("10.6.6.%d" % i, rig.now) is None
    opened = [rig.station.open_link("10.0.0.2", rig.now) for _ in range(50)]
    assert len([link for link in opened if link is not None]) == 2
    assert rig.station.counts[c.REFUSED_PEER] == 50 and rig.station.counts[c.REFUSED_FULL] == 48
    assert summary(good.ask(setpoint(TEN))) == [(50, 7, 1)]


def test_row_113_a_scanner_cannot_stop_the_master():
    rig = Rig()
    rig.acquire()
    master = Raw(rig, "10.0.0.1")
    master.asdus()
    for i in range(20):
        scanner = Raw(rig, "10.6.6.%d" % i, start=False)
        scanner.u(STARTDT)
        scanner.i(setpoint("00000000"))
        scanner.write(b"GET / HTTP/1.1\r\n")
        assert scanner.link.is_closed
        rig.station.close_link(scanner.link)
        rig.binary[0].update(i + 1 & 1, 0, rig.now)
        rig.station.tick(rig.now)
        assert summary(master.asdus()) == [(30, 3, 1)]
    assert not rig.handler.orders
    assert rig.station.control_link is master.link
    assert summary(master.ask(setpoint(TEN))) == [(50, 7, 1)]


def test_links_come_and_go_without_growing():
    rig = Rig()
    places = len(rig.station._groups)
    for i in range(200):
        master = Raw(rig, "10.0.%d.%d" % (i % 7, i % 3))
        assert master.link is not None
        rig.station.close_link(master.link)
    assert rig.station.links == [] and rig.station.started_links == 0
    assert len(rig.station._groups) == places and len(rig.station._free) == 1
    for _ in range(3):  # as many as there were at once are kept, and no more are made
        masters = [Raw(rig, "10.0.0.%d" % i) for i in range(3)]
        for master in masters:
            rig.station.close_link(master.link)
        assert len(rig.station._free) == 3


def test_two_stations_of_one_process_share_nothing():
    one = Rig()
    two = Outstation(Params(common_address=2), one.clock)
    assert two.points == [] and two.counts is not one.station.counts
    master = Raw(one)
    assert summary(master.ask(setpoint(TEN))) == [(50, 7, 1)]
    assert two.counts[c.ACCEPTED] == 0
