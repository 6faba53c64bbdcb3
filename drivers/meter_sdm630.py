"""Eastron SDM630: turns its float registers into the station's signals. Registers stand in
drivers/maps/sdm630.py.

A block is one transaction with one receive time. NaN and infinity are no measurements: they make their
own signal invalid.
"""

from drivers.maps import sdm630
from drivers.retry import Backoff
from protocols.ticks import sooner, ticks_add, ticks_diff

_LAST_BACKOFF_MS = 5000


class Sdm630:
    def __init__(self, unit, period_ms, sign, station):
        """`station`: the image's station group; `sign`: -1 where the current transformers are reversed."""
        self.unit = unit
        self.sign = sign
        self.station = station
        self.periods = [period_ms * block[2] for block in sdm630.BLOCKS]
        self.due_at = [0] * len(sdm630.BLOCKS)
        self.block = 0
        self.backoff = Backoff(period_ms, _LAST_BACKOFF_MS)
        self.started = False
        self.stop_frame = b""

    def urgency(self, now):
        """Milliseconds that the most overdue block waits; -1 when none is due."""
        self._start(now)
        if self.backoff.remaining_ms(now) > 0:
            return -1
        most = -1
        for i in range(len(self.due_at)):
            late = ticks_diff(now, self.due_at[i])
            if late > most:
                most = late
                self.block = i
        return most

    def due_in(self, now):
        self._start(now)
        wait = -1
        for due in self.due_at:
            left = ticks_diff(due, now)
            wait = sooner(wait, left if left > 0 else 0)
        return max(wait, self.backoff.remaining_ms(now))

    def _start(self, now):
        if not self.started:
            self.started = True
            for i in range(len(self.due_at)):
                self.due_at[i] = now

    def begin(self, master, now):
        address, count, _ = sdm630.BLOCKS[self.block]
        self.due_at[self.block] = ticks_add(now, self.periods[self.block])
        master.read(self.unit, sdm630.FUNCTION, address, count, now)

    def done(self, master, now):
        self.backoff.answered()
        first = sdm630.BLOCKS[self.block][0]
        for block, register, name, factor, signed in sdm630.FIELDS:
            if block == self.block:
                value = master.scaled(register - first, factor)
                if value is None:
                    getattr(self.station, name).fail()
                else:
                    getattr(self.station, name).put(value * self.sign if signed else value, now)
        for block, register, kwh, wh in sdm630.ENERGIES:
            if block == self.block:
                self._put_energy(kwh, wh, master.scaled(register - first, 1000), now)

    def _put_energy(self, kwh, wh, total_wh, now):
        kwh = getattr(self.station, kwh)
        wh = getattr(self.station, wh)
        if total_wh is None or total_wh < 0:
            kwh.fail()
            wh.fail()
        else:
            kwh.put(total_wh // 1000, now)
            wh.put(total_wh % 1000, now)

    def failed(self, master, now):
        self.backoff.failed(now)
        return False

    def lost(self, now):
        """The connection broke; the age limits of the signals tell the rest."""

    def is_told(self, power_w):
        """A meter takes no orders."""
        return True
