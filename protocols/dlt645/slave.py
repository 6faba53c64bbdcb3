"""DL/T 645-2007 meter's side: answers reads out of a store, long data in frames that follow each other.

It answers to its address and to every wildcard pattern that fits it, never to a broadcast. What the
store does not have is refused with error bit 1 (no such data), a follow-up that nobody announced too. A
reply leaves `delay_ms` (Td, 20 to 500) after the request. Clauses: 5.1 to 7.3, from general knowledge.

lint: hot, integer
"""

from protocols.dlt645.codec import (
    BROADCAST_TIME,
    ERROR_NO_DATA,
    FOLLOWS,
    MAX_DATA,
    MAX_FRAME,
    PREAMBLE_BYTES,
    READ,
    READ_ADDRESS,
    READ_NEXT,
    REFUSED,
    REPLY,
    bcd,
    begin,
    di_at,
    finish,
    matches,
    put_di,
)
from protocols.dlt645.receiver import Receiver
from protocols.outbuf import OutBuffer
from protocols.ticks import ticks_add, ticks_diff
from protocols.upy import const

_EVERYONE = b"\x99\x99\x99\x99\x99\x99"
_MOST = const(1000)  # bytes of one data identifier


class Slave:
    """`address`: 6 bytes as on the wire. store.read(di, out) fills `out` and gives the bytes, -1 = no
    such data; store.set_time(when) takes a list of 6, second first.
    """

    def __init__(self, address, store, delay_ms=20, frame_data=MAX_DATA):
        """`frame_data`: data bytes that one reply carries at most, identifier included."""
        self.address = address
        self.receiver = Receiver()
        self.tx = OutBuffer(MAX_FRAME + PREAMBLE_BYTES)
        self.requests = 0
        self.refusals = 0
        self.foreign = 0
        self._store = store
        self._delay_ms = delay_ms
        self._room = frame_data - 5
        self._data = bytearray(_MOST)
        self._n = 0
        self._sent = 0
        self._di = 0
        self._sequence = 0
        self._when = [0] * 6
        self._held = 0
        self._due = 0

    def feed(self, buf, n, now):
        """The first `n` bytes of `buf` were received."""
        i = 0
        while i < n:
            i = self.receiver.take(buf, i, n, now)
            if self.receiver.frame_n:
                self._received(now)

    def tick(self, now):
        """Time has come to `now`: a reply leaves."""
        if self._held and ticks_diff(now, self._due) >= 0:
            self.tx.commit(self._held)
            self._held = 0

    def next_deadline(self, now):
        """Milliseconds until `tick` has something to do, or -1 for none."""
        return max(ticks_diff(self._due, now), 0) if self._held else -1

    def _received(self, now):
        frame = self.receiver.buf
        control = frame[8]
        if matches(_EVERYONE, 0, frame, 1) and control == BROADCAST_TIME:
            self._set_time(frame)
        elif control & REPLY or not matches(self.address, 0, frame, 1):
            self.foreign += 1
        else:
            self.requests += 1
            self._due = ticks_add(now, self._delay_ms)
            self._answer(frame, control)

    def _set_time(self, frame):
        if self.receiver.data_n != 6:
            return
        for i in range(6):
            part = bcd(frame, 10 + i, 1, False)
            if part is None:
                return
            self._when[i] = part
        self._store.set_time(self._when)

    def _answer(self, frame, control):
        n = self.receiver.data_n
        if control == READ and n >= 4:
            self._di = di_at(frame, 10)
            self._n = self._store.read(self._di, self._data)
            self._sent = 0
            self._sequence = 0
            if self._n >= 0:
                self._send_part(READ)
                return
        elif control == READ_NEXT and n == 5 and di_at(frame, 10) == self._di and self._sent < self._n:
            if frame[14] == self._sequence + 1:
                self._sequence += 1
                self._send_part(READ_NEXT)
                return
        elif control == READ_ADDRESS and n == 0:
            self._send_address()
            return
        self._refuse(control)

    def _send_part(self, control):
        left = self._n - self._sent
        n = left if left < self._room else self._room
        more = FOLLOWS if left > n else 0
        at = self._begin(control | REPLY | more)
        buf = self.tx.buf
        put_di(buf, at, self._di)
        for i in range(n):
            buf[at + 4 + i] = self._data[self._sent + i]
        self._sent += n
        n += 4
        if control == READ_NEXT:
            buf[at + n] = self._sequence
            n += 1
        self._held = finish(buf, at, n) - self.tx.end

    def _send_address(self):
        at = self._begin(READ_ADDRESS | REPLY)
        for i in range(6):
            self.tx.buf[at + i] = self.address[i]
        self._held = finish(self.tx.buf, at, 6) - self.tx.end

    def _refuse(self, control):
        self.refusals += 1
        at = self._begin(control & 0x1F | REPLY | REFUSED)
        self.tx.buf[at] = ERROR_NO_DATA
        self._held = finish(self.tx.buf, at, 1) - self.tx.end

    def _begin(self, control):
        self.tx.clear()
        at = self.tx.reserve(MAX_FRAME + PREAMBLE_BYTES)
        return begin(self.tx.buf, at, self.address, control)
