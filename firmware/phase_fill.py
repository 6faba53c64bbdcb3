"""How far the phases let each bay go: all bays are raised together until a phase is full; the bays on it
stop there, the others are raised further, until every bay is at its own end or stands on a full phase.

No bay could have more without taking it from one that has no more than itself on the phase that they share:
bays that must charge first, by laxity as the site's rationing does it (firmware/allocate.py), then the
others with equal power on each of their phases. Of bays that would get less than their devices can do the
least urgent gets nothing, and the others have that too.

Then raises wait: a bay may go beyond what it is booked at only as far as the bookings of all bays on its
phases fit (design §6). So one whose cut is not confirmed yet holds up those on the same phase alone.

lint: integer, hot
"""

from firmware import codes
from firmware.allocate import BAND_S, LAST_S, Allocator, rank_s
from firmware.codes_phases import LIMITS
from firmware.units import MAX_POWER_W

_FREE, _WAITS = -1, -2  # of `bound`: no phase, or a raise that waits
_NOTED_W = 100  # less is noise of the measurements


class Fill(Allocator):
    """Cuts the bays' envelopes. `caps`: their ends before; `power_w`: after."""

    def __init__(self, image, envelopes, phases, rows):
        """`rows`: the bays of the configuration."""
        Allocator.__init__(self, image, [row["rating_w"] for row in rows])
        self.envelopes = envelopes
        self.phases = phases
        self.parts = [len(row["phases"]) for row in rows]
        self.least_w = [max(0, row["converter"]["min_power_w"]) for row in rows]
        self.bound = [_FREE] * self.count  # the phase that stops each bay
        self.is_open = [False] * self.count
        self.trial_w = [0] * self.count
        self.rooms = [0] * len(phases)
        self.by_laxity = False

    def charge(self):
        """The upper ends."""
        for i in range(self.count):
            self.caps[i] = self.bays[i].envelope_hi_w.value
        for p in range(len(self.phases)):
            self.rooms[p] = self.phases[p].site.room_hi_w
        self._settle()
        for phase in self.phases:
            self._hold(phase, 1, phase.site.room_hi_w, -MAX_POWER_W)
        for i in range(self.count):
            self.envelopes[i].cut_hi(self.power_w[i], self._code(i))

    def discharge(self):
        """The lower ends; nobody must do that."""
        for i in range(self.count):
            self.caps[i] = -self.bays[i].envelope_lo_w.value
        for p in range(len(self.phases)):
            self.rooms[p] = -self.phases[p].site.room_lo_w
        self._settle()
        for phase in self.phases:
            self._hold(phase, -1, MAX_POWER_W, phase.site.room_lo_w)
        for i in range(self.count):
            self.envelopes[i].cut_lo(-self.power_w[i], self._code(i))

    def _code(self, i):
        return LIMITS[self.bound[i]] if self.bound[i] >= 0 else codes.LIMIT_BOOKED

    # how much

    def _settle(self):
        """Share out, again and again without the one that is left out."""
        self._share_rooms()
        i = self._left_out()
        while i >= 0:
            self.caps[i] = 0
            self._share_rooms()
            i = self._left_out()

    def _left_out(self):
        """The least urgent bay that a phase leaves less than its device can do; -1 = none."""
        found = -1
        urgency = 0
        for i in range(self.count):
            if 0 < self.power_w[i] < self.least_w[i] and self.power_w[i] < self.caps[i]:
                own = -rank_s(self.bays[i]) // BAND_S if self.must_w[i] else -LAST_S
                if found < 0 or own <= urgency:
                    found = i
                    urgency = own
        return found

    def _share_rooms(self):
        most_w = 0
        for i in range(self.count):
            self.power_w[i] = 0
            if self.caps[i]:
                self.bound[i] = _FREE
            must = self.guarded and self.bays[i].must.value
            self.must_w[i] = self.caps[i] if must else 0
            self.is_open[i] = self.must_w[i] > 0
            most_w = max(most_w, self.caps[i])
        self.by_laxity = True
        self._raise(LAST_S + BAND_S + 1)
        for i in range(self.count):
            self.is_open[i] = not self.must_w[i] and self.caps[i] > 0
        self.by_laxity = False
        self._raise(most_w)

    def _raise(self, top):
        """Raise the open bays' common level up to `top`, each as far as its phases let it."""
        low = 0
        while self._any_open():
            high = top
            if self._fits(high):
                self._stop(high, True)
                return
            while high - low > 1:
                level = (low + high) >> 1
                if self._fits(level):
                    low = level
                else:
                    high = level
            self._fits(high)
            self._stop(low, False)
            self._top_up(low, high)

    def _any_open(self):
        for i in range(self.count):
            if self.is_open[i]:
                return True
        return False

    def _fits(self, level):
        """Whether no phase is over its room with the open bays at this level; leaves them in trial_w."""
        for i in range(self.count):
            self.trial_w[i] = self._at(i, level) if self.is_open[i] else self.power_w[i]
        for p in range(len(self.phases)):
            if self._is_over(p):
                return False
        return True

    def _at(self, i, level):
        if self.by_laxity:
            return self._part_w(i, level)
        return min(self.caps[i], level * self.parts[i])

    def _is_over(self, p):
        return self._carried_w(p) > self.rooms[p]

    def _carried_w(self, p):
        """By this phase, with the trial."""
        total_w = 0
        for line in self.phases[p].bays:
            if not line.is_idle:
                total_w -= -self.trial_w[line.i] // line.parts
        return total_w

    def _stop(self, level, all_of_them):
        """Leave bays at this level: all open ones, or those on the phases that the trial overfills."""
        for p in range(len(self.phases)):
            if not all_of_them and self._is_over(p):
                for line in self.phases[p].bays:
                    if self.is_open[line.i] and not line.is_idle:
                        self.is_open[line.i] = False
                        self.power_w[line.i] = self._at(line.i, level)
                        self.bound[line.i] = p
        for i in range(self.count):
            if all_of_them and self.is_open[i]:
                self.is_open[i] = False
                self.power_w[i] = self._at(i, level)

    def _top_up(self, low, high):
        """What is left between two levels, to the bays that have just been stopped there."""
        self._fits(low)
        for p in range(len(self.phases)):
            for line in self.phases[p].bays:
                i = line.i
                if self.bound[i] == p and not self.is_open[i]:
                    more_w = self._at(i, high) - self.power_w[i]
                    more_w = min(more_w, self._left_w(i) * line.parts)
                    if more_w > 0:
                        self.power_w[i] += more_w
                        self.trial_w[i] += more_w

    def _left_w(self, i):
        """On the fullest of a bay's phases, by the trial."""
        left_w = MAX_POWER_W
        for p in range(len(self.phases)):
            if self.phases[p].has(i):
                left_w = min(left_w, self.rooms[p] - self._carried_w(p))
        return left_w

    # when

    def _hold(self, phase, sign, hi_w, lo_w):
        """Raises on this phase wait until the bookings fit."""
        held = phase.allocator
        for j in range(held.count):
            line = phase.bays[j]
            held.power_w[j] = 0 if line.is_idle else sign * -(-self.power_w[line.i] // line.parts)
        held.hold_back(hi_w, lo_w)
        if not held.held_back:
            return
        for j in range(held.count):
            line = phase.bays[j]
            power_w = sign * held.power_w[j] * line.parts
            if power_w < self.power_w[line.i] and not line.is_idle:
                if self.power_w[line.i] - power_w > _NOTED_W:
                    self.bound[line.i] = _WAITS
                self.power_w[line.i] = power_w
