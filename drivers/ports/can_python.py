"""CAN on CPython by python-can: socketcan, slcan, virtual, udp_multicast, PCAN, Kvaser and whatever else that
library drives, chosen by its own options. OSError when the interface cannot be opened.
"""

from drivers.ports.can_memory import ACTIVE, BUS_OFF, PASSIVE, CanCounters
from protocols.ticks import ticks_add, ticks_diff

_RESTART_MS = 1000
_REOPEN_MS = 1000


class PythonCan(CanCounters):
    def __init__(self, options):
        """`options`: the keywords of can.Bus, such as {"interface": "socketcan", "channel": "can0"}."""
        super().__init__()
        import can

        self.can = can
        self.options = options
        self.failures = (can.CanError, OSError, ValueError, TypeError, NotImplementedError)
        self.bus = None
        self.retry_at = 0
        self.ready = True
        self.is_open = False
        self.error = ""
        if not self._open():
            raise OSError(5, self.error)

    def _open(self):
        try:
            self.bus = self.can.Bus(**self.options)
        except self.failures as error:
            self.error = "%s: %s" % (self.options, error)
            return False
        self.is_open = True
        return True

    def set_filters(self, filters):
        self.filters = filters
        rows = None
        if filters is not None:
            rows = [{"can_id": row[0], "can_mask": row[1], "extended": row[2]} for row in filters]
        self.bus.set_filters(rows)

    def service(self, now):
        """Follow the controller's state; open a lost interface again."""
        self.ready = True
        if not self.is_open:
            if ticks_diff(now, self.retry_at) >= 0:
                self.retry_at = ticks_add(now, _REOPEN_MS)
                if self._open() and self.filters is not None:
                    self.set_filters(self.filters)
            return
        state = self._state()
        if state == BUS_OFF and self.state != BUS_OFF:
            self.bus_offs += 1
            self.retry_at = ticks_add(now, _RESTART_MS)
        self.state = state
        if state == BUS_OFF and ticks_diff(now, self.retry_at) >= 0:
            self._lose(now)  # opening it anew restarts the controller

    def _state(self):
        try:
            state = self.bus.state
        except self.failures:
            return ACTIVE  # the interface has no state to show
        if state == self.can.BusState.PASSIVE:
            return PASSIVE
        return BUS_OFF if state == self.can.BusState.ERROR else ACTIVE

    def send(self, can_id, data, n, extended):
        if not self.is_open or self.state == BUS_OFF:
            self.refused += 1
            return False
        message = self.can.Message(
            arbitration_id=can_id, is_extended_id=extended, data=bytes(data[:n]), check=True
        )
        try:
            self.bus.send(message, timeout=0)
        except self.failures:
            self.refused += 1
            return False
        self.sent += 1
        return True

    def receive(self, frame):
        if not self.is_open:
            return False
        while True:
            try:
                message = self.bus.recv(timeout=0)
            except self.failures as error:
                self.error = str(error)
                self._lose(self.retry_at)
                return False
            if message is None:
                self.ready = False
                return False
            if message.is_error_frame or message.is_fd:
                self.errors += 1
                continue
            frame.id = message.arbitration_id
            frame.extended = message.is_extended_id
            frame.remote = message.is_remote_frame
            frame.n = message.dlc
            frame.data[: len(message.data)] = message.data
            self.received += 1
            return True

    def _lose(self, now):
        self.errors += 1
        self.is_open = False
        self.retry_at = ticks_add(now, _REOPEN_MS)
        self.bus.shutdown()

    def close(self):
        if self.is_open:
            self.bus.shutdown()
        self.is_open = False
