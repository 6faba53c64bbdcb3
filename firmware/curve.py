"""The dispatcher's plan curve: up to 96 set-points, one an interval of the day, at consecutive addresses; the
schedule carries them out at their wall time.

Point i is for the interval i of the day in the time base (96 points: 15 min each; summer time is not
counted). It comes as a set-point like any other and is confirmed when it is taken; it holds for the interval
that runs or comes next under that number, once: an interval that has passed means tomorrow's. So a curve may
come in any order, in parts, and again; where it was interrupted, the points that came hold, and the others'
intervals belong to the configured schedule. Refused in local mode, outside the registered range, and while
the clock is not set: a plan at an unknown time is no plan.

With a store the curve outlives a restart from SETTLE_MS after its last point on; a restart before that brings
back the curve before it. Points of past days do nothing. How dispatch centres number a curve differs:
addresses and interval are the configuration's (no text seen, unverified).
"""

from array import array

from firmware import codes
from firmware.units import MS_PER_DAY
from protocols.ticks import ticks_diff

SETTLE_MS = 5000
_NO_DAY = -1
_ENTRY = 6


class Curve:
    def __init__(self, telecontrol, ioa, count, offset_min):
        self.telecontrol = telecontrol
        self.clock = telecontrol.clock
        self.ioa = ioa
        self.interval_ms = MS_PER_DAY // count
        self.offset_ms = offset_min * 60000
        self.power_w = array("i", [0] * count)
        self.days = array("h", [_NO_DAY] * count)  # day of the time base that each point is for
        self.store = None
        self.is_new = False  # since it was kept last
        self.changed = 0  # tick of the newest point

    def keep_in(self, store):
        """Take the curve that the store has, and keep later ones there; None = it ends with the process."""
        self.store = store
        kept = store.load() if store is not None else b""
        if len(kept) == _ENTRY * len(self.days):
            for i in range(len(self.days)):
                at = i * _ENTRY
                self.days[i] = _signed(kept[at : at + 2])
                self.power_w[i] = _signed(kept[at + 2 : at + _ENTRY])

    def operate(self, cmd, type_id, value, link, now):
        """One point; False = negative confirmation."""
        telecontrol = self.telecontrol
        if telecontrol.image.station.local.value:
            return telecontrol.refuse(codes.SETPOINT_LOCAL)
        self.clock.sample(now)
        if not self.clock.valid:
            return telecontrol.refuse(codes.CURVE_NO_CLOCK)
        power_w = telecontrol.power_in_range(type_id, value)
        if power_w is None:
            return telecontrol.refuse(codes.SETPOINT_OUT_OF_RANGE)
        self.take(telecontrol.station.order_ioa - self.ioa, power_w, now)
        return True

    def take(self, i, power_w, now):
        """The plan for interval `i`; the clock has been sampled and is valid."""
        day, running = self._now()
        self.days[i] = day if i >= running else day + 1
        self.power_w[i] = power_w
        self.is_new = True
        self.changed = now

    def _now(self):
        """(day, interval) of the time base; the clock has been sampled."""
        ms = self.clock.ms + self.offset_ms
        day = self.clock.day
        if ms < 0:
            return day - 1, (ms + MS_PER_DAY) // self.interval_ms
        if ms >= MS_PER_DAY:
            return day + 1, (ms - MS_PER_DAY) // self.interval_ms
        return day, ms // self.interval_ms

    def now_w(self, now):
        """The plan's power at this tick, None when there is none; the clock has been sampled and is valid."""
        if self.is_new and self.store is not None and ticks_diff(now, self.changed) >= SETTLE_MS:
            self.is_new = False
            if not self.store.save(self._kept()):
                self.telecontrol.log.add(codes.STORE_FAILED, 0, now)
        day, i = self._now()
        return self.power_w[i] if self.days[i] == day else None

    def _kept(self):
        kept = bytearray(_ENTRY * len(self.days))
        for i in range(len(self.days)):
            at = i * _ENTRY
            kept[at : at + 2] = (self.days[i] & 0xFFFF).to_bytes(2, "little")
            kept[at + 2 : at + _ENTRY] = (self.power_w[i] & 0xFFFFFFFF).to_bytes(4, "little")
        return bytes(kept)


def _signed(octets):
    value = int.from_bytes(octets, "little")
    half = 1 << 8 * len(octets) - 1
    return value - 2 * half if value >= half else value
