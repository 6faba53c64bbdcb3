"""Prices of electricity, interval by interval, as somebody ordered them at the order port: import, and export
where there is one, in 0.0001 currency/kWh (design §4); or, as `green`, any figure of which less is better
(g CO2/kWh), by which charging is placed and nothing is discharged.

Two days are held, in slots of 15 min of the time base (telecontrol.utc_offset_min, as of the plan curve):
today's and tomorrow's. Prices of past slots do nothing. They outlive a restart through the board's store,
written at most once in 15 min, in the slack of a step (96 times a day); an answer says whether they are kept.
"""

import struct
from array import array

from firmware.units import MS_PER_DAY
from protocols.ticks import ticks_diff

SLOT_MS = 900000
DAY_SLOTS = MS_PER_DAY // SLOT_MS
SLOTS = 2 * DAY_SLOTS
NONE = -(1 << 29)
LEAST, MOST = -10000000, 10000000
_HEAD = "<2sBBi"
_VERSION = b"P1"


class Prices:
    """A keeper of the guard's host."""

    def __init__(self, clock, offset_min, store):
        self.clock = clock
        self.offset_ms = offset_min * 60000
        self.store = store
        self.first_day = -1
        self.imports = array("i", [NONE] * SLOTS)
        self.exports = array("i", [NONE] * SLOTS)
        self.green = False
        self.version = 0  # counts what was ordered
        self.due = self.failed = self.pending = False
        self.written = -1
        self._load()

    def slot(self):
        """(slot of now, ms that have passed of it), None without prices for today; the clock was sampled."""
        if not self.clock.valid or self.first_day < 0:
            return None
        ms = (self.clock.day - self.first_day) * MS_PER_DAY + self.clock.ms + self.offset_ms
        if not 0 <= ms < SLOTS * SLOT_MS:
            return None
        return ms // SLOT_MS, ms % SLOT_MS

    def today(self):
        """Day of the time base; the clock was sampled and is valid."""
        return self.clock.day + (self.clock.ms + self.offset_ms) // MS_PER_DAY

    def take(self, tomorrow, first, each, imports, exports, green, now):
        """Prices from slot `first` of that day on, each for `each` slots; `exports`: [] = none."""
        self._begin(self.today())
        at = first + (DAY_SLOTS if tomorrow else 0)
        if green != self.green:
            self._forget(0, SLOTS)
        self.green = green
        for i in range(len(imports) * each):
            self.imports[at + i] = imports[i // each]
            self.exports[at + i] = exports[i // each] if exports else NONE
        self.version += 1
        self.pending = self.store is not None
        self._ask(now)

    def _begin(self, day):
        """The first of the two days is this one."""
        if day == self.first_day + 1:
            for k in range(DAY_SLOTS):
                self.imports[k] = self.imports[k + DAY_SLOTS]
                self.exports[k] = self.exports[k + DAY_SLOTS]
            self._forget(DAY_SLOTS, SLOTS)
        elif day != self.first_day:
            self._forget(0, SLOTS)
        self.first_day = day

    def _forget(self, first, last):
        for k in range(first, last):
            self.imports[k] = self.exports[k] = NONE

    # the store

    def _load(self):
        data = self.store.load() if self.store is not None else b""
        size = struct.calcsize(_HEAD)
        if len(data) != size + 8 * SLOTS:
            return
        version, green, _, day = struct.unpack(_HEAD, data[:size])
        if version != _VERSION:
            return
        self.first_day = day
        self.green = bool(green)
        for k in range(SLOTS):
            pair = struct.unpack("<ii", data[size + 8 * k : size + 8 * k + 8])
            self.imports[k], self.exports[k] = pair

    def meet(self, bay, identity):
        """Prices belong to nobody."""

    def update(self, now):
        """Once a second."""
        self._ask(now)

    def _ask(self, now):
        if self.pending and (self.written < 0 or ticks_diff(now, self.written) >= SLOT_MS):
            self.due = True

    def keep(self, now):
        """All of them, in one write."""
        self.due = False
        self.written = now
        rows = [struct.pack("<ii", self.imports[k], self.exports[k]) for k in range(SLOTS)]
        head = struct.pack(_HEAD, _VERSION, 1 if self.green else 0, 0, self.first_day)
        self.failed = not self.store.save(head + b"".join(rows))
        self.pending = self.failed
