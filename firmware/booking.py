"""Booking under a shared limit: what a bay may be drawing right now, at worst (design §6). lint: integer, hot

The true power of a bay lies between its last measurement and every command that the device may still be
acting on. Commands are kept as
extremes over two windows: a window is closed by a measurement taken at least response_ms after the
window began, so that the two together
always reach back past the commands which that measurement already shows. Without measurements no window
closes and the booking only widens.

A silent bay stays booked at its worst until its lease has run out in the device and the power has fallen
(release_ms), then at 0.
The meter's sample is older than the bays' samples, so the sum of bookings is kept over the same two
windows for the site's own load.
"""

from firmware.image import GOOD
from protocols.ticks import ticks_add, ticks_diff

_TOLERANCE_BP = 200  # of the rating: a bay within this band of its command follows it


class BayBooking:
    """Keeps booked_lo_w and booked_hi_w of one bay."""

    def __init__(self, bay, rating_w, response_ms, release_ms):
        self.bay = bay
        self.response_ms = response_ms
        self.release_ms = release_ms
        self.tolerance_w = rating_w * _TOLERANCE_BP // 10000 + 20
        # Nobody knows what the device was last told before we started: book it at its worst.
        bay.cmd_cur_hi_w.value = bay.cmd_prev_hi_w.value = rating_w
        bay.cmd_cur_lo_w.value = bay.cmd_prev_lo_w.value = -rating_w
        bay.booked_hi_w.value = rating_w
        bay.booked_lo_w.value = -rating_w
        bay.following.value = 1

    def start(self, now):
        """Time begins."""
        self.bay.cmd_start.value = now
        self.bay.sample_time.value = now
        self._fall_silent(now)

    def sense(self, now):
        """Take in the measurement of this step, before anything is decided."""
        bay = self.bay
        power = bay.power_w
        if power.quality != GOOD:
            if not bay.silent.value:
                self._fall_silent(now)
            self._book_silent(now)
            return
        bay.silent.value = 0
        if power.time != bay.sample_time.value:
            bay.sample_time.value = power.time
            if ticks_diff(power.time, bay.cmd_start.value) >= self.response_ms:
                self._close_window(now)
        self._book(power.value)
        self._judge(power.value, now)

    def commanded(self, power_w):
        """The step decided: the booking covers it from now on."""
        bay = self.bay
        if power_w > bay.cmd_cur_hi_w.value:
            bay.cmd_cur_hi_w.value = power_w
        if power_w < bay.cmd_cur_lo_w.value:
            bay.cmd_cur_lo_w.value = power_w
        if power_w > bay.booked_hi_w.value:
            bay.booked_hi_w.value = power_w
        if power_w < bay.booked_lo_w.value:
            bay.booked_lo_w.value = power_w

    def _close_window(self, now):
        bay = self.bay
        bay.cmd_prev_hi_w.value = bay.cmd_cur_hi_w.value
        bay.cmd_prev_lo_w.value = bay.cmd_cur_lo_w.value
        bay.cmd_cur_hi_w.value = bay.cmd_cur_lo_w.value = bay.command_w.value
        bay.cmd_start.value = now

    def _book(self, measured_w):
        bay = self.bay
        hi = bay.cmd_cur_hi_w.value
        if bay.cmd_prev_hi_w.value > hi:
            hi = bay.cmd_prev_hi_w.value
        lo = bay.cmd_cur_lo_w.value
        if bay.cmd_prev_lo_w.value < lo:
            lo = bay.cmd_prev_lo_w.value
        bay.booked_hi_w.value = measured_w if measured_w > hi else hi
        bay.booked_lo_w.value = measured_w if measured_w < lo else lo

    def _judge(self, measured_w, now):
        """A bay strays when it gives or takes more than it was told to, for longer than its response
        time; less is no offence.
        """
        bay = self.bay
        hi = bay.cmd_cur_hi_w.value
        lo = bay.cmd_cur_lo_w.value
        over = measured_w - (hi if hi > 0 else 0)
        under = (lo if lo < 0 else 0) - measured_w
        if over <= self.tolerance_w and under <= self.tolerance_w:
            bay.following.value = 1
            bay.astray_since.value = now
        elif ticks_diff(now, bay.astray_since.value) > 2 * self.response_ms:
            bay.following.value = 0

    def _fall_silent(self, now):
        bay = self.bay
        bay.silent.value = 1
        bay.release_at.value = ticks_add(now, self.release_ms)
        bay.astray_since.value = now

    def _book_silent(self, now):
        bay = self.bay
        if bay.silent.value == 1 and ticks_diff(now, bay.release_at.value) >= 0:
            bay.silent.value = 2  # released; stays so, whatever the clock does
        if bay.silent.value == 2:
            bay.booked_hi_w.value = bay.booked_lo_w.value = 0
            bay.cmd_cur_hi_w.value = bay.cmd_cur_lo_w.value = 0
            bay.cmd_prev_hi_w.value = bay.cmd_prev_lo_w.value = 0


class SumBooking:
    """Extremes of the sum of bookings over the age of a meter sample, and from them the bounds of the
    site's own load.
    """

    def __init__(self, image, window_ms, load_lo_w, load_hi_w):
        self.bays = image.bays
        self.station = image.station
        self.window_ms = window_ms
        self.load_lo_w = load_lo_w
        self.load_hi_w = load_hi_w
        self.station.base_lo_w.value = load_lo_w
        self.station.base_hi_w.value = load_hi_w

    def sense(self, now):
        """Bounds of the load behind the meter: from the newest sample, or as configured while the meter
        is silent.
        """
        station = self.station
        self.commanded(now)
        meter = station.grid_power_w
        if meter.quality != GOOD:
            station.base_lo_w.value = self.load_lo_w
            station.base_hi_w.value = self.load_hi_w
            station.base_time.value = -1
        elif meter.time != station.base_time.value:
            station.base_time.value = meter.time
            hi = station.sum_cur_hi_w.value
            lo = station.sum_cur_lo_w.value
            if station.sum_prev_hi_w.value > hi:
                hi = station.sum_prev_hi_w.value
            if station.sum_prev_lo_w.value < lo:
                lo = station.sum_prev_lo_w.value
            station.base_hi_w.value = meter.value - lo
            station.base_lo_w.value = meter.value - hi

    def commanded(self, now):
        """Take the bays' bookings into the window."""
        station = self.station
        hi = lo = 0
        for bay in self.bays:
            hi += bay.booked_hi_w.value
            lo += bay.booked_lo_w.value
        if ticks_diff(now, station.sum_start.value) >= self.window_ms:
            station.sum_start.value = now
            station.sum_prev_hi_w.value = station.sum_cur_hi_w.value
            station.sum_prev_lo_w.value = station.sum_cur_lo_w.value
            station.sum_cur_hi_w.value = hi
            station.sum_cur_lo_w.value = lo
            return
        if hi > station.sum_cur_hi_w.value:
            station.sum_cur_hi_w.value = hi
        if lo < station.sum_cur_lo_w.value:
            station.sum_cur_lo_w.value = lo
