"""Rows 110-113, 115, 116: forged input, floods, loss of all masters, log."""

import random
import struct
import time

from hil_tests.rows import live, wire
from hil_tests.rows.context import GI
from hil_tests.rows.header import TAG
from hil_tests.rows.row import check, row

MAIN, SCANNER = "127.0.0.1", "127.0.0.2"
_SEEDS = (
    wire.asdu(100, 6, 0, "14"),
    wire.asdu(101, 6, 0, "45"),
    wire.asdu(102, 5, 0x4001),
    wire.asdu(103, 6, 0, TAG),
    wire.asdu(107, 6, 0, b"\1\2" + TAG),
    wire.asdu(45, 6, 0x6001, "01"),
    wire.asdu(45, 6, 0x6011, "81"),
    wire.asdu(46, 6, 0x6002, "02"),
    wire.asdu(50, 6, 0x6201, struct.pack("<fB", 2.0, 0)),
    wire.asdu(63, 6, 0x6205, struct.pack("<fB", 2.0, 0) + TAG),
)
_COMMANDS = {0x6001: 45, 0x6002: 46, 0x6003: 47, 0x6011: 45, 0x6012: 50, 0x6013: 46, 0x6201: 50, 0x6202: 48,
             0x6203: 49, 0x6204: 50, 0x6205: 63}  # fmt: skip


def forge(dice):
    """An ASDU: noise, or one that a master might send, bent in a few places."""
    if dice.random() < 0.12:
        return dice.randbytes(6 + dice.randrange(40))
    octets = bytearray(dice.choice(_SEEDS))
    for _ in range(1 + dice.randrange(3)):
        octets[dice.randrange(len(octets))] = dice.randrange(256)
    kind = dice.randrange(8)
    if kind == 0:
        octets = octets[: 6 + dice.randrange(len(octets) - 5)]
    elif kind == 1:
        octets += dice.randbytes(dice.randrange(20))
    return bytes(octets)


def may_operate(octets):
    """Whether this forged ASDU is, by chance, a command that is in order."""
    if len(octets) < 10 or octets[0] not in wire.SIZES:
        return False
    a = wire.Asdu(octets)
    right = a.n == 1 and not a.is_sequence and a.cause == 6 and not a.is_test and a.ca == 1
    return right and len(a.objects) == 1 and _COMMANDS.get(a.ioa) == a.type


@row(
    110,
    "Random and mutated APDUs, a million of them",
    "No exception, no output that was not ordered, memory flat",
    "(project)",
    choice="a smaller number in a short run; v2g rows --apdus N sets it",
)
def forged(t):
    t.target.quiet_s, quiet_s = 0.0, t.target.quiet_s
    try:
        _forge_all(t)
    finally:
        t.target.quiet_s = quiet_s
    check(len(t.master().interrogate(GI)) > 2, "no interrogation after them")


def _forge_all(t):
    dice = random.Random(110)
    m = t.master()
    permitted, sizes = 0, []
    for n in range(t.apdus):
        octets = forge(dice)
        permitted += may_operate(octets)
        framed = bytearray(m.frame(octets))
        is_bent = dice.randrange(60) == 0
        if is_bent:
            framed[dice.randrange(6)] ^= 1 << dice.randrange(8)
        m.send(bytes(framed))
        if is_bent and not m.closes(0.01):
            m.is_closed = True  # the station may wait for octets that never come: no matter
        elif n % 8 == 7 and not m.is_closed:
            m.fence()
            m.s()
        if m.is_closed:
            m.close()
            m = t.master()
        del m.frames[: m.seen]
        m.seen = 0
        if n in (t.apdus // 4, t.apdus - 1) and "memory" not in t.target.lacks:
            sizes.append(t.state()["memory"])
    done = t.tell("state")["order_count"]
    check(done <= permitted, "%d orders executed, at most %d were in order" % (done, permitted))
    check(not sizes or sizes[1] - sizes[0] < 4096, "memory: %s" % sizes)
    m.close()


@row(
    111,
    "A master that does not read (TCP window 0)",
    "Others are not affected; t1 closes it; memory is bounded",
    "104 §5.2",
    t1=6,
    t2=1,
    t3=20,
)
def slow_reader(t):
    good = t.master(MAIN)
    slow = t.master(SCANNER, receive_bytes=4096)
    slow.acknowledges = False
    slow.i(GI)
    slow.sock.setblocking(False)
    began = time.monotonic()
    answered = 0
    flood = bytes.fromhex("680443000000") * 400
    while time.monotonic() - began < t.t1 * 0.7:
        try:
            slow.sock.send(flood)
        except OSError:
            pass
        asked = time.monotonic()
        check(t.is_served(good), "the other master is not served")
        check(time.monotonic() - asked < 0.5 + 2 * t.target.quiet_s, "the other master waited")
        answered += 1
    links = t.state()["links"]
    good.during(t.t1 * 0.3 + t.slack + 0.3)
    check(t.is_served(good), "the other master is not served in the end")
    check(links == 2 and t.state()["links"] == 1, "%d links, then %d" % (links, t.state()["links"]))


@row(
    112,
    "A flood of connections from one address; some from an address that is not allowed",
    "Limited; the allow list counts before a byte is read",
    "(project)",
    needs=("allow", "limit"),
    allow=[MAIN, SCANNER],
    max_links=4,
)
def connection_flood(t):
    m = t.master(MAIN)
    opened = []
    for _ in range(40):
        opened.append(t.dial(SCANNER))
        time.sleep(0.003)  # a full backlog makes the kernel wait for a second
    m.during(0.1)
    refused = sum(link.closes(0.02) for link in opened)
    check(refused == 37, "%d of 40 connections were refused, the limit is 4" % refused)
    for link in opened:
        link.close()
    m.during(0.1)
    for _ in range(20):
        stranger = t.dial("127.0.0.9")
        stranger.send(bytes.fromhex("680407000000"))
        check(stranger.closes(1.0) and not stranger.frames, "a stranger was answered")
    check(t.is_served(m), "the master is no longer served")


@row(
    113,
    "Scanners connect, send STARTDT and noise",
    "The master's connection and its control are not touched",
    "(project)",
)
def scanner(t):
    m = t.master(MAIN)
    t.is_served(m)
    for i in range(10):
        stranger = t.dial(SCANNER)
        stranger.u(wire.STARTDT_ACT)
        stranger.fence()
        stranger.send(b"GET / HTTP/1.1\r\n\r\n")
        t.update((t.event_measured, 1000 * (i + 2)))
        check([a.cause for a in m.asdus() if a.cause == 3], "the event went elsewhere")
        check(t.is_served(m), "the master is no longer served")
        stranger.close()


@row(
    115,
    "All masters are gone for longer than T",
    "The set-point's fail-safe: hold, ramp to zero or schedule, and a flag",
    "(project)",
    needs=("live",),
    choice="configurable, ramp to zero by default; the firmware itself is run",
)
def all_gone(t):
    live.all_masters_gone(t)


@row(
    116,
    "Commands, accepted and refused",
    "Each is logged with IP, OA, CA, IOA, value and result",
    "(project)",
    needs=("log",),
    choice="a line on the console each, with a code for its result and the count of that result; the "
    "firmware itself is run",
)
def log(t):
    m = t.master()
    m.ask(t.setpoint(2.0, oa=9))
    m.ask(t.setpoint(1e9, oa=8))
    m.ask(t.setpoint(2.0, 0x7777))
    m.ask(t.setpoint(2.0, ca=5))
    m.ask(wire.asdu(45, 6, 0x6011, "01"))
    wanted = [
        [MAIN, 9, 1, 0x6201, 50, 2.0, "accepted"],
        [MAIN, 8, 1, 0x6201, 50, 1e9, "handler"],
        [MAIN, 0, 1, 0x7777, 50, None, "ioa"],
        [MAIN, 0, 5, 0x6201, 50, None, "ca"],
        [MAIN, 0, 1, 0x6011, 45, True, "select"],
    ]
    got = t.state()["log"]
    check(got == wanted, "the log: %s" % got)
    live.orders_are_logged(t)
