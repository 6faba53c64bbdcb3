"""Who wins, what the station shall do, and how fast (design §6).

Ranked orders, here: a bay that must charge (departure, the driver's minimum, charge now) > local mode >
AGC > schedule; with such a bay the others still serve the order as far as they can. An order is valid
while its signal is GOOD (its age limit is its validity). AGC also needs a living master. When AGC was in
charge and is lost, the configured fallback rules until an order comes or AGC is switched off; a schedule
then counts only if it is that fallback. Ramps apply to orders only: a cut of the envelope takes effect
at once.

lint: integer, hot
"""

from firmware import codes
from firmware.image import GOOD, INVALID
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
        if agc.quality != INVALID:
            station.order_known.value = 1
        elif not station.agc_enabled.value or station.local.value:
            station.order_known.value = 0  # withdrawn on purpose: no fallback
        station.fallback.value = 0
        if station.local.value:
            self._win(codes.WINNER_LOCAL, 0)
        elif agc.quality == GOOD and station.master_alive.quality == GOOD:
            self._win(codes.WINNER_AGC, agc.value)
        else:
            station.fallback.value = station.order_known.value
            self._fall_back()

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
        rest = per_second_rest(self.ramp_w_per_s, dt_ms) + station.ramp_rest.value
        move_w = per_second(self.ramp_w_per_s, dt_ms) + rest // 1000
        station.ramp_rest.value = rest % 1000
        now_w = clip(station.ramped_w.value, lo_w, hi_w)
        station.ramped_w.value = clip(goal_w, now_w - move_w, now_w + move_w)
