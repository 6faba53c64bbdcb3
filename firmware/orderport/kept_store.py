"""When the ordered sessions are written to the board's store; firmware/orderport/kept.py says what they mean.

Flash: orders are written at most 16 times in a row and 48 times a day beyond that; one that finds no write
left holds all the same, says "kept": false, and is written with the next. At once, whatever was written
before, come the end of a consent that the store still has, and a vehicle's coming and going (once each). All
bays are one write, in the slack of a step as every keeper's (firmware/guard/host.py), and nothing is written
that is there already. A write that failed is made again with the next order, or half an hour later.
"""

from firmware import codes_order as c
from firmware.guard.departure import MODE_V2G
from firmware.orderport.kept_record import VERSION, WAITING, WITHHELD, Damaged, Row, key_of_bay, unpack
from protocols.ticks import ticks_diff

_MOST_WRITES = 16
_WRITE_MS = 1800000  # one more each half hour


class KeptRows:
    """The rows of all bays, and their store: None = nothing is kept."""

    def __init__(self, names, store, log):
        count = len(names)
        self.names = names
        self.store = store
        self.log = log
        self.rows = [None] * count  # ORDERED or WITHHELD
        self.later = [None] * count  # WAITING
        self.due = False  # keep(now) has something to write
        self.failed = False  # the last write
        self.pending = False  # the store does not have all of it
        self.stored = b""
        self.consents = [False] * count  # that the store has
        self.writes = _MOST_WRITES
        self.passed_ms = 0
        self.last = -1

    def load_rows(self, now):
        """What the store has."""
        data = self.store.load() if self.store is not None else b""
        damaged = self.store is not None and getattr(self.store, "damaged", False)
        try:
            found = unpack(data) if data else []
        except Damaged:
            found = []
            damaged = True
        if damaged:
            self.log.add(c.SESSIONS_DAMAGED, 0, now)
            for i in range(len(self.rows)):
                self.rows[i] = Row(WITHHELD)
            self.changed(True)
        else:
            self._take(found)
            self.stored = data
            self._mark_stored()

    def _take(self, found):
        keys = [key_of_bay(name) for name in self.names]
        for key, row in found:
            if key in keys:
                rows = self.later if row.kind == WAITING else self.rows
                rows[keys.index(key)] = row

    def pass_time(self, now):
        """Once a second."""
        self.passed_ms += max(0, ticks_diff(now, self.last)) if self.last >= 0 else 0
        self.last = now
        while self.passed_ms >= _WRITE_MS:
            self.passed_ms -= _WRITE_MS
            self.writes = min(_MOST_WRITES, self.writes + 1)
            self.due = self.due or self.pending

    def ordered_anew(self, i):
        """A bay's rows are others; consent that was taken back is written at once."""
        self.changed(self.consents[i] and not self._agrees(i))

    def changed(self, at_once):
        """The store must know."""
        if self.store is not None:
            self.pending = True
            self.due = self.due or at_once or self.writes > 0

    def keep(self, now):
        """All of them, in one write."""
        self.due = self.pending = False
        data = self._packed()
        if data == self.stored and not self.failed:
            return
        self.writes = max(0, self.writes - 1)
        was_failed, self.failed = self.failed, not self.store.save(data)
        if self.failed and not was_failed:
            self.log.add(c.SESSION_NOT_KEPT, 0, now)
        if self.failed:
            self.pending = True
            return
        self.stored = data
        self._mark_stored()

    def _mark_stored(self):
        for i in range(len(self.rows)):
            self.consents[i] = self._agrees(i)

    def _agrees(self, i):
        """Whether what is ordered for this bay lets it discharge, now or later."""
        return any([row is not None and row.mode == MODE_V2G for row in (self.rows[i], self.later[i])])

    def _packed(self):
        found = [VERSION]
        for i in range(len(self.rows)):
            for row in (self.rows[i], self.later[i]):
                if row is not None:
                    found.append(row.pack(self.names[i]))
        return b"".join(found)
