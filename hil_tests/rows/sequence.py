"""Rows 11-22: sequence numbers, acknowledgement, the windows k and w, parameters."""

import time

from hil_tests.rows import wire
from hil_tests.rows.row import check, row

_ROUNDS = 33000  # I frames each way, to pass 32767
_BATCH = 8


@row(
    11,
    "A new connection; then STOPDT and STARTDT",
    "Numbers begin at 0 and go on across STOPDT and STARTDT",
    "104 §5.1, 5.3",
)
def begin_at_zero(t):
    m = t.master()
    check(t.is_served(m), "first I frame with N(S) = 0 was not served")
    first = next(f for f in m.frames if f.kind == "I")
    check(first.ns == 0, "its first N(S) is %d" % first.ns)
    m.u(wire.STOPDT_ACT)
    m.until(lambda f: f.control == wire.STOPDT_CON)
    m.start()
    check(t.is_served(m), "N(S) = %d after the restart was not served" % (m.vs - 1))
    numbers = [f.ns for f in m.frames if f.kind == "I"]
    check(numbers == list(range(len(numbers))), "its N(S): %s" % numbers)


@row(12, "N(S) repeated, or one left out", "The connection is closed, the frame not taken", "104 §5.1")
def wrong_ns(t):
    for ns in (0, 2, 32767):
        m = t.master()
        check(t.is_served(m), "no answer to begin with")
        before = len(t.orders())
        m.i(t.setpoint(3.0), ns=ns)
        t.closed(m, what=" after N(S) = %d where 1 is next" % ns)
        check(len(t.orders()) == before, "the order in it was executed")


@row(13, "N(R) outside of what was sent and not yet acknowledged", "The connection is closed", "104 §5.1")
def wrong_nr(t):
    for step in (1, 5, -1):
        m = t.master()
        t.is_served(m)
        m.s(m.vr + step)
        t.closed(m, what=" after an S frame with N(R) = last + %d" % step)
    m = t.master()
    t.is_served(m)
    m.i(t.setpoint(3.0), nr=(m.vr + 3) % wire.SEQUENCE)
    t.closed(m, what=" after an I frame with N(R) = last + 3")


@row(14, "N(R) that brings no news", "It is accepted", "104 §5.1")
def no_news(t):
    m = t.master()
    t.is_served(m)
    for _ in range(5):
        m.s()
    check(t.is_served(m), "the connection does not go on")


@row(15, "More than 32768 I frames each way", "Numbers wrap from 32767 to 0 in both directions", "104 §5.1")
def wrap(t):
    m = t.master()
    sent = received = 0
    while sent < _ROUNDS and not m.is_closed:
        batch = b"".join(m.frame(t.setpoint(float(i))) for i in range(_BATCH))
        m.send(batch)
        sent += _BATCH
        answers = 0
        while answers < _BATCH:
            frame = m.read(2.0)
            if frame is None:
                break
            if frame.kind == "I" and frame.asdu.type == 50 and frame.asdu.cause == 7:
                answers += 1
        check(answers == _BATCH, "%d answers to frames up to N(S) = %d" % (answers, m.vs))
        received += sum(f.kind == "I" for f in m.frames)
        m.frames.clear()
        m.seen = 0
    check(not m.is_closed, "closed at N(S) = %d" % m.vs)
    check(received > 32768 and m.vs == sent % wire.SEQUENCE, "only %d I frames came" % received)


@row(
    16,
    "The station answers with an I frame",
    "It carries V(R) and counts as acknowledgement: no S frame follows",
    "104 §5.1",
    t1=6,
    t2=2,
    t3=30,
)
def acknowledges_by_answer(t):
    m = t.master()
    for n in range(1, 4):
        m.i(t.setpoint(1.0))
        frames = [f for f in m.fence() if f.kind == "I"]
        check(frames and frames[-1].nr == m.vs, "N(R) = %s after %d I frames" % ([f.nr for f in frames], n))
    m.s()
    late = [f for f in m.during(t.t2 + t.slack) if f.kind == "S"]
    check(not late, "an S frame though the answer acknowledged")


@row(17, "w I frames without an answer", "They are acknowledged at once", "104 §5.1, 9.6 (w = 8)")
def window_w(t):
    m = t.master()
    began = m.vs
    for _ in range(8):
        m.i(t.silent())
    frames = m.fence()
    numbers = [f.nr for f in frames if f.kind != "U"]
    check(numbers == [(began + 8) % wire.SEQUENCE], "N(R) %s after 8 frames" % numbers)


@row(
    18,
    "An I frame without an answer, and another before t2 has passed",
    "An S frame for both, t2 after the first",
    "104 §5.2",
    t1=6,
    t2=2,
    t3=30,
)
def t2(t):
    m = t.master()
    began = time.monotonic()
    m.i(t.silent())
    early = m.during(t.t2 * 0.6)
    m.i(t.silent())
    late = [f for f in m.until(lambda f: f.kind == "S", t.t2) if f.kind == "S"]
    check(not early, "%s before t2" % early[0] if early else "")
    check(late and late[0].nr == m.vs, "no S frame for both")
    after = late[0].at_s - began
    check(t.t2 * 0.9 <= after <= t.t2 + t.slack, "after %.2f s, t2 = %.2f s" % (after, t.t2))


def _fill_window(t, m):
    """17 orders to a master that acknowledges nothing; the answers that came."""
    m.acknowledges = False
    for i in range(17):
        m.i(t.setpoint(20.0 + i))  # refused: nothing but the answer comes of it
    return [f for f in m.fence() if f.kind == "I"]


@row(
    19,
    "k own frames out without acknowledgement",
    "No further one is sent until one is acknowledged",
    "104 §5.1, 9.6 (k = 12)",
    k=12,
)
def window_k(t):
    m = t.master()
    out = _fill_window(t, m)
    check(len(out) == 12, "%d I frames without acknowledgement" % len(out))
    m.s(m.vr - 11)
    more = [f for f in m.fence() if f.kind == "I"]
    check(len(more) == 1, "%d more after one was acknowledged" % len(more))


@row(20, "TESTFR act while the window is full", "It is confirmed", "104 §5.2")
def test_frame_in_full_window(t):
    m = t.master()
    _fill_window(t, m)
    m.u(wire.TESTFR_ACT)
    frames = m.until(lambda f: f.control == wire.TESTFR_CON, 1.0)
    check(frames and frames[-1].control == wire.TESTFR_CON, "no TESTFR con")


@row(21, "One S frame acknowledges several frames", "All are released", "104 §5.1")
def several_at_once(t):
    m = t.master()
    _fill_window(t, m)
    m.s()
    more = [f for f in m.fence() if f.kind == "I"]
    check(len(more) == 5, "%d of the 5 answers that waited" % len(more))


@row(
    22,
    "Parameters that cannot be: w > k, t2 >= t1; unwise: w > 2/3 k, t3 <= t1",
    "The first are refused, the second warned of",
    "104 §9.6",
    k=12,
    w=9,
)
def parameters(t):
    warned = len(t.answer.get("warnings", ()))
    for settings in ({"k": 8, "w": 9}, {"t1": 2, "t2": 2, "t3": 6}, {"t1": 2, "t2": 4, "t3": 6}):
        answer, _ = t.target.fresh(settings)
        said = ", ".join("%s = %d" % item for item in settings.items())
        check("error" in answer, said + " is accepted")
    check(warned == 1, "k = 12, w = 9 without a warning")
    answer, _ = t.target.fresh({"t1": 4, "t2": 2, "t3": 3})
    check(len(answer.get("warnings", ())) == 1, "t3 < t1 without a warning")
