"""A meter that answers with an old value for ever is worse than a silent one: the more the bays take, the
more the site's load seems to leave. It counts as silent until its value changes.

One and the same reading, to the watt, over several samples means that the bays' power at all of them lay in
one interval (the load would have to make up for any move exactly). Each sample has the interval of the
bookings over its age; when two of them lie apart by more than a tolerance, the meter has not looked.

lint: integer, hot
"""

from firmware.image import GOOD, STALE

_ANY_W = 0x1FFFFFFF
_TOLERANCE = 20  # a 20th of the bays' ratings: more than their own meters are wrong by


class FrozenMeter:
    """Makes station.grid_power_w stale while it is frozen; the window is that of the sum booking."""

    def __init__(self, station, ratings_w):
        self.station = station
        self.tolerance_w = sum(ratings_w) // _TOLERANCE
        station.meter_hi_w = _ANY_W
        station.meter_lo_w = -_ANY_W

    def sense(self):
        """Judge a sample that is new in this step, before it is used."""
        station = self.station
        meter = station.grid_power_w
        if meter.quality != GOOD:
            return
        if meter.time != station.meter_seen:
            station.meter_seen = meter.time
            self._judge(meter.value)
        if station.meter_frozen.value:
            meter.quality = STALE

    def _judge(self, meter_w):
        station = self.station
        hi_w = max(station.sum_cur_hi_w, station.sum_prev_hi_w)
        lo_w = min(station.sum_cur_lo_w, station.sum_prev_lo_w)
        if meter_w != station.meter_mark_w:
            station.meter_mark_w = meter_w
            station.meter_frozen.value = 0
            station.meter_hi_w = hi_w
            station.meter_lo_w = lo_w
            return
        if hi_w < station.meter_hi_w:
            station.meter_hi_w = hi_w
        if lo_w > station.meter_lo_w:
            station.meter_lo_w = lo_w
        if station.meter_lo_w - station.meter_hi_w > self.tolerance_w:
            station.meter_frozen.value = 1
