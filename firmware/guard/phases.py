"""Promises and capability where each phase has a limit of its own (firmware/phases.py).

Cars on one phase are cars behind one limit: the demand-bound test of firmware/guard/fleet.py holds for each
phase as it does for the site, with the part of each car that this phase carries. A car's laxity is the
least of the site's and of its phases'. What such cars can take back after a discharge comes over those
phases, so it counts with the least of their rooms; the powers themselves are in the bays' envelopes.

Loaded by name, with firmware/phases.py.

lint: integer, hot
"""

from firmware.guard.capability import Capability
from firmware.guard.departure import FOREVER_MS
from firmware.guard.fleet import Fleet

_NEVER_S = FOREVER_MS // 1000


def attach(guard, image, phases, config):  # lint: cold
    """Replace what a StationGuard has for the site alone."""
    guards = [None] * len(image.bays)
    for own in guard.guards:
        for i in range(len(image.bays)):
            if image.bays[i] is own.bay:
                guards[i] = own
    guard.fleet = PhasedFleet([own.promise for own in guard.guards], phases)
    guard.capability = PhasedCapability(image, guards, config["control"], guard.fleet)


class Part:
    """A car on one of its phases: a promise and its bay in one, as far as the test asks for them."""

    def __init__(self, promise, parts):
        """`parts`: how many phases its bay loads."""
        self.promise = promise
        self.parts = parts
        self.bay = self
        self.step_bp = promise.step_bp
        self.depart = promise.bay.depart
        self.need_s = promise.bay.need_s
        self.laxity_s = promise.bay.laxity_s
        self.take()

    def take(self):
        """The last plan's figures; what is due is rounded up, what goes in later down."""
        bay = self.promise.bay
        self.cap_w = -(-bay.cap_w // self.parts)
        self.tail_s = bay.tail_s
        self.tail_wh = bay.tail_wh // self.parts
        self.tail_hi_w = bay.tail_hi_w // self.parts
        self.tail_lo_w = bay.tail_lo_w // self.parts

    def need_wh(self):
        return -(-self.promise.need_wh() // self.parts)

    def margin(self, more_bp, power_w):
        return self.promise.margin(more_bp, power_w * self.parts)


class PhaseFleet(Fleet):
    """The test for one phase; it leaves its findings to the station's fleet."""

    def __init__(self, phase, promises):
        parts = []
        for line in phase.bays:
            for promise in promises:
                if promise.bay is line.bay:
                    parts.append(Part(promise, line.parts))
        Fleet.__init__(self, parts)
        self.site = phase.site
        self.margin_s = 0
        self.release_s = 0

    def look(self):
        for part in self.promises:
            part.take()
        self.check(self.site.room_hi_w)

    def _settle(self, _part, _spare_s, margin_s, release_s):
        self.margin_s = margin_s
        self.release_s = release_s


class PhasedFleet(Fleet):
    def __init__(self, promises, phases):
        Fleet.__init__(self, promises)
        self.fleets = [PhaseFleet(phase, promises) for phase in phases]

    def check(self, room_w):
        for fleet in self.fleets:
            fleet.look()
        Fleet.check(self, room_w)

    def _settle(self, bay, spare_s, margin_s, release_s):
        for fleet in self.fleets:
            for j in range(len(fleet.promises)):
                if fleet.promises[j].promise.bay is bay:
                    spare_s = min(spare_s, fleet.spare_s[j])
                    margin_s = max(margin_s, fleet.margin_s)
                    release_s = max(release_s, fleet.release_s)
        Fleet._settle(self, bay, spare_s, margin_s, release_s)

    def room_back_w(self, room_w):
        """What the least of the phases that cars share leaves for one of them; at most `room_w`."""
        for fleet in self.fleets:
            for part in fleet.promises:
                if part.promise.bay.shared_s < _NEVER_S:
                    room_w = min(room_w, fleet.site.room_hi_w * part.parts)
        return room_w


class PhasedCapability(Capability):
    def __init__(self, image, guards, control, fleet):
        Capability.__init__(self, image, guards, control)
        self.fleet = fleet

    def _back_w(self, room_w):
        return Capability._back_w(self, self.fleet.room_back_w(room_w))
