"""Modbus RTU frames: where they begin and end on a serial line.

Rules of this file:
1. A frame that begins after a silence (or after another good frame) ends by its length where the function
   code tells it, and by T3.5 of silence otherwise. Only then is its CRC looked at.
2. A frame in step is taken whole: what lies inside somebody else's frame is never read as a frame of its
   own.
3. Out of step (noise, a lost byte) or cut short we wait for the silence and accept only a frame that ends
   exactly there: a request is followed by silence because its sender waits for the answer, a reply
   because it is the answer.
4. Longer than 256 bytes without a frame: everything is dropped until the line is silent.
5. A gap inside a frame is forgiven up to `gap_ms`, because USB adapters and ptys cannot keep T1.5;
   `gap_ms=0` is strict.

Clauses: MODBUS over Serial Line V1.02, 2.5.1 (RTU framing, T1.5, T3.5, CRC), from general knowledge.

lint: hot, integer
"""

from protocols.crc16 import crc16
from protocols.errors import LocalError
from protocols.modbus.codec import FRAME, GARBLED, NOTHING, reply_length, request_length
from protocols.ticks import ticks_add, ticks_diff
from protocols.upy import const

_SIZE = const(256)
_SHORTEST = const(5)  # reply: an exception


class RtuFraming:
    """Framing for one serial line; `bits` counts start, data, parity and stop bits of a character."""

    HEADER = 1
    MAX_ADU = 256
    READ_ADU = 8  # a request for registers
    is_stream = False
    request_length = staticmethod(request_length)
    reply_length = staticmethod(reply_length)  # both replaced where more function codes are spoken

    def __init__(self, baud, bits=11, gap_ms=25, echo=False):
        if not 300 <= baud <= 10000000 or not 10 <= bits <= 11:
            raise LocalError("baud or bits out of range")
        fast = baud > 19200
        self.t15_us = 750 if fast else 1500000 * bits // baud
        self.t35_us = 1750 if fast else 3500000 * bits // baud
        # Rounded up and one more: readings of a millisecond clock N apart may be N - 1 apart in truth.
        self.quiet_ms = (self.t35_us + 999) // 1000 + 1
        self._gap_ms = max(gap_ms, self.quiet_ms)
        self._baud = baud
        self._bits = bits
        self._echo = echo
        self.collisions = 0
        self.closed_reason = 0
        self.tid = 0
        self.rx = bytearray(_SIZE)
        self._units = None
        self._want_unit = 0
        self._want_fc = 0
        self._want_n = 0
        self._echo_buf = self.rx
        self._last = 0
        self.reset()

    def reset(self):
        """Forget every byte received and every byte sent."""
        self.unit = 0
        self.pdu_at = 0
        self.pdu_n = 0
        self.busy = False
        self._echo_at = 0
        self._echo_left = 0
        self.flush()

    def flush(self):
        """Forget the bytes received."""
        self._n = 0
        self._need = 2
        self._lost = False
        self._dropping = False

    def serve(self, units):
        """This end is a slave and answers to these units."""
        for unit in units:
            if not 1 <= unit <= 247:
                raise LocalError("a serial unit is 1..247")
        self._units = units

    def keep(self):  # lint: cold
        """The frame just delivered stays readable while others come."""
        self.rx = bytearray(_SIZE)

    def lacking(self):
        """Bytes that must come before this end can say anything."""
        return self._need - self._n + self._echo_left

    def wire_ms(self, n):
        """Milliseconds that `n` bytes take on the wire, rounded up."""
        return (n * self._bits * 1000 + self._baud - 1) // self._baud

    def launch(self, buf, at, n, reply_n, tid, now):
        """The master's request of `n` bytes at buf[at] is sent now. What was received before is forgotten;
        the reply's PDU will have `reply_n` bytes.
        """
        self.flush()
        self._need = _SHORTEST
        self._want_unit = buf[at]
        self._want_fc = buf[at + 1]
        self._want_n = reply_n + 3
        self.sent(buf, at, n, now)

    def seal(self, buf, at, unit, pdu_n, tid):
        """Complete the frame around the PDU at buf[at + 1]; its length."""
        end = at + 1 + pdu_n
        buf[at] = unit
        crc = crc16(buf, at, end)
        buf[end] = crc & 0xFF
        buf[end + 1] = crc >> 8
        return pdu_n + 3

    def sent(self, buf, at, n, now):
        """The `n` bytes at buf[at] go out now."""
        self._last = ticks_add(now, self.wire_ms(n))
        self.busy = True
        if self._echo:
            self._echo_buf = buf
            self._echo_at = at
            self._echo_left = n

    def take(self, buf, i, end, now):
        """Copy buf[i:end] up to the end of a frame, then `pdu_n` > 0; the index behind the last byte used."""
        self.pdu_n = 0
        self._last = now
        self.busy = True
        if self._echo_left:
            i = self._strip_echo(buf, i, end)
        while i < end:
            n = self._n
            if n == _SIZE:
                self._dropping = True
            if self._dropping:
                self._n = 0
                return end
            stop = i + self._need - n
            if stop > end:
                stop = end
            rx = self.rx
            while i < stop:
                rx[n] = buf[i]
                n += 1
                i += 1
            self._n = n
            if n == self._need and self._frame_ends():
                return i
        return i

    def _strip_echo(self, buf, i, end):
        while i < end and self._echo_left:
            if buf[i] != self._echo_buf[self._echo_at]:
                self.collisions += 1
                self._echo_left = 0
                self._dropping = True
                return end
            self._echo_at += 1
            self._echo_left -= 1
            i += 1
        return i

    def _frame_ends(self):
        if self._lost:
            return False
        rx = self.rx
        n = self._n
        if self._units is None:
            near = self.reply_length(rx, 0, n)
            far = near
        else:
            near = self.request_length(rx, 0, n)
            far = near
            if rx[0] and rx[0] not in self._units:
                far = self.reply_length(rx, 0, n)
        if (near == n or far == n) and self._is_sound(0, n):
            self._deliver(0, n)
            return True
        if near <= n or n < far < near:
            near = far
        if near <= n:
            self._lost = True
            near = _SIZE
        self._need = near
        return False

    def _is_sound(self, at, n):
        return n >= 4 and crc16(self.rx, at, at + n) == 0

    def _deliver(self, at, n):
        self.flush()
        self.unit = self.rx[at]
        self.pdu_at = at + 1
        self.pdu_n = n - 3

    def settle(self, now):
        """What a silence up to `now` makes of the bytes: NOTHING (yet), FRAME, or GARBLED (and dropped)."""
        if not self.busy and not self._n:
            return NOTHING
        silent_ms = ticks_diff(now, self._last)
        if self.busy:
            if silent_ms < self.quiet_ms:
                return NOTHING
            self.busy = False
            if self._dropping:
                self.flush()
                return GARBLED
            if self._is_sound(0, self._n):
                self._deliver(0, self._n)
                return FRAME
            if self._ends_with_frame():
                return FRAME
        if self._n and (self._lost or silent_ms >= self._gap_ms):
            self.flush()
            return GARBLED
        return NOTHING

    def _ends_with_frame(self):
        n = self._n
        for at in range(1, n - 3):
            if self._is_wanted(at, n - at) and self._is_sound(at, n - at):
                self._deliver(at, n - at)
                return True
        return False

    def _is_wanted(self, at, n):
        rx = self.rx
        if self._units is not None:
            return rx[at] in self._units and self.request_length(rx, at, n) == n
        if rx[at] != self._want_unit:
            return False
        fc = rx[at + 1]
        return fc == self._want_fc and n == self._want_n or fc == self._want_fc | 0x80 and n == 5

    def next_settle(self, now):
        """Milliseconds until `settle` has something to say, or -1."""
        if not self.busy and not self._n:
            return -1
        left = (self.quiet_ms if self.busy else self._gap_ms) - ticks_diff(now, self._last)
        return left if left > 0 else 0
