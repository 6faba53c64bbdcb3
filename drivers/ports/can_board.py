"""CAN controllers of boards: machine.CAN (MicroPython 1.28 and later on STM32, i.MX RT and Alif) and pyb.CAN
(older STM32 builds). Written after MicroPython's public documentation and tried against stand-ins with the
same calls; **unverified on hardware**.

The board makes the controller (pins, bit rate) and hands it in. Bus-off is recovered by restart(), at most
once a second.
"""

from drivers.ports.can_memory import ACTIVE, BUS_OFF, PASSIVE, WARNING, CanCounters
from protocols.ticks import ticks_add, ticks_diff
from protocols.upy import const

_RESTART_MS = const(1000)
_FRAME_BYTES = const(8)


class BoardCan(CanCounters):
    """What both controllers share: following the bus's state, and coming back from bus-off."""

    def __init__(self, can):
        super().__init__()
        self.can = can
        self.is_open = True
        self.ready = True
        self.restart_at = 0

    def follow(self, state, bus_off, passive, warning, now):
        """`state` of the controller, and its own numbers for three of them."""
        if state == bus_off:
            if self.state != BUS_OFF:
                self.state = BUS_OFF
                self.bus_offs += 1
                self.restart_at = ticks_add(now, _RESTART_MS)
            elif ticks_diff(now, self.restart_at) >= 0:
                self.restart_at = ticks_add(now, _RESTART_MS)
                self.can.restart()
        elif state == passive:
            self.state = PASSIVE
        else:
            self.state = WARNING if state == warning else ACTIVE


class MachineCan(BoardCan):
    """machine.CAN: send() gives None when its queue is full, recv() fills a list of four."""

    def __init__(self, can):
        super().__init__(can)
        self._store = bytearray(_FRAME_BYTES)
        self._list = [0, memoryview(self._store), 0, 0]
        self._views = [memoryview(bytearray(_FRAME_BYTES))[:n] for n in range(_FRAME_BYTES + 1)]
        self.set_filters(None)

    def set_filters(self, filters):
        """The controller filters; ValueError when it has not that many."""
        self.filters = filters
        rows = filters
        if filters is not None:
            flag = self.can.FLAG_EXT_ID
            rows = [(row[0], row[1], flag if row[2] else 0) for row in filters]
        self.can.set_filters(rows)

    def service(self, now):
        self.ready = True
        can = self.can
        self.follow(can.state(), can.STATE_BUS_OFF, can.STATE_PASSIVE, can.STATE_WARNING, now)

    def send(self, can_id, data, n, extended):
        if self.state == BUS_OFF:
            self.refused += 1
            return False
        view = self._views[n]
        for i in range(n):
            view[i] = data[i]
        try:
            if self.can.send(can_id, view, self.can.FLAG_EXT_ID if extended else 0) is None:
                self.refused += 1
                return False
        except OSError:  # bus-off since the last service()
            self.refused += 1
            return False
        self.sent += 1
        return True

    def receive(self, frame):
        got = self.can.recv(self._list)
        if got is None:
            self.ready = False
            return False
        frame.id = got[0]
        frame.extended = bool(got[2] & self.can.FLAG_EXT_ID)
        frame.remote = bool(got[2] & self.can.FLAG_RTR)
        if got[3]:
            self.errors += 1
        frame.n = len(got[1])
        store = self._store
        for i in range(frame.n):
            frame.data[i] = store[i]
        self.received += 1
        return True

    def close(self):
        self.is_open = False
        self.can.deinit()


class PybCan(BoardCan):
    """pyb.CAN: send(..., timeout=0) raises when its mailboxes are full, recv(fifo, list) fills a list."""

    def __init__(self, can, accept_all):
        """`accept_all(can)` sets a filter that lets everything in: its form depends on the controller."""
        super().__init__(can)
        self._store = bytearray(_FRAME_BYTES)
        self._list = [0, 0, 0, 0, memoryview(self._store)]
        self._views = [memoryview(bytearray(_FRAME_BYTES))[:n] for n in range(_FRAME_BYTES + 1)]
        accept_all(can)

    def service(self, now):
        self.ready = True
        can = self.can
        self.follow(can.state(), can.BUS_OFF, can.ERROR_PASSIVE, can.ERROR_WARNING, now)

    def send(self, can_id, data, n, extended):
        view = self._views[n]
        for i in range(n):
            view[i] = data[i]
        try:
            self.can.send(view, can_id, timeout=0, extframe=extended)
        except OSError:
            self.refused += 1
            return False
        self.sent += 1
        return True

    def receive(self, frame):
        while self.can.any(0):
            got = self.can.recv(0, self._list)
            frame.id = got[0]
            frame.extended = bool(got[1])
            frame.remote = bool(got[2])
            frame.n = len(got[4])
            store = self._store
            for i in range(frame.n):
                frame.data[i] = store[i]
            if self.wants(frame):
                self.received += 1
                return True
        self.ready = False
        return False

    def close(self):
        self.is_open = False
        self.can.deinit()
