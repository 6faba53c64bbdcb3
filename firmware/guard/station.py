"""The guards of all bays: hangs each into its bay's envelope, and once a second looks at what they can
promise together.

lint: integer, hot
"""

from firmware.guard.bay import PERIOD_MS, BayGuard
from firmware.guard.capability import Capability
from firmware.guard.fleet import Fleet


class StationGuard:
    def __init__(self, image, envelopes, config):
        self.station = image.station
        self.guards = []
        rows = config["bays"]
        for i in range(len(rows)):
            if rows[i]["battery"]["capacity_wh"]:
                envelopes[i].guard = BayGuard(image.bays[i], rows[i], PERIOD_MS * i // (len(rows) + 1))
                self.guards.append(envelopes[i].guard)
        guards = [envelope.guard for envelope in envelopes]
        self.capability = Capability(image, guards, config["control"])
        self.fleet = Fleet([guard.promise for guard in self.guards])

    def start(self, now):
        for guard in self.guards:
            guard.start(now)
        self.station.capable_time = now

    def look(self, site, now):
        """After the envelopes of a step."""
        if self.capability.look(site, now):
            self.fleet.check(site.room_hi_w)
