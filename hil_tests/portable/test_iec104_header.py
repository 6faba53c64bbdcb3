"""IEC 104 outstation, rows 47-60: the checks of an ASDU's header, each with exactly one answer."""

from hil_tests.portable.iec104_support import (
    GI,
    SELECTED,
    SETPOINT,
    SWITCH,
    TEN,
    Raw,
    Rig,
    asdu,
    setpoint,
    summary,
)
from hil_tests.portable.support import hx
from protocols.iec104 import const as c

CLOCK_BODY = "0000 00 0c 14 0b 1a"


def fresh():
    rig = Rig()
    return rig, Raw(rig)


def refused(rig, master, request, cause, kind):
    """The request is answered once: itself, with the cause and P/N = 1; nothing is executed."""
    before = rig.station.counts[kind]
    answer = master.ask(request)
    assert len(answer) == 1, answer
    assert answer[0] == request[:2] + bytes((cause | 0x40 | request[2] & 0x80,)) + request[3:]
    assert rig.station.counts[kind] == before + 1
    assert not rig.handler.orders and not rig.clock.settings
    assert not master.link.is_closed


def test_row_47_unknown_type():
    rig, master = fresh()
    for type_id in (0, 1, 13, 30, 70, 104, 106, 110, 113, 120, 127, 128, 200, 255):
        refused(rig, master, asdu(type_id, 6, SETPOINT, "0102030405", oa=7), 44, c.REFUSED_TYPE)
    refused(rig, master, hx("c8 01 06 00 01 00"), 44, c.REFUSED_TYPE)
    refused(rig, master, asdu(200, 6, 5, bytes(240)), 44, c.REFUSED_TYPE)


def test_row_48_cause_that_is_not_allowed():
    rig, master = fresh()
    for cause in (0, 1, 3, 5, 7, 9, 10, 20, 43, 48, 63):
        refused(rig, master, setpoint(TEN, cause), 45, c.REFUSED_COT)
    refused(rig, master, asdu(100, 3, 0, "14"), 45, c.REFUSED_COT)
    refused(rig, master, asdu(102, 6, 1), 45, c.REFUSED_COT)
    for type_id, body in ((103, CLOCK_BODY), (105, "01"), (107, "0100" + CLOCK_BODY)):
        refused(rig, master, asdu(type_id, 8, 0, body), 45, c.REFUSED_COT)


def test_row_49_unknown_common_address():
    rig, master = fresh()
    for ca in (2, 256, 257, 65534):
        refused(rig, master, setpoint(TEN, ca=ca, oa=9), 46, c.REFUSED_CA)
        refused(rig, master, asdu(100, 6, 0, "14", ca=ca), 46, c.REFUSED_CA)


def test_row_50_unknown_object():
    rig, master = fresh()
    for ioa in (0, 1, 0x6200, 0x16201, 0xFFFFFF):
        refused(rig, master, asdu(50, 6, ioa, TEN + "00"), 47, c.REFUSED_IOA)
    refused(rig, master, asdu(102, 5, SETPOINT), 47, c.REFUSED_IOA)


def test_row_51_object_of_another_type():
    rig, master = fresh()
    refused(rig, master, asdu(45, 6, SETPOINT, "01"), 47, c.REFUSED_IOA)
    refused(rig, master, asdu(50, 6, SWITCH, TEN + "00"), 47, c.REFUSED_IOA)


def test_row_52_order_of_the_checks():
    rig, master = fresh()
    refused(rig, master, asdu(200, 63, 5, TEN, ca=9), 44, c.REFUSED_TYPE)
    refused(rig, master, asdu(50, 3, 5, TEN + "00", ca=9), 45, c.REFUSED_COT)
    refused(rig, master, asdu(50, 6, 5, TEN + "00", ca=9), 46, c.REFUSED_CA)
    refused(rig, master, asdu(50, 6, 5, "0000c07f00", vsq=2), 47, c.REFUSED_IOA)


def test_row_53_common_address_0():
    rig, master = fresh()
    refused(rig, master, setpoint(TEN, ca=0), 46, c.REFUSED_CA)
    refused(rig, master, asdu(100, 6, 0, "14", ca=0), 46, c.REFUSED_CA)


def test_row_54_broadcast_is_answered_with_our_own_address():
    rig, master = fresh()
    for request in (GI, asdu(101, 6, 0, "05"), asdu(103, 6, 0, CLOCK_BODY)):
        answers = master.ask(request[:4] + b"\xff\xff" + request[6:])
        assert answers and answers[0][2] == 7
        for answer in answers:
            assert answer[4:6] == b"\x01\x00"
    rig.station.on_reset = lambda link, now: True
    assert summary(master.ask(asdu(105, 6, 0, "01", ca=65535))) == [(105, 7, 1)]


def test_row_55_broadcast_is_refused_elsewhere():
    rig, master = fresh()
    refused(rig, master, setpoint(TEN, ca=65535), 46, c.REFUSED_CA)
    refused(rig, master, asdu(45, 6, SWITCH, "01", ca=65535), 46, c.REFUSED_CA)
    refused(rig, master, asdu(102, 5, 1, ca=65535), 46, c.REFUSED_CA)
    refused(rig, master, asdu(107, 6, 0, "0100" + CLOCK_BODY, ca=65535), 46, c.REFUSED_CA)


def test_row_56_originator_address_is_echoed():
    rig, master = fresh()
    answers = master.ask(asdu(100, 6, 0, "14", oa=17))
    assert len(answers) == 4 and [a[3] for a in answers] == [17] * 4
    assert [a[3] for a in master.ask(setpoint(TEN, oa=17))] == [17]
    rig.binary[0].update(1, 0, rig.now)
    rig.station.tick(rig.now)
    assert [a[3] for a in master.asdus()] == [0]


def test_row_57_test_bit_is_answered_and_nothing_operated():
    rig, master = fresh()
    assert summary(master.ask(setpoint(TEN, 0x86))) == [(50, 0x87, 1)]
    assert summary(master.ask(setpoint("0000c07f", 0x86))) == [(50, 0xC7, 1)]
    assert summary(master.ask(asdu(45, 0x86, SWITCH, "01"))) == [(45, 0x87, 1)]
    assert summary(master.ask(asdu(45, 0x86, SELECTED, "81"))) == [(45, 0x87, 1)]
    assert summary(master.ask(asdu(45, 6, SELECTED, "01"))) == [(45, 0x47, 1)]
    assert summary(master.ask(asdu(103, 0x86, 0, CLOCK_BODY))) == [(103, 0x87, 1)]
    assert [a[2] for a in master.ask(asdu(100, 0x86, 0, "14"))] == [0x87, 0x94, 0x94, 0x8A]
    assert not rig.handler.orders and not rig.clock.settings


def test_row_58_command_with_a_sequence_or_not_one_object():
    rig, master = fresh()
    two = setpoint(TEN)[6:] + asdu(50, 6, SETPOINT + 1, TEN + "00")[6:]
    whole = bytes((50, 2, 6, 0, 1, 0)) + two
    refused(rig, master, whole, 7, c.REFUSED_STRUCTURE)
    refused(rig, master, setpoint(TEN, vsq=0x81), 7, c.REFUSED_STRUCTURE)
    for vsq in (0, 2, 0x80, 0x82, 127):
        answer = master.ask(setpoint(TEN, vsq=vsq))
        assert answer == [setpoint(TEN, 0x47)], vsq
    for type_id, body in ((100, "14"), (103, CLOCK_BODY), (101, "05")):
        answer = master.ask(asdu(type_id, 6, 0, body, vsq=2))
        assert answer == [asdu(type_id, 0x47, 0, body)]
    assert not rig.handler.orders and not rig.clock.settings


def test_row_59_length_and_number_that_do_not_fit():
    rig, master = fresh()
    assert master.ask(setpoint(TEN) + b"\x00") == [setpoint(TEN, 0x47)]
    assert master.ask(setpoint(TEN)[:-1]) == []
    assert master.ask(setpoint(TEN)[:7]) == []
    assert master.ask(setpoint(TEN)[:6]) == []
    assert rig.station.counts[c.IGNORED_MALFORMED] == 3
    assert master.ask(GI + bytes(100)) == [asdu(100, 0x47, 0, "14")]
    assert master.ask(GI[:-1]) == []
    assert master.ask(asdu(102, 5, 1, "00")) == [asdu(102, 0x45, 1)]
    assert not rig.handler.orders and not master.link.is_closed
    assert summary(master.ask(setpoint(TEN))) == [(50, 7, 1)]


def test_row_60_system_command_with_an_object_address():
    rig, master = fresh()
    for type_id, body in (
        (100, "14"),
        (101, "05"),
        (103, CLOCK_BODY),
        (105, "01"),
        (107, "0100" + CLOCK_BODY),
    ):
        for ioa in (1, 0x100, 0x10000):
            refused(rig, master, asdu(type_id, 6, ioa, body), 47, c.REFUSED_IOA)


def test_answers_that_come_back_are_never_answered():
    rig, master = fresh()
    for cause in (44, 45, 46, 47):
        for bits in (0, 0x40, 0x80):
            assert master.ask(setpoint(TEN, cause | bits)) == []
            assert master.ask(asdu(200, cause | bits, 0)) == []
    assert rig.station.counts[c.IGNORED_NEGATIVE] == 24
