"""What the station can really deliver: power for each of HORIZONS_S, energy, and the time left at full power,
in both directions, from the sum of min(P T, E) over the bays (that is non-increasing in T, so it says all).

Every doubt counts against us: a bay that is closed, or whose battery nobody stated, gives nothing; energy
out at the worst efficiency, energy in at the best. The taper before an end of the window is in it: holding
P down to where the taper meets it leaves E / (T + taper's energy / rating). A car with a departure may be
discharged within T only as far as its laxity pays for both, T and the recharge; when T reaches the laxity,
it counts with the power at which it must charge then; cars behind one limit together likewise, with the
laxity that they share. The booked reserve comes off, and the site's limits.

One horizon is computed in a step of 100 ms, so that the whole table is new once a second.

lint: integer, hot
"""

from firmware.guard.departure import FOREVER_MS, RELEASE_MS, grossed_up
from firmware.image import GOOD
from firmware.units import FULL_BP, MAX_POWER_W, clip, scaled, share
from protocols.ticks import ticks_diff

HORIZONS_S = (1, 60, 300, 900, 1800, 3600, 7200, 9000)
_15_MIN = 3  # its place among them
_TURNS = 9  # the last one is for what needs no horizon
_FOREVER_S = FOREVER_MS // 1000
_RELEASE_S = RELEASE_MS // 1000


class Capability:
    """`charge_w[k]`, `discharge_w[k]`: what can be held for HORIZONS_S[k]; a part of it is in the image."""

    def __init__(self, image, guards, control):
        """`guards`: of every bay, None where no battery is stated."""
        self.station = image.station
        self.guards = [guard for guard in guards if guard is not None]
        self.all_known = len(self.guards) == len(guards)
        self.reserve_charge_w = control["reserve_charge_w"]
        self.reserve_discharge_w = control["reserve_discharge_w"]
        self.charge_w = [0] * len(HORIZONS_S)
        self.discharge_w = [0] * len(HORIZONS_S)

    def look(self, site, now):
        """In every step, after the envelopes; True when it ends a round."""
        station = self.station
        turns = ticks_diff(now, station.capable_time) * _TURNS // 1000 + 1
        station.capable_time = now
        ended = False
        for _ in range(clip(turns, 1, _TURNS)):
            turn = station.capable_turn
            if turn < len(HORIZONS_S):
                station.capable_turn = turn + 1
                self.power(turn, site)
            else:
                station.capable_turn = 0
                self._totals(site.room_hi_w)
                ended = True
        return ended

    def power(self, k, site):
        """The k-th horizon of the table."""
        seconds = HORIZONS_S[k]
        charge_w = discharge_w = shared_w = 0
        for guard in self.guards:
            charge_w += self.bay_charge_w(guard.promise, seconds)
            power_w = self.bay_discharge_w(guard.promise, seconds)
            if power_w > 0 and guard.bay.shared_s < _FOREVER_S:
                shared_w += power_w
            else:
                discharge_w += power_w
        if shared_w:
            discharge_w += min(shared_w, self._returned_w(site.room_hi_w, seconds))
        self.charge_w[k] = max(0, min(charge_w, site.room_hi_w) - self.reserve_charge_w)
        self.discharge_w[k] = max(0, min(discharge_w, -site.room_lo_w) - self.reserve_discharge_w)
        if k == _15_MIN:
            self.station.charge_15min_w.value = self.charge_w[k]
            self.station.discharge_15min_w.value = self.discharge_w[k]

    def bay_charge_w(self, promise, seconds):
        """What this bay alone can take for so long."""
        power_w = promise.bay.envelope_hi_w.value
        if power_w <= 0:
            return 0
        held_w = min(power_w, power_for(room_wh(promise), seconds + promise.knee_in_s))
        if promise.bay.must.value and held_w < power_w:
            return 0  # it takes all it may and is full before that time is over
        return held_w

    def bay_discharge_w(self, promise, seconds):
        """What it can give; negative when it must charge by then."""
        bay = promise.bay
        laxity_s = laxity_left_s(promise)
        if laxity_s <= seconds:
            return -bay.envelope_hi_w.value  # by then it must charge
        power_w = -bay.envelope_lo_w.value
        if power_w <= 0:
            return 0
        over_s = laxity_s - seconds
        target_bp = promise.target_bp()
        step_s = (promise.margin(2 * promise.step_bp) - promise.margin(promise.step_bp)) // 1000
        kept = over_s <= _RELEASE_S + step_s and bay.soc_bp.value >= target_bp - promise.hysteresis_bp
        energy_wh = left_wh(promise, target_bp if kept else 0)  # a target that is reached by then is kept
        power_w = min(power_w, power_for(energy_wh, seconds + promise.knee_out_s))
        if budget_s(bay) < seconds:
            return 0
        power_w = min(power_w, power_for(budget_wh(promise), seconds))
        if over_s < 8 * seconds:
            back_w = share(promise.recharge_w(), promise.efficiency_bp, FULL_BP)
            power_w = min(power_w, back_w // seconds * over_s + back_w % seconds * over_s // seconds)
        return power_w

    def _returned_w(self, room_w, seconds):
        """What cars that share a limit may give together for so long: as much as they can take back in the
        laxity that they share; negative when they must charge by then.
        """
        over_s = self._shared_s(room_w) - seconds
        if over_s <= 0:
            return -room_w
        back_w = self._back_w(room_w)
        if over_s >= 8 * seconds:
            return back_w * 8
        return back_w // seconds * over_s + back_w % seconds * over_s // seconds

    def _shared_s(self, room_w):
        """Until they must charge."""
        spare_s = _FOREVER_S
        for guard in self.guards:
            if guard.bay.shared_s < _FOREVER_S:
                margin_ms = guard.promise.margin(guard.promise.step_bp, room_w)
                spare_s = min(spare_s, guard.bay.shared_s - margin_ms // 1000)
        return max(0, spare_s)

    def _back_w(self, room_w):
        """AC power whose loss in a second the connection makes good in a second, there and back."""
        worst_bp = FULL_BP
        for guard in self.guards:
            worst_bp = min(worst_bp, guard.promise.efficiency_bp)
        return share(share(room_w, worst_bp, FULL_BP), worst_bp, FULL_BP)

    def _totals(self, room_w):
        """Energies, and how long the power of now could be held: until the first bay drops out."""
        charge_wh = discharge_wh = shared_wh = shared_w = 0
        charge_s = discharge_s = _FOREVER_S
        for guard in self.guards:
            promise = guard.promise
            bay = promise.bay
            take_wh = room_wh(promise)
            give_wh = 0
            if bay.envelope_hi_w.value > 0:
                charge_s = min(
                    charge_s, seconds_for(take_wh, bay.envelope_hi_w.value) - promise.knee_in_s
                )
            if bay.envelope_lo_w.value < 0:
                power_w = -bay.envelope_lo_w.value
                kept_s = promise.keeps_ms(laxity_left_s(promise) * 1000, power_w) // 1000
                give_wh = left_wh(promise)
                kept_s = min(kept_s, budget_s(bay), seconds_for(budget_wh(promise), power_w))
                discharge_s = min(
                    discharge_s, kept_s, seconds_for(give_wh, power_w) - promise.knee_out_s
                )
                give_wh = min(give_wh, power_w // 60 * (kept_s // 60))
            bay.take_wh = take_wh
            bay.give_wh = give_wh
            charge_wh += take_wh
            if give_wh and bay.shared_s < _FOREVER_S:
                shared_w += power_w
                shared_wh += give_wh
            else:
                discharge_wh += give_wh
        if shared_w:
            back_w = self._back_w(room_w)
            kept_s = scaled(self._shared_s(room_w), back_w, back_w + shared_w)
            discharge_s = min(discharge_s, kept_s)
            shared_wh = min(shared_wh, shared_w // 60 * (kept_s // 60))
        discharge_wh += shared_wh
        station = self.station
        station.charge_wh.value = charge_wh
        station.discharge_wh.value = discharge_wh
        station.charge_left_s.value = self._left_s(charge_s)
        station.discharge_left_s.value = self._left_s(discharge_s)

    def _left_s(self, seconds):
        """Nothing is known of a time when a battery is unknown or none gives any power."""
        return max(0, seconds) if self.all_known and seconds < _FOREVER_S else 0


def room_wh(promise):
    """AC energy that the battery still takes, at the best efficiency."""
    bay = promise.bay
    if bay.envelope_hi_w.value <= 0:
        return 0
    top_bp = min(max(promise.soc_max_bp, promise.target_bp()), bay.ceiling_bp.value)
    room_bp = max(0, top_bp - bay.soc_bp.value - promise.step_bp)
    return grossed_up(share(promise.capacity_wh, room_bp, FULL_BP), promise.best_bp)


def left_wh(promise, floor_bp=0):
    """AC energy that the battery still gives, at the worst efficiency, and not below `floor_bp`."""
    bay = promise.bay
    if bay.envelope_lo_w.value >= 0:
        return 0
    left_bp = max(0, bay.soc_bp.value - max(floor_bp, bay.floor_bp.value) - promise.step_bp)
    return share(share(promise.capacity_wh, left_bp, FULL_BP), promise.efficiency_bp, FULL_BP)


def budget_wh(promise):
    """AC energy that its owner still grants: with what is not reserved yet."""
    bay = promise.bay
    if hasattr(bay, "budget_wh") and bay.budget_wh.quality == GOOD:
        return share(bay.budget_all_wh.value, promise.efficiency_bp, FULL_BP)
    return MAX_POWER_W  # nobody limits it; where a budget is silent, the envelope is closed


def budget_s(bay):
    """Seconds of discharging that its owner still grants."""
    if hasattr(bay, "budget_wh") and bay.budget_wh.quality == GOOD:
        return bay.budget_all_s.value
    return _FOREVER_S


def laxity_left_s(promise):
    """Until this car must charge, if it idles from now on; as good as for ever without a departure."""
    bay = promise.bay
    if bay.must.value:
        return 0
    if bay.depart.quality != GOOD or promise.target_bp() == 0:
        return _FOREVER_S
    return max(0, bay.laxity_s.value - promise.margin(promise.step_bp) // 1000)


def power_for(energy_wh, seconds):
    """W that empties `energy_wh` in `seconds`, rounded down; beyond 250 MW it does not matter."""
    return min(energy_wh // seconds, 70000) * 3600 + energy_wh % seconds * 3600 // seconds


def seconds_for(energy_wh, power_w):
    """Seconds, rounded down, that `energy_wh` lasts at `power_w` > 0."""
    hours = min(energy_wh // power_w, 100)
    rest_wh = energy_wh % power_w
    while power_w > 290000:
        rest_wh >>= 1
        power_w = (power_w >> 1) + 1
    return hours * 3600 + rest_wh * 3600 // power_w
