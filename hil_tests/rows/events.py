"""Rows 105-109: events are not lost."""

from hil_tests.rows import wire
from hil_tests.rows.row import check, row

OVERFLOW = 0x0081


def objects(frames):
    """(address, element, tag) of the events in them."""
    return [o for f in frames if f.kind == "I" and f.asdu.cause == 3 for o in f.asdu.objects]


def stop(m):
    m.u(wire.STOPDT_ACT)
    m.until(lambda f: f.control == wire.STOPDT_CON)


@row(
    105,
    "A flood of analogue events while a binary one waits",
    "The binary one is not displaced",
    "(project)",
    needs=("buffer",),
    event_slots=16,
    choice="binary events have a buffer of their own",
)
def flood(t):
    m = t.master()
    stop(m)
    t.update((t.event_binary, 1))
    for i in range(200):
        t.update((t.event_measured + i % 6, 1000 * (i + 1)))
    found = [ioa for ioa, _, _ in objects(m.start() + m.during(0.2))]
    check(t.event_binary in found, "%d events came, not the binary one" % len(found))


@row(
    106,
    "More events than the buffer holds",
    "The oldest analogue ones go; the overflow point is set; the count is exact",
    "(project)",
    needs=("overflow", "slots"),
    event_slots=16,
)
def overflow(t):
    m = t.master()
    stop(m)
    t.update((t.event_binary, 1))
    for i in range(40):
        t.update((t.event_measured, 1000 * (i + 1)))
    check(t.state()["lost"] == 24, "it counts %d lost, 24 are" % t.state()["lost"])
    found = objects(m.start())
    measured = [element for ioa, element, _ in found if ioa == t.event_measured]
    check(
        len(measured) == 16 and measured[-1][:4] == b"\0\0\x20\x42", "%d analogue events came" % len(measured)
    )
    check([ioa for ioa, _, _ in found].count(t.event_binary) == 1, "the binary event")
    flags = [element for ioa, element, _ in found + objects(m.fence()) if ioa == OVERFLOW]
    check(flags and flags[0] == b"\1", "the overflow point: %s" % flags)


@row(
    107,
    "Events arise while no master is connected",
    "After STARTDT they come in the order of time, each once",
    "101 §7.2.3, 5-5 §6.3",
    needs=("buffer",),
    choice="before the answer to an interrogation that follows",
)
def disconnected(t):
    m = t.master()
    m.fence()
    m.close()
    order = [t.event_binary, t.event_measured, t.event_binary + 1, t.event_measured + 1, t.event_binary]
    for i, ioa in enumerate(order):
        t.update((ioa, 1 - i // 4 if ioa < 0x4000 else 6000 + i))
    again = t.dial()
    found = [ioa for ioa, _, _ in objects(again.start() + again.during(0.1))]
    check(found == order, "%d of 5, in this order: %s" % (len(found), [hex(ioa) for ioa in found]))
    again.close()
    third = t.dial()
    check(not objects(third.start()), "acknowledged events came again")


@row(
    108,
    "The connection is lost before events are acknowledged",
    "They are sent again on the next one",
    "101 §7.2.3",
    needs=("buffer",),
    choice="at least once",
)
def unacknowledged(t):
    m = t.master()
    m.acknowledges = False
    for i in range(3):
        t.update((t.event_measured + i, 3000))
    first = objects(m.fence())
    check(len(first) == 3, "%d events came" % len(first))
    m.close()
    again = t.dial()
    found = objects(again.start() + again.during(0.1))
    check(found == first, "%d of 3 came again" % len(found))


@row(
    109,
    "The power is cut while events wait",
    "They are there after the restart, where that is claimed",
    "(project)",
    not_yet="the buffer is in memory only, and nothing else is claimed; it comes with the journal",
)
def power_cut(t):
    """Comes with the journal."""
