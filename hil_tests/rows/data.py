"""Rows 97-100 and 104: packing, quality, deadbands, cyclic data."""

import struct

from hil_tests.rows import wire
from hil_tests.rows.context import GI
from hil_tests.rows.row import check, row
from hil_tests.rows.services import values

MANY_BINARY, MANY = 0x1000, 0x5000


def _largest(found, type_id, is_sequence):
    """Objects in the fullest ASDU of this type and form."""
    return max([a.n for a in found if a.type == type_id and a.is_sequence == is_sequence] or [0])


def _consecutive(found):
    """Every ASDU fits its length, and addresses only rise by one within SQ = 1."""
    return all(len(a.objects) == a.n for a in found if a.type in wire.SIZES)


@row(
    97,
    "Many objects of a type",
    "As many per ASDU as fit: M_ME_NC_1 48 (SQ = 1) or 30, M_SP_NA_1 127 or 60, M_ME_TF_1 16, M_SP_TB_1 22",
    "101 §7.2.2, 104 §5 (249 octets)",
    many_binary=210,
    many_measured=150,
    event_slots=256,
)
def packing(t):
    m = t.master()
    found = m.interrogate(GI)
    single = max(a.n for a in found) == 1
    if single:
        t.lacks("it sends one object per ASDU: there is nothing to count")
    check(_consecutive(found), "structure")
    got = (_largest(found, 13, False), _largest(found, 1, False))
    check(got == (30, 60), "SQ = 0: M_ME_NC_1 %d, M_SP_NA_1 %d" % got)
    if "sequence" in t.target.lacks:
        return  # how it packs events, and whether it uses SQ = 1, is its own decision
    m.u(wire.STOPDT_ACT)
    m.until(lambda f: f.control == wire.STOPDT_CON)
    t.update(*[(MANY + i, 7000) for i in range(40)], *[(MANY_BINARY + i, 1) for i in range(50)])
    events = [f.asdu for f in m.start() if f.kind == "I"]
    got = (_largest(events, 36, False), _largest(events, 30, False))
    check(got == (16, 22) and _consecutive(events), "events: M_ME_TF_1 %d, M_SP_TB_1 %d" % got)
    t.target.fresh({"sequence": True, "many_binary": 210, "many_measured": 150})
    found = t.master().interrogate(GI)
    got = (_largest(found, 13, True), _largest(found, 1, True))
    check(got == (48, 127) and _consecutive(found), "SQ = 1: M_ME_NC_1 %d, M_SP_NA_1 %d" % got)
    check(len(values(found, 20)) > 250, "%d objects" % len(values(found, 20)))


@row(98, "Types with a time tag", "Never with SQ = 1", "101 §7.3.1 (types 30-40)", sequence=True)
def no_sequence(t):
    m = t.master()
    m.u(wire.STOPDT_ACT)
    m.until(lambda f: f.control == wire.STOPDT_CON)
    t.update(*[(t.event_binary + i, 1) for i in range(6)], *[(t.event_measured + i, 4000) for i in range(6)])
    m.start()
    for i in range(6):
        t.update((t.event_measured + i, 9000))
    m.fence()
    tagged = [f.asdu for f in m.frames if f.kind == "I" and 30 <= f.asdu.type <= 40]
    check(tagged, "no events came")
    check(not [a for a in tagged if a.is_sequence], wire.told([a for a in tagged if a.is_sequence]))


@row(
    99,
    "Quality of single, double and measured values and of counters",
    "SIQ, DIQ, QDS, BCR carry value, OV, BL, SB, NT, IV (SQ, CY, CA, IV) in their places",
    "101 §7.2.6.1-5, .9",
)
def quality(t):
    m = t.master()
    for octet in (0x10, 0x20, 0x40, 0x80, 0xF0, 0x00):
        points = [(0x0001, 1, octet), (0x4001, 2500, octet | (octet >> 7))]
        if "application" not in t.target.lacks:
            points += [(0x0011, 2, octet), (0x6401, 77, octet & 0x80)]
        t.update(*points)
        m.fence()
        m.s()
        got = values(m.interrogate(GI), 20)
        check(got.get(0x0001) == bytes((octet | 1,)), "SIQ 0x%02X: %s" % (octet | 1, got.get(0x0001)))
        wanted = struct.pack("<fB", 2.5, octet | octet >> 7)
        check(got.get(0x4001) == wanted, "QDS 0x%02X: %s" % (wanted[4], got.get(0x4001)))
        if "application" in t.target.lacks:
            continue
        check(got.get(0x0011) == bytes((octet | 2,)), "DIQ 0x%02X: %s" % (octet | 2, got.get(0x0011)))
        counted = values(m.interrogate(wire.asdu(101, 6, 0, "05")), 37).get(0x6401)
        check(counted == struct.pack("<iB", 77, octet & 0x80), "BCR: %s" % counted)


@row(
    100,
    "The meter behind a point falls silent, and comes back",
    "The last value with NT or IV, at once; then an event",
    "101 §7.2.6.1-3",
)
def silent_meter(t):
    m = t.master()
    t.update((t.event_measured, 5000))
    m.asdus()
    for octet in (0xC0, 0x00):
        t.update((t.event_measured, 5000, octet))
        found = [a for a in m.asdus() if a.cause == 3]
        check(len(found) == 1, wire.told(found))
        element = found[0].objects[0][1]
        check(element == struct.pack("<fB", 5.0, octet), "quality 0x%02X: %s" % (octet, element.hex()))


@row(
    104,
    "Values move below and above the deadband; cyclic and background data are due",
    "An event at a deadband or more; COT 1 and COT 2 with their periods",
    "101 §7.2.3, 5-5 §6.2",
    needs=("deadband", "background"),
    cyclic_ms=150,
    background_ms=400,
)
def deadband(t):
    m = t.master()
    t.update((0x4001, 99))  # the deadband is 100
    check(not [a for a in m.asdus() if a.cause == 3], "an event below the deadband")
    t.update((0x4001, 100))
    check([a.ioa for a in m.asdus() if a.cause == 3] == [0x4001], "no event at the deadband")
    t.update((0x4001, 1))
    check(not [a for a in m.asdus() if a.cause == 3], "an event below the deadband of the last event")
    found = [f.asdu for f in m.during(1.0) if f.kind == "I"]
    cyclic = [a for a in found if a.cause == 1]
    background = [a for a in found if a.cause == 2]
    check({ioa for a in cyclic for ioa, _, _ in a.objects} == {0x4030}, "cyclic: " + wire.told(cyclic))
    check(5 <= len(cyclic) <= 8, "%d cyclic values in 1 s at 150 ms" % len(cyclic))
    rounds = [a for a in background for ioa, _, _ in a.objects if ioa == 0x4001]
    check(2 <= len(rounds) <= 3, "%d background rounds in 1 s at 400 ms" % len(rounds))
