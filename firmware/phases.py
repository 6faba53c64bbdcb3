"""Limits of each phase (design §6): a breaker on L1, L2 and L3, and bays that lie on one, two or three
of them.

Each phase has what the site as a whole has, by the same code: bounds of its own load from the meter's power
on that phase less what the bays on it are booked at (firmware/booking.py), a meter that stands still
(firmware/frozen.py), and the room that is left (firmware/envelope.py). A Line is what a bay is to one of its
phases, in the shape of a bay and of its booking: an equal part of it, rounded outwards.

A pile's vehicle may use fewer phases than the pile has. Where the pile measures each of its lines, a line is
booked as measured, and one that has carried nothing for SURE_MS while others did is idle: its phase does not
count, until it carries something or the vehicle is gone. Before that all of them count.

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
from firmware.image import CONVERTER_OFF, DATED, GOOD, MEASURED, MEMORY, RESULT, STATE, Group, Signal
from firmware.phase_fill import Fill
from firmware.watch import Watch
from protocols.ticks import ticks_diff, ticks_sub

SURE_MS = 10000
_IDLE_W = 100  # a line that carries less ...
_FLOWS_W = 1000  # ... while the bay takes more

LINE_ROWS = (  # of a bay, where some pile measures its lines
    ("line1_w", MEASURED),
    ("line2_w", MEASURED),
    ("line3_w", MEASURED),
    ("idle_lines", STATE),  # bit 0 = its terminal L1
    ("flows_at", MEMORY),  # when it began to take power
    ("line1_hi_w", STATE),  # what they are booked at
    ("line1_lo_w", STATE),
    ("line2_hi_w", STATE),
    ("line2_lo_w", STATE),
    ("line3_hi_w", STATE),
    ("line3_lo_w", STATE),
)

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
    if [row for row in config["bays"] if tells_lines(row)]:
        image.bay_rows += LINE_ROWS
        for i in range(len(image.bays)):
            age_ms = config["bays"][i]["converter"]["max_age_ms"]
            for name, kind in LINE_ROWS:
                bay_signal = 0 if kind == MEMORY else Signal(kind, age_ms if kind == MEASURED else 0)
                setattr(image.bays[i], name, bay_signal)
    image.phase_rows = ROWS
    image.phases = tuple([Group(ROWS, ages) for _ in range(3)])


def tells_lines(row):  # lint: cold
    """Whether this bay of the configuration measures each of its lines."""
    return row["converter"]["model"] == "ac_pile" and len(row["phases"]) > 1 and not row["pilot"]["meter"]


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

    def __init__(self, i, bay, booking, row, number):
        """`i`: the bay's place; `parts`: how many phases it loads equally; `told_w`: what it measures on
        this one, None = nothing.
        """
        parts = len(row["phases"])
        terminal = list(row["phases"]).index(number) + 1
        self.told_w = None
        self.booked_hi_w = Signal(RESULT)
        self.booked_lo_w = Signal(RESULT)
        if tells_lines(row):
            self.told_w = getattr(bay, "line%d_w" % terminal)
            self.booked_hi_w = getattr(bay, "line%d_hi_w" % terminal)
            self.booked_lo_w = getattr(bay, "line%d_lo_w" % terminal)
        self.bit = 1 << terminal - 1
        self.is_idle = False
        self.i = i
        self.bay = bay
        self.booking = booking
        self.parts = parts
        self.power_w = bay.power_w  # whose time counts, no more
        self.silent = bay.silent
        self.following = bay.following
        self.fresh_ms = booking.fresh_ms
        self.rose_w = 0
        self.fell_w = 0

    def book(self):
        if self.is_idle:
            self.booked_hi_w.value = self.booked_lo_w.value = 0
            return
        if self.told_w is not None and self.told_w.quality == GOOD and not self.silent.value:
            bay = self.bay
            hi_w = max(bay.cmd_cur_hi_w, bay.cmd_prev_hi_w)
            lo_w = min(bay.cmd_cur_lo_w, bay.cmd_prev_lo_w)
            self.booked_hi_w.value = max(self.told_w.value, -(-hi_w // self.parts))
            self.booked_lo_w.value = min(self.told_w.value, lo_w // self.parts)
            return
        self.booked_hi_w.value = -(-self.bay.booked_hi_w.value // self.parts)
        self.booked_lo_w.value = self.bay.booked_lo_w.value // self.parts

    def sense(self, now):
        if self.told_w is None:
            self.book()
            self.rose_w = -(-self.booking.rose_w // self.parts)
            self.fell_w = -(-self.booking.fell_w // self.parts)
            return
        was_hi = self.booked_hi_w.value
        was_lo = self.booked_lo_w.value
        self._look(now)
        self.book()
        self.rose_w = max(0, self.booked_hi_w.value - was_hi)
        self.fell_w = max(0, was_lo - self.booked_lo_w.value)

    def _look(self, now):
        """Whether the vehicle leaves this line alone."""
        bay = self.bay
        bits = bay.idle_lines.value
        if bay.power_w.value <= _FLOWS_W or bay.power_w.quality != GOOD:
            bay.flows_at = now
        since_ms = ticks_diff(now, bay.flows_at)
        if since_ms > SURE_MS:
            bay.flows_at = ticks_sub(now, SURE_MS + 1)  # ticks come round
        if self.told_w.quality != GOOD or bay.state.value == CONVERTER_OFF or self.told_w.value > _IDLE_W:
            bits &= ~self.bit
        elif since_ms > SURE_MS:
            bits |= self.bit
        bay.idle_lines.value = bits
        self.is_idle = bits & self.bit > 0 and not self.silent.value


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
                self.bays.append(Line(i, controller.bays[i], controller.bookings[i], row, number))
                ratings.append(row["rating_w"] // len(row["phases"]))
        self.meter = FrozenMeter(self.station, ratings)
        self.sum_booking = SumBooking(self, self.bays, limits, hold_ms(config))
        self.site = SiteEnvelope(self, limits)
        self.allocator = Allocator(self, ratings)

    def has(self, i):
        """Whether bay `i` lies on it, and its vehicle too."""
        for line in self.bays:
            if line.i == i and not line.is_idle:
                return True
        return False

    def sense(self, now):
        for line in self.bays:
            line.sense(now)
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
