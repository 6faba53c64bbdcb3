"""Rows 31-39: STARTDT and STOPDT on one connection."""

from hil_tests.rows import wire
from hil_tests.rows.context import GI
from hil_tests.rows.row import check, row


def _is_con(frame):
    return frame.control == wire.STOPDT_CON


def _events(frames):
    return [f.asdu for f in frames if f.kind == "I" and f.asdu.cause == 3]


@row(31, "Connected, not started, while events arise", "Nothing but U frames is sent", "104 §5.3")
def quiet_before_start(t):
    m = t.dial()
    t.update((t.event_binary, 1), (t.event_measured, 5000))
    frames = m.during(0.3) + m.fence()
    check(not [f for f in frames if f.kind != "U"], ", ".join(str(f) for f in frames))


@row(32, "An I frame before STARTDT", "The connection is closed, the command in it not executed", "104 §5.3")
def order_before_start(t):
    m = t.dial()
    m.i(t.setpoint(4.0))
    t.closed(m)
    check(t.orders() == [], "executed: %s" % t.orders())


@row(33, "An S frame before STARTDT", "The connection is closed", "104 §5.3")
def s_before_start(t):
    m = t.dial()
    m.s()
    t.closed(m)


@row(34, "STARTDT act a second time", "It is confirmed again; numbers go on", "104 §5.3")
def start_twice(t):
    m = t.master()
    t.is_served(m)
    m.u(wire.STARTDT_ACT)
    frames = m.fence()
    check([f for f in frames if f.control == wire.STARTDT_CON], "no second STARTDT con")
    check(t.is_served(m), "not served with the number that follows")
    numbers = [f.ns for f in m.frames if f.kind == "I"]
    check(numbers == list(range(len(numbers))), "its N(S): %s" % numbers)


@row(
    35,
    "STOPDT act when both sides have acknowledged everything",
    "STOPDT con, no S frame before it",
    "104 §5.3; 5-604 case 5.3.2.70 as others report it",
)
def stop_clean(t):
    m = t.master()
    t.is_served(m)
    m.s()
    m.fence()
    m.u(wire.STOPDT_ACT)
    frames = m.until(_is_con, 1.0)
    check(frames and _is_con(frames[-1]), "no STOPDT con")
    check(len(frames) == 1, ", ".join(str(f) for f in frames))


@row(
    36, "STOPDT act when the station owes an acknowledgement", "An S frame first, then STOPDT con", "104 §5.3"
)
def stop_owing(t):
    m = t.master()
    m.i(t.silent())
    m.u(wire.STOPDT_ACT)
    frames = m.until(_is_con, 1.0)
    check(frames and _is_con(frames[-1]), "no STOPDT con")
    kinds = [f.kind for f in frames]
    check(kinds == ["S", "U"] and frames[0].nr == m.vs, ", ".join(str(f) for f in frames))


@row(
    37,
    "STOPDT act while own frames are not acknowledged",
    "No new I frame; STOPDT con only after all are acknowledged; t1 applies",
    "104 §5.3",
    t1=3,
    t2=1,
    t3=20,
)
def stop_unacknowledged(t):
    m = t.master()
    m.acknowledges = False
    m.i(t.setpoint(1.0))
    check([f for f in m.fence() if f.kind == "I"], "no answer to begin with")
    m.u(wire.STOPDT_ACT)
    frames = m.fence()
    t.update((t.event_binary, 1))
    frames += m.fence() + m.during(0.1)
    check(not [f for f in frames if _is_con(f)], "STOPDT con before the acknowledgement")
    check(not [f for f in frames if f.kind == "I"], "a new I frame")
    m.s()
    frames = m.until(_is_con, 1.0)
    check(frames and _is_con(frames[-1]), "no STOPDT con after the acknowledgement")
    m = t.master("127.0.0.2")
    m.acknowledges = False
    m.i(t.setpoint(1.0))
    m.fence()
    m.u(wire.STOPDT_ACT)
    check(m.closes(t.t1 + 1), "t1 does not apply while stopping")


@row(38, "An I frame after STOPDT con", "The connection is closed, the command not executed", "104 §5.3")
def order_after_stop(t):
    m = t.master()
    m.u(wire.STOPDT_ACT)
    m.until(_is_con, 1.0)
    before = len(t.orders())
    m.i(t.setpoint(4.0))
    t.closed(m)
    check(len(t.orders()) == before, "executed: %s" % t.orders())


@row(
    39,
    "Events arise while the link is stopped",
    "They are kept and sent after STARTDT",
    "104 §5.3, 101 §7.2.3",
)
def events_while_stopped(t):
    m = t.master()
    m.interrogate(GI)
    m.u(wire.STOPDT_ACT)
    m.until(_is_con, 1.0)
    t.update((t.event_binary, 1))
    t.update((t.event_measured, 7000))
    found = _events(m.start())
    got = [ioa for a in found for ioa, _, _ in a.objects]
    check(got == [t.event_binary, t.event_measured], "after STARTDT: " + wire.told(found))
