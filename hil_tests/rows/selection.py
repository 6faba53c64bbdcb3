"""Rows 84-90: select before operate."""

import struct

from hil_tests.rows import wire
from hil_tests.rows.row import check, row

SINGLE, SETPOINT, DOUBLE = 0x6011, 0x6012, 0x6013
MAIN, OTHER = "127.0.0.1", "127.0.0.2"


def single(octet, ioa=SINGLE, cause=6, **named):
    return wire.asdu(45, cause, ioa, bytes((octet,)), **named)


def setpoint(value, qos):
    return wire.asdu(50, 6, SETPOINT, struct.pack("<fB", value, qos))


@row(84, "Select", "ACT_CON with S/E = 1, no output", "101 §7.2.6.26, 5-5 §6.8", needs=("select",))
def select(t):
    m = t.master()
    for octets in (single(0x81), setpoint(2.0, 0x80)):
        t.mirrored(t.one_answer(m, octets, 7, False), octets)
    check(t.orders() == [], "operated: %s" % t.orders())
    t.one_answer(m, single(0x01), 7, False)
    t.one_answer(m, setpoint(2.0, 0), 7, False)
    check([o[:2] for o in t.orders()] == [[SINGLE, 45], [SETPOINT, 50]], "orders: %s" % t.orders())


@row(85, "Execute without select", "Negative answer", "5-5 §6.8", needs=("select",))
def not_selected(t):
    m = t.master()
    t.one_answer(m, single(0x01), 7)
    t.one_answer(m, setpoint(2.0, 0), 7)
    check(t.orders() == [], "operated: %s" % t.orders())


@row(
    86,
    "Execute with another value, QU, QL, type, OA or connection than selected",
    "Negative answer, and the selection is dropped",
    "5-5 §6.8",
    needs=("select",),
)
def differs(t):
    m = t.master()
    pairs = (
        ("value", single(0x81), single(0x00)),
        ("QU", single(0x81), single(0x05)),
        ("OA", single(0x81, oa=1), single(0x01, oa=2)),
        ("value of a set-point", setpoint(2.0, 0x80), setpoint(3.0, 0)),
        ("QL", setpoint(2.0, 0x80), setpoint(2.0, 5)),
    )
    for what, first, then in pairs:
        t.one_answer(m, first, 7, False)
        answers = [a for a in m.ask(then) if a.type == then[0]]
        check(answers and all(a.is_negative for a in answers), "another %s: %s" % (what, wire.told(answers)))
        right = bytes(first[:-1]) + bytes((first[-1] & 0x7F,))
        answers = [a for a in m.ask(right) if a.type == then[0]]
        check(answers and all(a.is_negative for a in answers), "the selection outlives another " + what)
    check(t.orders() == [], "operated: %s" % t.orders())


@row(
    87,
    "Execute after the selection's time",
    "Negative answer",
    "5-5 §6.8",
    needs=("select",),
    select_ms=250,
    choice="10 s, configurable, on the monotonic clock",
)
def too_late(t):
    m = t.master()
    t.one_answer(m, single(0x81), 7, False)
    t.one_answer(m, single(0x01), 7, False)
    t.one_answer(m, single(0x81), 7, False)
    m.during(0.4)
    t.one_answer(m, single(0x01), 7)
    check(len(t.orders()) == 1, "orders: %s" % t.orders())


@row(
    88,
    "Select of an object that another master has selected",
    "Negative answer",
    "5-5 §6.8",
    needs=("select",),
    control_from=[MAIN, OTHER],
)
def selected_by_another(t):
    first, second = t.master(MAIN), t.master(OTHER)
    t.one_answer(first, single(0x81), 7, False)
    t.one_answer(second, single(0x81), 7)
    t.one_answer(second, single(0x01), 7)
    t.one_answer(first, single(0x01), 7, False)
    check(len(t.orders()) == 1, "orders: %s" % t.orders())
    t.one_answer(second, single(0x81), 7, False)


@row(
    89,
    "Select of an object that is operated directly",
    "Negative answer",
    "5-5 §6.8",
    needs=("select",),
    choice="refused",
)
def direct_object(t):
    m = t.master()
    t.one_answer(m, single(0x81, ioa=0x6001), 7)
    check(t.orders() == [], "operated: %s" % t.orders())


@row(
    90,
    "Deactivation (COT 8) of a selection, and of none",
    "COT 9, selection gone; COT 9 with P/N = 1",
    "101 §7.2.3, 5-5 §6.8",
    needs=("select",),
)
def deactivate(t):
    m = t.master()
    t.one_answer(m, single(0x01, cause=8), 9)
    t.one_answer(m, single(0x81), 7, False)
    t.one_answer(m, single(0x01, cause=8), 9, False)
    t.one_answer(m, single(0x01), 7)
    check(t.orders() == [], "operated: %s" % t.orders())
