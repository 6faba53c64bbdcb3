"""What the portable IEC 104 tests share: a station with points and commands, a master made of raw frames.

Frames are hexadecimal; ticks start shortly before the wrap of 2**30.
"""

from hil_tests.portable.support import hx
from protocols.iec104 import const as c
from protocols.iec104.outstation import Outstation
from protocols.iec104.params import Params
from protocols.ticks import TICKS_MASK, ticks_add, ticks_diff

START = TICKS_MASK - 2500
DAY = 9821  # 2026-11-21, a Saturday
NOON = 43200000

STARTDT = 0x07
STOPDT = 0x13
TESTFR = 0x43

SETPOINT = 0x6201
SWITCH = 0x6001
SELECTED = 0x6003
SLOW = 0x6202


class Clock:
    """A wall clock that stands at noon at START and runs with the ticks."""

    def __init__(self, valid=True):
        self.day = DAY
        self.ms = NOON
        self.valid = valid
        self.base_ms = NOON
        self.base = START
        self.settings = []
        self.refuses = False

    def sample(self, now):
        self.ms = self.base_ms + ticks_diff(now, self.base)

    def set_utc(self, day, ms, now):
        if self.refuses:
            return False
        self.settings.append((day, ms))
        self.day = day
        self.base_ms = ms
        self.base = now
        self.valid = True
        return True


class Handler:
    """Takes orders down; `accepts` is its answer."""

    def __init__(self):
        self.orders = []
        self.accepts = True

    def operate(self, cmd, type_id, value, link, now):
        self.orders.append((cmd.ioa, type_id, value))
        return self.accepts


class Rig:
    """A station with binaries at 1-3, measurands at 0x4001-0x4003, a counter, and commands of each kind."""

    def __init__(self, **settings):
        params = Params(max_links=3, event_slots=16)
        for name in settings:
            if not hasattr(params, name):
                raise ValueError(name)
            setattr(params, name, settings[name])
        self.now = START
        self.clock = Clock()
        self.handler = Handler()
        self.station = station = Outstation(params, self.clock)
        self.binary = [station.add_point(1 + i, c.M_SP_NA_1, group=1) for i in range(3)]
        self.measured = [station.add_point(0x4001 + i, c.M_ME_NC_1, 1000, 10, 0, 2) for i in range(3)]
        self.counter = station.add_point(0x6401, c.M_IT_NA_1, group=1, event_type=0)
        self.setpoint = station.add_command(SETPOINT, (c.C_SE_NC_1, c.C_SE_TC_1), self.handler)
        station.add_command(SWITCH, (c.C_SC_NA_1, c.C_DC_NA_1), self.handler)
        station.add_command(
            SELECTED, (c.C_SC_NA_1, c.C_DC_NA_1, c.C_RC_NA_1, c.C_SE_NC_1), self.handler, select=True
        )
        self.slow = station.add_command(
            SLOW, (c.C_SE_NC_1, c.C_SE_NA_1, c.C_SE_NB_1), self.handler, terminates=True
        )

    def wait(self, ms, masters=()):
        """Let `ms` pass in steps that end at deadlines; the masters' sides stay silent but read."""
        while ms > 0:
            due = self.station.next_deadline(self.now)
            step = ms if due < 0 else max(1, min(ms, due))
            self.now = ticks_add(self.now, step)
            ms -= step
            self.station.tick(self.now)
            for master in masters:
                master.read()

    def acquire(self):
        """Give every point a good value: no longer IV and NT."""
        for point in self.binary + self.measured + [self.counter]:
            point.update(0, 0, self.now)


class Raw:
    """A master that writes whatever it is told, keeps its own numbers, and reads frames."""

    def __init__(self, rig, peer="10.0.0.1", start=True):
        self.rig = rig
        self.link = rig.station.open_link(peer, rig.now)
        self.vs = 0
        self.vr = 0
        self.acked = 0
        self.is_deaf = False  # True: what is read is not acknowledged with the next I frame
        self.frames = []
        if start:
            self.u(STARTDT)
            self.read()
            self.s()
            self.frames = []

    def write(self, data):
        self.link.feed(bytearray(data), len(data), self.rig.now)

    def u(self, control):
        self.write(bytes((0x68, 4, control, 0, 0, 0)))

    def s(self, nr=None):
        """Acknowledge all that was read, or below nr."""
        nr = self.vr if nr is None else nr
        self.acked = nr
        self.write(bytes((0x68, 4, 1, 0, nr << 1 & 0xFF, nr >> 7)))

    def frame(self, asdu, ns=None, nr=None):
        ns = self.vs if ns is None else ns
        if nr is None:
            nr = self.acked if self.is_deaf else self.vr
        self.acked = nr
        return bytes((0x68, len(asdu) + 4, ns << 1 & 0xFF, ns >> 7, nr << 1 & 0xFF, nr >> 7)) + asdu

    def i(self, asdu, ns=None, nr=None):
        """Send an I frame."""
        self.write(self.frame(asdu, ns, nr))
        self.vs = (self.vs + 1) & 0x7FFF

    def read(self):
        """Take what the station has sent into `frames`; its I frames must be in sequence."""
        tx = self.link.tx
        data = bytes(tx.buf[tx.start : tx.end])
        tx.consumed(len(data))
        at = 0
        while at < len(data):
            size = data[at + 1] + 2
            frame = data[at : at + size]
            assert frame[0] == 0x68 and len(frame) == size <= 255
            if not frame[2] & 1:
                assert frame[2] >> 1 | frame[3] << 7 == self.vr
                self.vr = (self.vr + 1) & 0x7FFF
            self.frames.append(frame)
            at += size
        return self.frames

    def take(self):
        """The frames since the last call."""
        self.read()
        frames = self.frames
        self.frames = []
        return frames

    def asdus(self):
        """ASDUs of the I frames since the last call; they are acknowledged."""
        found = [f[6:] for f in self.take() if not f[2] & 1]
        if found and not self.link.is_closed:
            self.s()
        return found

    def ask(self, asdu, ns=None):
        """Send an ASDU; the ASDUs that come back."""
        self.i(asdu, ns)
        return self.asdus()


def controls(frames):
    """What the frames are: "I", "S" or the U control octet."""
    return ["I" if not f[2] & 1 else "S" if f[2] == 1 else f[2] for f in frames]


def asdu(type_id, cause, ioa, body=b"", ca=1, oa=0, vsq=1):
    """An ASDU with one object; body: bytes or hexadecimal."""
    if isinstance(body, str):
        body = hx(body)
    head = bytes((type_id, vsq, cause, oa, ca & 0xFF, ca >> 8, ioa & 0xFF, ioa >> 8 & 0xFF, ioa >> 16))
    return head + body


def summary(asdus):
    """(type, cause octet, number of objects) of each."""
    return [(a[0], a[2], a[1] & 0x7F) for a in asdus]


def setpoint(value_hex, cause=6, qos=0, **named):
    """C_SE_NC_1 at SETPOINT; the value as four octets of hexadecimal."""
    return asdu(c.C_SE_NC_1, cause, SETPOINT, hx(value_hex) + bytes((qos,)), **named)


TEN = "00002041"  # 10.0
GI = asdu(c.C_IC_NA_1, 6, 0, "14")
