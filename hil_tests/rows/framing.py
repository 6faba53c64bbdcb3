"""Rows 1-10: APDUs on a stream of octets."""

import time

from hil_tests.rows import wire
from hil_tests.rows.context import GI
from hil_tests.rows.row import check, row

_BETWEEN_S = 0.003  # for two writes to leave as two segments


def _never_confirmed(t, bent):
    """No U frame comes back; the connection is closed after each of them, or after none."""
    fates = []
    for octets in bent:
        m = t.master()
        m.send(octets)
        frames = [f for f in m.during(0.1 + m.quiet_s) if f.kind == "U"]
        check(not frames, "%s was answered with %s" % (octets.hex(" "), ", ".join(str(f) for f in frames)))
        fates.append(m.closes(0.1))
    check(len(set(fates)) == 1, "closed after some and not after others: %s" % fates)
    check(fates[0] or not t.is_ours, "the connection stays open")


def _confirmed(found):
    return [a for a in found if a.type == 50 and a.cause == 7]


@row(1, "An APDU arrives split over two TCP segments, at every octet", "It is taken as one APDU", "104 §5")
def split(t):
    m = t.master()
    size = len(m.frame(t.setpoint(1.0), m.vs))
    for at in range(1, size):
        octets = m.frame(t.setpoint(1.0))
        m.send(octets[:at])
        time.sleep(_BETWEEN_S)
        m.send(octets[at:])
        frames = m.until(lambda f: f.asdu is not None and f.asdu.type == 50, 1.0)
        check(
            _confirmed([f.asdu for f in frames if f.kind == "I"]), "not taken when split after octet %d" % at
        )


@row(2, "Several APDUs arrive in one TCP segment", "All are processed, in their order", "104 §5")
def together(t):
    m = t.dial()
    octets = bytes.fromhex("680407000000")
    values = [float(i) for i in range(7)]
    for value in values:
        octets += m.frame(t.setpoint(value))
    m.send(octets + bytes.fromhex("680443000000"))
    frames = m.until(lambda f: f.control == wire.TESTFR_CON) + m.during(m.quiet_s)
    check(frames and frames[0].control == wire.STARTDT_CON, "no STARTDT con first")
    found = _confirmed([f.asdu for f in frames if f.kind == "I"])
    got = [a.objects[0][1][:4] for a in found]
    check(got == [t.setpoint(v)[9:13] for v in values], wire.told(found))


@row(
    3,
    "The first octet of an APDU is not 0x68",
    "The connection is closed",
    "104 §5",
    choice="closed at once; nothing is searched for a new start",
)
def start_octet(t):
    for octets in ("670443000000", "680443000000 00680443000000", "474554202f20"):
        m = t.master()
        m.send(bytes.fromhex(octets))
        t.closed(m, what=" after " + octets)


@row(4, "The length octet is below 4", "The connection is closed", "104 §5")
def too_short(t):
    for octets in ("6803430000", "680243000000", "680043000000"):
        m = t.master()
        m.send(bytes.fromhex(octets))
        t.closed(m, what=" after " + octets)
        answers = [f for f in m.during(0) if f.control == wire.TESTFR_CON]
        check(not answers, "TESTFR con to a length below 4")


@row(
    5,
    "The length octet is 254 or 255",
    "The connection is closed at once, not after the octets announced",
    "104 §5 (APDU of at most 255 octets)",
)
def too_long(t):
    for octets in ("68fe", "68ff", "68fe0000000064"):
        m = t.master()
        m.send(bytes.fromhex(octets))
        t.closed(m, what=" after " + octets)


@row(
    6,
    "A U frame with two functions (0x47) or none (0x03)",
    "It is not confirmed",
    "104 §5.3",
    choice="the connection is closed",
)
def two_functions(t):
    _never_confirmed(t, [bytes((0x68, 4, control, 0, 0, 0)) for control in (0x47, 0x03, 0xFF, 0x17)])


@row(
    7,
    "A U or S frame with more than 4 octets, or with other bits set than its own",
    "It is not taken as valid",
    "104 §5.3",
    choice="the connection is closed",
)
def spare_octets(t):
    bent = (
        "68054300000000",
        "680443010000",
        "680443000001",
        "680443000100",
        "68050100000000",
        "680403010000",
    )
    _never_confirmed(t, [bytes.fromhex(octets) for octets in bent])


@row(
    8,
    "An I frame without ASDU, or with less than a data unit identifier",
    "The connection is closed",
    "104 §5, 101 §7.1",
)
def no_asdu(t):
    for size in (0, 1, 5):
        m = t.master()
        m.i(t.setpoint(1.0)[:size])
        t.closed(m, what=" after an ASDU of %d octets" % size)


@row(
    9,
    "Everything that the station sends",
    "No APDU above 255 octets, no ASDU above 249",
    "104 §5",
    many_measured=200,
    many_binary=200,
)
def longest(t):
    m = t.master()
    m.interrogate(GI)
    t.update(*[(0x5000 + i, 1000 * i + 500) for i in range(0, 200)])
    m.fence()
    sizes = [len(f.octets) for f in m.frames]
    check(len(sizes) > 8, "only %d frames came" % len(sizes))
    check(max(sizes) <= 255, "an APDU of %d octets" % max(sizes))
    unread = [f.asdu for f in m.frames if f.kind == "I" and not f.asdu.objects]
    check(not unread, "structure: " + wire.told(unread))


@row(
    10,
    "STARTDT con, STOPDT con and TESTFR con that nobody asked for",
    "They are ignored and cancel nothing",
    "104 §5.3",
    t1=4,
    t2=1,
    t3=20,
)
def nobody_asked(t):
    m = t.dial()
    m.u(wire.STARTDT_CON)
    t.update((t.event_binary, 1))
    check(not [f for f in m.fence() if f.kind == "I"], "STARTDT con started the link")
    m.start()
    m.acknowledges = False
    m.i(t.setpoint(2.0))
    began = time.monotonic()
    for control in (wire.STOPDT_CON, wire.TESTFR_CON, wire.STARTDT_CON):
        m.u(control)
    found = _confirmed([f.asdu for f in m.fence() if f.kind == "I"])
    check(len(found) == 1, "a set-point behind them: " + wire.told(found))
    check(m.closes(t.t1 + 2), "t1 of the un-acknowledged frame was forgotten")
    check(m.closed_s - began >= t.t1 * 0.8, "closed before t1")
