"""IEC 104 outstation, rows 110-113: forged input, slow readers, floods. fuzz() takes its number of APDUs."""

from hil_tests.portable.iec104_support import (
    GI,
    SELECTED,
    SETPOINT,
    STARTDT,
    SWITCH,
    TEN,
    TESTFR,
    Raw,
    Rig,
    asdu,
    setpoint,
    summary,
)
from protocols.iec104 import const as c
from protocols.iec104.outstation import Outstation
from protocols.iec104.params import Params
from protocols.ticks import ticks_add

SEEDS = (
    setpoint(TEN),
    GI,
    asdu(101, 6, 0, "45"),
    asdu(102, 5, 0x4001),
    asdu(103, 6, 0, "5fea 00 0c d5 0b 1a"),
    asdu(105, 6, 0, "02"),
    asdu(107, 6, 0, "3412 5fea 00 0c d5 0b 1a"),
    asdu(45, 6, SWITCH, "01"),
    asdu(45, 6, SELECTED, "81"),
    asdu(45, 8, SELECTED, "01"),
    asdu(63, 6, SETPOINT, TEN + "00 5fea 00 0c d5 0b 1a"),
)


class Dice:
    """A small generator that gives the same numbers on every interpreter."""

    def __init__(self, seed):
        self.state = seed & 0x3FFFFFFF | 1

    def below(self, n):
        self.state = (self.state % 32768 * 25173 + self.state // 32768 * 7 + 13849) & 0x3FFFFFFF
        return (self.state >> 5) % n


def forge(dice):
    """An ASDU: one of the seeds, bent in a few places, or noise."""
    kind = dice.below(8)
    if kind == 0:
        return bytes([dice.below(256) for _ in range(6 + dice.below(40))])
    data = bytearray(SEEDS[dice.below(len(SEEDS))])
    for _ in range(dice.below(3)):
        data[dice.below(len(data))] = dice.below(256)
    if kind == 1:
        data = data[: 6 + dice.below(len(data) - 5)]
    elif kind == 2:
        data += bytes(dice.below(20))
    return bytes(data)


class Judge:
    """An order that reaches it must be well formed."""

    def operate(self, cmd, type_id, value, link, now):
        assert type_id in cmd.type_ids and link.may_control
        assert value - value == 0  # finite
        return True


def fuzz(count, seed):
    """`count` forged APDUs and frames against one station; returns how many links that took."""
    rig = Rig(event_slots=16)
    for cmd in rig.station.commands.values():  # any order
        cmd.handler = Judge()
    rig.acquire()
    dice = Dice(seed)
    links = 0
    master = None
    for _ in range(count):
        if master is None or master.link.is_closed:
            if master is not None:
                rig.station.close_link(master.link)
            master = Raw(rig)
            links += 1
        if dice.below(40) == 0:
            frame = bytearray(master.frame(forge(dice)))
            frame[dice.below(min(6, len(frame)))] ^= 1 << dice.below(8)
            master.write(frame)
            master.vs = master.link.vr
        else:
            master.i(forge(dice))
        if dice.below(5) == 0:
            rig.measured[dice.below(3)].update(dice.below(100000), dice.below(256), rig.now)
        if not master.link.is_closed:
            master.take()
            master.s()
        rig.now = ticks_add(rig.now, 10 + dice.below(50))
        rig.station.tick(rig.now)
    assert len(rig.station.links) <= 1
    return links


def test_row_110_forged_apdus():
    for seed in (1, 2, 3):
        assert fuzz(400, seed) < 40


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
    assert len(rig.station._groups) == places and len(rig.station._free) == 3


def test_two_stations_of_one_process_share_nothing():
    one = Rig()
    two = Outstation(Params(common_address=2), one.clock)
    assert two.points == [] and two.counts is not one.station.counts
    master = Raw(one)
    assert summary(master.ask(setpoint(TEN))) == [(50, 7, 1)]
    assert two.counts[c.ACCEPTED] == 0
