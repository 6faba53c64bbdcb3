"""The control step: sense, estimate, envelope, decide, allocate, actuate, report (design §3).

Deterministic in (image, now): no clock, no port, no other memory. Exact for any step of 0..60 s.
Allocates nothing in steady state.

lint: integer, hot
"""

from firmware import energy
from firmware.allocate import Allocator
from firmware.booking import BayBooking, SumBooking
from firmware.decide import Decider
from firmware.envelope import BayEnvelope, SiteEnvelope
from firmware.frozen import FrozenMeter
from firmware.image import GOOD, INPUTS, STALE
from firmware.report import Reporter
from firmware.units import MAX_POWER_W, clip
from protocols.ticks import ticks_diff

LONGEST_STEP_MS = 60000
_COUNT_MS = 1000


class Controller:
    def __init__(self, image, config):
        """`config` is a validated configuration (firmware/config.py)."""
        self.image = image
        self.bays = image.bays
        self.ageing = tuple([s for s in image.of_kinds(INPUTS) if s.max_age_ms])
        self.powers = (image.station.grid_power_w,) + tuple([bay.power_w for bay in image.bays])
        bays = config["bays"]
        ratings = [bay["rating_w"] for bay in bays]
        self.bookings = []
        self.envelopes = []
        for i in range(len(bays)):
            converter = bays[i]["converter"]
            fresh_ms = 2 * converter["poll_ms"] + config["station"]["cycle_ms"]
            self.bookings.append(
                BayBooking(
                    self.bays[i], ratings[i], converter["response_ms"], release_ms(converter), fresh_ms
                )
            )
            self.envelopes.append(BayEnvelope(self.bays[i], bays[i]))
        site = config["site"]
        self.meter = FrozenMeter(image.station, ratings)
        self.sum_booking = SumBooking(image, self.bookings, site, hold_ms(config))
        self.site = SiteEnvelope(image, site)
        self.decider = Decider(image.station, config["control"])
        self.allocator = self._make_slow(config, ratings) if image.slow else Allocator(image, ratings)
        self.reporter = Reporter(image, ratings, config["control"]["ramp_w_per_s"])
        self.guard = self._make_guard(config) if image.guarded else None
        self.last = 0
        if image.phases:
            __import__("firmware.phases", None, None, ["attach"]).attach(self, config)

    def _make_guard(self, config):  # lint: cold
        from firmware.guard.station import StationGuard  # only where there is one

        return StationGuard(self.image, self.envelopes, config)

    def _make_slow(self, config, ratings):  # lint: cold
        slow = __import__("firmware.slow", None, None, ["SlowAllocator"])  # by name: a small image has none
        return slow.SlowAllocator(self.image, ratings, [bay["converter"] for bay in config["bays"]])

    def start(self, now):
        """Time begins; nothing is commanded yet."""
        self.last = now
        for booking in self.bookings:
            booking.start(now)
        self.sum_booking.start(now)
        if self.guard is not None:
            self.guard.start(now)
        for bay in self.bays:
            bay.command_w.put(0, now)

    def step(self, now):
        dt_ms = clip(ticks_diff(now, self.last), 0, LONGEST_STEP_MS)
        self.last = now
        self._sense(now)
        self._limit(now)
        self.decider.choose()
        if self.site.must and self.site.all_must:
            self.decider.claim(self.site.must)
        self.decider.ramp(dt_ms, self.site.lo_w, self.site.hi_w)
        self._actuate(now)
        self._count(dt_ms)
        self.reporter.report(self.site, self.allocator)

    def _sense(self, now):
        for signal in self.ageing:
            if signal.quality == GOOD and ticks_diff(now, signal.time) > signal.max_age_ms:
                signal.quality = STALE
        for signal in self.powers:
            if signal.value > MAX_POWER_W or signal.value < -MAX_POWER_W:
                signal.fail()  # no reading of any device that we are made for
        for booking in self.bookings:
            booking.sense(now)
        self.meter.sense()
        self.sum_booking.sense(now)

    def _limit(self, now):
        for envelope in self.envelopes:
            envelope.update(now)
        self.site.update()
        if self.guard is not None:
            self.guard.look(self.site, now)

    def _actuate(self, now):
        allocator = self.allocator
        allocator.share_out(self.image.station.ramped_w.value, self.site.room_hi_w, now)
        allocator.hold_back(self.site.room_hi_w, self.site.room_lo_w)
        if allocator.held_back:
            self.image.station.ramped_w.value = allocator.total_w()  # the ramp goes on from what was given
        for i in range(len(self.bays)):
            power_w = allocator.power_w[i]
            self.bays[i].command_w.put(power_w, now)
            self.bookings[i].commanded(power_w)
        self.sum_booking.commanded(now)

    def _count(self, dt_ms):
        for bay in self.bays:
            if bay.power_w.quality != GOOD:
                continue
            power_w = bay.power_w.value
            if power_w >= 0:
                energy.add(power_w, dt_ms, bay.charged_kwh, bay.charged_wh, bay.charged_wms)
            else:
                energy.add(-power_w, dt_ms, bay.discharged_kwh, bay.discharged_wh, bay.discharged_wms)


def hold_ms(config):  # lint: cold
    """How long a move of the bays blurs the meter's samples: two windows of commands, two of sums, and
    until the next sample.
    """
    settle_ms = max([bay["converter"]["response_ms"] + bay["converter"]["poll_ms"] for bay in config["bays"]])
    sample_ms = max([0] + [m["period_ms"] for m in config["meters"] if m["name"] == config["site"]["meter"]])
    return 2 * (settle_ms + config["site"]["meter_latency_ms"] + sample_ms + config["station"]["cycle_ms"])


def release_ms(converter):
    """How long a bay that fell silent may still hold power: the lease in the device, which may count it in
    whole seconds, then the fall to zero.
    """
    return converter["lease_ms"] + _COUNT_MS + converter["response_ms"] + converter["poll_ms"]
