"""Wall time: (day since 2000-01-01, ms of day) in UTC, counted from a tick at which somebody told us
(design §4).

Unset until synchronised, and not valid again once the last setting is older than the age limit. Never
used for control.
"""

from firmware.units import MS_PER_DAY
from protocols.ticks import ticks_diff


class WallClock:
    def __init__(self, valid_ms):
        """`valid_ms`: how long a setting stays good (0 = for ever)."""
        self.valid_ms = valid_ms
        self.day = 0
        self.ms = 0
        self.valid = False
        self.settings = 0  # times that somebody told us
        self.refusals = 0  # impossible times
        self._at = 0
        self._age_ms = 0
        self._set = False

    def set_utc(self, day, ms, now):
        """Set by a master or the board's RTC; False for an impossible time."""
        if not (0 <= day < 36525 and 0 <= ms < MS_PER_DAY):
            self.refusals += 1
            return False
        self.settings += 1
        self.day = day
        self.ms = ms
        self._at = now
        self._age_ms = 0
        self._set = True
        self.valid = True
        return True

    def sample(self, now):
        """Bring day, ms and valid up to tick `now`; to be called at least once in 6 days."""
        passed_ms = ticks_diff(now, self._at)
        self._at = now
        if not self._set:
            return
        self.ms += passed_ms
        while self.ms >= MS_PER_DAY:
            self.ms -= MS_PER_DAY
            self.day += 1
        while self.ms < 0:  # a tick from before the setting
            self.ms += MS_PER_DAY
            self.day -= 1
        if self.valid_ms and self.valid:
            self._age_ms += passed_ms
            self.valid = self._age_ms <= self.valid_ms
