"""The promise to the driver: whoever named a departure and a target leaves with it, whatever the grid
wants meanwhile, if that is possible at all; if it is not, the car charges at full power and the driver
hears early.

Laxity = time left - time needed. The time needed is the integral over the SOC of capacity / charging
power, with everything in it that cuts the power now (temperature, BMS, C-rate, cells) and the taper
towards the window's end; it is rounded up. When laxity falls to the margin (minutes and a share of SOC)
the car must charge. It is let go again at the target, or when a new session leaves RELEASE_MS more than
the margin, and twice the time that a step of a coarse SOC is worth (else each step would turn the power).
Shortly before departure, and without a known one, nothing is discharged below the target.

Several cars behind one limit: firmware/guard/fleet.py.

lint: integer, hot
"""

from firmware import codes
from firmware.envelope import soc_step_bp
from firmware.guard.limits import health_bp
from firmware.image import GOOD
from firmware.units import FULL_BP, MAX_POWER_W, scaled, share
from protocols.ticks import ticks_diff

MODE_NONE, MODE_NOW, MODE_ORDERLY, MODE_V2G = 0, 1, 2, 3
FULL, EMPTY = 1, 2  # bits of the latch: at an end of the window, until SOC is hysteresis_bp away from it
_REACHED = 4  # from this bit on: the target that was reached
_LAST_MS = 60000  # of laxity, from which on a car that has lost a little of its target gets it again
FOREVER_MS = 500000000  # 5.8 days: no departure lies further ahead
RELEASE_MS = 600000
_ABOVE_TARGET_BP = (
    200  # the taper ends so far above a target, so that the target is reached in finite time
)
_TAPER_STEPS = 16


class Promise:
    """One bay's session: time needed, must-run, and the SOC window that follows from both."""

    def __init__(self, bay, row):
        """`row`: a bay of a checked configuration."""
        battery = row["battery"]
        self.bay = bay
        self.full_w = row["rating_w"]
        self.capacity_wh = battery["capacity_wh"]
        self.efficiency_bp = battery["efficiency_bp"]
        self.taper_bp = battery["taper_bp"]
        self.hysteresis_bp = battery["hysteresis_bp"]
        lost_bp = FULL_BP - health_bp(battery["soh_bp"])
        shrink_bp = share(battery["soc_max_bp"] - battery["soc_min_bp"], lost_bp, FULL_BP) // 2
        self.step_bp = soc_step_bp(row) + 1  # by so much the SOC may be nearer to either end than it is told
        shrink_bp += self.step_bp - 1
        self.soc_min_bp = battery["soc_min_bp"] + shrink_bp
        self.soc_max_bp = battery["soc_max_bp"] - shrink_bp
        self.margin_ms = row["session"]["margin_s"] * 1000
        self.margin_bp = row["session"]["margin_bp"]
        self.best_bp = battery["efficiency_max_bp"]
        taper_wh = stored_wh(self.capacity_wh, self.taper_bp)
        # how long the energy of the taper would last at the rating, in and out
        self.knee_in_s = time_ms(taper_wh, share(self.full_w, self.best_bp, FULL_BP)) // 1000 + 1
        self.knee_out_s = time_ms(share(taper_wh, self.efficiency_bp, FULL_BP), self.full_w) // 1000 + 1
        self.need_ms = self.fast_ms = 0  # of the last walk: to the target, and before the taper
        self.slow_bp = 0  # where its taper begins

    def plan(self, now, cap_w):
        """Once a second, and when the session changes; `cap_w`: what may be charged now, the taper
        apart.
        """
        bay = self.bay
        soc_bp = bay.soc_bp.value
        target_bp = self.target_bp()
        known = bay.depart.quality == GOOD
        left_ms = ticks_diff(bay.depart.value, now) if known else FOREVER_MS
        bay.cap_w = cap_w
        ends_ms = left_ms
        if bay.shared_s < 0:  # all cars of the group are as late
            ends_ms = min(left_ms, bay.need_s.value * 1000) + bay.shared_s * 1000
        bay.reach_bp.value = self.walk(soc_bp, target_bp, cap_w, ends_ms)
        self._keep_tail(soc_bp, target_bp)
        if self._settled(soc_bp, target_bp, left_ms - self.need_ms):
            self.need_ms = 0
        laxity_ms = left_ms - self.need_ms
        spare_ms = laxity_ms - self.margin()
        bay.need_s.value = self.need_ms // 1000
        bay.laxity_s.value = laxity_ms // 1000
        stays = laxity_ms - self.margin(2 * self.step_bp) <= RELEASE_MS
        bay.must.value = self._must(soc_bp, target_bp, spare_ms, stays, known)
        near = soc_bp >= target_bp - self.hysteresis_bp and stays
        kept = near or not known
        bay.floor_bp.value = max(self.soc_min_bp, self._minimum_bp(), target_bp if kept else 0)
        bay.ceiling_bp.value = self._ceiling_bp(target_bp) if self.need_ms else self.soc_max_bp

    def target_bp(self):
        """The SOC to leave with; 0 without a session."""
        target = self.bay.target_bp
        return target.value if target.quality == GOOD else 0

    def need_wh(self):
        """AC energy up to the target, rounded up."""
        missing_bp = self.target_bp() - self.bay.soc_bp.value
        if missing_bp <= 0:
            return 0
        return grossed_up(stored_wh(self.capacity_wh, missing_bp), self.efficiency_bp)

    def _minimum_bp(self):
        minimum = self.bay.minimum_bp
        return minimum.value if minimum.quality == GOOD else 0

    def _ceiling_bp(self, target_bp):
        return max(self.soc_max_bp, target_bp + _ABOVE_TARGET_BP)

    def margin(self, more_bp=0, power_w=MAX_POWER_W):
        """ms before the last instant, at which the car must charge, if it is given `power_w` then."""
        given_w = share(min(power_w, self.bay.cap_w), self.efficiency_bp, FULL_BP)
        return self.margin_ms + time_ms(stored_wh(self.capacity_wh, self.margin_bp + more_bp), given_w)

    def _must(self, soc_bp, target_bp, spare_ms, stays, known):
        bay = self.bay
        was = bay.must.value
        minimum_bp = self._minimum_bp()
        if was != codes.MUST_MINIMUM:
            minimum_bp -= self.hysteresis_bp
        if soc_bp < minimum_bp:
            return codes.MUST_MINIMUM
        if self.need_ms == 0:
            return 0
        if known and (was == codes.MUST_SHARED or spare_ms <= 0):
            return was if was == codes.MUST_SHARED else codes.MUST_DEPARTURE
        if known and was == codes.MUST_DEPARTURE and stays:
            return was
        return codes.MUST_NOW if bay.mode.quality == GOOD and bay.mode.value == MODE_NOW else 0

    def _settled(self, soc_bp, target_bp, laxity_ms):
        """Whether the target counts as reached although the SOC is a little below it: it was there, nothing
        has been discharged since, and the last minute is not yet here. A restless SOC switches nothing.
        """
        bay = self.bay
        if soc_bp >= target_bp:
            bay.latch = (bay.latch & (FULL | EMPTY)) + target_bp * _REACHED
            return False
        kept = bay.floor_bp.value >= target_bp or bay.mode.value != MODE_V2G
        if not kept or soc_bp <= target_bp - self.hysteresis_bp:
            bay.latch &= FULL | EMPTY
        return bay.latch // _REACHED == target_bp and laxity_ms > _LAST_MS

    def walk(self, soc_bp, target_bp, cap_w, left_ms):
        """The SOC that is reached within `left_ms` at full power, at most the target; need_ms is the
        time up to the target.
        """
        at_bp = reach_bp = soc_bp
        self.need_ms = self.fast_ms = 0
        ceiling_bp = self._ceiling_bp(target_bp)
        knee_bp = ceiling_bp - scaled(self.taper_bp, min(cap_w, self.full_w), self.full_w) - 1
        while at_bp < target_bp:
            if at_bp < knee_bp:
                to_bp = min(target_bp, knee_bp)
                power_w = cap_w
            else:
                to_bp = min(target_bp, at_bp + self.taper_bp // _TAPER_STEPS + 1)
                power_w = self._taper_w(to_bp, ceiling_bp, cap_w)
            piece_ms = time_ms(
                stored_wh(self.capacity_wh, to_bp - at_bp), share(power_w, self.efficiency_bp, FULL_BP)
            )
            over_ms = left_ms - self.need_ms
            if over_ms >= piece_ms:
                reach_bp = to_bp
            elif over_ms > 0:
                reach_bp = at_bp + scaled(to_bp - at_bp, over_ms, piece_ms)
            self.need_ms = min(FOREVER_MS, self.need_ms + piece_ms)
            if at_bp < knee_bp:
                self.fast_ms = self.need_ms
            at_bp = to_bp
        self.slow_bp = min(target_bp, max(soc_bp, knee_bp))
        return reach_bp

    def _taper_w(self, soc_bp, ceiling_bp, cap_w):
        room_bp = min(ceiling_bp - soc_bp, self.taper_bp)
        return min(cap_w, share(self.full_w, room_bp, self.taper_bp))

    def _keep_tail(self, soc_bp, target_bp):
        """What tail_wh() needs of the last walk, in the image: the taper's time, energy, and its power at
        both ends.
        """
        bay = self.bay
        ceiling_bp = self._ceiling_bp(target_bp)
        bay.tail_s = (self.need_ms - self.fast_ms + 999) // 1000
        bay.tail_wh = 0
        if bay.tail_s > 0:
            stored = stored_wh(self.capacity_wh, target_bp - self.slow_bp)
            bay.tail_wh = grossed_up(stored, self.efficiency_bp)
            bay.tail_hi_w = self._taper_w(self.slow_bp, ceiling_bp, bay.cap_w)
            bay.tail_lo_w = self._taper_w(target_bp, ceiling_bp, bay.cap_w)

    def keeps_ms(self, laxity_ms, discharge_w):
        """How long `discharge_w` (AC) may be given while the promise still holds: x = l / (1 + Pd' /
        Pc'), the primed powers at the battery.
        """
        taken_w = grossed_up(discharge_w, self.efficiency_bp)
        given_w = self.recharge_w()
        if laxity_ms <= 0 or given_w <= 0:
            return 0
        return scaled(laxity_ms // 100, given_w, given_w + taken_w) * 100

    def recharge_w(self):
        """Power into the battery with which what is taken now would be put back."""
        target_bp = self.target_bp()
        room_bp = min(self.taper_bp, self._ceiling_bp(target_bp) - min(self.bay.soc_bp.value, target_bp))
        power_w = min(self.bay.cap_w, share(self.full_w, room_bp, self.taper_bp))
        return share(power_w, self.efficiency_bp, FULL_BP)

    def window(self, envelope):
        """In every step: cut to the SOC window, to what the driver agreed to, and to the must-run."""
        bay = self.bay
        soc_bp = bay.soc_bp.value
        room_bp = bay.ceiling_bp.value - soc_bp
        left_bp = soc_bp - bay.floor_bp.value
        self._latch(FULL, room_bp)
        self._latch(EMPTY, left_bp)
        if bay.latch & FULL:
            envelope.cut_hi(0, codes.LIMIT_SOC_MAX)
        elif room_bp < self.taper_bp:
            envelope.cut_hi(share(envelope.charge_w, room_bp, self.taper_bp), codes.LIMIT_SOC_MAX)
        kept = codes.LIMIT_SOC_MIN if bay.floor_bp.value == self.soc_min_bp else codes.LIMIT_SOC_KEPT
        if bay.latch & EMPTY:
            envelope.cut_lo(0, kept)
        elif left_bp < self.taper_bp:
            envelope.cut_lo(-share(envelope.discharge_w, left_bp, self.taper_bp), kept)
        if bay.mode.quality != GOOD or bay.mode.value != MODE_V2G:
            envelope.cut_lo(0, codes.LIMIT_NO_CONSENT)
        if bay.must.value:
            envelope.cut_lo(0, bay.must.value)

    def _latch(self, bit, room_bp):
        bay = self.bay
        if room_bp <= 0:
            bay.latch |= bit
        elif room_bp >= self.hysteresis_bp and bay.latch & bit:
            bay.latch -= bit


def time_ms(energy_wh, power_w):
    """ms, rounded up, that `power_w` needs for `energy_wh`; FOREVER_MS at most."""
    if power_w <= 0 or energy_wh // power_w >= 138:
        return FOREVER_MS if energy_wh > 0 else 0
    hours_ms = energy_wh // power_w * 3600000
    rest = energy_wh % power_w
    while power_w > 290000:
        rest = (rest >> 1) + 1
        power_w >>= 1
    seconds = rest * 3600 // power_w
    rest = rest * 3600 % power_w
    return hours_ms + seconds * 1000 + (rest * 1000 + power_w - 1) // power_w


def stored_wh(capacity_wh, soc_bp):
    """Energy of this share of the capacity, rounded up."""
    rest = capacity_wh % FULL_BP * soc_bp
    return capacity_wh // FULL_BP * soc_bp + (rest + FULL_BP - 1) // FULL_BP


def grossed_up(value, efficiency_bp):
    """`value` / efficiency, rounded up; below 2**30 for values up to 10 million."""
    whole = value // efficiency_bp * FULL_BP
    return whole + (value % efficiency_bp * FULL_BP + efficiency_bp - 1) // efficiency_bp
