"""DL/T 645-2007 master: one request outstanding; the same face as the Modbus master, so that one bus
serves both.

A reply counts only when its address fits the request's (AAh fits any), its control code is that of the
request and a read's data identifier comes back; anything else is counted and the wait goes on. After a
time-out the line rests for `quarantine_ms`, so that a late reply is nobody's. Nobody retries here. The
meter's response time Td is at most 500 ms (general knowledge of 5.2.4); broadcasts are not answered.

lint: hot
"""

from protocols.dlt645.codec import (
    BROADCAST_TIME,
    FOLLOWS,
    MAX_FRAME,
    PREAMBLE_BYTES,
    READ,
    READ_ADDRESS,
    READ_NEXT,
    REFUSED,
    REPLY,
    begin,
    di_at,
    finish,
    matches,
    put_bcd,
    put_di,
)
from protocols.dlt645.receiver import Receiver
from protocols.errors import LocalError
from protocols.outbuf import OutBuffer
from protocols.ticks import ticks_add, ticks_diff
from protocols.upy import const

# The numbers of protocols/modbus/master.py.
IDLE, WAITING, DONE, FAILED = 0, 1, 2, 3
NONE, TIMEOUT, EXCEPTION, BAD_REPLY, LINK_LOST = 0, 1, 2, 3, 4

_IDLE = const(0)
_WAITING = const(1)
_DONE = const(2)
_FAILED = const(3)
_BITS = const(11)
_USUAL = const(40)  # bytes of a reply that is no block, rounded up
_EVERYONE = b"\x99\x99\x99\x99\x99\x99"
_ANYONE = b"\xaa\xaa\xaa\xaa\xaa\xaa"


class Master:
    """Sends one request at a time through `tx` and judges what `feed` brings; times in ms."""

    is_closed = False
    is_stream = False  # a line, also where a serial server carries it

    def __init__(self, baud, timeout_ms=500, quarantine_ms=100):
        self._baud = baud
        self._timeout_ms = timeout_ms
        self._quarantine_ms = quarantine_ms
        self.receiver = Receiver()
        self.tx = OutBuffer(MAX_FRAME + PREAMBLE_BYTES)
        self.state = _IDLE
        self.error = NONE
        self.exception_code = 0  # the error byte of a refusal
        self.requests = 0
        self.replies = 0
        self.timeouts = 0
        self.exceptions = 0
        self.strays = 0
        self.data = bytearray(MAX_FRAME)
        self.count = 0  # data bytes of the last reply, its identifier and sequence number apart
        self.follows = False  # another frame of the same data waits: read_next()
        self.address = bytearray(6)  # who answered last
        self._pattern = bytearray(6)
        self._control = 0
        self._di = 0
        self._sequence = 0
        self._noise = 0
        self._holding = False
        self._until = 0
        self._limit = 0

    def read(self, address, di, now):
        """Ask the meter at `address` (6 bytes as they go out) for a data identifier."""
        self._sequence = 0
        data_at = self._begin(address, READ, now)
        self._di = di
        put_di(self.tx.buf, data_at, di)
        self._send(data_at, 4, now)

    def read_next(self, now):
        """Ask for the next frame of the same data."""
        data_at = self._begin(self.address, READ_NEXT, now)
        self._sequence += 1
        put_di(self.tx.buf, data_at, self._di)
        self.tx.buf[data_at + 4] = self._sequence
        self._send(data_at, 5, now)

    def read_address(self, now):
        """Ask the only meter on the line who it is; the reply is in `address`."""
        self._send(self._begin(_ANYONE, READ_ADDRESS, now), 0, now)

    def broadcast_time(self, when, now):
        """Set every clock on the line: `when` = (second, minute, hour, day, month, year of the century)."""
        data_at = self._begin(_EVERYONE, BROADCAST_TIME, now)
        for i in range(6):
            put_bcd(self.tx.buf, data_at + i, 1, when[i])
        self._send(data_at, 6, now)

    def _begin(self, address, control, now):
        if not self.ready(now):
            raise LocalError("the master is busy")
        self._control = control
        for i in range(6):
            self._pattern[i] = address[i]
        at = self.tx.reserve(MAX_FRAME + PREAMBLE_BYTES)
        return begin(self.tx.buf, at, address, control)

    def _send(self, data_at, n, now):
        tx = self.tx
        n = finish(tx.buf, data_at, n) - tx.end
        tx.commit(n)
        self.receiver.clear()
        self._noise = self.receiver.noise
        self.count = 0
        self.follows = False
        self.error = NONE
        self.requests += 1
        self.state = _WAITING
        wait_ms = self.wire_ms(n)
        if self._control != BROADCAST_TIME:
            wait_ms += self._timeout_ms + self.wire_ms(_USUAL)
        self._until = ticks_add(now, wait_ms)
        self._limit = ticks_add(self._until, self.wire_ms(MAX_FRAME))

    def wire_ms(self, n):
        """Milliseconds that `n` bytes take on the wire, rounded up."""
        return (n * _BITS * 1000 + self._baud - 1) // self._baud

    def feed(self, buf, n, now):
        """The first `n` bytes of `buf` were received."""
        receiver = self.receiver
        i = 0
        while i < n:
            i = receiver.take(buf, i, n, now)
            if receiver.frame_n:
                self._received(now)
        if self.state == _WAITING and self._control != BROADCAST_TIME:
            self._extend(now)

    def _extend(self, now):
        """A frame that is coming in is not cut off: a block is longer than the usual reply. Noise ends
        too.
        """
        until = ticks_add(now, self.wire_ms(_USUAL))
        if ticks_diff(until, self._limit) > 0:
            until = self._limit
        if ticks_diff(until, self._until) > 0:
            self._until = until

    def tick(self, now):
        """Time has come to `now`."""
        if ticks_diff(now, self._until) < 0:
            return
        if self.state == _WAITING:
            self._overdue(now)
        else:
            self._holding = False

    def _overdue(self, now):
        if self._control == BROADCAST_TIME:
            self.state = _DONE
            return
        if self.receiver.noise != self._noise:
            self._fail(BAD_REPLY)
        else:
            self.timeouts += 1
            self._fail(TIMEOUT)
        self.tx.clear()
        self._holding = True
        self._until = ticks_add(now, self._quarantine_ms)

    def next_deadline(self, now):
        """Milliseconds until `tick` has something to do, or -1 for none."""
        if self.state != _WAITING and not self._holding:
            return -1
        return max(ticks_diff(self._until, now), 0)

    def ready(self, now):
        """A new request may start: nothing outstanding or unwritten, quarantine over."""
        if self.state == _WAITING or self.tx.pending():
            return False
        if self._holding:
            self.tick(now)
        return not self._holding

    def clear(self):
        """Back to IDLE from DONE or FAILED."""
        if self.state != _WAITING:
            self.state = _IDLE
            self.error = NONE
            self.exception_code = 0

    def link_lost(self):
        """The port is gone: the outstanding request fails."""
        self.receiver.clear()
        self.tx.clear()
        self._holding = False
        if self.state == _WAITING:
            self._fail(LINK_LOST)

    def _received(self, now):
        frame = self.receiver.buf
        control = frame[8]
        if (
            self.state != _WAITING
            or self._control == BROADCAST_TIME
            or control & 0x9F != self._control | REPLY
            or not self._is_his(frame)
        ):
            self.strays += 1
        elif control & REFUSED:
            self.replies += 1
            self.exceptions += 1
            self.exception_code = frame[10] if self.receiver.data_n else 0
            self._fail(EXCEPTION)
        elif self._control == READ_ADDRESS or self._has_di(frame):
            self._complete(frame, control)
        else:
            self.strays += 1

    def _is_his(self, frame):
        if not matches(frame, 1, self._pattern, 0):
            return False
        for i in range(6):
            self.address[i] = frame[1 + i]
        return True

    def _has_di(self, frame):
        n = self.receiver.data_n
        if n < 4 or di_at(frame, 10) != self._di:
            return False
        return self._control == READ or n >= 5 and frame[9 + n] == self._sequence

    def _complete(self, frame, control):
        n = self.receiver.data_n
        at = 10
        if self._control != READ_ADDRESS:
            at += 4
            n -= 4 if self._control == READ else 5
        for i in range(n):
            self.data[i] = frame[at + i]
        self.count = n
        self.follows = control & FOLLOWS != 0
        self.replies += 1
        self.state = _DONE

    def _fail(self, error):
        self.error = error
        self.state = _FAILED
