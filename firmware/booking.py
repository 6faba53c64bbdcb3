"""Booking under a shared limit: what a bay may be drawing right now, at worst (design §6).

The true power of a bay lies between its last measurement and every command that the device may still be
acting on. Commands are kept as extremes over two windows: a window is closed by a measurement taken at least
response_ms after the window began, so that the two together always reach back past the commands which that
measurement already shows. Without measurements no window closes and the booking only widens.

A silent bay stays booked as it was until its lease has run out in the device and the power has fallen
(release_ms), then at 0. A bay may leave its booking towards 0 by itself (trip, lease run out), and the meter
may see that before we do: so whatever a measurement, or the release of a silent bay, adds to a booking is
added to the bounds of the site's own load too; and a bay that was not seen for some polls counts, for those
bounds, as anywhere between its booking and 0, because it may have dropped out and come back.

Those bounds are kept as a set. Every meter sample gives an interval, as wide as the bays moved while the
sample came; the load lies in all of them as long as it drifts no faster than load_w_per_s. A sample that
contradicts the bounds replaces them; what the meter shows beyond the site's limit is added at once. So a load
that drifts as stated takes the connection beyond its limit by no more than load_w_per_s times (hold_ms plus
the time from a sample to the answer at the terminals), and only while bays move.

lint: integer, hot
"""

from firmware.image import GOOD
from firmware.units import per_second
from protocols.ticks import ticks_add, ticks_diff, ticks_sub

_TOLERANCE_BP = 200  # of the rating: a bay within this band of its command follows it
_LONGEST_DRIFT_MS = 60000


class BayBooking:
    """Keeps booked_lo_w and booked_hi_w of one bay."""

    def __init__(self, bay, rating_w, response_ms, release_ms, fresh_ms):
        self.bay = bay
        self.response_ms = response_ms
        self.fresh_ms = fresh_ms
        self.release_ms = release_ms
        self.tolerance_w = rating_w * _TOLERANCE_BP // 10000 + 20
        # Nobody knows what the device was last told before we started: book it at its worst.
        bay.cmd_cur_hi_w = bay.cmd_prev_hi_w = rating_w
        bay.cmd_cur_lo_w = bay.cmd_prev_lo_w = -rating_w
        bay.booked_hi_w.value = rating_w
        bay.booked_lo_w.value = -rating_w
        bay.following.value = 1
        # by how much this step's measurement lies above the booking, or below it: said once, no memory
        self.rose_w = 0
        self.fell_w = 0

    def start(self, now):
        """Time begins."""
        self.bay.cmd_start = now
        self.bay.sample_time = now
        self._fall_silent(now)

    def sense(self, now):
        """Take in the measurement of this step, before anything is decided."""
        bay = self.bay
        was_hi = bay.booked_hi_w.value
        was_lo = bay.booked_lo_w.value
        if bay.power_w.quality == GOOD:
            self._hear(now)
        else:
            if not bay.silent.value:
                self._fall_silent(now)
            self._book_silent(now)
        if bay.booked_hi_w.value - was_hi > self.tolerance_w:
            bay.booked_hi_w.value = max(bay.booked_hi_w.value, 0)  # between two polls it may have been at 0
        if was_lo - bay.booked_lo_w.value > self.tolerance_w:
            bay.booked_lo_w.value = min(bay.booked_lo_w.value, 0)
        self.rose_w = max(0, bay.booked_hi_w.value - was_hi)
        self.fell_w = max(0, was_lo - bay.booked_lo_w.value)

    def _hear(self, now):
        bay = self.bay
        power = bay.power_w
        if bay.silent.value:
            bay.silent.value = 0
            bay.astray_since = now
        if power.time != bay.sample_time:
            bay.sample_time = power.time
            if ticks_diff(power.time, bay.cmd_start) >= self.response_ms:
                self._close_window(now)
        self._book(power.value)
        self._judge(power.value, now)

    def commanded(self, power_w):
        """The step decided: the booking covers it from now on."""
        bay = self.bay
        if power_w > bay.cmd_cur_hi_w:
            bay.cmd_cur_hi_w = power_w
        if power_w < bay.cmd_cur_lo_w:
            bay.cmd_cur_lo_w = power_w
        if bay.silent.value:
            return  # booked as it was; what it was told last is 0
        if power_w > bay.booked_hi_w.value:
            bay.booked_hi_w.value = power_w
        if power_w < bay.booked_lo_w.value:
            bay.booked_lo_w.value = power_w

    def _close_window(self, now):
        bay = self.bay
        bay.cmd_prev_hi_w = bay.cmd_cur_hi_w
        bay.cmd_prev_lo_w = bay.cmd_cur_lo_w
        bay.cmd_cur_hi_w = bay.cmd_cur_lo_w = bay.command_w.value
        bay.cmd_start = now

    def _book(self, measured_w):
        bay = self.bay
        hi = bay.cmd_cur_hi_w
        if bay.cmd_prev_hi_w > hi:
            hi = bay.cmd_prev_hi_w
        lo = bay.cmd_cur_lo_w
        if bay.cmd_prev_lo_w < lo:
            lo = bay.cmd_prev_lo_w
        bay.booked_hi_w.value = measured_w if measured_w > hi else hi
        bay.booked_lo_w.value = measured_w if measured_w < lo else lo

    def _judge(self, measured_w, now):
        """A bay strays when it gives or takes more than it was told to, for longer than its response
        time; less is no offence.
        """
        bay = self.bay
        hi = bay.cmd_cur_hi_w
        lo = bay.cmd_cur_lo_w
        over = measured_w - (hi if hi > 0 else 0)
        under = (lo if lo < 0 else 0) - measured_w
        if over <= self.tolerance_w and under <= self.tolerance_w:
            bay.following.value = 1
            bay.astray_since = now
        elif ticks_diff(now, bay.astray_since) > 2 * self.response_ms:
            bay.following.value = 0

    def _fall_silent(self, now):
        bay = self.bay
        bay.silent.value = 1
        bay.release_at = ticks_add(now, self.release_ms)
        bay.astray_since = now

    def _book_silent(self, now):
        bay = self.bay
        if bay.silent.value == 1 and ticks_diff(now, bay.release_at) >= 0:
            bay.silent.value = 2  # released; stays so, whatever the clock does
        if bay.silent.value == 2:
            bay.booked_hi_w.value = bay.booked_lo_w.value = 0
            bay.cmd_cur_hi_w = bay.cmd_cur_lo_w = 0
            bay.cmd_prev_hi_w = bay.cmd_prev_lo_w = 0
            bay.cmd_start = now  # never so old that it seems to lie ahead


class SumBooking:
    """Extremes of the sum of bookings over the age of a meter sample, and from them the bounds of the
    site's own load.
    """

    def __init__(self, image, bookings, site, hold_ms):
        """`hold_ms`: how long bays that moved may blur the meter's samples."""
        self.bays = image.bays
        self.station = image.station
        self.bookings = bookings
        self.window_ms = site["meter_latency_ms"]
        self.load_lo_w = site["load_min_w"]
        self.load_hi_w = site["load_max_w"]
        self.import_max_w = site["import_max_w"]
        self.export_max_w = site["export_max_w"]
        self.drift_w_per_s = site["load_w_per_s"]
        self.hold_ms = hold_ms
        self.station.base_lo_w.value = self.load_lo_w
        self.station.base_hi_w.value = self.load_hi_w
        self.station.base_time = -1

    def start(self, now):
        """Time begins."""
        self.station.sum_start = now

    def sense(self, now):
        """Bounds of the load behind the meter: from its samples, or as configured and never narrower while
        it is silent.
        """
        station = self.station
        if station.base_time >= 0:
            for booking in self.bookings:
                station.base_hi_w.value += booking.fell_w
                station.base_lo_w.value -= booking.rose_w
        self.commanded(now)
        meter = station.grid_power_w
        if meter.quality != GOOD:
            self._lose_meter()
        elif meter.time != station.base_time:
            self._take_sample(meter.value, now)
            station.base_time = meter.time

    def _lose_meter(self):
        station = self.station
        station.base_time = -1
        station.base_hi_w.value = max(station.base_hi_w.value, self.load_hi_w)
        station.base_lo_w.value = min(station.base_lo_w.value, self.load_lo_w)

    def _take_sample(self, meter_w, now):
        station = self.station
        hi_w = meter_w - min(station.sum_cur_lo_w, station.sum_prev_lo_w)
        lo_w = meter_w - max(station.sum_cur_hi_w, station.sum_prev_hi_w)
        hi = station.base_hi_w
        lo = station.base_lo_w
        if station.base_time < 0 or lo_w > hi.value or hi_w < lo.value:
            hi.put(hi_w, now)
            lo.put(lo_w, now)
            return
        if hi_w <= hi.value:
            hi.put(hi_w, now)
        else:
            over_w = max(0, meter_w - self.import_max_w)
            hi.value = min(hi_w, hi.value + over_w + self._drift(hi, now))
        if lo_w >= lo.value:
            lo.put(lo_w, now)
        else:
            over_w = max(0, -self.export_max_w - meter_w)
            lo.value = max(lo_w, lo.value - over_w - self._drift(lo, now))

    def _drift(self, bound, now):
        """How far the load may have gone since this bound was last seen, less what has been added; 0 while
        it is held.
        """
        over_ms = ticks_diff(now, bound.time) - self.hold_ms
        if over_ms <= 0:
            return 0
        if over_ms > _LONGEST_DRIFT_MS:
            over_ms = _LONGEST_DRIFT_MS
        drift_w = per_second(self.drift_w_per_s, over_ms)
        if drift_w:
            bound.time = ticks_sub(now, self.hold_ms)
        return drift_w

    def commanded(self, now):
        """Take the bays' bookings into the window."""
        station = self.station
        hi = lo = 0
        for i in range(len(self.bays)):
            bay = self.bays[i]
            bay_hi = bay.booked_hi_w.value
            bay_lo = bay.booked_lo_w.value
            if ticks_diff(now, bay.power_w.time) > self.bookings[i].fresh_ms or bay.silent.value:
                bay_hi = max(bay_hi, 0)  # not seen for a while: it may have dropped out, and come back
                bay_lo = min(bay_lo, 0)
            hi += bay_hi
            lo += bay_lo
        if ticks_diff(now, station.sum_start) >= self.window_ms:
            station.sum_start = now
            station.sum_prev_hi_w = station.sum_cur_hi_w
            station.sum_prev_lo_w = station.sum_cur_lo_w
            station.sum_cur_hi_w = hi
            station.sum_cur_lo_w = lo
            return
        if hi > station.sum_cur_hi_w:
            station.sum_cur_hi_w = hi
        if lo < station.sum_cur_lo_w:
            station.sum_cur_lo_w = lo
