"""Limits of each phase (design §6): a breaker on L1, L2 and L3, and bays that lie on one, two or three
of them.

Each phase has what the site as a whole has, by the same code: bounds of its own load from the meter's power
on that phase less what the bays on it are booked at (firmware/booking.py), a meter that stands still
(firmware/frozen.py), and the room that is left (firmware/envelope.py). A Line is what a bay is to one of its
phases, in the shape of a bay and of its booking: an equal part of it, rounded outwards.

What the phases leave is cut from the bays' own envelopes, before the site's (firmware/phase_fill.py). So
whatever is decided, shared out or promised afterwards keeps within them, and a bay is cut by the phases that
it uses and by no other.

Loaded by name where site.phases is configured.

lint: integer, hot
"""

from firmware.allocate import Allocator
from firmware.booking import SumBooking
from firmware.codes_phases import PHASE_BACK, PHASE_SILENT
from firmware.controller import hold_ms
from firmware.envelope import SiteEnvelope
from firmware.frozen import FrozenMeter
from firmware.image import DATED, GOOD, MEASURED, MEMORY, RESULT, STATE, Group, Signal
from firmware.phase_fill import Fill
from firmware.watch import Watch

# The same names as in the station's rows, for the same code.
ROWS = (
    ("grid_power_w", MEASURED),  # on this phase at the site's meter: load and bays
    ("base_hi_w", DATED),
    ("base_lo_w", DATED),
    ("base_time", MEMORY),
    ("meter_seen", MEMORY),
    ("meter_mark_w", MEMORY),
    ("meter_hi_w", MEMORY),
    ("meter_lo_w", MEMORY),
    ("meter_frozen", STATE),
    ("sum_cur_hi_w", MEMORY),
    ("sum_cur_lo_w", MEMORY),
    ("sum_prev_hi_w", MEMORY),
    ("sum_prev_lo_w", MEMORY),
    ("sum_start", MEMORY),
    ("room_hi_w", RESULT),  # left for the bays that obey
    ("room_lo_w", RESULT),
)
POINTS = (  # as in firmware/pointtable.py; every power of a phase has the configured sign
    ("phase1.grid_power_w", 0x4070, 13, 1000, 100, 0),
    ("phase2.grid_power_w", 0x4071, 13, 1000, 100, 0),
    ("phase3.grid_power_w", 0x4072, 13, 1000, 100, 0),
    ("phase1.room_hi_w", 0x4073, 13, 1000, 100, 0),
    ("phase2.room_hi_w", 0x4074, 13, 1000, 100, 0),
    ("phase3.room_hi_w", 0x4075, 13, 1000, 100, 0),
)


def carry(image, config):  # lint: cold
    """Give the image its phases."""
    ages = {}
    for meter in config["meters"]:
        if meter["name"] == config["site"]["meter"]:
            ages["grid_power_w"] = meter["max_age_ms"]
    image.phase_rows = ROWS
    image.phases = tuple([Group(ROWS, ages) for _ in range(3)])


def attach(controller, config):  # lint: cold
    """Put the phases around what a controller has for the site as a whole."""
    image = controller.image
    phases = [Phase(number, controller, config) for number in (1, 2, 3)]
    controller.powers += tuple([phase.station.grid_power_w for phase in phases])
    controller.sum_booking = Sums(controller.sum_booking, phases)
    fill = Fill(image, controller.envelopes, phases, config["bays"])
    controller.site = PhasedSite(image, config["site"], phases, fill)
    if controller.guard is not None:
        made = __import__("firmware.guard.phases", None, None, ["attach"])
        made.attach(controller.guard, image, phases, config)


class Line:
    """A bay on one of its phases."""

    def __init__(self, i, bay, booking, parts):
        """`i`: the bay's place; `parts`: how many phases it loads equally."""
        self.i = i
        self.bay = bay
        self.booking = booking
        self.parts = parts
        self.power_w = bay.power_w  # whose time counts, no more
        self.silent = bay.silent
        self.following = bay.following
        self.fresh_ms = booking.fresh_ms
        self.booked_hi_w = Signal(RESULT)
        self.booked_lo_w = Signal(RESULT)
        self.rose_w = 0
        self.fell_w = 0

    def book(self):
        self.booked_hi_w.value = -(-self.bay.booked_hi_w.value // self.parts)
        self.booked_lo_w.value = self.bay.booked_lo_w.value // self.parts

    def sense(self):
        self.book()
        self.rose_w = -(-self.booking.rose_w // self.parts)
        self.fell_w = -(-self.booking.fell_w // self.parts)


class Phase:
    """One phase with the bays on it; to the site's code it is an image of its own."""

    guarded = False

    def __init__(self, number, controller, config):
        self.station = controller.image.phases[number - 1]
        limits = limits_of(config["site"], number)
        self.bays = []
        ratings = []
        for i in range(len(controller.bays)):
            row = config["bays"][i]
            if number in row["phases"]:
                parts = len(row["phases"])
                self.bays.append(Line(i, controller.bays[i], controller.bookings[i], parts))
                ratings.append(row["rating_w"] // parts)
        self.meter = FrozenMeter(self.station, ratings)
        self.sum_booking = SumBooking(self, self.bays, limits, hold_ms(config))
        self.site = SiteEnvelope(self, limits)
        self.allocator = Allocator(self, ratings)

    def has(self, i):
        """Whether bay `i` lies on it."""
        for line in self.bays:
            if line.i == i:
                return True
        return False

    def sense(self, now):
        for line in self.bays:
            line.sense()
        self.meter.sense()
        self.sum_booking.sense(now)

    def commanded(self, now):
        for line in self.bays:
            line.book()
        self.sum_booking.commanded(now)

    def measure(self):
        """The room of this step."""
        self.site.measure()
        self.station.room_hi_w.value = self.site.room_hi_w
        self.station.room_lo_w.value = self.site.room_lo_w


def limits_of(site, number):  # lint: cold
    """The keys of `site` as they stand for one phase."""
    row = site["phases"][number - 1]
    breaker_w = row["breaker_da"] * row["voltage_dv"] // 100
    limits = dict(row)
    limits["meter_latency_ms"] = site["meter_latency_ms"]
    limits["import_max_w"] = breaker_w
    limits["export_max_w"] = breaker_w if row["export_max_w"] < 0 else min(row["export_max_w"], breaker_w)
    return limits


class Sums:
    """The site's sum booking and those of its phases."""

    def __init__(self, site, phases):
        self.site = site
        self.phases = phases

    def start(self, now):
        self.site.start(now)
        for phase in self.phases:
            phase.sum_booking.start(now)

    def sense(self, now):
        self.site.sense(now)
        for phase in self.phases:
            phase.sense(now)

    def commanded(self, now):
        self.site.commanded(now)
        for phase in self.phases:
            phase.commanded(now)


class PhasedSite(SiteEnvelope):
    """The site's envelope, of bays that have been cut to what their phases leave."""

    def __init__(self, image, site, phases, fill):
        SiteEnvelope.__init__(self, image, site)
        self.phases = phases
        self.fill = fill

    def update(self):
        for phase in self.phases:
            phase.measure()
        self.fill.charge()
        self.fill.discharge()
        SiteEnvelope.update(self)


class PhaseWatch(Watch):
    """The station's watch, and for each phase whether the meter tells it."""

    def __init__(self, image, log):
        Watch.__init__(self, image, log)
        self.phase_silent = [0, 0, 0]

    def look(self, now):
        Watch.look(self, now)
        if self.meter_silent:
            return  # told as a whole
        for i in range(3):
            silent = 0 if self.image.phases[i].grid_power_w.quality == GOOD else 1
            if silent != self.phase_silent[i]:
                self.phase_silent[i] = silent
                self.log.add(PHASE_SILENT if silent else PHASE_BACK, i + 1, now)
