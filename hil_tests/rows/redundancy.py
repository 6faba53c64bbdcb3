"""Rows 40-46: several connections and several masters."""

from hil_tests.rows import wire
from hil_tests.rows.context import GI
from hil_tests.rows.row import check, row

MAIN, STANDBY, OTHER = "127.0.0.1", "127.0.0.2", "127.0.0.3"


def _objects(frames):
    """(address, element) of the events in them."""
    return [(ioa, element) for f in frames if f.kind == "I" and f.asdu.cause == 3
            for ioa, element, _ in f.asdu.objects]  # fmt: skip


@row(
    40,
    "STARTDT on the second connection of a redundancy group, while events are not acknowledged on the first",
    "The first falls silent; the second gets these events again, in order, then the new ones",
    "104 §10",
    needs=("groups",),
    groups=[[MAIN, STANDBY]],
    choice="the first connection stays open, stopped",
)
def take_over(t):
    first = t.master(MAIN)
    second = t.dial(STANDBY)
    first.acknowledges = False
    for i in range(3):
        t.update((t.event_measured + i, 1000 * (i + 1)))
    sent = _objects(first.fence())
    check([ioa for ioa, _ in sent] == [t.event_measured + i for i in range(3)], "the first did not get them")
    came = _objects(second.start())
    check(came[:3] == sent, "the second got %s" % came)
    t.update((t.event_binary, 1))
    check([ioa for ioa, _ in _objects(second.fence())] == [t.event_binary], "new event not on the second")
    check(not _objects(first.fence()), "new event on the first too")
    check(not first.is_closed, "the first was closed")


@row(
    41,
    "Masters of different groups, all started",
    "Each gets every event, and only its own interrogation",
    "104 §10",
)
def all_get_all(t):
    masters = [t.master(MAIN), t.master(STANDBY)]
    t.update((t.event_binary, 1))
    t.update((t.event_measured, 9000))
    for m in masters:
        got = [ioa for ioa, _ in _objects(m.fence())]
        check(got == [t.event_binary, t.event_measured], "events of one master: %s" % got)
        m.s()
    found = masters[1].interrogate(GI)
    check(found and found[-1].cause == 10, wire.told(found))
    check(not [f for f in masters[0].fence() if f.kind == "I"], "answers reached the other master")


@row(
    42,
    "A client whose address is in no group and not on the allow list",
    "It is refused before STARTDT",
    "(project; 5-7 and 62351 ask for more)",
    needs=("allow",),
    allow=[MAIN],
)
def not_allowed(t):
    m = t.dial(STANDBY)
    m.u(wire.STARTDT_ACT)
    check(m.closes(1.0), "it may stay")
    check(not m.during(0), "it was answered")
    check(t.is_served(t.master(MAIN)), "the allowed master is not served")


@row(
    43,
    "More connections than the maximum",
    "The new one is refused, the others go on",
    "(project)",
    needs=("limit",),
    max_links=2,
)
def too_many(t):
    links = [t.master(MAIN), t.dial(STANDBY)]
    late = t.dial(OTHER)
    late.u(wire.STARTDT_ACT)
    check(late.closes(1.0) and not late.during(0), "the third is accepted")
    check(t.is_served(links[0]), "the first is no longer served")
    links[1].fence()
    check(not links[1].is_closed, "the second was closed")


@row(
    44,
    "A master whose old connection is dead connects again",
    "It is accepted and served",
    "104 §10",
    t1=8,
    t2=1,
    t3=2,
    choice="it commands again once the old connection has a TESTFR without answer",
)
def comes_back(t):
    dead = t.master()
    dead.answers = False
    tests = dead.until(lambda f: f.control == wire.TESTFR_ACT, t.t3 + 1)
    check(tests and tests[-1].control == wire.TESTFR_ACT, "no TESTFR act on the dead connection")
    again = t.master()
    check(t.is_served(again), "not served before the old one was closed")


@row(
    45,
    "One master commands while another listens",
    "The answers go to the one that asked",
    "101 §7.4, 5-5 §6.8",
)
def own_answers(t):
    asks, listens = t.master(MAIN), t.master(STANDBY)
    check(t.is_served(asks), "the first is not served")
    found = [f.asdu for f in listens.fence() if f.kind == "I"]
    check(not [a for a in found if a.type >= 45], "the other got " + wire.told(found))


@row(
    46,
    "A second connection without STARTDT, for hours",
    "It lives on test frames",
    "104 §5.2, 10",
    needs=("virtual",),
)
def standby(t):
    """Three hours of virtual time, in steps of t3."""
    works, waits = t.master(MAIN), t.dial(STANDBY)
    works.fence()
    for _ in range(3 * 180):
        t.tell("skip", ms=20000)
        for m in (works, waits):
            tests = [f for f in m.fence() if f.control == wire.TESTFR_ACT]
            check(not m.is_closed, "closed")
            check(m is works or len(tests) == 1, "%d TESTFR act in t3" % len(tests))
    check(t.is_served(works), "the first is no longer served")
    waits.start()
    t.update((t.event_binary, 1))
    check(_objects(waits.fence()), "no event on the standby link after STARTDT")
