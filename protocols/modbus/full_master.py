"""Modbus master (client) with the function codes of functions.py: bits, loop-back, mask write, read/write,
identification.

The rules are those of master.py, also for these replies: unit, function code, exact byte count, or the echo
of everything that was sent. A device that identifies itself must repeat the code, and its objects must
end where the reply ends.

After a request of this file that read something, `items` counts bits, registers or bytes; `count` is the
number of registers where they are registers, else -1.

lint: hot
"""

from protocols.errors import LocalError
from protocols.modbus import functions
from protocols.modbus.master import Master
from protocols.upy import const

_WAITING = const(1)  # as in master.py
_DONE = const(2)
_FITS = const(0)
_UNFIT = const(3)
_READ_ROOM = const(16)
_LONGEST_PDU = const(253)
_OURS = const(-1)  # in place of the value that master.py would look for in a reply


class FullMaster(Master):
    def __init__(self, framing, timeout_ms, quarantine_ms=-1, turnaround_ms=100, tx_bytes=0):
        super().__init__(framing, timeout_ms, quarantine_ms, turnaround_ms, tx_bytes)
        if not framing.is_stream:
            framing.reply_length = functions.reply_length
        self.items = 0
        self._wanted = 0
        self._sent_n = 0

    # Requests

    def read_bits(self, unit, fc, address, count, now):
        """FC 01 or 02: ask for `count` bits (1..2000)."""
        self._begin(unit, now)
        n = functions.encode_read_bits(self.tx.buf, self._room(fc), fc, address, count)
        self._ask(n, fc, count, 2 + functions.packed(count), now)

    def write_coil(self, unit, address, on, now):
        """FC 05: write one coil; unit 0 is a broadcast on a serial line."""
        self._begin(unit, now)
        n = functions.encode_write_coil(self.tx.buf, self._room(5), address, on)
        self._write(5, address, functions.COIL_ON if on else 0, n, now)

    def write_coils(self, unit, address, bits, count, now):
        """FC 15: write bits[:count] (1..1968), each true or not; unit 0 is a broadcast on a serial line."""
        self._begin(unit, now)
        n = functions.encode_write_coils(self.tx.buf, self._room(15), address, bits, count)
        self._write(15, address, count, n, now)

    def mask_write(self, unit, address, and_mask, or_mask, now):
        """FC 22: register = (register AND and) OR (or AND NOT and); unit 0 is a broadcast, as above."""
        self._begin(unit, now)
        n = functions.encode_mask_write(self.tx.buf, self._room(22), address, and_mask, or_mask)
        self._ask(n, 22, 0, n, now)

    def read_write(self, unit, address, count, write_address, values, write_count, now):
        """FC 23: write values[:write_count] (1..121), then read `count` registers (1..125)."""
        self._begin(unit, now)
        at = self._room(23)
        n = functions.encode_read_write(
            self.tx.buf, at, address, count, write_address, values, write_count
        )
        self._ask(n, 23, count, 2 + 2 * count, now)

    def loop_back(self, unit, data, n, now):
        """FC 08/00: have data[:n] (2 to 250 bytes, an even number) sent back."""
        self._begin(unit, now)
        n = functions.encode_loop_back(self.tx.buf, self._room(8), data, n)
        self._ask(n, 8, 0, n, now)

    def identify(self, unit, code, object_id, now):
        """FC 43/14: code 1 basic, 2 regular, 3 extended, from `object_id` on; 4 that object alone."""
        self._begin(unit, now)
        n = functions.encode_identify(self.tx.buf, self._room(43), code, object_id)
        self._ask(n, 43, code, _LONGEST_PDU, now)

    def _room(self, fc):
        """Where the request's PDU is encoded; LocalError for a broadcast that would have to be answered."""
        if self._is_broadcast and fc != 5 and fc != 15 and fc != 22:
            raise LocalError("this function code cannot be broadcast")
        return _READ_ROOM + self._framing.HEADER

    def _ask(self, pdu_n, fc, wanted, reply_n, now):
        n = self._framing.seal(self.tx.buf, _READ_ROOM, self._unit, pdu_n, 0)
        self._wanted = wanted
        self._sent_n = pdu_n
        self.items = 0
        self._send(_READ_ROOM, n, fc, 0, _OURS, reply_n, now)

    # Replies

    def _judge(self):
        verdict = Master._judge(self)
        framing = self._framing
        if verdict != _UNFIT or self._value != _OURS or framing.unit != self._unit:
            return verdict
        if framing.rx[framing.pdu_at] == self._fc and self._is_answer(
            framing.rx, framing.pdu_at, framing.pdu_n
        ):
            return _FITS
        return _UNFIT

    def _is_answer(self, rx, at, n):
        fc = self._fc
        if fc <= 2:
            size = functions.packed(self._wanted)
            return n == 2 + size and rx[at + 1] == size
        if fc == 23:
            size = 2 * self._wanted
            return n == 2 + size and rx[at + 1] == size
        if fc == 43:
            if not functions.identification_ends(rx, at, n):
                return False
            return rx[at + 1] == functions.READ_DEVICE_IDENTIFICATION and rx[at + 2] == self._wanted
        return n == self._sent_n and self._is_echo(rx, at, n)

    def _is_echo(self, rx, at, n):
        sent = self.tx.buf
        first = _READ_ROOM + self._framing.HEADER
        for i in range(n):
            if rx[at + i] != sent[first + i]:
                return False
        return True

    def _received(self):
        was_waiting = self.state == _WAITING
        Master._received(self)
        if was_waiting and self.state == _DONE and self._value == _OURS:
            self._take_in()

    def _take_in(self):
        framing = self._framing
        fc = self._fc
        self.data = framing.rx
        self.data_at = framing.pdu_at + 2
        self.count = -1
        self.items = self._wanted
        if fc == 23:
            self.count = self._wanted
        elif fc == 43:
            self.items = self.data[self.data_at + 4]

    def bit(self, i):
        """Bit `i` of the last reply to FC 01 or 02, 0 or 1."""
        if self._fc > 2 or not 0 <= i < self.items:
            raise LocalError("bit is not in the last reply")
        return self.data[self.data_at + (i >> 3)] >> (i & 7) & 1

    def conformity(self):
        """Of the last reply to FC 43/14: 1 basic, 2 regular, 3 extended, + 80h: objects can be had alone."""
        return self.data[self._identification() + 1]

    def more_follows(self):
        """Of the last reply to FC 43/14: the object from which to ask for the rest, or -1."""
        at = self._identification()
        return self.data[at + 3] if self.data[at + 2] else -1

    def objects(self):  # lint: cold
        """[(number, bytes)] of the last reply to FC 43/14."""
        at = self._identification() + 5
        found = []
        for _ in range(self.items):
            end = at + 2 + self.data[at + 1]
            found.append((self.data[at], bytes(self.data[at + 2 : end])))
            at = end
        return found

    def _identification(self):
        if self._fc != 43 or self.state != _DONE:
            raise LocalError("no identification in the last reply")
        return self.data_at
