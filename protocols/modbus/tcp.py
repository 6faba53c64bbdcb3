"""Modbus TCP frames: the MBAP header (transaction, protocol, length, unit) on a byte stream.

Rules of this file:
1. The length field alone says where a frame ends; the bytes may come one by one or many frames at once.
2. A length outside 2..254 means that we have lost the stream: nothing more is read and the connection
   must be closed.
3. A frame of another protocol (protocol identifier not 0) is dropped and counted.
4. A frame that lies in the caller's buffer from end to end is delivered there: `rx` is that buffer then.
   Only frames in pieces are put together in a buffer of our own. Where many connections share a small heap
   it may begin with room for a poll's reply, and grows once when a longer frame comes.

Clauses: MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 3.1 (MBAP header), from general knowledge.

lint: hot, integer
"""

from protocols.errors import LocalError
from protocols.modbus.codec import NOTHING
from protocols.upy import const

OPEN = 0
BAD_LENGTH = 1
STALLED = 2
OVERRUN = 3

_SIZE = const(260)
_MBAP = const(6)


class TcpFraming:
    """Framing for one TCP connection."""

    HEADER = 7
    MAX_ADU = 260
    READ_ADU = 12  # a request for registers
    is_stream = True
    quiet_ms = 0
    busy = False
    closed_reason = OPEN
    foreign_protocol = 0

    def __init__(self, room=_SIZE):
        """`room`: bytes of a frame in pieces, to begin with; 6 at least."""
        self._store = bytearray(room)
        self.reset()

    def reset(self):
        """A new connection begins."""
        self.closed_reason = OPEN
        self.rx = self._store
        self.tid = 0
        self.unit = 0
        self.pdu_at = 7
        self.pdu_n = 0
        self._n = 0
        self._need = _MBAP

    def serve(self, units):
        """This end is a server and answers to these units, and to 0 and 255."""
        for unit in units:
            if not 0 <= unit <= 255:
                raise LocalError("a unit is 0..255")

    def keep(self):  # lint: cold
        """The frame just delivered stays readable while others come."""
        if self.rx is self._store:
            self._store = bytearray(_SIZE)

    def wire_ms(self, n):
        """A network takes no time that we could compute."""
        return 0

    def launch(self, buf, at, n, reply_n, tid, now):
        """The master's request of `n` bytes at buf[at] is sent now; its reply is found by `tid`."""
        buf[at] = tid >> 8
        buf[at + 1] = tid & 0xFF

    def seal(self, buf, at, unit, pdu_n, tid):
        """Complete the frame around the PDU at buf[at + 7]; its length."""
        buf[at] = tid >> 8
        buf[at + 1] = tid & 0xFF
        buf[at + 2] = 0
        buf[at + 3] = 0
        buf[at + 4] = 0
        buf[at + 5] = pdu_n + 1
        buf[at + 6] = unit
        return pdu_n + 7

    def sent(self, buf, at, n, now):
        """Nothing echoes on TCP, and nobody waits for silence."""

    def take(self, buf, i, end, now):
        """Take buf[i:end] up to the end of a frame, then `pdu_n` > 0; the index behind the last byte used."""
        self.pdu_n = 0
        if self.closed_reason:
            return end
        if self._n == 0 and end - i > _MBAP:
            n = buf[i + 5]
            if 2 <= n <= 254 and buf[i + 4] == 0 and i + _MBAP + n <= end:
                self._deliver(buf, i, n)
                return i + _MBAP + n
        return self._collect(buf, i, end)

    def _collect(self, buf, i, end):
        """Frames in pieces."""
        while i < end:
            rx = self._store
            n = self._n
            stop = i + self._need - n
            if stop > end:
                stop = end
            while i < stop:
                rx[n] = buf[i]
                n += 1
                i += 1
            self._n = n
            if n == self._need:
                if n > _MBAP:
                    self._n = 0
                    self._need = _MBAP
                    self._deliver(rx, 0, n - _MBAP)
                    return i
                if not self._read_length():
                    return end
        return i

    def _read_length(self):
        length = self._store[4] << 8 | self._store[5]
        if not 2 <= length <= 254:
            self.closed_reason = BAD_LENGTH
            return False
        self._need = _MBAP + length
        if self._need > len(self._store):
            self._grow()
        return True

    def _grow(self):  # lint: cold
        store = bytearray(_SIZE)
        store[:_MBAP] = self._store[:_MBAP]
        self._store = store

    def _deliver(self, rx, at, length):
        """A frame of 6 + `length` bytes at rx[at]."""
        if rx[at + 2] or rx[at + 3]:
            self.foreign_protocol += 1
            return
        self.rx = rx
        self.tid = rx[at] << 8 | rx[at + 1]
        self.unit = rx[at + 6]
        self.pdu_at = at + 7
        self.pdu_n = length - 1

    def settle(self, now):
        """Silence means nothing on a stream."""
        return NOTHING

    def next_settle(self, now):
        """-1: time means nothing here."""
        return -1
