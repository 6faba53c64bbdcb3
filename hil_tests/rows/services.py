"""Rows 61-73: end of initialisation, interrogations, counters, read."""

import struct

from hil_tests.rows import wire
from hil_tests.rows.context import GI
from hil_tests.rows.row import check, row

MANY = 0x5000
_UNTAGGED = (1, 3, 5, 7, 9, 11, 13, 20, 21)


def values(asdus, cause):
    """{address: element} of interrogated data."""
    return {ioa: element for a in asdus if a.cause == cause and a.type < 45 for ioa, element, _ in a.objects}


def is_whole(found, cause):
    """Confirmation first, data of this cause only, termination last."""
    if len(found) < 2 or found[0].is_negative or [found[0].cause, found[-1].cause] != [7, 10]:
        return False
    return all(a.cause == cause and a.type < 45 for a in found[1:-1])


@row(
    61,
    "The station starts; masters connect, stop, start and connect again",
    "M_EI_NA_1 (COT 4) once per start of the station, before any other data",
    "101 §7.3.3, 7.4.8",
    needs=("application",),
    choice="once to each master",
)
def initialised(t):
    m = t.dial()
    first = [f.asdu for f in m.start() if f.kind == "I"]
    check([a.type for a in first] == [70] and first[0].cause == 4, "after STARTDT: " + wire.told(first))
    check(
        first[0].objects and first[0].objects[0][0] == 0 and first[0].objects[0][1][0] & 0x7F < 3, "its COI"
    )
    m.u(wire.STOPDT_ACT)
    m.until(lambda f: f.control == wire.STOPDT_CON)
    again = [f.asdu for f in m.start() if f.kind == "I"]
    for _ in range(3):
        m.close()
        m = t.dial()
        again += [f.asdu for f in m.start() if f.kind == "I"]
    check(not [a for a in again if a.type == 70], "a second one without a start of the station")


@row(
    62,
    "General interrogation (QOI 20)",
    "ACT_CON, data with COT 20, ACT_TERM, in this order",
    "101 §7.4.5, 5-5 §6.6",
)
def interrogation(t):
    t.update((0x4001, 1500), (0x0002, 1))
    m = t.master()
    found = m.interrogate(GI)
    check(is_whole(found, 20), wire.told(found))
    got = values(found, 20)
    check({0x0001, 0x0006, 0x4001, 0x4006} <= set(got), "objects: %s" % sorted(map(hex, got)))
    check(got[0x4001][:4] == struct.pack("<f", 1.5) and got[0x0002] == b"\1", "values")
    counted = sum(a.n for a in found if a.cause == 20)
    check(counted == len(got), "%d objects, %d different" % (counted, len(got)))


@row(
    63,
    "Interrogation of a group (QOI 21-36)",
    "Its objects under COT 21-36; an empty group: confirmed and ended",
    "101 §7.2.6.22, 7.4.5",
    needs=("application",),
)
def groups(t):
    m = t.master()
    for group, wanted in (
        (1, {0x0001 + i for i in range(6)}),
        (2, {0x4001 + i for i in range(6)}),
        (16, set()),
    ):
        found = m.interrogate(wire.asdu(100, 6, 0, bytes((20 + group,))))
        check(is_whole(found, 20 + group), "group %d: %s" % (group, wire.told(found)))
        got = {ioa for ioa in values(found, 20 + group) if ioa < 0x6400}
        check(got == wanted, "group %d: %s" % (group, sorted(map(hex, got))))


@row(
    64,
    "Interrogation with QOI outside 20-36",
    "Negative ACT_CON, no data",
    "101 §7.2.6.22",
    needs=("application",),
)
def unknown_qoi(t):
    m = t.master()
    for qoi in (0, 19, 37, 255):
        found = m.ask(wire.asdu(100, 6, 0, bytes((qoi,))))
        check(
            [(a.cause, a.is_negative) for a in found] == [(7, True)], "QOI %d: %s" % (qoi, wire.told(found))
        )


@row(
    65,
    "General interrogation of points whose events carry a time tag",
    "The data carry none (types 1-21)",
    "101 §7.4.5 (types of interrogated data)",
)
def no_tags(t):
    m = t.master()
    t.update((t.event_binary, 1), (t.event_measured, 3000))
    m.fence()
    found = m.interrogate(GI)
    types = {a.type for a in found if a.cause == 20}
    check(found and found[-1].cause == 10 and types, wire.told(found))
    check(types <= set(_UNTAGGED), "types %s" % sorted(types))


def held_back(t, m):
    """A general interrogation whose data wait for the send window; the ASDUs that came."""
    m.acknowledges = False
    m.i(GI)
    found = []
    while came := [f.asdu for f in m.fence() if f.kind == "I"]:
        found += came
    unacknowledged = m.vr - m.acked
    check(
        len(found) == unacknowledged and found[-1].cause == 20,
        "the data did not wait: %d came, %d not acknowledged, the last of them %s"
        % (len(found), unacknowledged, wire.told(found[-1:])),
    )
    return found


@row(
    66,
    "Values change during an interrogation",
    "They are sent as events too; no data are older than an event sent",
    "101 §7.4.5, 5-5 §6.6",
    needs=("application",),
    many_measured=500,
)
def changes_meanwhile(t):
    m = t.master()
    found = held_back(t, m)
    sent = values(found, 20)
    last = MANY + 499
    check(last not in sent, "nothing waits")
    t.update((last, 7000), (MANY, 8000))
    m.acknowledges = True
    m.s()
    rest = [f.asdu for f in m.until(lambda f: f.asdu is not None and f.asdu.cause == 10) if f.kind == "I"]
    check(rest and rest[-1].cause == 10, "no end")
    seven, eight = struct.pack("<f", 7.0), struct.pack("<f", 8.0)
    events = {ioa: element[:4] for a in rest if a.cause == 3 for ioa, element, _ in a.objects}
    check(events == {last: seven, MANY: eight}, "events: %s" % events)
    at_event = min(i for i, a in enumerate(rest) if a.cause == 3)
    late = values(rest[at_event:], 20)
    check(late.get(last, b"")[:4] == seven, "interrogated value behind the event: %s" % late.get(last))


@row(
    67,
    "An interrogation larger than k frames",
    "It is streamed as the window opens; commands and events pass",
    "104 §5.1, 101 §7.4.5",
    needs=("application",),
    many_measured=500,
)
def long_interrogation(t):
    m = t.master()
    found = held_back(t, m)
    m.i(t.setpoint(2.0))
    t.update((t.event_binary, 1))
    m.acknowledges = True
    m.s()
    rest = [f.asdu for f in m.until(lambda f: f.asdu is not None and f.asdu.type == 100) if f.kind == "I"]
    order = [(a.type, a.cause) for a in rest]
    check(order and order[-1] == (100, 10), "no end")
    check((50, 7) in order, "the set-point was not confirmed before the end: %s" % order[:8])
    check([o for o in order if o[1] == 3], "the event did not come before the end")
    check(len(values(found + rest, 20)) > 500, "%d objects" % len(values(found + rest, 20)))


@row(
    68,
    "A second interrogation during the first",
    "It restarts the first or is refused; never both interleaved",
    "101 §7.4.5",
    needs=("application",),
    many_measured=500,
    choice="it restarts the first, which then has no ACT_TERM of its own",
)
def second_interrogation(t):
    m = t.master()
    held_back(t, m)
    m.i(GI)
    m.acknowledges = True
    m.s()
    frames = m.until(lambda f: f.asdu is not None and f.asdu.cause == 10) + m.fence()
    rest = [f.asdu for f in frames if f.kind == "I"]
    system = [(a.cause, a.is_negative) for a in rest if a.type == 100]
    done, yes, no = (10, False), (7, False), (7, True)
    check(system in ([yes, done], [no, done], [done, yes, done]), "answers %s" % system)
    at = [i for i, a in enumerate(rest) if (a.type, a.cause, a.is_negative) == (100, 7, False)]
    behind = [a for a in rest[at[0] if at else 0 :] if a.cause == 20]
    counted = sum(a.n for a in behind)
    check(counted == len(values(behind, 20)), "%d objects, %d different" % (counted, len(values(behind, 20))))
    check(not at or counted > 500, "%d objects after the restart" % counted)


@row(
    69,
    "Deactivation (COT 8) of a running interrogation",
    "COT 9, and no more data",
    "101 §7.4.5",
    needs=("application",),
    many_measured=500,
)
def stop_interrogation(t):
    m = t.master()
    m.acknowledges = False
    m.i(GI)
    m.fence()
    m.i(wire.asdu(100, 8, 0, "14"))
    m.acknowledges = True
    m.s()
    rest = [f.asdu for f in m.fence() + m.during(0.1) if f.kind == "I"]
    answers = [(a.cause, a.is_negative) for a in rest if a.type == 100]
    check(answers == [(9, False)], "answers: " + wire.told([a for a in rest if a.type == 100]))
    behind = rest[[a.type for a in rest].index(100) :]
    check(not values(behind, 20), "%d ASDUs of data after it" % len(behind))


@row(
    70,
    "The connection is lost during an interrogation",
    "Nothing of it on the next one",
    "104 §5.3",
    many_measured=500,
)
def lost_interrogation(t):
    m = t.master()
    m.acknowledges = False
    m.i(GI)
    m.fence()
    m.close()
    again = t.dial()
    found = [f.asdu for f in again.start() + again.during(0.1) if f.kind == "I"]
    check(not values(found, 20) and not [a for a in found if a.type == 100], wire.told(found))
    check(t.is_served(again), "not served")


@row(
    71,
    "A point that was never acquired",
    "It is in the interrogation, with IV or NT",
    "101 §7.2.6.1-3, 7.4.5",
    needs=("initial", "application"),
    acquired=False,
)
def never_acquired(t):
    m = t.master()
    got = values(m.interrogate(GI), 20)
    for ioa in (0x0001, 0x0011, 0x4001, 0x4011):
        check(ioa in got, "0x%X is left out" % ioa)
        check(got[ioa][-1] & 0xC0, "0x%X has quality 0x%02X" % (ioa, got[ioa][-1]))


def _counters(found, cause):
    return {ioa: (struct.unpack("<i", e[:4])[0], e[4]) for ioa, e in values(found, cause).items()}


@row(
    72,
    "Counter interrogation: RQT 1-5, FRZ 0-3",
    "COT 37-41 between ACT_CON and ACT_TERM; freeze and reset act",
    "101 §7.2.6.23, 7.4.8, 5-5 §6.9",
    needs=("counters",),
    choice="a request with FRZ is confirmed and ended without data",
)
def counters(t):
    m = t.master()
    t.update((0x6401, 100), (0x6402, 200))

    def ask(qcc):
        m.asdus()
        return m.interrogate(wire.asdu(101, 6, 0, bytes((qcc,))))

    found = ask(5)
    check(is_whole(found, 37), wire.told(found))
    check({k: v[0] for k, v in _counters(found, 37).items()} == {0x6401: 100, 0x6402: 200}, "values")
    found = ask(2)
    check(is_whole(found, 39) and set(_counters(found, 39)) == {0x6402}, "group 2: " + wire.told(found))
    check(is_whole(ask(0x45), 37), "freeze")
    t.update((0x6401, 150))
    frozen = _counters(ask(5), 37)[0x6401]
    check(frozen[0] == 100 and frozen[1] & 0x1F == 1, "frozen: %s" % (frozen,))
    check(is_whole(ask(0x85), 37), "freeze with reset")
    check(_counters(ask(5), 37)[0x6401][0] == 150, "frozen with reset")
    t.update((0x6401, 160))
    check(is_whole(ask(0xC5), 37), "reset")
    t.update((0x6401, 175))
    events = [a.objects[0][1][4] for a in m.asdus() if a.cause == 3]
    running = _counters(ask(5), 37)[0x6401]
    check(running[0] == 15, "after the reset: %s" % (running,))
    check(
        [octet & 0x40 for octet in events + [running[1]]] == [0x40, 0], "CA is not in the first report alone"
    )
    for qcc in (0, 6, 0x3F):
        answers = [a for a in ask(qcc) if a.type == 101]
        check(len(answers) == 1 and answers[0].is_negative, "RQT %d: %s" % (qcc, wire.told(answers)))


@row(73, "Read command (COT 5)", "The object under COT 5, and no confirmation", "101 §7.4.4")
def read(t):
    m = t.master()
    t.update((0x4002, 2500))
    m.fence()
    found = m.ask(wire.asdu(102, 5, 0x4002))
    check(len(found) == 1, wire.told(found))
    a = found[0]
    check(a.type == 13 and a.cause == 5 and a.objects[0][:1] == (0x4002,), wire.told(found))
    check(a.objects[0][1][:4] == struct.pack("<f", 2.5), "its value")
