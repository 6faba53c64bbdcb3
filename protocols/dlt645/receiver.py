"""Finds DL/T 645 frames in a stream of bytes: noise, preambles and broken frames cost nothing that
follows.

A frame counts when both 68, length, checksum and 16 are right. What looked like a beginning and was none
is given up byte by byte, so that a frame inside of it is still found. A gap of 500 ms inside a frame
ends it (general knowledge of 5.2).

lint: hot, integer
"""

from protocols.dlt645.codec import MAX_DATA, MAX_FRAME
from protocols.ticks import ticks_diff
from protocols.upy import const

_START = const(0x68)
_END = const(0x16)
_OFFSET = const(0x33)
_GAP_MS = const(500)


class Receiver:
    """After take(): `frame_n` > 0 = a frame stands in `buf` from 0, its `data_n` data bytes from 10,
    plain.
    """

    def __init__(self):
        self.buf = bytearray(MAX_FRAME)
        self.frame_n = 0
        self.data_n = 0
        self.noise = 0  # bytes that belonged to no frame, preambles apart
        self.broken = 0  # frames whose checksum or end was wrong
        self._n = 0
        self._last = 0

    def clear(self):
        self._n = 0
        self.frame_n = 0

    def take(self, data, i, end, now):
        """Consume data[i:end] up to the end of a frame; the index behind the last byte used."""
        self.frame_n = 0
        if self._n and ticks_diff(now, self._last) > _GAP_MS:
            self.noise += self._n
            self._n = 0
        self._last = now
        while i < end:
            self.buf[self._n] = data[i]
            self._n += 1
            i += 1
            if self._check():
                return i
        return i

    def _check(self):
        buf = self.buf
        while self._n:
            n = self._n
            if buf[0] != _START or n > 7 and not self._is_head() or n > 9 and buf[9] > MAX_DATA:
                self._drop()
            elif n < 10 or n < buf[9] + 12:
                return False
            elif self._is_sound():
                self._deliver()
                return True
            else:
                self.broken += 1
                self._drop()
        return False

    def _is_head(self):
        """Between the two 68 stands an address: BCD, or the wildcard AAh."""
        buf = self.buf
        for i in range(1, 7):
            byte = buf[i]
            if byte != 0xAA and (byte & 0x0F > 9 or byte > 0x99):
                return False
        return buf[7] == _START

    def _drop(self):
        """Give up the first byte, and all up to the next 68."""
        buf = self.buf
        n = self._n
        if buf[0] != 0xFE:
            self.noise += 1
        at = 1
        while at < n and buf[at] != _START:
            if buf[at] != 0xFE:
                self.noise += 1
            at += 1
        for i in range(at, n):
            buf[i - at] = buf[i]
        self._n = n - at

    def _is_sound(self):
        buf = self.buf
        end = buf[9] + 10
        total = 0
        for i in range(end):
            total += buf[i]
        return buf[end] == total & 0xFF and buf[end + 1] == _END

    def _deliver(self):
        buf = self.buf
        self.frame_n = self._n
        self.data_n = buf[9]
        for i in range(10, 10 + self.data_n):
            buf[i] = buf[i] - _OFFSET & 0xFF
        self._n = 0
