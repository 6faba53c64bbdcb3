"""One CAN bus and the devices on it: hands received frames round, lets the devices send, and looks to the
loop like every other driver (is_due, service, is_told, panic, close).

A device offers: feed(frame, now), tick(port, now), due_in(now) -> ms or -1, lost(now) for a bus that cannot
be used, is_told(power_w), panic(port).
"""

from drivers.ports.can_memory import BUS_OFF
from protocols.can import CanFrame
from protocols.ticks import sooner, ticks_add, ticks_diff
from protocols.upy import const

_LONGEST_WAIT_MS = const(100)
_AT_ONCE = const(64)  # frames in one service(): the loop's gap is a budget


class CanBus:
    def __init__(self, name, port):
        self.name = name
        self.port = port
        self.devices = []
        self.wake_at = 0
        self._frame = CanFrame()
        self._was_usable = False

    def add(self, device):
        self.devices.append(device)

    def is_due(self, now):
        """Whether service() has something to do."""
        return self.port.ready or ticks_diff(now, self.wake_at) >= 0

    def service(self, now):
        port = self.port
        port.service(now)
        usable = port.is_open and port.state != BUS_OFF
        if usable:
            self._receive(now)
            for device in self.devices:
                device.tick(port, now)
        elif self._was_usable:
            for device in self.devices:
                device.lost(now)
        self._was_usable = usable
        self.wake_at = ticks_add(now, self._due_in(now))

    def _receive(self, now):
        frame = self._frame
        port = self.port
        for _ in range(_AT_ONCE):
            if not port.receive(frame):
                return
            for device in self.devices:
                device.feed(frame, now)
        port.ready = True  # there may be more

    def _due_in(self, now):
        wait = _LONGEST_WAIT_MS
        for device in self.devices:
            wait = sooner(wait, device.due_in(now))
        return wait if wait > 1 else 1

    def is_told(self, power_w):
        """Whether every converter on this bus that can be reached has been told `power_w`."""
        if not self.port.is_open:
            return True
        for device in self.devices:
            if not device.is_told(power_w):
                return False
        return True

    def panic(self):
        """The devices' stop frames, whatever else is under way."""
        for device in self.devices:
            device.panic(self.port)

    def close(self):
        self.panic()  # an orderly end leaves no device on
        self.port.close()
