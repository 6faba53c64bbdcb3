"""The guard of one bay, as the envelope of that bay calls it in each step (design §6): limits, then the
plan once a second, then the window.

lint: integer, hot
"""

from firmware.guard.departure import Promise
from firmware.guard.limits import Limits
from firmware.image import GOOD
from protocols.ticks import ticks_diff, ticks_sub

PERIOD_MS = 1000


class BayGuard:
    def __init__(self, bay, row, offset_ms):
        """`row`: a bay of a checked configuration whose battery states its capacity; `offset_ms`: bays
        plan at different instants, so that no step has all of it.
        """
        self.bay = bay
        self.limits = Limits(bay, row["battery"])
        self.promise = Promise(bay, row)
        self.offset_ms = offset_ms

    def start(self, now):
        """Time begins."""
        self.bay.plan_time = ticks_sub(now, PERIOD_MS)

    def apply(self, envelope, now):
        """Cut an envelope that the converter and the SOC's quality left open."""
        bay = self.bay
        due = ticks_diff(now, bay.plan_time) >= PERIOD_MS or self._has_news()
        bms = self.limits.bms
        if due and bms is not None:
            bms.look_at_temperature()
        self.limits.cut(envelope)
        if due:
            first = bay.ceiling_bp.value == 0
            bay.plan_time = ticks_sub(now, self.offset_ms) if first else now
            was_must = bay.must.value
            self.promise.plan(now, bay.envelope_hi_w.value)
            if bms is not None:
                bms.look_ahead(self.promise, now, was_must)
        self.promise.window(envelope)

    def _has_news(self):
        """Orders of a session are written together, the mode last."""
        mode = self.bay.mode
        return mode.quality == GOOD and ticks_diff(mode.time, self.bay.plan_time) >= 0
