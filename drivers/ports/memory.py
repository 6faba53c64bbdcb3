"""Two ends of a wire in memory, for virtual time and tests. A manipulator may change, drop or hold what
passes.
"""


class MemoryPort:
    """One end; make both with pair()."""

    is_buffered = False

    def __init__(self, size):
        self.ready = False
        self.is_open = True
        self.error = 0
        self.peer = None
        self.sock = None  # nothing to poll
        self.manipulate = None  # bytes -> bytes, applied to what this end writes
        self._inbox = bytearray()
        self._size = size

    def read_into(self, buf):
        n = min(len(buf), len(self._inbox))
        buf[:n] = self._inbox[:n]
        self._inbox = self._inbox[n:]
        self.ready = len(self._inbox) > 0
        return n

    def write(self, buf, start, n):
        if not self.is_open or not self.peer.is_open:
            self.is_open = False
            return 0
        n = min(n, self.peer.room())
        data = bytes(buf[start : start + n])
        if self.manipulate is not None:
            data = self.manipulate(data)
        self.peer.receive(data)
        return n

    def room(self):
        return self._size - len(self._inbox)

    def receive(self, data):
        if data:
            self._inbox += data
            self.ready = True

    def service(self, now):
        """Nothing to keep up; the same call as TcpClient's."""

    def close(self):
        self.is_open = False
        self.peer.is_open = False


def pair(size=4096):
    """Two connected ends."""
    a, b = MemoryPort(size), MemoryPort(size)
    a.peer, b.peer = b, a
    return a, b
