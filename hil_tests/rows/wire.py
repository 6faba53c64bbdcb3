"""A neutral controlling station on a real socket: it sends whatever octets a row wants and keeps only its own
numbers. It shares no code with protocols/iec104.

A blocking socket with deadlines; everything received is split into frames, numbered as they came.
"""

import socket
import struct
import time

STARTDT_ACT, STARTDT_CON = 0x07, 0x0B
STOPDT_ACT, STOPDT_CON = 0x13, 0x23
TESTFR_ACT, TESTFR_CON = 0x43, 0x83
SEQUENCE = 0x8000
PATIENCE_S = 5.0

# Octets of the information element and of the time tag behind it, by type identification
SIZES = {
    1: (1, 0), 3: (1, 0), 5: (2, 0), 7: (5, 0), 9: (3, 0), 11: (3, 0), 13: (5, 0), 15: (5, 0), 21: (2, 0),
    30: (1, 7), 31: (1, 7), 32: (2, 7), 33: (5, 7), 34: (3, 7), 35: (3, 7), 36: (5, 7), 37: (5, 7),
    45: (1, 0), 46: (1, 0), 47: (1, 0), 48: (3, 0), 49: (3, 0), 50: (5, 0), 51: (4, 0),
    58: (1, 7), 59: (1, 7), 60: (1, 7), 61: (3, 7), 62: (3, 7), 63: (5, 7), 64: (4, 7),
    70: (1, 0), 100: (1, 0), 101: (1, 0), 102: (0, 0), 103: (0, 7), 105: (1, 0), 107: (2, 7),
    110: (3, 0), 111: (3, 0), 112: (5, 0), 113: (1, 0),
}  # fmt: skip


class Asdu:
    """What one I frame carried. `objects`: (address, element, tag); empty when its length fits no table."""

    def __init__(self, octets):
        self.octets = octets
        self.type, vsq, cause, self.oa, self.ca = struct.unpack_from("<BBBBH", octets)
        self.is_sequence = bool(vsq & 0x80)
        self.n = vsq & 0x7F
        self.cause = cause & 0x3F
        self.is_negative = bool(cause & 0x40)
        self.is_test = bool(cause & 0x80)
        self.objects = self._objects()

    def _objects(self):
        if self.type not in SIZES:
            return []
        element, tag = SIZES[self.type]
        step = element + tag + (0 if self.is_sequence else 3)
        first = 9 if self.is_sequence else 6
        if len(self.octets) != first + self.n * step:
            return []
        found = []
        for i in range(self.n):
            at = first + i * step
            if self.is_sequence:
                ioa = address(self.octets, 6) + i
            else:
                ioa = address(self.octets, at)
                at += 3
            found.append(
                (ioa, self.octets[at : at + element], self.octets[at + element : at + element + tag])
            )
        return found

    @property
    def ioa(self):
        """Of the first object."""
        return address(self.octets, 6) if len(self.octets) >= 9 else None

    def __str__(self):
        signs = (" P/N=1" if self.is_negative else "") + (" T=1" if self.is_test else "")
        where = "" if self.ioa is None else " IOA 0x%X" % self.ioa
        return "type %d COT %d%s CA %d OA %d N %d%s" % (
            self.type, self.cause, signs, self.ca, self.oa, self.n, where)  # fmt: skip


def address(octets, at):
    return octets[at] | octets[at + 1] << 8 | octets[at + 2] << 16


def asdu(type_id, cause, ioa, element=b"", ca=1, oa=0, vsq=1):
    """One ASDU with one object, as octets; `cause` is the whole octet, `element` may be hexadecimal."""
    if isinstance(element, str):
        element = bytes.fromhex(element)
    return struct.pack("<BBBBHHB", type_id, vsq, cause, oa, ca, ioa & 0xFFFF, ioa >> 16) + element


def told(asdus):
    """Text of what came, for a row's report."""
    return "; ".join(str(a) for a in asdus[:6]) + (" ..." if len(asdus) > 6 else "") if asdus else "nothing"


class Frame:
    """One APDU as it came: kind "I", "S" or "U"."""

    def __init__(self, octets, at_s):
        self.octets = octets
        self.at_s = at_s
        control = octets[2]
        self.kind = "I" if not control & 1 else "S" if not control & 2 else "U"
        self.control = control
        self.ns = (octets[2] | octets[3] << 8) >> 1
        self.nr = (octets[4] | octets[5] << 8) >> 1
        self.asdu = Asdu(octets[6:]) if self.kind == "I" else None

    def __str__(self):
        if self.kind == "I":
            return "I(%d,%d) %s" % (self.ns, self.nr, self.asdu)
        return "S(%d)" % self.nr if self.kind == "S" else "U %02X" % self.control


class Master:
    """`source`: our own address, by which stations tell masters apart. `acknowledges`: S frames by itself.
    `answers`: TESTFR con by itself.
    """

    def __init__(self, port, source="127.0.0.1", quiet_s=0.0, receive_bytes=0, wrap=None):
        """`wrap(socket)` makes the handshake of a connection over TLS."""
        self.sock = socket.socket()
        if receive_bytes:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.sock.bind((source, 0))
        self.sock.settimeout(PATIENCE_S)
        self.sock.connect(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if wrap is not None:
            self.sock = wrap(self.sock)
        self.quiet_s = quiet_s  # how much later than an answer of the link layer an ASDU may still come
        self.acknowledges = True
        self.answers = True
        self.frames = []  # all that was received
        self.seen = 0  # frames that a row has looked at
        self.vs = 0
        self.vr = 0
        self.acked = 0  # N(R) that we sent last
        self.is_closed = False
        self.closed_s = 0.0
        self._rest = b""

    # sending

    def send(self, octets):
        """Octets as they are; False when the station has gone."""
        try:
            self.sock.sendall(octets)
        except OSError:
            self._gone()
            return False
        return True

    def u(self, control):
        self.send(bytes((0x68, 4, control, 0, 0, 0)))

    def s(self, nr=None):
        """Acknowledge all that was received, or what is below `nr`."""
        self.acked = self.vr if nr is None else nr % SEQUENCE
        self.send(struct.pack("<BBHH", 0x68, 4, 1, self.acked << 1))

    def frame(self, octets, ns=None, nr=None):
        """The next I frame, with other numbers when they are given; counts N(S) up when it is not."""
        if nr is None:
            nr = self.vr if self.acknowledges else self.acked
        if ns is None:
            ns = self.vs
            self.vs = (self.vs + 1) % SEQUENCE
        self.acked = nr
        return struct.pack("<BBHH", 0x68, len(octets) + 4, ns << 1, nr << 1) + octets

    def i(self, octets, ns=None, nr=None):
        self.send(self.frame(octets, ns, nr))

    # receiving

    def read(self, limit_s):
        """The next frame, or None when none came in time or the station closed."""
        end = time.monotonic() + limit_s
        while self.seen == len(self.frames):
            left = end - time.monotonic()
            if self.is_closed or left <= 0 or not self._receive(left):
                return None
        frame = self.frames[self.seen]
        self.seen += 1
        return frame

    def _receive(self, limit_s):
        self.sock.settimeout(limit_s)
        try:
            data = self.sock.recv(65536)
        except TimeoutError:
            return False
        except OSError:
            data = b""
        if not data:
            self._gone()
            return False
        self._rest += data
        while len(self._rest) >= 6 and len(self._rest) >= self._rest[1] + 2:
            size = self._rest[1] + 2
            self._take(Frame(self._rest[:size], time.monotonic()))
            self._rest = self._rest[size:]
        return True

    def _take(self, frame):
        self.frames.append(frame)
        if frame.kind == "I":
            self.vr = (self.vr + 1) % SEQUENCE
            if self.acknowledges and (self.vr - self.acked) % SEQUENCE >= 8:
                self.s()
        elif frame.control == TESTFR_ACT and self.answers:
            self.u(TESTFR_CON)

    def _gone(self):
        if not self.is_closed:
            self.is_closed = True
            self.closed_s = time.monotonic()

    def until(self, wanted, limit_s=PATIENCE_S):
        """Frames up to and with the first for which wanted(frame); all that came when there is none."""
        end = time.monotonic() + limit_s
        found = []
        while (frame := self.read(max(0.0, end - time.monotonic()))) is not None:
            found.append(frame)
            if wanted(frame):
                break
        return found

    def during(self, seconds):
        """All frames of the next `seconds`."""
        return self.until(lambda frame: False, seconds)

    def fence(self):
        """All frames that the station had to send so far: up to its answer to a second TESTFR of ours.

        The second, because what it sends by itself may follow the answers to a whole segment.
        """
        found = []
        for _ in range(2):
            self.u(TESTFR_ACT)
            found += self.until(lambda frame: frame.kind == "U" and frame.control == TESTFR_CON)
            if found and found[-1].control == TESTFR_CON:
                found.pop()
        return found + self.during(self.quiet_s) if self.quiet_s else found

    # what rows say

    def start(self):
        """STARTDT; what came with its confirmation is read and acknowledged."""
        self.u(STARTDT_ACT)
        found = self.until(lambda frame: frame.kind == "U" and frame.control == STARTDT_CON)
        assert found and found[-1].control == STARTDT_CON, "STARTDT was not confirmed"
        found += self.fence()
        if self.acked != self.vr and self.acknowledges:
            self.s()
        return found

    def asdus(self):
        """ASDUs that the station had to send so far, acknowledged."""
        found = [frame.asdu for frame in self.fence() if frame.kind == "I"]
        if found and self.acknowledges and self.acked != self.vr and not self.is_closed:
            self.s()
        return found

    def ask(self, octets):
        """Send an ASDU; all ASDUs that come back."""
        self.i(octets)
        return self.asdus()

    def interrogate(self, octets, limit_s=PATIENCE_S):
        """Send an interrogation; ASDUs up to its end (ACT_TERM, or a negative answer)."""
        self.i(octets)
        type_id = octets[0]

        def is_end(frame):
            a = frame.asdu
            return a is not None and a.type == type_id and (a.cause == 10 or a.is_negative)

        found = [frame.asdu for frame in self.until(is_end, limit_s) if frame.kind == "I"]
        if self.acknowledges and not self.is_closed:
            self.s()
        return found

    def closes(self, limit_s=2.0):
        """Whether the station closes the connection within the time."""
        end = time.monotonic() + limit_s
        while not self.is_closed and time.monotonic() < end:
            self._receive(max(0.001, end - time.monotonic()))
        return self.is_closed

    def close(self):
        self.sock.close()

    def death(self):
        """How its process died, where it has one."""
        return ""
