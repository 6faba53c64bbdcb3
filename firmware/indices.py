"""The life of a set-point and the indices K1, K2, K3 that a region gives it, from samples of 1 s.

Definitions as in tools/score/agc.py. A command begins with a set-point that leaves the one before by more
than the region's threshold; smaller moves belong to it. T0: it is given, at P0 (the sample before); T1: the
power leaves the dead zone around P0 in the right direction; T2: it enters the dead zone around the target,
for good or for the region's hold; T3: the next command, or AGC's end; D: |target - P0|. Crossings are
interpolated between samples. Nothing of a command is kept but sums and crossings: memory is the same for one
of seconds or of hours; accuracy is over its first 4096 samples after T2 at most.

Runs outside the step, as a witness: what it finds stands in the image as measured signals, and no decision
depends on it. Powers in units of rating/100000 or 1 W, whichever is larger; fractions are rounded once, in
the index (0.01 %). Only the end of a command may take numbers beyond 2**30.

lint: integer
"""

from firmware import codes
from firmware.image import GOOD, MEASURED
from firmware.regions import ACCURACY, ONE_MINUS, RATIO, REGIONS, RESPONSE, TWO_MINUS
from protocols.ticks import ticks_add, ticks_diff

SAMPLE_MS = 1000
_MOST_SAMPLES = 4096
_NEVER = -1


# signals of the station: the last command that ended, in the region's own order of names
ROWS = (
    ("agc_k1_bp", MEASURED),
    ("agc_k2_bp", MEASURED),
    ("agc_k3_bp", MEASURED),
    ("agc_k_bp", MEASURED),
    ("agc_commands", MEASURED),  # that ended
)
POINTS = (  # as in firmware/pointtable.py
    ("agc_k1_bp", 0x4060, 13, 10000, 1, 0),
    ("agc_k2_bp", 0x4061, 13, 10000, 1, 0),
    ("agc_k3_bp", 0x4062, 13, 10000, 1, 0),
    ("agc_k_bp", 0x4063, 13, 10000, 1, 0),
    ("agc_commands", 0x4064, 13, 1, 1, 0),
)


class Passage:
    """When a quantity went over a level and stayed there for `hold_ms` (0 = at once, -1 = to the end)."""

    def __init__(self, hold_ms, with_level=False):
        self.hold_ms = hold_ms
        self.least = 0 if with_level else 1  # above the level by at least this
        self.begin(0)

    def begin(self, level):
        self.level = level
        self.is_over = False
        self.is_held = False
        self.entered_ms = 0  # sample at which it went over
        self.crossed_ms = 0  # interpolated

    def look(self, ms, before_ms, value, before):
        """One sample; True when it is the first over the level."""
        if self.is_held:
            return False
        if self.is_over and 0 < self.hold_ms < ms - self.entered_ms:
            self.is_held = True
            return False
        entered = False
        over = value - self.level >= self.least
        if over and not self.is_over:
            entered = True
            self.entered_ms = ms
            self.crossed_ms = ms
            if before_ms < ms and value != before:
                part_ms = (self.level - before) * (ms - before_ms) // (value - before)
                self.crossed_ms = before_ms + max(0, min(ms - before_ms, part_ms))
        self.is_over = over
        if over and 0 <= self.hold_ms <= ms - self.entered_ms:
            self.is_held = True
        return entered

    def end(self, ms):
        """The crossing, or -1."""
        if self.is_held or (self.is_over and self.hold_ms <= ms - self.entered_ms):
            return self.crossed_ms
        return _NEVER


class Indices:
    """`told` counts commands; the attributes describe the last one that ended."""

    def __init__(self, image, region, rating_w):
        """`region`: a row of firmware/regions.py."""
        self.station = image.station
        self.name, self.terms, self.weights, self.cap = region[:4]
        new, leave, arrive, leave_hold, arrive_hold, self.window_ms, low, share = region[4:12]
        self.shortest_ms, self.too_fast, bonus = region[12:]
        self.unit_w = max(1, rating_w // 100000)
        self.rating = rating_w // self.unit_w
        self.new = self.rating * new // 10000
        self.leave = self.rating * leave // 10000
        self.arrive = self.rating * arrive // 10000
        self.low = self.rating * low // 10000
        self.share_bp = share
        self.bonus = self.rating * bonus // 10000
        self.leaving = Passage(leave_hold)
        self.arriving = Passage(arrive_hold or -1, with_level=True)
        self.slow = Passage(0) if low else None  # between these two the rate is measured
        self.fast = Passage(0) if low else None
        self.due = -1
        self.power = 0
        self.target = None  # of the command that runs, or ran last; None = no set-point was seen
        self.running = False
        self.last_sign = 0
        self.told = 0
        self.k = [0, 0, 0]

    def look(self, now):
        """Every step, after it; takes a sample once a second."""
        if self.due >= 0 and ticks_diff(now, self.due) < 0:
            return
        if self.due < 0 or ticks_diff(now, self.due) >= SAMPLE_MS:
            self.due = now
        self.due = ticks_add(self.due, SAMPLE_MS)
        station = self.station
        if station.power_w.quality != GOOD:
            return
        self.sample(station.agc_w.value if station.from_dispatch.value else None, station.power_w.value, now)

    def sample(self, setpoint_w, power_w, now):
        """Set-point in force (None = none) and power, W, at tick `now`."""
        power = power_w // self.unit_w
        if setpoint_w is None:
            self._finish(now)
        else:
            setpoint = setpoint_w // self.unit_w
            if self.target is None:
                self.target = self.power
            if abs(setpoint - self.target) > self.new:
                self._finish(now)
                self._begin(setpoint, now)
            if self.running:
                self._follow(setpoint, power, now)
        self.power = power

    def _begin(self, setpoint, now):
        self.running = True
        self.t0 = now
        self.p0 = self.power
        self.target = setpoint
        self.sign = 1 if setpoint >= self.p0 else -1
        self.step = abs(setpoint - self.p0)
        self.leaving.begin(self.leave)
        self.arriving.begin(-self.arrive)
        if self.slow is not None:
            self.slow.begin(self.low)
            self.fast.begin(self.share_bp * self.step // 10000)
        self.before_ms = 0
        self.progress = 0
        self.miss = 0
        self.reached = 0  # progress at T2
        self.error_sum = 0
        self.errors = 0

    def _follow(self, setpoint, power, now):
        ms = ticks_diff(now, self.t0)
        before_ms = self.before_ms
        progress = (power - self.p0) * self.sign
        miss = abs(power - self.target)
        self.leaving.look(ms, before_ms, progress, self.progress)
        if self.slow is not None:
            self.slow.look(ms, before_ms, progress, self.progress)
            self.fast.look(ms, before_ms, progress, self.progress)
        arriving = self.arriving
        if arriving.look(ms, before_ms, -miss, -self.miss):
            self.error_sum = 0
            self.errors = 0
            self.reached = progress
            if ms > before_ms:
                moved = (progress - self.progress) * (arriving.crossed_ms - before_ms)
                self.reached = self.progress + moved // (ms - before_ms)
        if (arriving.is_over or arriving.is_held) and self.errors < _MOST_SAMPLES:
            if not self.window_ms or ms <= arriving.crossed_ms + self.window_ms:
                self.error_sum += abs(power - setpoint)
                self.errors += 1
        self.before_ms = ms
        self.progress = progress
        self.miss = miss

    def _finish(self, now):
        """The command has ended: judge it."""
        if not self.running:
            return
        self.running = False
        self.t3_ms = ticks_diff(now, self.t0)
        self.t1_ms = self.leaving.end(self.t3_ms)
        self.t2_ms = self.arriving.end(self.t3_ms)
        self._measure_rate()
        for i in range(3):
            self.k[i] = self._index(self.terms[i])
        self.k_total = self._total()
        self.mileage = self.step + (self.bonus if self.last_sign * self.sign < 0 else 0)
        self.last_sign = self.sign
        self.counts = self._counts()
        self.told += 1
        self._show(now)

    def _measure_rate(self):
        """rate_high - rate_low in rate_ms; 0 ms = there is none."""
        if self.slow is not None:
            self.rate_rise = self.fast.level - self.slow.level
            start, end = self.slow.end(self.t3_ms), self.fast.end(self.t3_ms)
        else:
            self.rate_rise = min(self.step - self.arrive, self.reached) - self.leave
            start, end = self.t1_ms, self.t2_ms
        has_rate = start >= 0 and end > start and self.rate_rise > 0
        self.rate_ms = end - start if has_rate else 0

    def _measured(self, kind):
        """(numerator, denominator) in the profile's units; denominator 0 = there is none."""
        if kind == RESPONSE:
            return (self.t1_ms, 1) if self.t1_ms >= 0 else (0, 0)
        if kind == ACCURACY:
            if self.t2_ms < 0:
                return 0, 0
            return self.error_sum * 10000, self.errors * self.rating
        return self.rate_rise * 600000000, self.rate_ms * self.rating

    def _index(self, term):
        """A term's index, 0.01 %; its lowest when there is nothing to judge."""
        kind, form, norm, lowest, highest, above, instead = term
        x, unit = self._measured(kind)
        if unit == 0:
            return lowest
        if form == RATIO:
            k = _ratio(x, norm * unit)
        elif form == ONE_MINUS:
            k = 10000 - _ratio(x, norm * unit)
        elif form == TWO_MINUS:
            k = 20000 - _ratio(x, norm * unit)
        else:
            k = 20000 - _ratio(norm * unit, x) if x > 0 else lowest
        if above and k > above:
            return instead
        k = max(lowest, k)
        return min(highest, k) if highest else k

    def _total(self):
        k1, k2, k3 = self.k
        if not self.weights:
            total = (k1 * k2 * k3 + 50000000) // 100000000
        else:
            w1, w2, w3 = self.weights
            total = (w1 * k1 + w2 * k2 + w3 * k3 + 5000) // 10000
        return min(total, self.cap) if self.cap else total

    def _counts(self):
        """Whether the region's conditions let the command count."""
        if self.t2_ms < 0 or self.t3_ms < self.shortest_ms:
            return False
        if self.too_fast and self.rate_ms:
            x, unit = self._measured(self.terms[0][0])
            return x <= self.too_fast * self.terms[0][2] * unit
        return True

    def _show(self, now):
        station = self.station
        station.agc_k1_bp.put(self.k[0], now)
        station.agc_k2_bp.put(self.k[1], now)
        station.agc_k3_bp.put(self.k[2], now)
        station.agc_k_bp.put(self.k_total, now)
        station.agc_commands.put(self.told & 0xFFFFFF, now)

    def line(self):  # lint: cold
        """The last command for the console: powers in W, times in ms from T0 (-1 = never)."""
        watts = (self.name, self.p0 * self.unit_w, self.target * self.unit_w, self.mileage * self.unit_w)
        times = (self.t1_ms, self.t2_ms, self.t3_ms)
        line = "#V%03d %s: " % (codes.AGC_COMMAND, codes.text(codes.AGC_COMMAND))
        line += "%s P0 %d target %d D %d" % watts + " T1 %d T2 %d T3 %d" % times
        line += " K1 %d K2 %d K3 %d" % (self.k[0], self.k[1], self.k[2])
        return line + " K %d%s (%d)" % (self.k_total, "" if self.counts else " does not count", self.told)


def _ratio(x, unit):
    """10000 x / unit, rounded."""
    return (20000 * x + unit) // (2 * unit)


def region_of(name):
    """The region's row, or None."""
    for region in REGIONS:
        if region[0] == name:
            return region
    return None
