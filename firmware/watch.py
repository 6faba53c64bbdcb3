"""Turns changes of the image into events: what fell silent, what came back, who took over.

Each watch remembers the state that it last told; the memory is outside the image because a lost event
must not change a replay.

lint: integer, hot
"""

from firmware import codes
from firmware.image import CONVERTER_FAULT, GOOD


class Watch:
    def __init__(self, image, log):
        self.image = image
        self.log = log
        count = len(image.bays)
        self.bay_silent = [1] * count  # nothing answered before the start
        self.bay_fault = [0] * count
        self.bay_follows = [1] * count
        self.meter_silent = 1
        self.fallback = 0
        self.fallback_code = 0
        self.local = 0

    def look(self, now):
        """Once per step, after it."""
        self._station(now)
        for i in range(len(self.image.bays)):
            self._bay(i, self.image.bays[i], now)

    def _station(self, now):
        station = self.image.station
        silent = 0 if station.grid_power_w.quality == GOOD else 1
        if silent != self.meter_silent:
            self.meter_silent = silent
            self.log.add(self._meter_code(), 0, now)
        if station.fallback.value != self.fallback:
            self.fallback = station.fallback.value
            self.fallback_code = self._fallback_code()
            self.log.add(self.fallback_code, station.winner.value, now)
        if station.local.value != self.local:
            self.local = station.local.value
            self.log.add(codes.LOCAL_ON if self.local else codes.LOCAL_OFF, 0, now)

    def _meter_code(self):
        if not self.meter_silent:
            return codes.METER_BACK
        return codes.METER_FROZEN if self.image.station.meter_frozen.value else codes.METER_SILENT

    def _fallback_code(self):
        if not self.fallback:
            return codes.ORDER_BACK if self.fallback_code == codes.ORDER_EXPIRED else codes.MASTER_BACK
        if self.image.station.master_alive.quality == GOOD:
            return codes.ORDER_EXPIRED
        return codes.MASTERS_GONE

    def _bay(self, i, bay, now):
        silent = 0 if bay.power_w.quality == GOOD else 1
        if silent != self.bay_silent[i]:
            self.bay_silent[i] = silent
            self.log.add(codes.CONVERTER_SILENT if silent else codes.CONVERTER_BACK, i + 1, now)
        # a silent converter tells neither of a fault nor of its end
        fault = 1 if bay.state.value == CONVERTER_FAULT else 0
        if not silent and fault != self.bay_fault[i]:
            self.bay_fault[i] = fault
            self.log.add(codes.CONVERTER_FAULTED if fault else codes.CONVERTER_CLEARED, i + 1, now)
        if bay.following.value != self.bay_follows[i]:
            self.bay_follows[i] = bay.following.value
            self.log.add(
                codes.CONVERTER_FOLLOWS if bay.following.value else codes.CONVERTER_STRAYS, i + 1, now
            )
