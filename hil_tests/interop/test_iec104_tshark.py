"""Wireshark's dissector reads what both our ends send: every type, every answer, nothing malformed."""

import re

import pytest

from hil_tests.interop.iec104_support import dissect, frames
from hil_tests.portable.iec104_support import DAY, GI, NOON, SELECTED, SETPOINT, TEN, Raw, Rig, asdu, setpoint
from hil_tests.portable.test_iec104_header import CLOCK_BODY
from hil_tests.portable.test_iec104_pair import Listener
from protocols.iec104 import codec
from protocols.iec104 import const as c
from protocols.iec104.apci import STARTED
from protocols.iec104.controlling import ControllingStation
from protocols.iec104.params import Params
from protocols.iec104.protection import Protection

pytestmark = pytest.mark.needs("tshark", "text2pcap")

MONITORED = (1, 3, 5, 7, 9, 11, 13, 15, 20, 21)


def field(text, name):
    """All values that the dissector shows for a field."""
    return re.findall(r"%s: (.*)" % re.escape(name), text)


def check(texts, apdus):
    assert len(texts) == len(apdus)
    for text, apdu in zip(texts, apdus, strict=True):
        assert "alformed" not in text and "nvalid length" not in text, text
        assert "IEC 60870-5-104" in text, text
        if not apdu[2] & 1:
            assert re.search(r"TypeId: \w+ \(%d\)" % apdu[6], text), text
            assert field(text, "NumIx") == [str(apdu[7] & 0x7F)]


def a_point_of_each_type(sequence):
    rig = Rig(sequence=sequence, event_slots=64, tx_bytes=4096)
    station = rig.station
    for n, type_id in enumerate(MONITORED):
        for i in range(3):
            cyclic_ms = 500 if type_id == 13 else 0
            station.add_point(0x100 * (n + 1) + i, type_id, cyclic_ms=cyclic_ms, group=n + 1)
    trips = [Protection(station, 0x2001 + n, type_id) for n, type_id in enumerate((38, 39, 40))]
    return rig, trips


def everything_a_station_says(sequence):
    """Frames of a station with every monitored type: events, interrogations, answers and refusals."""
    rig, trips = a_point_of_each_type(sequence)
    station = rig.station
    master = Raw(rig, start=False)
    log = []

    def say(action, *arguments):
        action(*arguments)
        station.tick(rig.now)
        log.extend(master.take())
        if master.link.unacked:
            master.s()

    say(master.u, 0x07)
    for n, type_id in enumerate(MONITORED):
        for i in range(3):
            raw = 1 + i if type_id < 9 or type_id == 20 else 3 * i - 2
            station.point_at(0x100 * (n + 1) + i).update(raw, 0x10 * i, rig.now)
        say(station.tick, rig.now)
    for trip in trips:
        trip.report(2, 1000, 0, rig.now)
    say(station.tick, rig.now)
    for request in (
        GI,
        asdu(100, 6, 0, "16", oa=9),
        asdu(100, 6, 0, "63"),
        asdu(101, 6, 0, "05"),
        asdu(102, 5, 0x101),
        asdu(103, 6, 0, CLOCK_BODY),
        asdu(105, 6, 0, "02"),
        asdu(107, 6, 0, "0100" + CLOCK_BODY),
        setpoint(TEN),
        setpoint("0000c07f"),
        setpoint(TEN, vsq=2),
        asdu(63, 6, SETPOINT, TEN + "00" + CLOCK_BODY),
        asdu(45, 6, SELECTED, "81"),
        asdu(45, 8, SELECTED, "01"),
        asdu(50, 3, SETPOINT, TEN + "00"),
        asdu(50, 6, SETPOINT, TEN + "00", ca=9),
        asdu(50, 6, 99, TEN + "00"),
    ):
        say(master.i, request)
    say(master.u, 0x43)
    say(master.u, 0x13)
    rig.wait(20000, [master])
    log.extend(master.take())
    return log


@pytest.mark.parametrize("sequence", [False, True])
def test_everything_a_station_says(sequence, tmp_path):
    apdus = everything_a_station_says(sequence)
    texts = dissect(apdus, tmp_path)
    check(texts, apdus)
    seen = {apdu[6] for apdu in apdus if not apdu[2] & 1}
    assert (
        set(MONITORED) <= seen
        and {30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 70, 100, 101, 103, 105, 107} <= seen
    )
    causes = {field(text, "CauseTx")[0] for text in texts if "CauseTx" in text}
    expected = {"Per/Cyc (1)", "Spont (3)", "Init (4)", "Req (5)", "ActCon (7)", "ActTerm (10)"}
    expected |= {"Inrogen (20)", "Inro2 (22)", "DeactCon (9)"}
    expected |= {"UkCauseTx (45)", "UkComAdrASDU (46)", "UkIOA (47)"}
    assert expected <= causes, expected - causes
    negative = [text for text in texts if "Negative: True" in text]
    assert len(negative) >= 6
    assert any("SQ: True" in text for text in texts) == sequence
    for name in ("STARTDT con", "STOPDT con", "TESTFR con", "TESTFR act"):
        assert any(name in text for text in texts), name


def test_values_are_read_as_meant(tmp_path):
    rig = Rig()
    rig.acquire()
    master = Raw(rig)
    rig.measured[0].update(-12345, 0x81, rig.now)
    rig.binary[1].update(1, 0x40, rig.now)
    rig.counter.update(-5, 0, rig.now)
    rig.station.tick(rig.now)
    apdus = master.take()
    master.s()
    master.i(asdu(101, 6, 0, "05"))
    apdus += master.take()
    texts = dissect(apdus, tmp_path)
    check(texts, apdus)
    text = "\n".join(texts)
    assert field(text, "Value") == ["-12.345"] and field(text, "Binary Counter") == ["-5"]
    assert "OV: Overflow" in text and "IV: Invalid" in text and "NT: Not Topical" in text
    assert field(text, "IOA").count("16385") == 2
    assert field(text, "CP56Time")[-1].startswith("Nov 21, 2026 12:00:00")


def test_every_order_of_a_controlling_station(tmp_path):
    master = ControllingStation(Params(), Listener())
    master.state = STARTED
    apdus = []
    for type_id in codec.types():
        if type_id < 45 or type_id == c.M_EI_NA_1:
            continue
        value = {100: 20, 101: 5, 105: 1, 107: 7}.get(type_id, 1)
        if type_id in (48, 61, 110):
            value = 0.5
        tag = (DAY, NOON, 0) if codec.tag_size(type_id) else None
        ioa = 0 if 100 <= type_id <= 107 and type_id != 102 else 0x6201
        cause = 5 if type_id == 102 else 6
        assert master.order(type_id, ioa, value, 0, cause=cause, tag=tag)
        tx = master.tx
        apdus += frames(bytes(tx.buf[tx.start : tx.end]))
        tx.consumed(tx.pending())
        master.unacked = 0
    texts = dissect(apdus, tmp_path)
    check(texts, apdus)
    assert len(texts) == 24
