"""Rows 58-60: number of objects, length, object address of system commands."""

from hil_tests.rows import wire
from hil_tests.rows.header import TAG
from hil_tests.rows.row import check, row


def _not_positive(found, type_id):
    return [a for a in found if a.type == type_id and a.cause in (7, 9) and not a.is_negative]


@row(
    58,
    "A command with SQ = 1, or with a number of objects that is not 1",
    "Negative answer, not executed",
    "101 §7.3.2",
    choice="a negative confirmation about the first object",
)
def not_one_object(t):
    m = t.master()
    good = t.setpoint(2.0)
    two = good + good[6:]
    for octets in (bytes((good[0], 0x81)) + good[2:], bytes((good[0], 2)) + two[2:]):
        answers = [a for a in m.ask(octets) if a.type == 50]
        check(not _not_positive(answers, 50), "confirmed: " + wire.told(answers))
        check(t.orders() == [], "executed: %s" % t.orders())
        check(answers and all(a.is_negative for a in answers), "no negative answer")


@row(
    59,
    "N = 0, N beyond the octets that came, octets behind the last object",
    "Rejected, and the connection treated alike each time",
    "101 §7.2.2",
    choice="the connection stays; refused, or without an answer when not even one object is there",
)
def does_not_fit(t):
    good = t.setpoint(2.0)
    cut = good[:-1]
    bent = (
        bytes((50, 0)) + good[2:],
        bytes((50, 3)) + good[2:],
        good + b"\0",
        good + bytes(40),
        cut,
        good[:9],
    )
    fates = []
    for octets in bent:
        m = t.master()
        answers = m.ask(octets)
        check(not _not_positive(answers, 50), "%s -> %s" % (octets.hex(" "), wire.told(answers)))
        check(t.orders() == [], "%s was executed" % octets.hex(" "))
        fates.append(m.closes(0.05))
        m.close()
    check(len(set(fates)) == 1, "the connection is closed for some and not for others: %s" % fates)
    m = t.master()
    found = m.ask(wire.asdu(100, 6, 0, "1400000000"))
    check(not _not_positive(found, 100), "an interrogation with octets behind it: " + wire.told(found))


@row(60, "Object address other than 0 with 100, 101, 103, 105, 107", "COT 47, P/N = 1", "101 §7.2.5, 7.3.4")
def system_address(t):
    m = t.master()
    for type_id, element in ((100, b"\x14"), (101, b"\x05"), (103, TAG), (105, b"\1"), (107, b"\1\2" + TAG)):
        t.one_answer(m, wire.asdu(type_id, 6, 1, element), 47)
