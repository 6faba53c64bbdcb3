"""A CAN bus in memory: any number of ports that hear each other, for virtual time and tests.

This port shows what every CAN port of the project offers (the others are can_slcan, can_python and
can_board); a driver knows no more than this:

* send(can_id, data, n, extended) -> True when the controller took the frame, False when it must be tried
  again;
* receive(frame) -> True when a frame was put into the caller's CanFrame; allocates nothing;
* set_filters(filters): None = all, else a tuple of (id, mask, extended), any of which lets a frame in;
* state: ACTIVE, WARNING, PASSIVE or BUS_OFF, kept up by service(now), which also restarts a bus that is off;
* counters: sent, received, refused (send() found no room), errors (bus errors, lost frames), bus_offs;
* ready (worth reading), is_open, close().
"""

from protocols.can import CanFrame, FrameQueue

ACTIVE, WARNING, PASSIVE, BUS_OFF = 0, 1, 2, 3


class CanCounters:
    """What every CAN port counts, and its filters where the controller has none."""

    def __init__(self):
        self.state = ACTIVE
        self.sent = 0
        self.received = 0
        self.refused = 0
        self.errors = 0
        self.bus_offs = 0
        self.filters = None

    def set_filters(self, filters):
        """None = every frame; else (id, mask, extended) rows."""
        self.filters = filters

    def wants(self, frame):
        """Whether a filter lets this frame in."""
        if self.filters is None:
            return True
        for row in self.filters:
            if frame.extended == row[2] and (frame.id ^ row[0]) & row[1] == 0:
                return True
        return False


class MemoryCan(CanCounters):
    def __init__(self, bus, size):
        super().__init__()
        self.bus = bus
        self.queue = FrameQueue(size)
        self.is_open = True
        self.ready = False
        self.sock = None  # nothing to poll
        self.manipulate = None  # frame -> bool, before the others hear it: False drops it

    def service(self, now):
        """A bus in memory never goes off by itself; a test sets `state`."""
        self.ready = self.queue.count > 0

    def send(self, can_id, data, n, extended):
        if not self.is_open or self.state == BUS_OFF:
            self.refused += 1
            return False
        frame = self.bus.frame
        frame.set(can_id, extended, data, n)
        self.sent += 1
        if self.manipulate is None or self.manipulate(frame):
            self.bus.spread(self)
        return True

    def hear(self, frame):
        """Another port sent this."""
        if not self.is_open or not self.wants(frame):
            return
        slot = self.queue.reserve()
        if slot is None:
            self.errors += 1
            return
        slot.copy(frame)
        self.queue.commit()
        self.ready = True

    def receive(self, frame):
        head = self.queue.head()
        if head is None:
            self.ready = False
            return False
        frame.copy(head)
        self.queue.drop()
        self.received += 1
        return True

    def close(self):
        self.is_open = False


class MemoryBus:
    def __init__(self):
        self.frame = CanFrame()
        self.ports = []

    def port(self, size=64):
        """A new port on this bus."""
        port = MemoryCan(self, size)
        self.ports.append(port)
        return port

    def spread(self, sender):
        for port in self.ports:
            if port is not sender:
                port.hear(self.frame)


def pair(size=64):
    """Two ports on a bus of their own."""
    bus = MemoryBus()
    return bus.port(size), bus.port(size)
