"""Rows 74-77: clock synchronisation, test command, reset of the process."""

from hil_tests.rows import wire
from hil_tests.rows.header import TAG
from hil_tests.rows.row import check, row

_TAGGED = range(30, 41)
CLOCK = wire.asdu(103, 6, 0, TAG)


def _is_read(m):
    """Read commands that fill the send window, un-acknowledged."""
    m.acknowledges = False
    for _ in range(12):
        m.i(wire.asdu(102, 5, 0x4001))
    m.fence()


@row(
    74,
    "Clock synchronisation while events with time tags wait",
    "ACT_CON with the time, behind these events",
    "101 §7.4.6",
    needs=("application",),
)
def behind_events(t):
    m = t.master()
    _is_read(m)
    t.update((t.event_binary, 1))
    m.i(CLOCK)
    t.update((t.event_measured, 5000))
    m.acknowledges = True
    m.s()
    found = [f.asdu for f in m.fence() if f.kind == "I"]
    order = [(a.type, a.cause) for a in found if a.type in _TAGGED or a.type == 103]
    check((103, 7) in order, wire.told(found))
    check(order.index((103, 7)) >= 1, "the confirmation came before the event: %s" % order)
    answer = next(a for a in found if a.type == 103)
    check(answer.objects and answer.objects[0][2] == TAG and not answer.is_negative, "time in the answer")


@row(
    75,
    "Clock synchronisation with IV = 1 or a date that is none",
    "Negative ACT_CON, clock not set",
    "101 §7.2.6.18, 7.4.6",
    needs=("application",),
)
def no_such_time(t):
    m = t.master()
    bad = (
        "1027 9e 0c d50b1a",  # IV
        "1027 1e 0c de021a",  # 30 February
        "1027 3c 0c d50b1a",  # minute 60
        "1027 1e 18 d50b1a",  # hour 24
        "60ea 1e 0c d50b1a",  # 60,000 ms
        "1027 1e 0c d50d1a",  # month 13
        "1027 1e 0c c00b1a",  # day 0
    )
    for text in bad:
        found = [a for a in m.ask(wire.asdu(103, 6, 0, text)) if a.type == 103]
        check([(a.cause, a.is_negative) for a in found] == [(7, True)], "%s: %s" % (text, wire.told(found)))
    if "clock" not in t.target.lacks:
        check(not t.state()["clock"][2], "the clock was set")


@row(
    76,
    "C_TS_TA_1 (COT 6); C_TS_NA_1 (104) and C_CD_NA_1 (106)",
    "Mirrored with COT 7; COT 44",
    "101 §7.4.7, 104 §7",
    needs=("application",),
)
def test_command(t):
    m = t.master()
    octets = wire.asdu(107, 6, 0, b"\x34\x12" + TAG)
    t.mirrored(t.one_answer(m, octets, 7, False), octets)
    t.one_answer(m, wire.asdu(104, 6, 0, b"\xaa\x55"), 44)
    t.one_answer(m, wire.asdu(106, 6, 0, b"\0\0"), 44)


@row(
    77,
    "Reset process: QRP 1, QRP 2, others",
    "Confirmed, then a restart; the event buffer cleared; refused",
    "101 §7.2.6.27, 7.4.8",
    needs=("reset",),
)
def reset(t):
    m = t.master()
    for qrp in (0, 3, 127):
        t.one_answer(m, wire.asdu(105, 6, 0, bytes((qrp,))), 7)
    _is_read(m)
    t.update((t.event_binary, 1))
    m.i(wire.asdu(105, 6, 0, b"\2"))
    m.acknowledges = True
    m.s()
    found = [f.asdu for f in m.fence() if f.kind == "I"]
    check(
        [(a.type, a.cause, a.is_negative) for a in found] == [(105, 7, False)], "QRP 2: " + wire.told(found)
    )
    m.i(wire.asdu(105, 6, 0, b"\1"))
    found = [f.asdu for f in m.until(lambda f: f.kind == "I", 1.0) if f.kind == "I"]
    check(
        [(a.type, a.cause, a.is_negative) for a in found] == [(105, 7, False)], "QRP 1: " + wire.told(found)
    )
    check(m.closes(2.0), "no restart")
    check(t.state()["restarts"] == 1, "no restart")
    first = [f.asdu for f in t.dial().start() if f.kind == "I"]
    check(
        first and first[0].type == 70 and first[0].objects[0][1][0] & 0x7F == 2,
        "after it: " + wire.told(first),
    )
