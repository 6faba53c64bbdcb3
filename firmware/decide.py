"""Who wins, what the station shall do, and how fast (design §6).

Ranked orders, here: a bay that must charge (departure, the driver's minimum, charge now) > local mode >
dispatcher's emergency > AGC > schedule; with such a bay the others still serve the order as far as they can.
An order is valid while its signal is GOOD (its age limit is its validity). AGC also needs a living master,
and that the dispatcher has not set the station free (free running). When AGC was in charge and is lost, the
configured fallback rules until an order comes or AGC is switched off; a schedule then counts only if it is
that fallback.

A set-point that is less than the dispatcher's dead band away from the one that is followed moves nothing. His
ramp holds for his set-points, and only where it is slower than our own. An emergency stop needs no master to
last and no ramp; emergency support (all power into the grid) ends with the last master. Ramps apply to orders
only: a cut of the envelope takes effect at once.

lint: integer, hot
"""

from firmware import codes
from firmware.image import EMERGENCY_STOP, EMERGENCY_SUPPORT, GOOD, INVALID
from firmware.units import clip, per_second, per_second_rest

FALLBACKS = ("hold", "ramp_to_zero", "schedule")


class Decider:
    """Sets station.winner, target_w, fallback and ramped_w."""

    def __init__(self, station, control):
        self.station = station
        self.ramp_w_per_s = control["ramp_w_per_s"]
        self.hold = control["fallback"] == "hold"
        self.zero = control["fallback"] == "ramp_to_zero"

    def claim(self, must):
        """Every bay that could do something must charge; `must` is why."""
        self.station.winner.value = must

    def choose(self):
        """The winning order and its target, before the envelope."""
        station = self.station
        agc = station.agc_w
        station.remote.value = 0 if station.local.value else 1
        free = station.free_running.value
        emergency = station.emergency.value
        master = station.master_alive.quality == GOOD
        if agc.quality != INVALID and not free:
            station.order_known.value = 1
        elif not station.agc_enabled.value or station.local.value or free:
            station.order_known.value = 0  # withdrawn on purpose: no fallback
        station.fallback.value = 0
        if station.local.value:
            self._win(codes.WINNER_LOCAL, 0)
        elif emergency == EMERGENCY_STOP:
            self._win(codes.WINNER_EMERGENCY_STOP, 0)
        elif emergency == EMERGENCY_SUPPORT and master:
            self._win(codes.WINNER_EMERGENCY_SUPPORT, -station.installed_w.value)
        elif agc.quality == GOOD and master and not free:
            self._follow(agc.value)
        else:
            station.fallback.value = station.order_known.value
            self._fall_back()

    def _follow(self, power_w):
        """An AGC set-point; inside the dead band around the one that is followed it moves nothing."""
        station = self.station
        goal = station.agc_goal_w
        off_w = power_w - goal.value
        deadband_w = station.agc_deadband_w.value
        if station.winner.value != codes.WINNER_AGC or off_w >= deadband_w or -off_w >= deadband_w:
            goal.value = power_w
        self._win(codes.WINNER_AGC, goal.value)

    def _fall_back(self):
        station = self.station
        if station.order_known.value and self.hold:
            self._win(codes.WINNER_HOLD, station.agc_w.value)
        elif station.schedule_w.quality == GOOD and not (station.order_known.value and self.zero):
            self._win(codes.WINNER_SCHEDULE, station.schedule_w.value)
        elif station.order_known.value:
            self._win(codes.WINNER_RAMP_TO_ZERO, 0)
        else:
            self._win(codes.WINNER_NONE, 0)

    def _win(self, code, target_w):
        self.station.winner.value = code
        self.station.target_w.value = target_w

    def ramp(self, dt_ms, lo_w, hi_w):
        """Move ramped_w towards the target inside [lo_w, hi_w]; a cut bypasses the ramp."""
        station = self.station
        goal_w = clip(station.target_w.value, lo_w, hi_w)
        if station.winner.value == codes.WINNER_EMERGENCY_STOP:
            station.ramped_w.value = goal_w
            return
        ramp_w_per_s = self.ramp_w_per_s
        rest = station.ramp_rest.value
        dispatch_w_per_min = station.agc_ramp_w_per_min.value
        if dispatch_w_per_min and station.winner.value == codes.WINNER_AGC:
            if dispatch_w_per_min < ramp_w_per_s * 60:
                ramp_w_per_s = dispatch_w_per_min // 60
                rest += dispatch_w_per_min % 60 * dt_ms // 60
        rest += per_second_rest(ramp_w_per_s, dt_ms)
        move_w = per_second(ramp_w_per_s, dt_ms) + rest // 1000
        station.ramp_rest.value = rest % 1000
        now_w = clip(station.ramped_w.value, lo_w, hi_w)
        station.ramped_w.value = clip(goal_w, now_w - move_w, now_w + move_w)
