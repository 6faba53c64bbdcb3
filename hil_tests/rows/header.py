"""Rows 47-57: the header of an ASDU, and in what order it is judged."""

from hil_tests.rows import wire
from hil_tests.rows.row import check, row

TAG = bytes((0x10, 0x27, 30, 12, 0xD5, 11, 26))  # 2026-11-21 12:30:10.000
NOWHERE = 0x7777


@row(
    47,
    "An unknown type identification (200, 104)",
    "The ASDU comes back with COT 44, P/N = 1, otherwise as it was",
    "101 §7.2.3, 7.4",
)
def unknown_type(t):
    m = t.master()
    for type_id in (200, 104, 127, 44):
        octets = wire.asdu(type_id, 6, 0x1234, "0102030405", oa=9)
        t.mirrored(t.one_answer(m, octets, 44), octets)


@row(
    48,
    "A known type with a cause that it cannot have",
    "COT 45, P/N = 1; not executed",
    "101 §7.2.3, 7.4",
    needs=("application",),
)
def wrong_cause(t):
    m = t.master()
    for cause in (3, 5, 10, 20):
        octets = t.setpoint(2.0, cause=cause)
        t.mirrored(t.one_answer(m, octets, 45), octets)
    check(t.orders() == [], "executed: %s" % t.orders())


@row(
    49, "An unknown common address", "COT 46, P/N = 1, one answer", "101 §7.2.4, 7.4", needs=("application",)
)
def unknown_ca(t):
    m = t.master()
    for octets in (t.setpoint(2.0, ca=7), wire.asdu(100, 6, 0, "14", ca=300), wire.asdu(102, 5, 1, ca=2)):
        t.mirrored(t.one_answer(m, octets, 46), octets)
    check(t.orders() == [], "executed: %s" % t.orders())


@row(
    50,
    "An unknown information object address",
    "COT 47, P/N = 1, one answer",
    "101 §7.2.5, 7.4",
    needs=("application",),
)
def unknown_ioa(t):
    m = t.master()
    for octets in (t.setpoint(2.0, ioa=NOWHERE), wire.asdu(45, 6, NOWHERE, "01"), wire.asdu(102, 5, NOWHERE)):
        t.mirrored(t.one_answer(m, octets, 47), octets)


@row(
    51,
    "A command to an object of another type",
    "One negative answer",
    "101 §7.4",
    needs=("application",),
    choice="COT 47",
)
def other_type(t):
    m = t.master()
    t.one_answer(m, wire.asdu(45, 6, 0x6201, "01"), (44, 47, 7))
    t.one_answer(m, t.setpoint(1.0, ioa=0x6001), (44, 47, 7))
    t.one_answer(m, t.setpoint(1.0, ioa=0x4001), (44, 47, 7))
    check(t.orders() == [], "executed: %s" % t.orders())


@row(
    52,
    "Several things are wrong at once",
    "They are judged in the order type, cause, common address, object",
    "101 §7.2.3 (order: general knowledge)",
    needs=("application",),
)
def order_of_checks(t):
    m = t.master()
    t.one_answer(m, wire.asdu(200, 3, NOWHERE, "00", ca=7), 44)
    t.one_answer(m, t.setpoint(1.0, NOWHERE, cause=3, ca=7), 45)
    t.one_answer(m, t.setpoint(1.0, NOWHERE, ca=7), 46)
    t.one_answer(m, t.setpoint(1.0, NOWHERE), 47)


@row(53, "Common address 0", "It is never a station's: COT 46, P/N = 1", "101 §7.2.4", needs=("application",))
def address_0(t):
    m = t.master()
    for octets in (t.setpoint(2.0, ca=0), wire.asdu(100, 6, 0, "14", ca=0)):
        t.one_answer(m, octets, 46)
    check(t.orders() == [], "executed: %s" % t.orders())


@row(
    54,
    "Common address 65535 with 100, 101, 103",
    "Served; every answer carries the station's own address, once",
    "101 §7.2.4",
    needs=("application",),
)
def broadcast(t):
    m = t.master()
    for octets in (wire.asdu(100, 6, 0, "14", ca=65535), wire.asdu(101, 6, 0, "05", ca=65535)):
        found = m.interrogate(octets)
        causes = [a.cause for a in found]
        check(causes[:1] == [7] and causes[-1:] == [10] and not found[0].is_negative, wire.told(found))
        check(causes.count(7) == causes.count(10) == 1, wire.told(found))
        check({a.ca for a in found} == {1}, "addresses %s in the answers" % sorted({a.ca for a in found}))
    answer = t.one_answer(m, wire.asdu(103, 6, 0, TAG, ca=65535), 7, False)
    check(answer.ca == 1, "C_CS_NA_1 is confirmed with address %d" % answer.ca)


@row(
    55,
    "Common address 65535 with a read, test or any command",
    "COT 46, P/N = 1; not executed",
    "101 §7.2.4",
    needs=("application",),
)
def broadcast_elsewhere(t):
    m = t.master()
    switch, read = wire.asdu(45, 6, 0x6001, "01", ca=65535), wire.asdu(102, 5, 1, ca=65535)
    for octets in (t.setpoint(2.0, ca=65535), switch, read, wire.asdu(107, 6, 0, b"\1\2" + TAG, ca=65535)):
        t.one_answer(m, octets, 46)
    check(t.orders() == [], "executed: %s" % t.orders())


@row(
    56,
    "Requests with an originator address",
    "It comes back in confirmation, termination and refusal",
    "101 §7.2.3 (originator)",
    choice="interrogated data carry it too; events carry 0",
)
def originator(t):
    m = t.master()
    found = m.interrogate(wire.asdu(100, 6, 0, "14", oa=7))
    check({a.oa for a in found if a.type == 100} == {7}, wire.told(found))
    data = {a.oa for a in found if a.type < 45}
    check(len(data) == 1 and data <= {0, 7}, "OA %s in the data" % sorted(data))
    for octets in (t.setpoint(1.0, oa=9), t.setpoint(1e9, oa=9), t.setpoint(1.0, NOWHERE, oa=9)):
        answers = [a for a in m.ask(octets) if a.type == 50]
        check(answers and {a.oa for a in answers} == {9}, wire.told(answers))


@row(57, "Commands with the test bit", "They are answered with T = 1 and not operated", "101 §7.2.3 (T)")
def test_bit(t):
    m = t.master()
    answer = t.one_answer(m, t.setpoint(2.0, cause=0x86), 7, False)
    check(answer.is_test, "T = 0 in the answer")
    check(t.orders() == [], "operated: %s" % t.orders())
    found = m.interrogate(wire.asdu(100, 0x86, 0, "14"))
    answers = [a for a in found if a.type == 100]
    check(answers and all(a.is_test for a in answers), "an interrogation with T = 1: " + wire.told(answers))
