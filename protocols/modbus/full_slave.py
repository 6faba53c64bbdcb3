"""Modbus slave (server) with every function code of functions.py: bits, loop-back, mask write, read/write,
identification.

Rules of this file, beside those of slave.py:
1. The store is asked in the same two calls. Bits come and go packed: store.read(unit, 1 or 2, address,
   count, out, at) fills out[at:] with (count + 7) // 8 bytes, store.write(unit, 5 or 15, address, count,
   data, at) takes them; what stands behind the last bit has no meaning. FC 05's FF 00 is the bit 1.
2. FC 22 reads the register as FC 03 and writes the result as FC 22: (value AND and) OR (or AND NOT and).
3. FC 23 writes before it reads, and changes nothing when either is refused: the read is tried first. The
   store gets FC 23 with both.
4. Broadcast: 05, 15 and 22 are executed as 06 and 16 are; 23, 08 and 43 would answer and are ignored.
5. FC 08 echoes on a serial line only; on TCP there is no line to test, and it is a function code that we
   do not have.

super() is not used in what runs with every request: it makes a closure of a method, and MicroPython
allocates the arguments of a closure from the fifth on.

Clauses: as functions.py.

lint: hot, integer
"""

from protocols.modbus import functions
from protocols.modbus.codec import ILLEGAL_FUNCTION, put_u16, u16
from protocols.modbus.slave import Slave
from protocols.upy import const

_WRITE_COIL = const(5)
_DIAGNOSTICS = const(8)
_WRITE_COILS = const(15)
_MASK_WRITE = const(22)
_READ_WRITE = const(23)
_INTERFACE = const(43)


class FullSlave(Slave):
    def __init__(self, framing, store, units, identity=None):
        """`identity`: an identity.Identity, or None for a slave that does not know FC 43."""
        super().__init__(framing, store, units)
        self._identity = identity
        if not framing.is_stream:
            framing.request_length = functions.request_length
            framing.reply_length = functions.reply_length
        self._word = bytearray(2)
        self._scrap = bytearray(250)  # what FC 23 would read before it has written

    def _broadcast(self, fc):
        framing = self._framing
        if fc != _WRITE_COIL and fc != _WRITE_COILS and fc != _MASK_WRITE:
            Slave._broadcast(self, fc)
            return
        self.broadcasts += 1
        if functions.check_request(framing.rx, framing.pdu_at, framing.pdu_n) == 0:
            for unit in self._units:
                self._change(unit, fc, framing.rx, framing.pdu_at)

    def _execute(self, unit, out, at):
        framing = self._framing
        fc = framing.rx[framing.pdu_at]
        if 3 <= fc <= 4 or fc == 6 or fc == 16:
            return Slave._execute(self, unit, out, at)
        if fc == _INTERFACE and self._identity is None or fc == _DIAGNOSTICS and framing.is_stream:
            return -ILLEGAL_FUNCTION
        code = functions.check_request(framing.rx, framing.pdu_at, framing.pdu_n)
        if code:
            return -code
        if fc <= 2:
            return self._read_bits(unit, out, at)
        if fc == _READ_WRITE:
            return self._read_write(unit, out, at)
        if fc == _INTERFACE:
            at_code = framing.pdu_at + 2
            return self._identity.reply(framing.rx[at_code], framing.rx[at_code + 1], out, at)
        return self._echo(unit, out, at)

    def _echo(self, unit, out, at):
        """Whose reply repeats the request, FC 15's without the data."""
        framing = self._framing
        pdu = framing.rx
        pdu_at = framing.pdu_at
        n = framing.pdu_n
        fc = pdu[pdu_at]
        code = 0 if fc == _DIAGNOSTICS else self._change(unit, fc, pdu, pdu_at)
        if fc == _WRITE_COILS:
            n = 5
        for i in range(n):
            out[at + i] = pdu[pdu_at + i]
        return -code if code else n

    def _read_bits(self, unit, out, at):
        pdu = self._framing.rx
        pdu_at = self._framing.pdu_at
        count = u16(pdu, pdu_at + 3)
        code = self._store.read(unit, pdu[pdu_at], u16(pdu, pdu_at + 1), count, out, at + 2)
        if code:
            return -code
        out[at + 1] = size = functions.packed(count)
        if count & 7:
            out[at + 1 + size] &= (1 << (count & 7)) - 1
        return 2 + size

    def _change(self, unit, fc, pdu, at):
        """FC 05, 15 and 22; 0 or an exception code."""
        address = u16(pdu, at + 1)
        if fc == _WRITE_COIL:
            return self._store.write(unit, fc, address, 1, pdu, at + 3)
        if fc == _WRITE_COILS:
            return self._store.write(unit, fc, address, u16(pdu, at + 3), pdu, at + 6)
        word = self._word
        code = self._store.read(unit, 3, address, 1, word, 0)
        if code:
            return code
        and_mask = u16(pdu, at + 3)
        put_u16(word, 0, u16(word, 0) & and_mask | u16(pdu, at + 5) & ~and_mask)
        return self._store.write(unit, fc, address, 1, word, 0)

    def _read_write(self, unit, out, at):
        framing = self._framing
        pdu_at = framing.pdu_at
        code = self._read_registers(unit, self._scrap, 0)
        if not code:
            write_at = u16(framing.rx, pdu_at + 5)
            count = u16(framing.rx, pdu_at + 7)
            code = self._store.write(unit, _READ_WRITE, write_at, count, framing.rx, pdu_at + 10)
        if not code:
            code = self._read_registers(unit, out, at + 2)
        if code:
            return -code
        out[at + 1] = n = 2 * u16(framing.rx, pdu_at + 3)
        return 2 + n

    def _read_registers(self, unit, out, at):
        pdu = self._framing.rx
        pdu_at = self._framing.pdu_at
        return self._store.read(unit, _READ_WRITE, u16(pdu, pdu_at + 1), u16(pdu, pdu_at + 3), out, at)
