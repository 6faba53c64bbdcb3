"""A DC outlet in virtual time: a hardware model (lock, contactors, bleeder, converter, vehicle,
hard-wired stops) and the firmware's sequence in front of it, 1 ms a step of the plant.

The firmware sees its lines as a board would give them: it steps every `cycle_ms` and, when a line
changes, at once but not sooner than 10 ms after its last step. What hardware does by itself (e-stop,
pilot, earth open the contactor and inhibit the converter) happens here whatever the firmware says.
"""

from firmware.outlet import table as t
from firmware.outlet.record import (
    PERMIT_END,
    PERMIT_ENERGY,
    PERMIT_HELLO,
    PERMIT_PARAMETERS,
    VEHICLE_DONE,
    VEHICLE_ENDED,
    VEHICLE_GREETED,
    VEHICLE_LOST,
    VEHICLE_NONE,
    VEHICLE_READY,
    Outlet,
)
from firmware.outlet.sequence import DEFAULTS, Sequence
from protocols.ticks import TICKS_MASK, ticks_add

EVENT_MS = 10
LINES_IN = ("plugged", "estop", "earth", "lock_closed", "contactor_closed", "vehicle", "converter_fault")


class Hardware:
    """What is behind the lines. Times in ms, voltages in 0.1 V, currents in 0.1 A; faults are plain
    attributes.
    """

    HARD_STOP_MS = 20
    CONTACTOR_MS = 25
    LOCK_MS = 400
    SLEW_DV_PER_MS = 5
    FALL_DA_PER_MS = 10  # 1000 A/s; the least is 100 A/s

    def __init__(self):
        self.ms = 0
        self.plugged = 0
        self.estop_pressed = 0
        self.earth = 1
        self.cc_cut = 0
        self.welded = 0
        self.lock_jammed = 0
        self.lock_forced_open = 0
        self.bleeder_broken = 0
        self.contactor_drops = 0
        self.insulation_ohm = 10000000
        self.connector_dc = 350
        self.current_error_da = 0
        self.converter_tripped = 0
        self.voltage_error_dv = 0
        self.foreign_dv = 0
        self.battery_told_dv = self.battery_dv = 3800
        self.vehicle_max_dv = 7500
        self.vehicle_silent = 0
        self.vehicle_slow = 0
        self.vehicle_stops = 0
        self.wanted_da = 0
        self.lock = self.contactor = 0
        self.vehicle_contactor = 0
        self.output_dv = self.cable_dv = self.current_da = 0
        self.insulation_count = 0
        self._lock_since = self._contactor_since = self._hard_since = self._phase_since = 0
        self.vehicle = VEHICLE_NONE

    def pilot(self):
        return 1 if self.plugged and not self.cc_cut else 0

    def advance(self, out):
        """One millisecond under the outputs `out`."""
        self.ms += 1
        hard = self.estop_pressed or not self.earth or (out.lock and not self.pilot())
        self._hard_since = self._hard_since + 1 if hard else 0
        inhibited = self._hard_since >= self.HARD_STOP_MS
        self._lock(out)
        self._contactor(out, inhibited)
        self._vehicle(out)
        self._electric(out, inhibited)
        if self.ms % 250 == 0:
            self.insulation_count += 1

    def _lock(self, out):
        moving = out.lock != self.lock and not self.lock_jammed
        self._lock_since = self._lock_since + 1 if moving else 0
        if self._lock_since >= self.LOCK_MS:
            self.lock = out.lock
        if self.lock_forced_open:
            self.lock = 0

    def _contactor(self, out, inhibited):
        target = 0 if inhibited or self.contactor_drops else out.contactor
        self._contactor_since = self._contactor_since + 1 if target != self.contactor else 0
        if self._contactor_since >= self.CONTACTOR_MS and not (self.welded and target == 0):
            self.contactor = target

    def _vehicle(self, out):
        self._phase_since += 1
        after = _VEHICLE.get((self.vehicle, out.permit))
        if not self.plugged:
            after, self.vehicle = None, VEHICLE_NONE
        if self.vehicle_silent and out.auxiliary:
            after = VEHICLE_LOST
        elif self.vehicle_stops and self.vehicle == VEHICLE_READY:
            after = VEHICLE_ENDED
        elif self.vehicle_slow:
            after = None
        if after is not None and self._phase_since >= 300:
            self.vehicle, self._phase_since = after, 0
        self.vehicle_contactor = 1 if self.vehicle == VEHICLE_READY and out.auxiliary else 0

    def _electric(self, out, inhibited):
        mode = t.OFF if inhibited or self.converter_tripped else out.mode
        target = out.target_dv if mode in (t.TEST, t.MATCH) else self.output_dv if mode == t.RUN else 0
        if mode == t.OFF:
            fall = max(self.output_dv // 200, 1) if out.bleeder and not self.bleeder_broken else 0
            self.output_dv = max(self.output_dv - fall, 0)
        else:
            step = max(-self.SLEW_DV_PER_MS, min(target - self.output_dv, self.SLEW_DV_PER_MS))
            self.output_dv += step
        self._join(out)
        goal = self.wanted_da + self.current_error_da if mode == t.RUN and out.power_allowed else 0
        if not (self.contactor and self.vehicle_contactor):
            self.current_da = 0
        else:
            self.current_da += max(-self.FALL_DA_PER_MS, min(goal - self.current_da, self.FALL_DA_PER_MS))

    def _join(self, out):
        """Cable and converter share a voltage through our contactor, cable and battery through the
        vehicle's.
        """
        if self.vehicle_contactor:
            self.cable_dv = self.battery_dv + self.voltage_error_dv
            if self.contactor:
                self.output_dv = self.cable_dv
        elif self.contactor:
            self.cable_dv = self.output_dv
        else:
            fall = max(self.cable_dv // 200, 1) if not self.bleeder_broken else 0
            self.cable_dv = max(self.cable_dv - fall, 0)
        self.cable_dv = max(self.cable_dv, self.foreign_dv)

    def show(self, outlet):
        """What the board reads, into the record."""
        outlet.plugged = self.pilot()
        outlet.estop = self.estop_pressed
        outlet.earth = self.earth
        outlet.lock_closed = self.lock
        outlet.contactor_closed = self.contactor
        outlet.outlet_dv = self.cable_dv
        outlet.output_dv = self.output_dv
        outlet.current_da = abs(self.current_da)
        outlet.wanted_da = abs(self.wanted_da) if outlet.power_allowed else 0
        outlet.insulation_ohm = self.insulation_ohm
        outlet.insulation_count = self.insulation_count
        outlet.connector_dc = self.connector_dc
        outlet.converter_fault = self.converter_tripped
        outlet.vehicle = self.vehicle
        outlet.vehicle_max_dv = self.vehicle_max_dv
        outlet.battery_dv = self.battery_told_dv


# (where the vehicle is, how far it may go) -> where it goes next
_VEHICLE = {
    (VEHICLE_NONE, PERMIT_HELLO): VEHICLE_GREETED,
    (VEHICLE_GREETED, PERMIT_PARAMETERS): VEHICLE_READY,
    (VEHICLE_GREETED, PERMIT_END): VEHICLE_DONE,
    (VEHICLE_READY, PERMIT_END): VEHICLE_ENDED,
    (VEHICLE_ENDED, PERMIT_END): VEHICLE_DONE,
    (VEHICLE_DONE, PERMIT_HELLO): VEHICLE_GREETED,
}


class OutletRig:
    """The sequence in front of the hardware; `now` starts shortly before the wrap of the ticks."""

    def __init__(self, cycle_ms=100, numbers=None):
        self.hardware = Hardware()
        self.outlet = Outlet()
        self.sequence = Sequence(self.outlet, dict(DEFAULTS, **(numbers or {})))
        self.cycle_ms = cycle_ms
        self.now = TICKS_MASK - 3000
        self.states = [self.sequence.state]
        self._since_step = 0
        self._lines = None

    def run(self, ms, until=None):
        """Advance by up to `ms`, or until `until()`; the milliseconds that it took."""
        for passed in range(ms):
            if until is not None and until():
                return passed
            self._one()
        return ms

    def _one(self):
        hardware, outlet = self.hardware, self.outlet
        hardware.advance(outlet)
        self.now = ticks_add(self.now, 1)
        self._since_step += 1
        hardware.show(outlet)
        lines = [getattr(outlet, name) for name in LINES_IN]
        event = lines != self._lines and self._since_step >= EVENT_MS
        if event or self._since_step >= self.cycle_ms:
            self._lines = lines
            self._since_step = 0
            self.sequence.step(self.now)
            if self.sequence.state != self.states[-1]:
                self.states.append(self.sequence.state)

    def plug_and_ask(self):
        self.hardware.plugged = 1
        self.outlet.requested = 1

    def reach(self, state, limit_ms=200000):
        """Run until the sequence is in `state`."""
        self.run(limit_ms, lambda: self.sequence.state == state)
        assert self.sequence.state == state, (state, self.sequence.state, self.sequence.fault, self.states)

    def is_powerless(self):
        return self.hardware.current_da == 0

    def energise(self, wanted_da=300):
        """To ENERGY, with current flowing."""
        self.plug_and_ask()
        self.reach(t.ENERGY)
        assert self.outlet.permit == PERMIT_ENERGY
        self.hardware.wanted_da = wanted_da
        self.run(1000)
        assert self.hardware.current_da == wanted_da + self.hardware.current_error_da
