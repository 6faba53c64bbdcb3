"""Runs the outlet's table: turns lines, measurements and time into one event per step.

Faults come first, then the end of a session, then progress; a state that takes too long is a fault too.
The first fault is kept until the plug is out and somebody resets it: `fault` is its code. All numbers
are defaults of the configuration (facts: hardware §5).

lint: integer, hot
"""

from firmware.codes import CONVERTER_FAULTED
from firmware.outlet import codes
from firmware.outlet import table as t
from firmware.outlet.record import (
    PERMIT_END,
    PERMIT_ENERGY,
    PERMIT_HELLO,
    PERMIT_NONE,
    PERMIT_PARAMETERS,
    PERMIT_READY,
    VEHICLE_DONE,
    VEHICLE_ENDED,
    VEHICLE_GREETED,
    VEHICLE_LOST,
    VEHICLE_READY,
)
from protocols.ticks import ticks_diff

DEFAULTS = {
    "rated_dv": 10000,
    "min_dv": 2000,
    "dead_dv": 100,  # an outlet above this before the start is fed by something
    "safe_dv": 600,
    "insulation_fault_ohm_per_v": 100,
    "insulation_warn_ohm_per_v": 500,
    "insulation_readings": 3,
    "battery_tolerance_bp": 500,
    "precharge_below_dv": 50,  # the output stays this far below the battery ...
    "precharge_near_dv": 10,  # ... and the contactor closes between this and `precharge_far_dv` below
    "precharge_far_dv": 100,
    "current_gone_da": 50,
    "force_open_ms": 120,
    "deviation_da": 100,
    "deviation_ms": 5000,
    "derate_dc": 950,
    "stop_dc": 1050,
    "lock_ms": 5000,
    "greet_ms": 10000,
    "insulation_ms": 30000,
    "bleed_ms": 4000,
    "ready_ms": 60000,
    "precharge_ms": 60000,
    "contactor_ms": 200,
    "farewell_ms": 10000,
}


class Sequence:
    def __init__(self, outlet, numbers):
        """`outlet`: its record; `numbers`: as DEFAULTS."""
        self.outlet = outlet
        self.numbers = numbers
        self.state = t.UNPLUGGED
        self.since = 0
        self.fault = 0
        self.warning = 0
        self._table = t.compiled()
        self._deviates_since = -1
        self._readings = 0
        self._counted = 0

    def step(self, now):
        """Take the inputs at tick `now`, put the outputs; at most one transition."""
        event = self._event(now)
        after = self._table[self.state * t.EVENTS + event]
        if after != self.state:
            self._enter(after, now)
        self._put()

    def _enter(self, state, now):
        outlet = self.outlet
        self.state = state
        self.since = now
        self._deviates_since = -1
        if state == t.INSULATION:
            self._readings = 0
        self._counted = outlet.insulation_count
        if state == t.UNPLUGGED:
            self.fault = self.warning = 0
            outlet.reset = 0

    def _put(self):
        outlet = self.outlet
        lines = t.LINES[self.state]
        outlet.lock = lines & t.LOCK
        outlet.auxiliary = 1 if lines & t.AUXILIARY else 0
        outlet.contactor = 1 if lines & t.CONTACTOR else 0
        outlet.bleeder = 1 if lines & t.BLEEDER else 0
        outlet.mode = lines >> t.MODE_SHIFT
        outlet.power_allowed = 1 if self.state == t.ENERGY else 0
        outlet.target_dv = self._target_dv()
        outlet.derate_bp = self._derate_bp()
        outlet.permit = _permit(self.state)

    def _target_dv(self):
        outlet = self.outlet
        if outlet.mode == t.TEST:
            return min(outlet.vehicle_max_dv, self.numbers["rated_dv"])
        if outlet.mode == t.MATCH:
            return max(outlet.battery_dv - self.numbers["precharge_below_dv"], 0)
        return 0

    def _derate_bp(self):
        derate_dc = self.numbers["derate_dc"]
        stop_dc = self.numbers["stop_dc"]
        over_dc = self.outlet.connector_dc - derate_dc
        if over_dc <= 0:
            return 10000
        return max(10000 - 10000 * over_dc // (stop_dc - derate_dc), 0)

    # One event

    def _event(self, now):
        state = self.state
        if state < t.FAULT_OPENING:
            fault = self._fault(now)
            if fault:
                self.fault = fault
                return t.FAULT
            if self._ends():
                return t.STOP
        return self._progress(now)

    def _fault(self, now):
        """Code of what is wrong at this moment, 0 = nothing."""
        outlet = self.outlet
        if outlet.silent:
            return codes.OUTLET_LINES_SILENT
        if outlet.estop:
            return codes.OUTLET_ESTOP
        if self.state == t.UNPLUGGED:
            return 0
        if outlet.lock and not outlet.plugged:
            return codes.OUTLET_PILOT_LOST
        if not outlet.earth:
            return codes.OUTLET_EARTH_LOST
        if outlet.connector_dc >= self.numbers["stop_dc"]:
            return codes.OUTLET_TOO_HOT
        if t.HELLO <= self.state <= t.FAREWELL:
            return self._fault_locked(now)
        return self._overdue(now)

    def _fault_locked(self, now):
        outlet = self.outlet
        if not outlet.lock_closed:
            return codes.OUTLET_LOCK_LOST
        if outlet.converter_fault and outlet.mode != t.OFF:
            return CONVERTER_FAULTED
        if outlet.vehicle == VEHICLE_LOST and self.state < t.STOPPING:
            return codes.OUTLET_VEHICLE_LOST
        if self.state >= t.PRECHARGE and outlet.outlet_dv > outlet.vehicle_max_dv:
            return codes.OUTLET_OVER_VOLTAGE
        if self.state == t.ENERGY or self.state == t.STOPPING:
            return self._fault_energised(now)
        if self.state == t.INSULATION:
            return self._fault_insulation(now)
        if (
            self.state == t.PARAMETERS
            and outlet.contactor_closed
            and self._age(now) > self.numbers["contactor_ms"]
        ):
            return codes.OUTLET_CONTACTOR_WELDED
        if self.state == t.HELLO and outlet.vehicle >= VEHICLE_GREETED:
            return self._fault_greeted()
        if self.state == t.PARAMETERS and outlet.vehicle == VEHICLE_READY:
            return self._fault_voltage()
        return self._overdue(now)

    def _fault_greeted(self):
        """Before the first volt: nothing may feed the outlet, and the vehicle must bear our least
        voltage.
        """
        outlet = self.outlet
        if outlet.outlet_dv >= self.numbers["dead_dv"] or outlet.contactor_closed:
            return codes.OUTLET_LIVE
        if outlet.vehicle_max_dv < self.numbers["min_dv"]:
            return codes.OUTLET_VOLTAGE_UNFIT
        return 0

    def _fault_insulation(self, now):
        outlet = self.outlet
        if outlet.insulation_count == self._counted or not self._at_test_voltage():
            return self._overdue(now)
        self._counted = outlet.insulation_count
        if self._is_leaking():
            return codes.OUTLET_INSULATION
        if outlet.insulation_ohm <= self.numbers["insulation_warn_ohm_per_v"] * outlet.outlet_dv // 10:
            self.warning = codes.OUTLET_INSULATION_LOW
        self._readings += 1
        return 0

    def _is_leaking(self):
        outlet = self.outlet
        return outlet.insulation_ohm <= self.numbers["insulation_fault_ohm_per_v"] * outlet.outlet_dv // 10

    def _at_test_voltage(self):
        """The reading counts from 95 % of the test voltage on."""
        return self.outlet.contactor_closed and 20 * self.outlet.outlet_dv >= 19 * self.outlet.target_dv > 0

    def _fault_voltage(self):
        """The vehicle has closed its contactors: what is measured must be the battery that it told of.
        """
        outlet = self.outlet
        battery_dv = outlet.battery_dv
        if not self.numbers["min_dv"] <= battery_dv <= self.numbers["rated_dv"]:
            return codes.OUTLET_VOLTAGE_UNFIT
        if abs(outlet.outlet_dv - battery_dv) > battery_dv * self.numbers["battery_tolerance_bp"] // 10000:
            return codes.OUTLET_VOLTAGE_UNFIT
        return 0

    def _fault_energised(self, now):
        outlet = self.outlet
        if not outlet.contactor_closed:
            return codes.OUTLET_CONTACTOR_DROPPED
        if outlet.insulation_count != self._counted:  # a monitor that goes on while energy flows
            self._counted = outlet.insulation_count
            if self._is_leaking():
                return codes.OUTLET_INSULATION
        if abs(outlet.current_da - outlet.wanted_da) < self.numbers["deviation_da"]:
            self._deviates_since = -1
        elif self._deviates_since < 0:
            self._deviates_since = now
        elif ticks_diff(now, self._deviates_since) >= self.numbers["deviation_ms"]:
            return codes.OUTLET_CURRENT_DEVIATES
        return 0

    def _age(self, now):
        return ticks_diff(now, self.since)

    def _overdue(self, now):
        """A state that waits for something waits only so long."""
        state = self.state
        numbers = self.numbers
        age_ms = self._age(now)
        if state == t.LOCKING and age_ms > numbers["lock_ms"]:
            return codes.OUTLET_LOCK_LOST
        if state == t.HELLO and age_ms > numbers["greet_ms"]:
            return codes.OUTLET_VEHICLE_LATE
        if state == t.INSULATION and age_ms > numbers["insulation_ms"]:
            return codes.OUTLET_INSULATION_LATE
        if state == t.PARAMETERS and age_ms > numbers["ready_ms"]:
            return codes.OUTLET_VEHICLE_LATE
        if state == t.PRECHARGE and age_ms > numbers["precharge_ms"]:
            return codes.OUTLET_PRECHARGE_LATE
        if state == t.CLOSING and age_ms > numbers["contactor_ms"]:
            return codes.OUTLET_CONTACTOR_DROPPED
        if (state == t.INSULATION_BLEED or state == t.BLEED) and age_ms > numbers["bleed_ms"]:
            return codes.OUTLET_BLEED_LATE
        if state == t.UNLOCKING and age_ms > numbers["lock_ms"]:
            return codes.OUTLET_LOCK_LOST
        return 0

    def _ends(self):
        outlet = self.outlet
        if t.LOCKING <= self.state <= t.HELLO and not outlet.requested:
            return True
        if t.INSULATION <= self.state <= t.ENERGY:
            return not outlet.requested or outlet.vehicle >= VEHICLE_ENDED
        return False

    def _progress(self, now):
        outlet = self.outlet
        state = self.state
        if state == t.UNPLUGGED:
            return t.PLUG if outlet.plugged else t.NOTHING
        if state == t.PLUGGED or state == t.FINISHED:
            return self._idle()
        if state == t.LOCKING:
            return t.LOCKED if outlet.lock_closed else t.NOTHING
        if state == t.HELLO:
            return t.GREETED if VEHICLE_GREETED <= outlet.vehicle <= VEHICLE_READY else t.NOTHING
        if state == t.INSULATION:
            return t.INSULATED if self._readings >= self.numbers["insulation_readings"] else t.NOTHING
        if state == t.INSULATION_BLEED:
            return t.BLED if outlet.outlet_dv < self.numbers["safe_dv"] else t.NOTHING
        if state == t.PARAMETERS:
            return t.READY if outlet.vehicle == VEHICLE_READY and not outlet.contactor_closed else t.NOTHING
        if state == t.PRECHARGE:
            return t.MATCHED if self._matches() else t.NOTHING
        if state == t.CLOSING:
            return t.CLOSED if outlet.contactor_closed else t.NOTHING
        return self._progress_down(now)

    def _idle(self):
        if not self.outlet.plugged:
            return t.UNPLUG
        return t.REQUEST if self.outlet.requested else t.NOTHING

    def _matches(self):
        """The converter's output stands a little below the battery: the inrush is small and flows
        outward.
        """
        below_dv = self.outlet.outlet_dv - self.outlet.output_dv
        return self.numbers["precharge_near_dv"] <= below_dv <= self.numbers["precharge_far_dv"]

    def _progress_down(self, now):
        outlet = self.outlet
        state = self.state
        if state == t.STOPPING:
            gone = outlet.current_da <= self.numbers["current_gone_da"]
            return t.CURRENT_GONE if gone or self._age(now) >= self.numbers["force_open_ms"] else t.NOTHING
        if state == t.OPENING or state == t.FAULT_OPENING or state == t.WELDED:
            return self._opening(now)
        if state == t.BLEED or state == t.FAULT_BLEED:
            return t.DEAD if self._is_dead() else t.NOTHING
        if state == t.FAREWELL:
            done = outlet.vehicle == VEHICLE_DONE or self._age(now) > self.numbers["farewell_ms"]
            return t.FAREWELLED if done else t.NOTHING
        if state == t.UNLOCKING or state == t.FAULT_UNLOCKING:
            return t.NOTHING if outlet.lock_closed else t.UNLOCKED
        if state == t.FAULTED and outlet.reset and not outlet.plugged and not outlet.estop:
            return t.RESET
        return t.NOTHING

    def _opening(self, now):
        if not self.outlet.contactor_closed:
            return t.OPENED
        if self._age(now) > self.numbers["contactor_ms"]:
            self.fault = codes.OUTLET_CONTACTOR_WELDED
            return t.STUCK
        return t.NOTHING

    def _is_dead(self):
        outlet = self.outlet
        return outlet.outlet_dv < self.numbers["safe_dv"] and not outlet.contactor_closed


def _permit(state):
    if state == t.HELLO or state == t.INSULATION or state == t.INSULATION_BLEED:
        return PERMIT_HELLO
    if state == t.PARAMETERS:
        return PERMIT_PARAMETERS
    if state == t.PRECHARGE or state == t.CLOSING:
        return PERMIT_READY
    if state == t.ENERGY:
        return PERMIT_ENERGY
    if t.STOPPING <= state <= t.FAREWELL or t.FAULT_OPENING <= state <= t.FAULT_BLEED:
        return PERMIT_END
    return PERMIT_NONE
