"""Event buffer: encoded information objects in two shared rings, read by every master through cursors of
its own.

One ring holds binary events (30, 31), the other everything else, so that a flood of measurands never
evicts a binary change. A slot is type + address + element + CP56Time2a as it will stand in the ASDU: an
event is encoded once, when it happens, and copied once per master. A cursor has `read` (next to send)
and `acked` (next that the peer has not acknowledged): a lost link goes back to `acked`, so events are
delivered at least once. When a ring overwrites what a cursor has not read, that cursor counts exactly
how many it lost. Masters get events in the order of their occurrence, across both rings; as many objects
of one type as fit go into one ASDU. Counts run modulo 2**29; a ring has a power of two slots. Cost per
slot: stride (12 binary, 16 other) + 4 octets.
"""

from array import array

from protocols.iec104.codec import OBJECT_SIZE, put_header
from protocols.iec104.const import COT_RETURN_REMOTE, COT_SPONTANEOUS, MAX_ASDU
from protocols.upy import const

_MASK = const(0x1FFFFFFF)  # a count and one more stays a small integer everywhere
_HALF = const(0x10000000)
_RETURN = const(0x80)  # in a slot's type octet: caused by a command (COT 11)


class EventRing:
    def __init__(self, slots, stride):
        size = 1
        while size < slots:
            size *= 2
        self.slots = size
        self.stride = stride
        self.buf = bytearray(size * stride)
        self.order = array("i", [0] * size)
        self.head = 0  # events ever stored


class EventBuffer:
    def __init__(self, slots):
        self.binary = EventRing(slots, 12)
        self.other = EventRing(slots, 16)
        self._order = 0

    def add(self, point, flag, stamp):
        """Store one event of `point` with the time `stamp` (seven octets); flag 0x80: return information."""
        kind = point.kind
        ring = kind.ring
        slot = ring.head & ring.slots - 1
        ring.order[slot] = self._order
        self._order = self._order + 1 & _MASK
        ring.head = ring.head + 1 & _MASK
        at = slot * ring.stride
        buf = ring.buf
        buf[at] = kind.event_type | flag
        end = point.put(buf, at + 1)
        if kind.is_tagged:
            for i in range(7):  # a slice is an object on some builds
                buf[end + i] = stamp[i]


class Cursor:
    def __init__(self, ring):
        self.ring = ring
        self.read = 0
        self.acked = 0
        self.lost = 0
        self._gone = 0  # sent, not acknowledged, and overwritten since

    def rewind(self):
        """Un-acknowledged events are to be sent again; those that were overwritten meanwhile are lost."""
        self.lost += self._gone
        self._gone = 0
        self.read = self.acked
        self.settle()

    def acknowledged(self, n):
        """The peer acknowledged the oldest n events sent."""
        gone = min(self._gone, n)
        self._gone -= gone
        self.acked = self.acked + n - gone & _MASK

    def oldest(self):
        """Start with all that is still kept, nothing lost."""
        ring = self.ring
        self.read = ring.head - min(ring.head, ring.slots) & _MASK
        self.acked = self.read
        self.lost = 0
        self._gone = 0

    def drop(self):
        """Forget what waits, without counting it as lost."""
        self._gone += self.read - self.acked & _MASK
        self.read = self.ring.head
        self.acked = self.ring.head

    def settle(self):
        """Skip and count what was overwritten before it was read."""
        ring = self.ring
        n = (ring.head - self.read & _MASK) - ring.slots
        if n > 0:
            self.lost += n
            self._gone += self.read - self.acked & _MASK
            self.read = self.read + n & _MASK
            self.acked = self.read

    def waiting(self):
        """Events to send."""
        return self.ring.head - self.read & _MASK

    def room(self):
        """Events that may be stored before an un-acknowledged one is overwritten."""
        return max(0, self.ring.slots - (self.ring.head - self.acked & _MASK))


class Group:
    """A master as the events see it: a redundancy group or a peer address, with at most one started link."""

    def __init__(self, buffer, peers):
        self.peers = peers  # () = any one peer
        self.peer = ""
        self.binary = Cursor(buffer.binary)
        self.other = Cursor(buffer.other)
        self.link = None  # the started link
        self.held = 0  # open links
        self.last_use = 0
        self.is_initialised = False  # M_EI_NA_1 was acknowledged

    def adopt(self, peer):
        """A master that we do not know takes this place: it gets what is still kept."""
        self.peer = peer
        self.is_initialised = False
        self.binary.oldest()
        self.other.oldest()

    def release(self):
        self.link = None
        self.binary.rewind()
        self.other.rewind()

    def acknowledged(self, mark):
        """`mark` events were acknowledged: > 0 binary, < 0 others."""
        if mark > 0:
            self.binary.acknowledged(mark)
        else:
            self.other.acknowledged(-mark)

    def drop(self):
        self.binary.drop()
        self.other.drop()

    def is_past(self, binary_head, other_head):
        """Whether everything stored before these heads was sent."""
        if (self.binary.read - binary_head & _MASK) >= _HALF:
            return False
        return (self.other.read - other_head & _MASK) < _HALF

    def lost(self):
        return self.binary.lost + self.other.lost

    def settle(self):
        self.binary.settle()
        self.other.settle()

    def room(self):
        return min(self.binary.room(), self.other.room())

    def emit(self, link, ca, now):
        """Send one ASDU of waiting events; False when there are none, or no room."""
        first = self.binary
        second = self.other
        if first.ring.head == first.read:
            if second.ring.head == second.read:
                return False
            return _emit(second, first, -1, link, ca, now)
        self.settle()
        if second.ring.head != second.read and _is_older(second, first):
            return _emit(second, first, -1, link, ca, now)
        return _emit(first, second, 1, link, ca, now)


def _is_older(a, b):
    """Whether the next event of `a` happened before the next one of `b`."""
    ring_a = a.ring
    ring_b = b.ring
    order_a = ring_a.order[a.read & ring_a.slots - 1]
    order_b = ring_b.order[b.read & ring_b.slots - 1]
    return (order_a - order_b & _MASK) >= _HALF


def _emit(cursor, rival, sign, link, ca, now):
    """One ASDU from `cursor`, ending where the type changes or the rival's next event is older."""
    start = link.begin(MAX_ASDU)
    if start < 0:
        return False
    cursor.settle()
    ring = cursor.ring
    source = ring.buf
    stride = ring.stride
    mask = ring.slots - 1
    read = cursor.read
    rival_order = -1
    if rival.ring.head != rival.read:
        rival_order = rival.ring.order[rival.read & rival.ring.slots - 1]
    type_and_flag = source[(read & mask) * stride]
    size = 3 + OBJECT_SIZE[type_and_flag & 0x7F]
    out = link.tx.buf
    to = start + 6
    last = start + MAX_ASDU - size
    n = 0
    while to <= last and read != ring.head:
        at = (read & mask) * stride
        if source[at] != type_and_flag:
            break
        if rival_order >= 0 and n and (rival_order - ring.order[read & mask] & _MASK) >= _HALF:
            break
        out[to : to + size] = source[at + 1 : at + 1 + size]
        to += size
        read = read + 1 & _MASK
        n += 1
    cause = COT_RETURN_REMOTE if type_and_flag & _RETURN else COT_SPONTANEOUS
    put_header(out, start, type_and_flag & 0x7F, n, cause, 0, ca)
    cursor.read = read
    link.send(to - start, sign * n, now)
    return True
