"""What a step tells: sums, flags, the winner and the limit that bound it, as RESULT signals.

lint: integer, hot
"""

from firmware import codes
from firmware.image import CONVERTER_FAULT, CONVERTER_RUNNING, GOOD, STALE

_AT_LIMIT_W = 50  # closer than this to the end of the envelope counts as at the limit


class Reporter:
    def __init__(self, image, ratings_w, ramp_w_per_s):
        self.station = image.station
        self.bays = image.bays
        self.ratings_w = ratings_w
        self.ramp_w_per_min = ramp_w_per_s * 60
        self.station.installed_w.value = sum(ratings_w)

    def report(self, site, allocator):
        station = self.station
        self._sums()
        station.raise_blocked.value = 1 if station.command_w.value >= site.hi_w - _AT_LIMIT_W else 0
        station.lower_blocked.value = 1 if station.command_w.value <= site.lo_w + _AT_LIMIT_W else 0
        station.charge_room_w.value = max(0, site.hi_w - station.power_w.value)
        station.discharge_room_w.value = max(0, station.power_w.value - site.lo_w)
        station.charge_room_w.quality = station.discharge_room_w.quality = station.power_w.quality
        self._ends()
        self._loop()
        if station.target_w.value > site.hi_w:
            station.limit.value = site.limit_hi
        elif station.target_w.value < site.lo_w:
            station.limit.value = site.limit_lo
        elif allocator.held_back:
            station.limit.value = codes.LIMIT_BOOKED
        else:
            station.limit.value = codes.LIMIT_NONE

    def _loop(self):
        """What the dispatcher wants to know of his loop."""
        station = self.station
        lo_w = station.envelope_lo_w.value
        hi_w = station.envelope_hi_w.value
        station.adjustable_w.value = hi_w - lo_w
        station.locked.value = 0 if hi_w > lo_w else 1
        station.from_dispatch.value = 1 if station.winner.value == codes.WINNER_AGC else 0
        closed = station.agc_enabled.value and station.remote.value and not station.free_running.value
        station.closed_loop.value = 1 if closed else 0
        dispatch_w_per_min = station.agc_ramp_w_per_min.value
        if 0 < dispatch_w_per_min < self.ramp_w_per_min:
            station.ramp_w_per_min.value = dispatch_w_per_min
        else:
            station.ramp_w_per_min.value = self.ramp_w_per_min

    def _ends(self):
        full = empty = 1
        for bay in self.bays:
            if bay.limit_hi.value != codes.LIMIT_SOC_MAX or bay.envelope_hi_w.value > 0:
                full = 0
            if bay.limit_lo.value != codes.LIMIT_SOC_MIN or bay.envelope_lo_w.value < 0:
                empty = 0
        self.station.charge_done.value = full
        self.station.discharge_done.value = empty

    def _sums(self):
        station = self.station
        power_w = command_w = running_w = fault = soc_sum = soc_count = known = 0
        for i in range(len(self.bays)):
            bay = self.bays[i]
            command_w += bay.command_w.value
            if bay.power_w.quality == GOOD:
                power_w += bay.power_w.value
                known += 1
            if bay.state.quality == GOOD and bay.state.value == CONVERTER_RUNNING:
                running_w += self.ratings_w[i]
            if bay.state.quality == GOOD and bay.state.value == CONVERTER_FAULT:
                fault = 1
            if bay.soc_bp.quality == GOOD:
                soc_sum += bay.soc_bp.value
                soc_count += 1
        station.power_w.value = power_w
        station.power_w.quality = GOOD if known == len(self.bays) else STALE
        station.command_w.value = command_w
        station.running_w.value = running_w
        station.fault.value = fault
        station.soc_bp.quality = GOOD if soc_count else STALE
        if soc_count:
            station.soc_bp.value = soc_sum // soc_count
