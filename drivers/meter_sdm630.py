"""Eastron SDM630: turns its float registers into the station's signals. Registers stand in
drivers/maps/sdm630.py.

A block is one transaction with one receive time. NaN and infinity are no measurements: they make their
own signal invalid. Blocks that are read rarely have instants of their own, so that no cycle of the
controller has them all.

lint: hot, integer
"""

from drivers.maps import sdm630
from drivers.retry import Backoff
from protocols.ticks import ticks_add, ticks_diff
from protocols.upy import const

_MASK = const(0x3FFFFFFF)  # of protocols/ticks.py


class Sdm630:
    def __init__(self, unit, period_ms, sign, station):
        """`station`: the image's station group; `sign`: -1 where the current transformers are reversed."""
        self.unit = unit
        self.periods = [period_ms * block[2] for block in sdm630.BLOCKS]
        self.due_at = [0] * len(sdm630.BLOCKS)
        self.next_at = 0  # the earliest of them
        self.block = 0
        self.backoff = Backoff(max(period_ms, 1000), 5000)
        self.started = False
        self.started_at = 0
        self.stop_frame = b""
        self._readings = [self._of_block(i, sign, station) for i in range(len(sdm630.BLOCKS))]

    def _of_block(self, block, sign, station):  # lint: cold
        """[(register in the block, factor, signal, signal of the Wh or None)]."""
        first = sdm630.BLOCKS[block][0]
        readings = []
        for of, register, name, factor, signed in sdm630.FIELDS:
            if of == block:
                factor = sign * factor if signed else factor
                readings.append((register - first, factor, getattr(station, name), None))
        for of, register, kwh, wh in sdm630.ENERGIES:
            if of == block:
                readings.append((register - first, 1000, getattr(station, kwh), getattr(station, wh)))
        return readings

    def urgency(self, now):
        """Milliseconds that the power waits, -1 when it is not due."""
        return self._most_overdue(0, 1, now)

    def patient_urgency(self, now):
        """The same of the other blocks."""
        return self._most_overdue(1, len(self.due_at), now)

    def _most_overdue(self, first, end, now):
        if not self.started:
            self._start(now)
        if ticks_diff(now, self.next_at) < 0 or self.backoff.remaining_ms(now) > 0:
            return -1
        most = -1
        for i in range(first, end):
            late = ticks_diff(now, self.due_at[i])
            if late > most:
                most = late
                self.block = i
        return most

    def due_in(self, now):
        if not self.started:
            self._start(now)
        wait = ticks_diff(self.next_at, now)
        if wait < 0:
            wait = 0
        if self.backoff.delay_ms:
            wait = max(wait, self.backoff.remaining_ms(now))
        return wait

    def _start(self, now):
        self.started = True
        self.started_at = self.next_at = now
        for i in range(len(self.due_at)):
            self.due_at[i] = now

    def begin(self, master, now):
        address, count, every = sdm630.BLOCKS[self.block]
        due_at = self.due_at
        period_ms = self.periods[self.block]
        left_ms = period_ms
        if every > 1:  # the blocks of one period share it out among themselves
            since_ms = ((now - self.started_at) & _MASK) % period_ms
            left_ms -= (since_ms + self.block * period_ms // len(due_at)) % period_ms
            if left_ms < period_ms >> 2:
                left_ms += period_ms
        due_at[self.block] = self.next_at = ticks_add(now, left_ms)
        for i in range(len(due_at)):
            if ticks_diff(due_at[i], self.next_at) < 0:
                self.next_at = due_at[i]
        master.read(self.unit, sdm630.FUNCTION, address, count, now)

    def done(self, master, now):
        self.backoff.answered()
        for i, factor, signal, wh in self._readings[self.block]:
            value = master.scaled(i, factor if factor > 0 else -factor)
            if wh is not None:
                _put_energy(signal, wh, value, now)
            elif value is None:
                signal.fail()
            else:
                signal.put(value if factor > 0 else -value, now)

    def failed(self, master, now):
        self.backoff.failed(now)
        return False

    def lost(self, now):
        """The connection broke; the age limits of the signals tell the rest."""

    def is_told(self, power_w):
        """A meter takes no orders."""
        return True


def _put_energy(kwh, wh, total_wh, now):
    if total_wh is None or total_wh < 0:
        kwh.fail()
        wh.fail()
    else:
        kwh.put(total_wh // 1000, now)
        wh.put(total_wh % 1000, now)
