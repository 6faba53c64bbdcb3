"""Modbus TCP frames: the MBAP header (transaction, protocol, length, unit) on a byte stream.

Rules of this file:
1. The length field alone says where a frame ends; the bytes may come one by one or many frames at once.
2. A length outside 2..254 means that we have lost the stream: nothing more is read and the connection
   must be closed.
3. A frame of another protocol (protocol identifier not 0) is dropped and counted.

Clauses: MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 3.1 (MBAP header), from general knowledge.

lint: hot, integer
"""

from protocols.errors import LocalError
from protocols.modbus.codec import NOTHING, put_u16, u16
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
    is_stream = True
    quiet_ms = 0
    busy = False

    def __init__(self):
        self.foreign_protocol = 0
        self.rx = bytearray(_SIZE)
        self._spare = None
        self.reset()

    def reset(self):
        """A new connection begins."""
        self.closed_reason = OPEN
        self.tid = 0
        self.unit = 0
        self.pdu_at = 7
        self.pdu_n = 0
        self._n = 0
        self._need = _MBAP

    def flush(self):
        """A stream keeps its bytes: without the rest of an unfinished frame it would be lost."""

    def serve(self, units):
        """This end is a server and answers to these units, and to 0 and 255."""
        for unit in units:
            if not 0 <= unit <= 255:
                raise LocalError("a unit is 0..255")

    def poll(self):  # lint: cold
        """This end is the client."""
        self._spare = bytearray(_SIZE)

    def expect(self, unit, fc, pdu_n):
        """The reply is found by its transaction identifier."""

    def swap(self):
        """The last frame's buffer is the caller's from now on; reception goes on in the other one."""
        full = self.rx
        self.rx = self._spare
        self._spare = full
        return full

    def wire_ms(self, n):
        """A network takes no time that we could compute."""
        return 0

    def adu_bytes(self, pdu_n):
        """Bytes of the frame around a PDU."""
        return pdu_n + 7

    def seal(self, buf, at, unit, pdu_n, tid):
        """Complete the frame around the PDU at buf[at + 7]; its length."""
        put_u16(buf, at, tid)
        put_u16(buf, at + 2, 0)
        put_u16(buf, at + 4, pdu_n + 1)
        buf[at + 6] = unit
        return pdu_n + 7

    def sent(self, buf, at, n, now):
        """Nothing echoes on TCP, and nobody waits for silence."""

    def take(self, buf, i, end, now):
        """Copy buf[i:end] up to the end of a frame, then `pdu_n` > 0; the index behind the last byte used."""
        self.pdu_n = 0
        if self.closed_reason:
            return end
        while i < end:
            n = self._n
            stop = i + self._need - n
            if stop > end:
                stop = end
            rx = self.rx
            while i < stop:
                rx[n] = buf[i]
                n += 1
                i += 1
            self._n = n
            if n == self._need:
                if n > _MBAP:
                    self._deliver(n)
                    return i
                if not self._read_length():
                    return end
        return i

    def _read_length(self):
        length = u16(self.rx, 4)
        if not 2 <= length <= 254:
            self.closed_reason = BAD_LENGTH
            return False
        self._need = _MBAP + length
        return True

    def _deliver(self, n):
        self._n = 0
        self._need = _MBAP
        rx = self.rx
        if u16(rx, 2):
            self.foreign_protocol += 1
            return
        self.tid = u16(rx, 0)
        self.unit = rx[6]
        self.pdu_n = n - 7

    def settle(self, now):
        """Silence means nothing on a stream."""
        return NOTHING

    def next_settle(self, now):
        """-1: time means nothing here."""
        return -1
