"""The guards of all bays: hangs each into its bay's envelope, and once a second looks at what they can
promise together.

lint: integer, hot
"""

from firmware.guard.bay import PERIOD_MS, BayGuard
from firmware.guard.departure import Fleet
from protocols.ticks import ticks_diff, ticks_sub


class StationGuard:
    def __init__(self, image, envelopes, config):
        self.station = image.station
        self.guards = []
        rows = config["bays"]
        for i in range(len(rows)):
            if rows[i]["battery"]["capacity_wh"]:
                guard = BayGuard(image.bays[i], rows[i])
                envelopes[i].guard = guard
                self.guards.append(guard)
        self.fleet = Fleet([guard.promise for guard in self.guards])

    def start(self, now):
        count = len(self.guards) + 1
        for i in range(len(self.guards)):
            self.guards[i].start(now, PERIOD_MS * i // count)
        self.station.capable_time.value = ticks_sub(now, PERIOD_MS // count)

    def look(self, site, now):
        """After the envelopes of a step."""
        if ticks_diff(now, self.station.capable_time.value) < PERIOD_MS:
            return
        self.station.capable_time.value = now
        self.fleet.check(site.room_hi_w)
