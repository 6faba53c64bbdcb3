"""Modbus slave (server): answers FC 03, 04, 06 and 16 out of a store, on either framing; full_slave.py has
the other function codes.

Rules of this file:
1. Checks come in the order function code (01), quantity and byte count (03), address range (02),
   execution (what the store says). The store executes a whole write or nothing.
2. Serial: frames of other units are ignored, unit 0 is a broadcast (writes are executed, reads ignored,
   nothing is answered), and a reply leaves only after T3.5 of silence, in `tick`.
3. TCP: 0 and 255 mean the first unit, a unit that is not here gets exception 0B, every pipelined request
   is answered in order. While the client does not read its replies, requests wait in a backlog; when that
   overflows, the connection must be closed.
4. Function code 0 and codes from 80 on cannot be refused with an exception of their own, so they are not
   answered.

Clauses: MODBUS Application Protocol V1.1b3, 6 and 7; MODBUS over Serial Line V1.02, 2.2 and 2.4.2, from
general knowledge.

lint: hot, integer
"""

from protocols.errors import LocalError
from protocols.modbus import tcp
from protocols.modbus.codec import (
    FRAME,
    GARBLED,
    check_request,
    put_u16,
    u16,
)
from protocols.outbuf import OutBuffer
from protocols.upy import const

_WRITE_SINGLE = const(6)
_WRITE_MULTIPLE = const(16)
_TARGET_FAILED = const(0x0B)  # codec.GATEWAY_TARGET_DEVICE_FAILED_TO_RESPOND
_BACKLOG = const(512)


class Slave:
    """Answers requests from `feed` into `tx`; `units` is a tuple, its first is what 0 and 255 mean on TCP.

    store.read(unit, fc, address, count, out, at) fills out[at:] with 2 * count bytes, big-endian;
    store.write(unit, fc, address, count, data, at) takes them; both return 0 or an exception code.
    """

    def __init__(self, framing, store, units):
        if not len(units):
            raise LocalError("a slave needs a unit")
        framing.serve(units)
        self._framing = framing
        self._store = store
        self._units = units
        self.tx = OutBuffer(4 * framing.MAX_ADU if framing.is_stream else framing.MAX_ADU)
        self.is_closed = False
        self.closed_reason = tcp.OPEN
        self.requests = 0
        self.replies = 0
        self.exceptions = 0
        self.broadcasts = 0
        self.foreign = 0
        self.crc_errors = 0
        self.ignored = 0
        self._backlog = bytearray(_BACKLOG if framing.is_stream else 0)
        self._backlog_n = 0
        self._held = 0

    def feed(self, buf, n, now):
        """The first `n` bytes of `buf` were received."""
        self._settle(now)
        self._drain(now)
        i = 0 if self._backlog_n else self._run(buf, 0, n, now)
        if i < n and not self.is_closed:
            self._stash(buf, i, n)

    def tick(self, now):
        """Time has come to `now`: frames end by silence, held replies leave, the backlog goes on."""
        self._settle(now)
        framing = self._framing
        if self._held and not framing.busy:
            framing.sent(self.tx.buf, self.tx.end, self._held, now)
            self.tx.commit(self._held)
            self._held = 0
        self._drain(now)

    def next_deadline(self, now):
        """Milliseconds until `tick` has something to do, or -1 for none."""
        if self._backlog_n:
            return 0 if self._has_room() else -1
        return self._framing.next_settle(now)

    def link_lost(self):
        """The port is gone: the next connection begins afresh."""
        self._framing.reset()
        self.tx.clear()
        self._backlog_n = 0
        self._held = 0
        self.is_closed = False
        self.closed_reason = tcp.OPEN

    def _settle(self, now):
        found = self._framing.settle(now)
        if found == FRAME:
            self._received()
        elif found == GARBLED:
            self.crc_errors += 1

    def _has_room(self):
        return self.tx.pending() + self._framing.MAX_ADU <= len(self.tx.buf)

    def _run(self, buf, i, n, now):
        framing = self._framing
        while i < n and not self.is_closed and (not framing.is_stream or self._has_room()):
            i = framing.take(buf, i, n, now)
            if framing.pdu_n:
                self._received()
            if framing.closed_reason:
                self._close(framing.closed_reason)
        return i

    def _drain(self, now):
        n = self._backlog_n
        if not n or self.is_closed or not self._has_room():
            return
        backlog = self._backlog
        i = self._run(backlog, 0, n, now)
        for k in range(i, n):
            backlog[k - i] = backlog[k]
        self._backlog_n = n - i

    def _stash(self, buf, i, n):
        at = self._backlog_n
        if at + n - i > len(self._backlog):
            self._close(tcp.OVERRUN)
            return
        while i < n:
            self._backlog[at] = buf[i]
            at += 1
            i += 1
        self._backlog_n = at

    def _close(self, reason):
        self.is_closed = True
        self.closed_reason = reason

    def _received(self):
        framing = self._framing
        unit = framing.unit
        fc = framing.rx[framing.pdu_at]
        is_serial = not framing.is_stream
        if is_serial and unit and unit not in self._units:
            self.foreign += 1
        elif fc == 0 or fc >= 0x80:
            self.ignored += 1
        elif is_serial and unit == 0:
            self._broadcast(fc)
        else:
            self.requests += 1
            self._answer(unit)

    def _broadcast(self, fc):
        framing = self._framing
        if fc != _WRITE_SINGLE and fc != _WRITE_MULTIPLE:
            self.ignored += 1
            return
        self.broadcasts += 1
        if check_request(framing.rx, framing.pdu_at, framing.pdu_n) == 0:
            for unit in self._units:
                self._write(unit, fc, framing.rx, framing.pdu_at)

    def _answer(self, unit):
        framing = self._framing
        tx = self.tx
        at = tx.reserve(framing.MAX_ADU)
        if at < 0:
            self.ignored += 1
            return
        n = self._reply(unit, tx.buf, at + framing.HEADER)
        n = framing.seal(tx.buf, at, unit, n, framing.tid)
        self.replies += 1
        if framing.is_stream:
            tx.commit(n)
        else:
            self._held = n

    def _reply(self, unit, out, at):
        """The reply's PDU to out[at:]; its length."""
        framing = self._framing
        out[at] = framing.rx[framing.pdu_at]
        if unit not in self._units:
            unit = self._units[0] if unit == 0 or unit == 255 else -1
        n = -_TARGET_FAILED
        if unit >= 0:
            n = self._execute(unit, out, at)
        if n > 0:
            return n
        self.exceptions += 1
        out[at] |= 0x80
        out[at + 1] = -n
        return 2

    def _execute(self, unit, out, at):
        """Check and execute the request; the length of the reply's PDU, or minus an exception code."""
        framing = self._framing
        pdu = framing.rx
        pdu_at = framing.pdu_at
        code = check_request(pdu, pdu_at, framing.pdu_n)
        if code:
            return -code
        fc = pdu[pdu_at]
        if fc <= 4:
            code = self._store.read(unit, fc, u16(pdu, pdu_at + 1), u16(pdu, pdu_at + 3), out, at + 2)
            out[at + 1] = n = 2 * u16(pdu, pdu_at + 3)
            return -code if code else 2 + n
        code = self._write(unit, fc, pdu, pdu_at)
        put_u16(out, at + 1, u16(pdu, pdu_at + 1))
        put_u16(out, at + 3, u16(pdu, pdu_at + 3))
        return -code if code else 5

    def _write(self, unit, fc, pdu, at):
        address = u16(pdu, at + 1)
        if fc == _WRITE_SINGLE:
            return self._store.write(unit, fc, address, 1, pdu, at + 3)
        return self._store.write(unit, fc, address, u16(pdu, at + 3), pdu, at + 6)
