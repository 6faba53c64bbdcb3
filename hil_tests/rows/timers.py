"""Rows 23-30: t1, t2 and t3 on a monotonic clock."""

import time

from hil_tests.rows import wire
from hil_tests.rows.row import check, row


def _is_test(frame):
    return frame.control == wire.TESTFR_ACT


@row(
    23,
    "Two I frames of the station stay without acknowledgement",
    "The connection is closed t1 after the first",
    "104 §5.2",
    t1=3,
    t2=1,
    t3=20,
)
def oldest(t):
    m = t.master()
    m.acknowledges = False
    began = time.monotonic()
    m.i(t.setpoint(1.0))
    m.during(t.t1 * 0.6)
    m.i(t.setpoint(2.0))
    check(m.closes(t.t1 + 1), "not closed within t1")
    after = m.closed_s - began
    check(t.t1 * 0.9 <= after <= t.t1 + t.slack, "closed after %.2f s, t1 = %.2f s" % (after, t.t1))


@row(
    24,
    "TESTFR act of the station stays without confirmation",
    "The connection is closed t1 after it",
    "104 §5.2",
    t1=2,
    t2=1,
    t3=3,
)
def unanswered_test(t):
    m = t.master()
    m.answers = False
    tests = m.until(_is_test, t.t3 + 1)
    check(tests and _is_test(tests[-1]), "no TESTFR act")
    check(m.closes(t.t1 + 1), "not closed within t1")
    after = m.closed_s - tests[-1].at_s
    check(t.t1 * 0.9 <= after <= t.t1 + t.slack, "closed after %.2f s, t1 = %.2f s" % (after, t.t1))


@row(25, "A connection is quiet for t3, started or not", "TESTFR act on each", "104 §5.2", t1=2, t2=1, t3=3)
def idle(t):
    links = [t.dial(), t.master("127.0.0.2"), t.master("127.0.0.3")]
    links[2].u(wire.STOPDT_ACT)
    names = ("never started", "started", "stopped again")
    for name, m in zip(names, links):
        tests = m.until(_is_test, t.t3 + 1)
        check(tests and _is_test(tests[-1]), "no TESTFR act on the link that is " + name)


@row(26, "Frames of any kind arrive before t3 has passed", "No TESTFR act", "104 §5.2", t1=2, t2=1, t3=3)
def busy(t):
    m = t.master()
    for turn in range(6):
        found = [f for f in m.during(t.t3 * 0.55) if _is_test(f)]
        check(not found, "TESTFR act %.2f s after a frame, t3 = %.2f s" % (t.t3 * 0.55, t.t3))
        if turn % 3 == 0:
            m.u(wire.TESTFR_ACT)
        elif turn % 3 == 1:
            m.s()
        else:
            m.i(t.setpoint(1.0))
            m.during(0.05)
            m.s()


@row(27, "A TESTFR act of the station is not yet confirmed", "No second one", "104 §5.2", t1=5, t2=1, t3=2)
def one_test(t):
    m = t.master()
    m.answers = False
    m.closes(t.t3 + t.t1 + 1)
    tests = [f for f in m.during(0) if _is_test(f)]
    check(len(tests) == 1, "%d TESTFR act in t1" % len(tests))


def clock(hour):
    """C_CS_NA_1 for 2026-11-21."""
    return wire.asdu(103, 6, 0, bytes((0x10, 0x27, 30, hour, 0xD5, 11, 26)))


@row(
    28,
    "Clock synchronisation an hour ahead and back",
    "Connection and timers are not touched",
    "104 §5.2, 101 §7.4.6",
    needs=("clock",),
    t1=4,
    t2=1,
    t3=5,
)
def clock_jump(t):
    m = t.master()
    for hour in (12, 13, 11, 23):
        found = m.ask(clock(hour))
        check([a.cause for a in found if a.type == 103] == [7], wire.told(found))
        check(t.state()["clock"][1] // 3600000 == hour, "the clock was not set")
    began = time.monotonic()
    tests = m.until(_is_test, t.t3 + 1)
    after = time.monotonic() - began
    check(tests and _is_test(tests[-1]), "no TESTFR act")
    check(t.t3 * 0.8 <= after <= t.t3 + t.slack, "TESTFR act after %.2f s, t3 = %.2f s" % (after, t.t3))


@row(
    29,
    "The tick counter wraps (2^30 ms, 12.4 days) at any moment of a timer",
    "Timers run on",
    "(ours: MicroPython's ticks)",
    needs=("virtual",),
)
def tick_wrap(t):
    for before in (1, 5000, 19999, 20000, 34000):
        t.tell("skip", before_wrap=before)
        m = t.master()
        m.fence()
        m.answers = False
        t.tell("skip", ms=19990 - 200)
        check(not [f for f in m.fence() if _is_test(f)], "TESTFR act before t3")
        t.tell("skip", ms=20001)
        check([f for f in m.fence() if _is_test(f)], "no TESTFR act after t3, wrap %d ms ahead" % before)
        t.tell("skip", ms=14000)
        check(not m.closes(0.02), "closed before t1")
        t.tell("skip", ms=1001)
        check(m.closes(), "not closed after t1, wrap %d ms ahead" % before)


@row(
    30,
    "The peer vanishes without a FIN",
    "It is found out within t3 + t1 of its last frame",
    "104 §5.2",
    t1=2,
    t2=1,
    t3=3,
)
def half_open(t):
    m = t.master()
    m.answers = False
    m.s()
    began = time.monotonic()
    check(m.closes(t.t1 + t.t3 + 1), "not closed within t3 + t1")
    check(m.closed_s - began <= t.t1 + t.t3 + t.slack, "closed after %.2f s" % (m.closed_s - began))
