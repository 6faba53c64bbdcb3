"""Rows 78-83 and 91-96: direct commands and set-points."""

import math
import struct

from hil_tests.rows import live, wire
from hil_tests.rows.context import GI
from hil_tests.rows.row import check, row
from hil_tests.rows.services import values

SLOW, TAGGED, NORMALISED, SCALED = 0x6204, 0x6205, 0x6202, 0x6203
DAY_S = 86400


@row(
    78,
    "C_SE_NC_1, direct, in range",
    "ACT_CON, the output changes, return information with COT 11, ACT_TERM where it is configured",
    "101 §7.3.2, 5-5 §6.8",
    needs=("application",),
    choice="no ACT_TERM unless the object has one; the echo is a point of its own",
)
def set_point(t):
    m = t.master()
    found = m.ask(t.setpoint(7.5))
    kinds = [(a.type, a.cause, a.is_negative) for a in found]
    check(kinds[:1] == [(50, 7, False)], wire.told(found))
    check(t.orders() == [[0x6201, 50, 7.5]], "orders: %s" % t.orders())
    echo = [a for a in found if a.cause == 11]
    check(len(echo) == 1 and echo[0].ioa == 0x4020, "return information: " + wire.told(found))
    check(echo[0].objects[0][1][:4] == struct.pack("<f", 7.5), "the echo's value")
    if "slow" not in t.target.lacks:
        check([(a.cause, a.is_negative) for a in m.ask(t.setpoint(3.0, SLOW))] == [(7, False)], "slow object")
        t.tell("finish", ioa=SLOW)
        found = m.asdus()
        check([(a.type, a.cause, a.is_negative) for a in found] == [(50, 10, False)], wire.told(found))


@row(
    79,
    "C_SE_NC_1 with a qualifier (QL) other than 0",
    "The confirmation repeats address, value and qualifier",
    "101 §7.2.6.39",
)
def mirrored(t):
    m = t.master()
    for qos in (0, 1, 0x3F, 0x7F):
        octets = t.setpoint(-1.25, qos=qos, oa=3)
        t.mirrored(t.one_answer(m, octets, 7, False), octets)


@row(
    80,
    "A set-point that is NaN, infinite or outside the limits",
    "Negative ACT_CON, the old one stays",
    "(project; IEEE 754 in 101 §7.2.6.8)",
    needs=("application",),
)
def no_number(t):
    m = t.master()
    check(t.is_served(m, 2.0), "not served")
    for value in (math.nan, -math.nan, math.inf, -math.inf, 15.5, -1e30):
        t.one_answer(m, t.setpoint(value), 7)
    check(t.orders() == [[0x6201, 50, 2.0]], "orders: %s" % t.orders())


@row(81, "A command in local mode", "Negative ACT_CON", "(project: remote/local of AGC)", needs=("local",))
def local(t):
    m = t.master()
    t.tell("local", on=True)
    t.one_answer(m, t.setpoint(2.0), 7)
    t.one_answer(m, wire.asdu(45, 6, 0x6001, "01"), 7)
    t.tell("local", on=False)
    check(t.is_served(m, 2.0), "not served in remote mode")
    check(len(t.orders()) == 1, "orders: %s" % t.orders())


@row(
    82,
    "C_SE_NA_1 and C_SE_NB_1 at the ends of their ranges",
    "-1 to 1-2^-15, and signed 16 bits",
    "101 §7.2.6.6, .7",
    needs=("application",),
)
def ranges(t):
    m = t.master()
    for raw in (-32768, -1, 0, 16384, 32767):
        t.one_answer(m, wire.asdu(48, 6, NORMALISED, struct.pack("<hB", raw, 0)), 7, False)
    got = [value for ioa, _, value in t.orders()]
    check(got == [-1.0, -1 / 32768, 0.0, 0.5, 32767 / 32768], "normalised: %s" % got)
    for raw in (-15, 0, 15):
        t.one_answer(m, wire.asdu(49, 6, SCALED, struct.pack("<hB", raw, 0)), 7, False)
    for raw in (-32768, 32767):  # understood as such, and refused by the application's limit
        t.one_answer(m, wire.asdu(49, 6, SCALED, struct.pack("<hB", raw, 0)), 7)
    check([value for _, _, value in t.orders()[5:]] == [-15, 0, 15], "scaled: %s" % t.orders()[5:])


@row(
    83,
    "Double command with DCS 0 or 3, step command with RCS 0 or 3",
    "Negative answer",
    "101 §7.2.6.16, .17",
    needs=("application",),
)
def not_permitted(t):
    m = t.master()
    for type_id, ioa in ((46, 0x6002), (47, 0x6003)):
        for state in (0, 3):
            t.one_answer(m, wire.asdu(type_id, 6, ioa, bytes((state,))), 7)
        for state in (1, 2):
            t.one_answer(m, wire.asdu(type_id, 6, ioa, bytes((state,))), 7, False)
    check(len(t.orders()) == 4, "orders: %s" % t.orders())


@row(
    91,
    "A command to an object whose last one is still in progress",
    "Negative ACT_CON; the first one finishes",
    "5-5 §6.8",
    needs=("slow",),
)
def in_progress(t):
    m = t.master()
    t.one_answer(m, t.setpoint(3.0, SLOW), 7, False)
    t.one_answer(m, t.setpoint(4.0, SLOW), 7)
    t.tell("finish", ioa=SLOW)
    found = m.asdus()
    check([(a.cause, a.objects[0][1][:4]) for a in found] == [(10, struct.pack("<f", 3.0))], wire.told(found))
    t.one_answer(m, t.setpoint(4.0, SLOW), 7, False)
    check([o[2] for o in t.orders()] == [3.0, 4.0], "orders: %s" % t.orders())


@row(
    92,
    "The connection is lost between select and execute, and between ACT_CON and ACT_TERM",
    "The selection is gone; the output completes, and the next connection gets no termination",
    "5-5 §6.8",
    needs=("select",),
)
def lost_between(t):
    m = t.master()
    t.one_answer(m, wire.asdu(45, 6, 0x6011, "81"), 7, False)
    m.close()
    m = t.master()
    t.one_answer(m, wire.asdu(45, 6, 0x6011, "01"), 7)
    check(t.orders() == [], "executed without its selection")
    if "slow" not in t.target.lacks:
        t.one_answer(m, t.setpoint(3.0, SLOW), 7, False)
        m.close()
        m = t.master()
        t.tell("finish", ioa=SLOW)
        check(not m.asdus(), "a termination on the next connection")
        check(len(t.orders()) == 1, "orders: %s" % t.orders())


def tagged(value, minute, flags=0):
    """C_SE_TC_1 with the time 12:minute:10 of the day of the clock synchronisation."""
    tag = bytes((0x10, 0x27, minute | flags, 12, 0xD5, 11, 26))
    return wire.asdu(63, 6, TAGGED, struct.pack("<fB", value, 0) + tag)


@row(
    93,
    "C_SE_TC_1 with a time that is too old, invalid, or in the future",
    "Refused, counted",
    "101 §7.3.2 (types 58-64)",
    needs=("age", "clock"),
    choice="also refused while our own clock is not set; negative ACT_CON",
)
def stale(t):
    m = t.master()
    t.one_answer(m, tagged(1.0, 30), 7)
    t.one_answer(m, wire.asdu(103, 6, 0, bytes((0x10, 0x27, 30, 12, 0xD5, 11, 26))), 7, False)
    t.one_answer(m, tagged(2.0, 30), 7, False)
    for minute, flags in ((29, 0), (31, 0), (30, 0x80)):
        t.one_answer(m, tagged(3.0, minute, flags), 7)
    check(t.orders() == [[TAGGED, 63, 2.0]], "orders: %s" % t.orders())
    check([e[-1] for e in t.state()["log"] if e[4] == 63].count("time") == 4, "not logged as such")


@row(
    94,
    "The same command twice",
    "Executed twice only where that is documented as harmless",
    "(project)",
    choice="executed twice: set-points and switches say a state, not a change; a step command too, as a "
    "master never repeats one by itself",
)
def twice(t):
    m = t.master()
    octets = t.setpoint(2.0)
    for _ in range(2):
        t.one_answer(m, octets, 7, False)
    check(len(t.orders()) == 2 and t.orders()[0] == t.orders()[1], "orders: %s" % t.orders())


@row(
    95,
    "A set-point every second for 24 hours",
    "Each is confirmed; memory and latency stay bounded",
    "(project)",
    needs=("virtual",),
    choice="in virtual time",
)
def whole_day(t):
    """The station's clock moves on by a second with every order."""
    m = t.master()
    t.tell("pace", ms=1000)
    m.interrogate(GI)
    began = t.state()
    memory = []
    for second in range(t.day_s):
        m.i(t.setpoint(second % 31 - 15.0))
        wanted = m.vs
        while (frame := m.read(2.0)) is not None:
            if frame.kind == "I" and frame.asdu.type == 50:
                break
        check(
            frame is not None and frame.asdu.cause == 7 and not frame.asdu.is_negative and frame.nr == wanted,
            "set-point %d: %s" % (second, frame),
        )
        if second % (t.day_s // 8) == t.day_s // 16:
            memory.append(t.state()["memory"])
            del m.frames[: m.seen]
            m.seen = 0
    ended = t.state()
    check(ended["order_count"] - began["order_count"] == t.day_s, "%d orders" % ended["order_count"])
    check(ended["lost"] == 0, "%d events lost" % ended["lost"])
    grown = max(memory[1:]) - memory[1]
    check(grown <= 2048, "memory grew by %d over the day: %s" % (grown, memory))
    got = values(m.interrogate(GI), 20)
    check(got[0x4020][:4] == struct.pack("<f", (t.day_s - 1) % 31 - 15.0), "the echo at its end")


@row(
    96,
    "Parameters P_ME_NC_1, P_AC_NA_1",
    "Confirmed once it is kept over a restart, and in the interrogation; else COT 44",
    "101 §7.3.4, 5-5 §6.10",
    needs=("live",),
    choice="dead band and limits of measured values, where the configuration names them, at addresses of "
    "their own; two slots with a checksum, written in turn; the firmware itself is run",
)
def station_parameters(t):
    m = t.master()
    for type_id, body in ((110, "000001"), (111, "000001"), (112, "0000204001"), (113, "02")):
        t.one_answer(m, wire.asdu(type_id, 6, 0x8001, body), 44)
    live.parameters_are_kept(t)
