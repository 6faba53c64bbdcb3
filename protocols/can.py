"""A classic CAN frame (ISO 11898-1: at most 8 data bytes) and a queue of frames, both made once and filled
in place.

Every CAN port, codec and machine of the project hands frames over in a CanFrame of its caller's, so that
receiving allocates nothing. An identifier has 11 or 29 bits, both below 2**30.

lint: integer, hot
"""

from protocols.errors import LocalError
from protocols.upy import const

_DATA_BYTES = const(8)
STANDARD_MASK = 0x7FF
EXTENDED_MASK = 0x1FFFFFFF


class CanFrame:
    def __init__(self):
        self.id = 0
        self.extended = True
        self.remote = False  # a remote frame: n is the length that it asks for
        self.n = 0
        self.data = bytearray(_DATA_BYTES)

    def set(self, can_id, extended, data, n):
        """Take data[:n] under this identifier; LocalError when it fits no classic frame."""
        if not 0 <= n <= _DATA_BYTES or not 0 <= can_id <= (EXTENDED_MASK if extended else STANDARD_MASK):
            raise LocalError("no classic CAN frame")
        self.id = can_id
        self.extended = extended
        self.remote = False
        self.n = n
        own = self.data
        for i in range(n):
            own[i] = data[i]

    def copy(self, other):
        """Become equal to `other`."""
        self.id = other.id
        self.extended = other.extended
        self.remote = other.remote
        self.n = other.n
        own = self.data
        theirs = other.data
        for i in range(_DATA_BYTES):
            own[i] = theirs[i]


class FrameQueue:
    """First in, first out; `lost` counts frames for which there was no room."""

    def __init__(self, size):
        self.frames = [CanFrame() for _ in range(size)]
        self.first = 0
        self.count = 0
        self.lost = 0

    def reserve(self):
        """The free frame at the end, to be filled before commit(); None (and counted) when full."""
        frames = self.frames
        if self.count >= len(frames):
            self.lost += 1
            return None
        at = self.first + self.count
        return frames[at - len(frames) if at >= len(frames) else at]

    def commit(self):
        """The reserved frame is complete."""
        self.count += 1

    def put(self, can_id, extended, data, n):
        """Append a frame; False when there is no room."""
        frame = self.reserve()
        if frame is None:
            return False
        frame.set(can_id, extended, data, n)
        self.count += 1
        return True

    def head(self):
        """The oldest frame, or None."""
        return self.frames[self.first] if self.count else None

    def drop(self):
        """The oldest frame has been dealt with."""
        if self.count:
            self.count -= 1
            self.first += 1
            if self.first >= len(self.frames):
                self.first = 0

    def clear(self):
        self.count = 0
