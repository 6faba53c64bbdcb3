"""Splits the station's power over the bays.

Water-filling inside each bay's envelope, exact to 1 W, in proportion to the ratings; with stated
batteries in proportion to the energy that each still takes or gives: then all last equally long, and
whatever the sum of min(P T, E) promises can be held. Then raises are held back until the bookings of all
bays fit under the shared limit: one bay's raise waits for another's confirmed cut (design §6).

lint: integer, hot
"""

from firmware.units import share

_WEIGHTS = 32000  # the sum of all weights is about this, and below 2**15
BAND_S = 300  # of laxity, in which bays that must charge share what there is
LAST_S = 600000


class Allocator:
    """Fills `power_w[i]` for every bay. One object, reused by each step."""

    def __init__(self, image, ratings_w):
        self.bays = image.bays
        self.count = len(image.bays)
        unit_w = sum(ratings_w) // _WEIGHTS + 1
        self.weights = [max(1, rating_w // unit_w) for rating_w in ratings_w]
        self.caps = [0] * self.count
        self.power_w = [0] * self.count
        self.held_back = False
        self.guarded = image.guarded
        self.must_w = [0] * self.count  # what a bay that must charge got before the others

    def share_out(self, total_w, room_w=0, _now=0):
        """total_w must lie between the sums of the bays' envelopes; room_w is what the site leaves for
        charging. The time is for slow devices alone (firmware/slow.py).
        """
        if self.guarded:
            total_w -= self._serve_must(room_w)
        sign = 1
        if total_w < 0:
            sign = -1
            total_w = -total_w
        self._open(sign)
        self._fill(total_w)
        for i in range(self.count):
            self.power_w[i] = self.must_w[i] + sign * self.power_w[i]

    def _open(self, sign):
        """What each bay may do in this direction, beyond what it must."""
        for i in range(self.count):
            bay = self.bays[i]
            self.caps[i] = bay.envelope_hi_w.value if sign > 0 else -bay.envelope_lo_w.value
            if self.must_w[i]:
                self.caps[i] = 0
            self.power_w[i] = 0
        if self.guarded:
            self._weigh(sign)

    def _weigh(self, sign):
        total_wh = 0
        for bay in self.bays:
            total_wh += bay.take_wh if sign > 0 else bay.give_wh
        unit_wh = total_wh // _WEIGHTS + 1
        for i in range(self.count):
            bay = self.bays[i]
            self.weights[i] = max(1, (bay.take_wh if sign > 0 else bay.give_wh) // unit_wh)

    def _serve_must(self, room_w):
        """Whoever must charge takes all it may; where there is not enough room, the least laxity first."""
        asked_w = 0
        for i in range(self.count):
            bay = self.bays[i]
            self.must_w[i] = bay.envelope_hi_w.value if bay.must.value else 0
            asked_w += self.must_w[i]
        if asked_w > room_w:
            return self._ration(room_w)
        return asked_w

    def _ration(self, room_w):
        """Raises one level of laxity until the room is used up: bays far below it get all, those around it
        a share, so that bays of equal laxity keep it equal without changing places.
        """
        low_s = 0
        high_s = LAST_S + BAND_S + 1
        while high_s - low_s > 1:
            level_s = (low_s + high_s) >> 1
            given_w = 0
            for i in range(self.count):
                given_w += self._part_w(i, level_s)
            if given_w > room_w:
                high_s = level_s
            else:
                low_s = level_s
        left_w = room_w
        for i in range(self.count):
            self.caps[i] = self._part_w(i, high_s)
            self.must_w[i] = self._part_w(i, low_s)
            left_w -= self.must_w[i]
        for i in range(self.count):
            more_w = min(left_w, self.caps[i] - self.must_w[i])
            self.must_w[i] += more_w
            left_w -= more_w
        return room_w - left_w

    def _part_w(self, i, level_s):
        over_s = level_s - rank_s(self.bays[i]) if self.must_w[i] else 0
        if over_s <= 0:
            return 0
        return self.must_w[i] if over_s >= BAND_S else share(self.must_w[i], over_s, BAND_S)

    def _fill(self, left_w):
        """Each round gives every open bay its share; a full bay closes and what it left goes round
        again.
        """
        while left_w > 0:
            weights = 0
            for i in range(self.count):
                if self.power_w[i] < self.caps[i]:
                    weights += self.weights[i]
            if weights == 0:
                return
            given_w = self._round(left_w, weights)
            if given_w == 0:
                self._spread(left_w)
                return
            left_w -= given_w

    def _round(self, left_w, weights):
        given_w = 0
        for i in range(self.count):
            room_w = self.caps[i] - self.power_w[i]
            if room_w > 0:
                part_w = share(left_w, self.weights[i], weights)
                if part_w > room_w:
                    part_w = room_w
                self.power_w[i] += part_w
                given_w += part_w
        return given_w

    def _spread(self, left_w):
        """The last few watts, less than one for each bay: one each, to the largest headroom first."""
        while left_w > 0:
            best = 0
            for i in range(self.count):
                if self.caps[i] - self.power_w[i] > self.caps[best] - self.power_w[best]:
                    best = i
            if self.caps[best] <= self.power_w[best]:
                return
            self.power_w[best] += 1
            left_w -= 1

    def hold_back(self, hi_w, lo_w):
        """Take back raises until the bookings, as they would stand, fit into [lo_w, hi_w]: towards 0,
        never past it.
        """
        self.held_back = False
        total_hi = total_lo = 0
        for i in range(self.count):
            bay = self.bays[i]
            if bay.silent.value or not bay.following.value:
                continue  # already taken off the limit
            power_w = self.power_w[i]
            total_hi += power_w if power_w > bay.booked_hi_w.value else bay.booked_hi_w.value
            total_lo += power_w if power_w < bay.booked_lo_w.value else bay.booked_lo_w.value
        if total_hi > hi_w:
            self._lower(total_hi - hi_w)
        if total_lo < lo_w:
            self._lift(lo_w - total_lo)

    def _lower(self, excess_w):
        for i in range(self.count):
            booked_w = self.bays[i].booked_hi_w.value
            raise_w = self.power_w[i] - (booked_w if booked_w > 0 else 0)
            if raise_w > 0 and excess_w > 0:
                cut_w = raise_w if raise_w < excess_w else excess_w
                self.power_w[i] -= cut_w
                excess_w -= cut_w
                self.held_back = True

    def _lift(self, excess_w):
        for i in range(self.count):
            booked_w = self.bays[i].booked_lo_w.value
            raise_w = (booked_w if booked_w < 0 else 0) - self.power_w[i]
            if raise_w > 0 and excess_w > 0:
                cut_w = raise_w if raise_w < excess_w else excess_w
                self.power_w[i] += cut_w
                excess_w -= cut_w
                self.held_back = True

    def total_w(self):
        """What the bays get together."""
        total_w = 0
        for i in range(self.count):
            total_w += self.power_w[i]
        return total_w


def rank_s(bay):
    """Laxity as far as it gives a claim: none is greater than that of a car which needs all its time, and
    whose departure has passed comes last. The need is told at the worst efficiency; by what that is likely
    too much, a long need must not take from a short one.
    """
    laxity_s = bay.laxity_s.value + bay.need_s.value // 24
    if laxity_s >= 0:
        return laxity_s
    return 0 if laxity_s + bay.need_s.value > 0 else LAST_S
