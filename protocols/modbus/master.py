"""Modbus master (client): one request outstanding, on either framing.

Rules of this file:
1. Only a reply that fits the request in everything ends the wait early: unit, function code, exact byte
   count, or the echo of address and value; on TCP the transaction identifier too. On a serial line
   anything else is counted and the wait goes on, because the right reply may still come; on TCP a wrong
   reply with our identifier ends it, because nothing else will come.
2. The deadline is the slave's response time `timeout_ms` plus the wire time of the request and of the
   reply. When it passes, the error says BAD_REPLY if something unfit from the addressed unit or garbled
   was seen, else TIMEOUT.
3. A late reply is never paired with a later request. TCP tells by the identifier; a serial line stays in
   quarantine for `quarantine_ms` more, or until the late reply has come and the line is quiet.
4. Nobody retries here; whether a write may be repeated only the driver knows.
5. A read that is the same as the last one is sent again as it stands in `tx`; writes have their place behind.
6. A reply is read where it lies, in the buffer given to `feed` or in the framing's own: until `clear`, the
   next request, or until the caller fills that buffer anew.

Clauses: MODBUS over Serial Line V1.02, 2.4.1 (master states, turnaround delay), and MODBUS Application
Protocol V1.1b3, 7 (exceptions), from general knowledge.

lint: hot
"""

import struct

from protocols.errors import LocalError
from protocols.modbus import tcp
from protocols.modbus.codec import (
    FRAME,
    GARBLED,
    encode_read,
    encode_write_register,
    encode_write_registers,
    u16,
)
from protocols.modbus.float32 import scaled
from protocols.outbuf import OutBuffer
from protocols.ticks import sooner, ticks_add, ticks_diff
from protocols.upy import const

IDLE = 0
WAITING = 1
DONE = 2
FAILED = 3

NONE = 0
TIMEOUT = 1
EXCEPTION = 2
BAD_REPLY = 3
LINK_LOST = 4

_IDLE = const(0)
_WAITING = const(1)
_DONE = const(2)
_FAILED = const(3)

# What a received frame is to the request in hand.
_FITS = const(0)
_REFUSAL = const(1)
_FOREIGN = const(2)
_UNFIT = const(3)

_MASK = const(0x3FFFFFFF)  # of protocols/ticks.py, whose sums stand here in line
_HALF = const(0x20000000)
_READ_ROOM = const(16)  # bytes in tx for a read
_RTU_AROUND = const(3)  # bytes of a serial frame around its PDU


class Master:
    """Sends one request at a time through `tx` and judges what `feed` brings; times in ms."""

    _quarantine_ms = -1  # as long as the time-out
    _is_broadcast = False
    _holding = False

    def __init__(self, framing, timeout_ms, quarantine_ms=-1, turnaround_ms=100, tx_bytes=0):
        """`tx_bytes`: room for the longest request, where that is known to be short."""
        self._framing = framing
        self.is_stream = framing.is_stream
        self._timeout_ms = timeout_ms
        if quarantine_ms >= 0:
            self._quarantine_ms = quarantine_ms
        self._turnaround_ms = turnaround_ms
        self.tx = OutBuffer(_READ_ROOM + (tx_bytes or framing.MAX_ADU))
        self.state = _IDLE
        self.error = NONE
        self.exception_code = 0
        self.is_closed = False
        self.closed_reason = tcp.OPEN
        self.requests = 0
        self.replies = 0
        self.timeouts = 0
        self.crc_errors = 0
        self.mismatches = 0
        self.exceptions = 0
        self.late_replies = 0
        self.strays = 0
        self.data = b""
        self.data_at = 0
        self.count = 0
        self.until = 0  # when `tick` is due while a request is outstanding
        self._tid = 0
        self._unit = 0
        self._fc = 0
        self._address = 0
        self._value = 0
        self._read_unit = -1  # what stands in tx
        self._read_fc = 0
        self._read_address = 0
        self._read_count = 0
        self._suspect = False
        if not self.is_stream:
            self._is_broadcast = False
            self._holding = False

    # Requests

    def read(self, unit, fc, address, count, now):
        """FC 03 or 04: ask for `count` registers (1..125)."""
        self._begin(unit, now)
        if self._is_broadcast:
            raise LocalError("a read cannot be broadcast")
        if (
            address != self._read_address
            or count != self._read_count
            or unit != self._read_unit
            or fc != self._read_fc
        ):
            self._read_unit = -1
            framing = self._framing
            n = encode_read(self.tx.buf, framing.HEADER, fc, address, count)
            framing.seal(self.tx.buf, 0, unit, n, 0)
            self._read_unit = unit
            self._read_fc = fc
            self._read_address = address
            self._read_count = count
        self._send(0, self._framing.READ_ADU, fc, address, count, 2 + 2 * count, now)

    def write_register(self, unit, address, value, now):
        """FC 06: write one register; unit 0 is a broadcast on a serial line."""
        self._begin(unit, now)
        n = encode_write_register(self.tx.buf, _READ_ROOM + self._framing.HEADER, address, value)
        self._write(6, address, value, n, now)

    def write_registers(self, unit, address, values, count, now):
        """FC 16: write values[:count] (1..123 of 0..65535); unit 0 is a broadcast on a serial line."""
        self._begin(unit, now)
        n = encode_write_registers(self.tx.buf, _READ_ROOM + self._framing.HEADER, address, values, count)
        self._write(16, address, count, n, now)

    def _begin(self, unit, now):
        if not self.ready(now):
            raise LocalError("the master is busy")
        if unit < 0 or unit > 247 and not (self.is_stream and unit <= 255):
            raise LocalError("unit out of range")
        self._unit = unit
        if not self.is_stream:
            self._is_broadcast = unit == 0

    def _write(self, fc, address, value, pdu_n, now):
        n = self._framing.seal(self.tx.buf, _READ_ROOM, self._unit, pdu_n, 0)
        self._send(_READ_ROOM, n, fc, address, value, 5, now)

    def _send(self, at, n, fc, address, value, reply_n, now):
        """The frame stands in `tx`, which has nothing else to send."""
        framing = self._framing
        tx = self.tx
        tx.start = at
        tx.end = at + n
        self._tid = tid = self._tid % 0xFFFF + 1
        framing.launch(tx.buf, at, n, reply_n, tid, now)
        self._fc = fc
        self._address = address
        self._value = value
        self.count = 0
        self.requests += 1
        self.state = _WAITING
        wait_ms = self._timeout_ms
        if self.error:
            self._clear_error()
        if self._suspect:
            self._suspect = False
        if not self.is_stream:
            wait_ms = framing.wire_ms(n)
            if self._is_broadcast:
                wait_ms += self._turnaround_ms
            else:
                wait_ms += self._timeout_ms + framing.wire_ms(reply_n + _RTU_AROUND)
        self.until = (now - (_MASK - wait_ms) - 1) & _MASK

    # Events

    def feed(self, buf, n, now):
        """The first `n` bytes of `buf` were received."""
        if self.is_closed:
            return
        framing = self._framing
        if not self.is_stream:
            self._settle(now)
        i = 0
        while i < n:
            if self.count and self.state == _DONE and self.data is framing.rx:
                framing.keep()
            i = framing.take(buf, i, n, now)
            if framing.pdu_n:
                self._received()
            if framing.closed_reason:
                self._close(framing.closed_reason)
                return

    def tick(self, now):
        """Time has come to `now`."""
        if not self.is_stream:
            self._settle(now)
            if self._holding and self.state != _WAITING and (now - self.until) & _MASK < _HALF:
                self._holding = False
        if self.state == _WAITING and (now - self.until) & _MASK < _HALF:
            self._overdue(now)

    def next_deadline(self, now):
        """Milliseconds until `tick` has something to do, or -1 for none."""
        left_ms = -1
        if self.state == _WAITING or self._holding:
            left_ms = max(ticks_diff(self.until, now), 0)
        if self.is_stream:
            return left_ms
        return sooner(left_ms, self._framing.next_settle(now))

    def lacking(self):
        """On a serial line: bytes that must come before anything can be said of them."""
        return self._framing.lacking()

    def ready(self, now):
        """A new request may start: nothing outstanding or unwritten, line quiet for T3.5, quarantine over."""
        if self.state == _WAITING or self.is_closed or self.tx.end > self.tx.start:
            return False
        if self.is_stream:
            return True
        self.tick(now)
        return not (self._holding or self._framing.busy)

    def clear(self):
        """Back to IDLE from DONE or FAILED."""
        if self.state != _WAITING:
            self.state = _IDLE
            if self.error:
                self._clear_error()

    def _clear_error(self):
        self.error = NONE
        self.exception_code = 0

    def link_lost(self):
        """The port is gone: the outstanding request fails, and the next connection begins afresh."""
        self._framing.reset()
        self.tx.clear()
        if self._holding:
            self._holding = False
        if self.is_closed:
            self.is_closed = False
            self.closed_reason = tcp.OPEN
        if self.state == _WAITING:
            self._fail(LINK_LOST)

    def _settle(self, now):
        found = self._framing.settle(now)
        if found == FRAME:
            self._received()
        elif found == GARBLED:
            self.crc_errors += 1
            self._suspect = True

    def _overdue(self, now):
        if self._is_broadcast:
            self.state = _DONE
            return
        if self._suspect:
            self._fail(BAD_REPLY)
        else:
            self.timeouts += 1
            self._fail(TIMEOUT)
        if not self.is_stream:
            self.tx.clear()
            self._holding = True
            hold_ms = self._quarantine_ms if self._quarantine_ms >= 0 else self._timeout_ms
            self.until = ticks_add(now, hold_ms)
        elif self.tx.pending():
            # A request that may not be taken back blocks the stream.
            self._close(tcp.STALLED)

    def _received(self):
        if self.state != _WAITING or self._is_broadcast:
            self._unasked()
            return
        verdict = self._judge()
        if verdict == _FITS:
            self.replies += 1
            self.state = _DONE
            if self._fc <= 4:
                self.data = self._framing.rx
                self.data_at = self._framing.pdu_at + 2
                self.count = self._value
        elif verdict == _REFUSAL:
            self.replies += 1
            self.exceptions += 1
            self.exception_code = self._framing.rx[self._framing.pdu_at + 1]
            self._fail(EXCEPTION)
        else:
            self.mismatches += 1
            if verdict == _UNFIT:
                self._suspect = True
                if self.is_stream:
                    self._fail(BAD_REPLY)

    def _unasked(self):
        self.strays += 1
        if self._holding and self._judge() <= _REFUSAL:
            self.late_replies += 1
            self._holding = False

    def _judge(self):
        framing = self._framing
        rx = framing.rx
        at = framing.pdu_at
        n = framing.pdu_n
        if framing.is_stream:
            if framing.tid != self._tid:
                return _FOREIGN
            if framing.unit != self._unit:
                return _UNFIT
        elif framing.unit != self._unit:
            return _FOREIGN
        fc = rx[at]
        if fc == self._fc | 0x80:
            return _REFUSAL if n == 2 else _UNFIT
        if fc != self._fc:
            return _UNFIT
        if fc <= 4:
            size = 2 * self._value
            return _FITS if n == 2 + size and rx[at + 1] == size else _UNFIT
        if n == 5 and u16(rx, at + 1) == self._address and u16(rx, at + 3) == self._value:
            return _FITS
        return _UNFIT

    def _fail(self, error):
        self.error = error
        self.state = _FAILED

    def _close(self, reason):
        self.is_closed = True
        self.closed_reason = reason
        if self.state == _WAITING:
            self._fail(BAD_REPLY)

    # The reply

    def _offset(self, i, width):
        if i < 0 or i + width > self.count:
            raise LocalError("register is not in the last reply")
        return self.data_at + 2 * i

    def register(self, i):
        """Register `i` of the last read reply, 0..65535."""
        if not 0 <= i < self.count:
            raise LocalError("register is not in the last reply")
        at = self.data_at + 2 * i
        return self.data[at] << 8 | self.data[at + 1]

    def s16(self, i):
        """Register `i` as a signed 16-bit value."""
        return (self.register(i) ^ 0x8000) - 0x8000

    def u32(self, i):
        """Registers `i` (high word) and `i + 1`; from 2**30 on it takes heap on a microcontroller."""
        at = self._offset(i, 2)
        return u16(self.data, at) << 16 | u16(self.data, at + 2)

    def s32(self, i):
        """As `u32`, signed."""
        at = self._offset(i, 2)
        return ((u16(self.data, at) ^ 0x8000) - 0x8000) * 0x10000 + u16(self.data, at + 2)

    def f32(self, i):  # lint: cold
        """Registers `i` (high word) and `i + 1` as an IEEE 754 single: takes heap; see `scaled`."""
        return struct.unpack_from(">f", self.data, self._offset(i, 2))[0]

    def scaled(self, i, factor):
        """round(f32(i) * factor) in integers, 1 <= factor < 2**15; None for NaN, infinity, 2**30 and more."""
        at = self._offset(i, 2)
        return scaled(u16(self.data, at), u16(self.data, at + 2), factor)
