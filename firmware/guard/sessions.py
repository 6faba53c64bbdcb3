"""The driver's sessions as orders in the image: from the configuration day by day, until somebody orders
another one for that bay (order port).

The departure is a minute of the day (UTC): without a valid wall clock it is unknown. It stays ordered for
an hour after it has passed, as a car that is late still wants its charge; then the next day's counts.
"""

from firmware.image import GOOD
from firmware.schema import MODES
from firmware.units import MS_PER_DAY
from protocols.ticks import ticks_add, ticks_diff

UNKNOWN = -1
_HOUR_MS = 3600000


class Sessions:
    def __init__(self, image, config, clock):
        self.clock = clock
        self.bays = []
        self.days = []  # (mode, target, minimum, minute of departure) from the configuration
        for i in range(len(config["bays"])):
            row = config["bays"][i]
            if row["battery"]["capacity_wh"]:
                day = row["session"]
                self.bays.append(image.bays[i])
                self.days.append(
                    (
                        MODES.index(day["mode"]) + 1,
                        day["target_bp"],
                        day["minimum_bp"],
                        day["departure_min"],
                    )
                )
        self.by_day = [True] * len(self.bays)

    def update(self, now):
        """Call it about once a second, outside the step."""
        for i in range(len(self.bays)):
            if self.by_day[i]:
                self._follow_day(i, now)

    def _follow_day(self, i, now):
        mode, target_bp, minimum_bp, minute = self.days[i]
        bay = self.bays[i]
        fresh = bay.mode.quality == GOOD and ticks_diff(now, bay.mode.time) < _HOUR_MS
        due = minute >= 0 and self._is_past(bay.depart, now)
        if due:
            self.clock.sample(now)
            due = self.clock.valid
        if due:
            left_ms = (minute * 60000 - self.clock.ms) % MS_PER_DAY
            self._order(bay, mode, target_bp, minimum_bp, left_ms, now)
        elif not fresh:
            left_ms = ticks_diff(bay.depart.value, now) if bay.depart.quality == GOOD else UNKNOWN
            self._order(bay, mode, target_bp, minimum_bp, left_ms, now)

    def _is_past(self, depart, now):
        return depart.quality != GOOD or ticks_diff(now, depart.value) > _HOUR_MS

    def order(self, i, mode, target_bp, minimum_bp, left_ms, now):
        """A session for bay `i` of the guarded ones, in place of the configured one; `left_ms`: until the
        departure, at most FOREVER_MS, or UNKNOWN.
        """
        self.by_day[i] = False
        self._order(self.bays[i], mode, target_bp, minimum_bp, left_ms, now)

    def _order(self, bay, mode, target_bp, minimum_bp, left_ms, now):
        bay.target_bp.put(target_bp, now)
        bay.minimum_bp.put(minimum_bp, now)
        if left_ms == UNKNOWN:
            bay.depart.fail()
        else:
            bay.depart.put(ticks_add(now, left_ms), now)
        bay.mode.put(mode, now)  # the last: it tells that all are new
