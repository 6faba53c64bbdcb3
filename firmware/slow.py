"""Splits the station's power where a device is slow (design §3): it declares how long it takes to
reverse, how often it may be told something new, and below which power it gives none.

* A slow device keeps its side. While the power of the station lies on the other one, it stands at 0 W
  and the others carry the power. It turns only when the station is about to need more there than they
  can give, or after PATIENCE times its reversal on the wrong side.
* It turns early: as soon as the target (not only the ramp to it) needs it, if the others can carry what
  flows now. So they cross zero first, and its dead time falls into theirs.
* While it turns it has its least power, which makes it begin, and what the others cannot give; it takes
  its share once it is measured on its new side, or after twice its reversal.
* A power between 0 and its minimum is 0; the others take it. It is told a new power no more often than
  it may be; meanwhile the others follow alone, but a cut is never put off.

* Where the schedule rules and each bay has a plan of its own (firmware/guard/planner.py), no bay gets what is
  meant for another.

Loaded by name where a configuration has such a device beside another one, or an order port. Its memory is in
the image.

lint: integer, hot
"""

from firmware import codes
from firmware.allocate import Allocator
from firmware.image import GOOD, MEMORY, ORDER
from firmware.units import clip
from protocols.ticks import ticks_diff, ticks_sub

PATIENCE = 20
ROWS = (
    ("side", MEMORY),  # 0 = charging, 1 = discharging: where the device stands, or what it turns to
    ("turning", MEMORY),
    ("turn_at", MEMORY),
    ("against_at", MEMORY),  # since when the station's power lies on the other side
    ("told_at", MEMORY),  # when its command changed
    ("plan_w", ORDER),  # its own part of the schedule; not good = there is none
)


class SlowAllocator(Allocator):
    """`rows`: of each converter in the configuration."""

    def __init__(self, image, ratings_w, rows):
        super().__init__(image, ratings_w)
        self.station = image.station
        self.reversal_ms = [max(0, row["reversal_ms"]) for row in rows]
        self.gap_ms = [max(0, row["write_gap_ms"]) for row in rows]
        self.min_w = [max(0, row["min_power_w"]) for row in rows]
        self.waits_w = 0
        self.later = [0] * self.count  # caps of those that wait for the others

    def share_out(self, total_w, room_w=0, now=0):
        self.waits_w = 0
        given_w = self._serve_must(room_w) if self.guarded else 0
        total_w -= given_w
        aim_w = clip(
            self.station.target_w.value,
            self.station.envelope_lo_w.value,
            self.station.envelope_hi_w.value,
        )
        self._look(total_w, now)
        self._turn_for(aim_w - given_w, total_w, now)
        sign = -1 if total_w < 0 else 1
        self._open(sign)
        self._close(sign, now)
        if self.station.winner.value == codes.WINNER_SCHEDULE:
            self._keep_to_plans(sign)
        self._split(sign * total_w)
        self._start_turning(sign)
        for i in range(self.count):
            self.power_w[i] = self.must_w[i] + sign * self.power_w[i]
        self._note(now)

    # which side

    def _look(self, total_w, now):
        """Where each slow device stands by now, and whether it has stood wrong for long enough."""
        for i in range(self.count):
            if not self.reversal_ms[i]:
                continue
            bay = self.bays[i]
            self._look_at(i, bay, now)
            patience_ms = PATIENCE * self.reversal_ms[i]
            wanted = 1 if total_w < 0 else 0
            if self.must_w[i]:
                if bay.side:
                    self._turn(i, 0, now)
            elif total_w == 0 or wanted == bay.side:
                bay.against_at = now
            elif ticks_diff(now, bay.against_at) >= patience_ms:
                bay.against_at = ticks_sub(now, patience_ms)  # ticks come round
                part_w = (total_w if total_w > 0 else -total_w) // self.count
                if part_w >= self.min_w[i] and self._cap_w(i, wanted) >= self.min_w[i]:
                    self._turn(i, wanted, now)

    def _look_at(self, i, bay, now):
        power_w = bay.power_w.value
        least_w = (self.min_w[i] >> 1) + 20
        if bay.power_w.quality == GOOD and (power_w >= least_w or -power_w >= least_w):
            seen = 1 if power_w < 0 else 0
            if seen == bay.side:
                bay.turning = 0
            elif not bay.turning:
                bay.side = seen  # as after a restart
        if bay.turning and ticks_diff(now, bay.turn_at) >= 2 * self.reversal_ms[i]:
            bay.turning = 0

    def _turn_for(self, aim_w, total_w, now):
        """Turn as many as the aim needs, those that do it fastest first."""
        side = 1 if aim_w < 0 else 0
        short_w = (-aim_w if side else aim_w) - self._carried_w(side, -1)
        while short_w > 0:
            best = -1
            for i in range(self.count):
                if self._may_turn(i, side, short_w, total_w):
                    if best < 0 or self.reversal_ms[i] < self.reversal_ms[best]:
                        best = i
            if best < 0:
                return
            self._turn(best, side, now)
            short_w -= self._cap_w(best, side)

    def _may_turn(self, i, side, short_w, total_w):
        bay = self.bays[i]
        if not self.reversal_ms[i] or bay.side == side or bay.turning or self.must_w[i]:
            return False
        if short_w < self.min_w[i] or self._cap_w(i, side) < max(1, self.min_w[i]):
            return False
        flows_w = -total_w if bay.side else total_w
        return flows_w <= 0 or flows_w <= self._carried_w(bay.side, i)

    def _turn(self, i, side, now):
        bay = self.bays[i]
        bay.side = side
        bay.turning = 1
        bay.turn_at = bay.against_at = now

    def _cap_w(self, i, side):
        bay = self.bays[i]
        return -bay.envelope_lo_w.value if side else bay.envelope_hi_w.value

    def _carried_w(self, side, without):
        """What those give that stand on this side, or can at once, or turn to it."""
        total_w = 0
        for i in range(self.count):
            if i != without and not self.must_w[i]:
                if not self.reversal_ms[i] or self.bays[i].side == side:
                    total_w += self._cap_w(i, side)
        return total_w

    # how much

    def _close(self, sign, now):
        """Caps of those that cannot take part now, or only after the others."""
        for i in range(self.count):
            bay = self.bays[i]
            self.later[i] = 0
            if self.reversal_ms[i]:
                if bay.side != (1 if sign < 0 else 0):
                    self.caps[i] = 0
                elif bay.turning:
                    self._put_off(i, 0)
            if self._is_kept(i, now):
                self._put_off(i, sign * bay.command_w.value)

    def _keep_to_plans(self, sign):
        for i in range(self.count):
            plan = self.bays[i].plan_w
            if plan.quality == GOOD:
                self.caps[i] = min(self.caps[i], max(0, sign * plan.value))

    def _is_kept(self, i, now):
        """Whether the device was told something so lately that it must keep to that."""
        bay = self.bays[i]
        if not self.gap_ms[i] or bay.turning:
            return False
        if ticks_diff(now, bay.told_at) < self.gap_ms[i]:
            return True
        bay.told_at = ticks_sub(now, self.gap_ms[i])  # ticks come round
        return False

    def _put_off(self, i, power_w):
        """It has `power_w` of its cap now, and more only where the others have no more."""
        cap_w = self.caps[i]
        self.power_w[i] = clip(power_w, 0, cap_w)
        self.later[i] = cap_w
        self.caps[i] = 0

    def _split(self, total_w):
        left_w = total_w
        for i in range(self.count):
            if self.power_w[i] > left_w:
                self.power_w[i] = left_w
            left_w -= self.power_w[i]
        self._fill(left_w)
        self._open_gaps()
        left_w = total_w - self.total_w()
        if left_w <= 0:
            return
        for i in range(self.count):
            self.caps[i] = self.later[i]
        self._fill(left_w)

    def _open_gaps(self):
        """Whoever would have less than its minimum has nothing; the others take it."""
        freed_w = 0
        for i in range(self.count):
            if 0 < self.power_w[i] < self.min_w[i] and not self.later[i]:
                freed_w += self.power_w[i]
                self.power_w[i] = self.caps[i] = 0
        self._fill(freed_w)

    def _start_turning(self, sign):
        """The least power on its new side makes a device begin to turn."""
        for i in range(self.count):
            bay = self.bays[i]
            if not self.reversal_ms[i] or not bay.turning or self.must_w[i]:
                continue
            least_w = min(max(1, self.min_w[i]), self._cap_w(i, bay.side))
            if bay.side != (1 if sign < 0 else 0):
                self.power_w[i] = -least_w
            elif self.power_w[i] < least_w:
                self.power_w[i] = least_w

    def _note(self, now):
        for i in range(self.count):
            if self.gap_ms[i] and self.power_w[i] != self.bays[i].command_w.value:
                self.bays[i].told_at = now

    def hold_back(self, hi_w, lo_w):
        """A raise that would leave less than a minimum waits as a whole, and the ramp with it: if the
        ramp went on from what was given, the others would take the room again before the waiting one
        has it.
        """
        for i in range(self.count):
            self.later[i] = self.power_w[i]
        super().hold_back(hi_w, lo_w)
        for i in range(self.count):
            power_w = self.power_w[i]
            if power_w and -self.min_w[i] < power_w < self.min_w[i] or not power_w and self.later[i]:
                self.power_w[i] = 0
                if self.min_w[i]:
                    self.waits_w += self.later[i]

    def total_w(self):
        return super().total_w() + self.waits_w
