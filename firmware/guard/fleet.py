"""Several cars behind one limit. The laxity of each alone does not say whether all of them can be served.

A car's way to its target is an amount of time at its own full power, which falls in the taper; what it has
not taken by an instant tau although it must (because the rest of its way needs all the time after tau) is due
by tau. The cars can be served if and only if for every tau what is due by then fits under the limit times the
time to tau; the least slack of that test, in seconds, is the laxity that they share (negative: all of those
cars will be so late). Its minima are at the departures and where a taper bends; the taper counts as two
straight lines that lie below it, so the test errs to the safe side. Whoever has something due by a tau
without slack must charge (MUST_SHARED).

Such cars are served by laxity, those of about the same laxity with equal shares of their power
(firmware/allocate.py). With one strictly before the other two equal cars would change places all the time,
and each change costs the time in which a raise waits for a confirmed cut.

A target that its car alone cannot reach counts as what it reaches; it does not make others late.

lint: integer, hot
"""

from firmware import codes
from firmware.guard.capability import seconds_for
from firmware.guard.departure import FOREVER_MS, RELEASE_MS
from firmware.image import GOOD

_FURTHEST_S = 172800  # of departures that the shared limit is checked for
_NEVER_S = FOREVER_MS // 1000


class Fleet:
    """The promises of all bays with a guard, under the site's limit."""

    def __init__(self, promises):
        self.promises = promises
        self.due_wh = [0] * len(promises)  # by the tau that is looked at
        self.spare_s = [0] * len(promises)  # the least of all tau that concern this car

    def check(self, room_w):
        """`room_w`: what the site leaves for the bays' charging. Sets and clears MUST_SHARED."""
        asked_w = margin_s = release_s = 0
        for i in range(len(self.promises)):
            promise = self.promises[i]
            self.spare_s[i] = _NEVER_S
            if counts(promise):
                asked_w += promise.bay.cap_w
                margin_s = max(margin_s, promise.margin(0, room_w) // 1000)
                release_s = max(release_s, (promise.margin(2 * promise.step_bp, room_w) + RELEASE_MS) // 1000)
        if asked_w > room_w:
            for promise in self.promises:
                if counts(promise):
                    tau_s = left_s(promise.bay)
                    self._look_at(tau_s, room_w)
                    if promise.bay.tail_s > 0:
                        self._look_at(tau_s - bend_s(promise.bay), room_w)
        for i in range(len(self.promises)):
            self._settle(self.promises[i].bay, self.spare_s[i], margin_s, release_s)

    def _look_at(self, tau_s, room_w):
        """The slack at tau, for the cars that have something due by then."""
        due_wh = 0
        for i in range(len(self.promises)):
            promise = self.promises[i]
            self.due_wh[i] = due_by(promise, tau_s) if counts(promise) else 0
            due_wh += self.due_wh[i]
        spare_s = tau_s - (seconds_for(due_wh, room_w) if room_w > 0 else _FURTHEST_S)
        for i in range(len(self.promises)):
            if self.due_wh[i] > 0:
                self.spare_s[i] = min(self.spare_s[i], spare_s)

    def _settle(self, bay, spare_s, margin_s, release_s):
        bay.shared_s = spare_s
        if bay.must.value == codes.MUST_SHARED:
            if spare_s > release_s:
                bay.must.value = 0
        elif bay.must.value == 0 and spare_s <= margin_s:
            bay.must.value = codes.MUST_SHARED


def counts(promise):
    """Whether somebody leaves with this car, it is not yet ready for that, and it can be charged."""
    bay = promise.bay
    return bay.depart.quality == GOOD and bay.need_s.value > 0 and bay.cap_w > 0 and left_s(bay) > 0


def is_late(bay):
    """Whether the target cannot be reached by the departure any more, as the last plan found it."""
    return bay.depart.quality == GOOD and bay.need_s.value > 0 and bay.reach_bp.value < bay.target_bp.value


def left_s(bay):
    """Until the departure."""
    return min(_FURTHEST_S, bay.laxity_s.value + bay.need_s.value)


def due_by(promise, tau_s):
    """AC Wh that this car must have taken by tau: all but what it can take afterwards."""
    bay = promise.bay
    left = left_s(bay)
    need_s = bay.need_s.value
    over_s = max(0, left - tau_s) + max(0, need_s - left)
    if over_s >= need_s:
        return 0
    return max(0, promise.need_wh() - tail_wh(bay, over_s))


def tail_wh(bay, seconds):
    """AC Wh that go in during the last `seconds` before the target, at full power; at least so much."""
    slow_s = seconds - bay.tail_s
    if slow_s >= 0:
        return bay.tail_wh + given_wh(bay.cap_w, slow_s)
    steep_wh = bay.tail_wh - given_wh(bay.tail_hi_w, -slow_s)
    return max(steep_wh, given_wh(bay.tail_lo_w, seconds))


def bend_s(bay):
    """Before the target, where the two lines that stand for the taper meet."""
    fall_w = bay.tail_hi_w - bay.tail_lo_w
    over_wh = given_wh(bay.tail_hi_w, bay.tail_s) - bay.tail_wh
    return min(bay.tail_s, seconds_for(max(0, over_wh), fall_w)) if fall_w > 0 else 0


def given_wh(power_w, seconds):
    """Wh, rounded down, that `power_w` (up to 1 MW) gives in up to two days."""
    return power_w // 3600 * seconds + power_w % 3600 * seconds // 3600
