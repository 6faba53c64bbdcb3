"""Bytes on their way out of a sans-IO machine.

A machine reserves room, encodes in place and commits; the pump writes `buf[start:end]` to the port and
reports what the port took.
Nothing is allocated after `__init__`.
"""


class OutBuffer:
    def __init__(self, size):
        self.buf = bytearray(size)
        self.start = 0
        self.end = 0

    def pending(self):
        """Bytes that wait to be written."""
        return self.end - self.start

    def reserve(self, n):
        """Offset in `buf` where `n` bytes may be encoded, or -1 when there is no room for them."""
        size = len(self.buf)
        if self.end + n <= size:
            return self.end
        if self.pending() + n > size:
            return -1
        self._compact()
        return self.end

    def _compact(self):
        buf = self.buf
        at = 0
        for i in range(self.start, self.end):
            buf[at] = buf[i]
            at += 1
        self.start = 0
        self.end = at

    def commit(self, n):
        """The `n` bytes at the reserved offset are complete."""
        self.end += n

    def put(self, data, n):
        """Append data[:n]; False (and nothing changed) when there is no room."""
        at = self.reserve(n)
        if at < 0:
            return False
        buf = self.buf
        for i in range(n):
            buf[at + i] = data[i]
        self.end = at + n
        return True

    def consumed(self, n):
        """The port took `n` bytes."""
        self.start += n
        if self.start >= self.end:
            self.start = 0
            self.end = 0

    def clear(self):
        self.start = 0
        self.end = 0
