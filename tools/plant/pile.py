"""An AC pile's hardware and the vehicle at it: control pilot through the vehicle's diode and resistors,
contactor, lock, and an onboard charger that follows the duty slowly. One way, 1 or 3 phases.

Stands in the place of a converter (converter.py). The controller sees it as a remote I/O (pile_map.py),
which lets everything go when it was not written for HOLD_MS. E-stop, earth and a pulled plug act on the
coil by hardware here. The vehicle: S2 closes when a duty offers enough and the battery takes energy; at
100 % it ramps down, then opens S2. Levels and times are general knowledge of IEC 61851-1, unverified.
Faults are plain attributes.
"""

from drivers.control_pilot import current_da
from tools.plant.converter import FAULT, OFF, RUNNING, STANDBY, Converter

HOLD_MS, CONTACTOR_MS, LOCK_MS = 500, 25, 400
REACT_MS = 1500  # of the onboard charger to a new duty; 5 s are allowed
UP_DA_PER_MS, DOWN_DA_PER_MS = 0.05, 0.1
STEADY_DV, CONNECTED_DV, CHARGING_DV, VENTILATED_DV = 120, 90, 60, 30
SAFE = {"contactor": 0, "lock": 0, "cp_pwm": 10_000, "inhibit": 1}


class PileConverter(Converter):
    """Currents in 0.1 A of each phase, levels in 0.1 V."""

    def __init__(self, bay, battery, grid):
        super().__init__(bay, battery)
        self.grid = grid
        self.phases = bay["phases"]
        self.line = bay["lines"][0] - 1  # whose voltage counts
        self.car_max_da = bay["car_current_max_da"]
        self.cable_ohm = bay["cable_ohm"]
        self.outputs = dict(SAFE)
        self.written_ms = None
        self.lock_ms = self.coil_ms = 0
        self.lock_closed = self.contactor_closed = False
        self.s2 = False
        self.current_a10 = 0.0
        self.estop = self.earth_lost = self.welded = False
        self.diode_missing = self.pilot_short = self.ventilates = False
        self.pilot_offset_dv = self.over_da = 0
        self.connector_dc = 300
        self._offer_da = self._seen_da = 0
        self._offer_ms = self._s2_ms = 0

    def write(self, values, now_ms):
        """Outputs as the remote I/O gets them."""
        self.outputs.update(values)

    def state(self, now_ms):
        if self.faulted:
            return FAULT
        if not self.plugged:
            return OFF
        return RUNNING if self.contactor_closed else STANDBY

    def ordered_w(self):
        """What the pilot allows, W; None before the first write."""
        if self.written_ms is None:
            return None
        return self.phases * self.grid.voltage_dv[self.line] * self.offered_da() / 100

    def offered_da(self):
        return current_da(self.outputs["cp_pwm"])

    def levels_dv(self):
        """(upper, lower) level of the control pilot at the controller."""
        duty = self.outputs["cp_pwm"]
        if duty == 0:
            return -STEADY_DV, -STEADY_DV
        high = self._high_dv()
        if duty >= 10_000:
            return high, high
        if self.pilot_short:
            return high, 0
        return high, -high if self.diode_missing and self.plugged else -STEADY_DV

    def _high_dv(self):
        if self.pilot_short:
            return 0
        if not self.plugged:
            return STEADY_DV
        level = CONNECTED_DV
        if self.s2:
            level = VENTILATED_DV if self.ventilates else CHARGING_DV
        return level + self.pilot_offset_dv

    def step(self, now_ms, dt_ms):
        if self.written_ms is not None and now_ms - self.written_ms > HOLD_MS:
            self.outputs.update(SAFE)
        self._move(dt_ms)
        self._drive(now_ms, dt_ms)
        volts = self.grid.voltage_dv[self.line] / 10
        self.ac_w = self.phases * volts * self.current_a10 / 10
        self.dc_w = self._dc_of(self.ac_w) if self.ac_w else 0.0
        dt_h = dt_ms / 3_600_000
        if self.dc_w > 0 and not self.battery.takes(self.dc_w, dt_h):
            self.ac_w = self.dc_w = self.current_a10 = 0.0
            self._blocked = 1
        self._book(dt_h)

    def _move(self, dt_ms):
        """Lock and contactor; hardware drops the coil by itself."""
        out = self.outputs
        lock = bool(out["lock"])
        self.lock_ms = min(self.lock_ms + dt_ms, LOCK_MS) if lock else max(self.lock_ms - dt_ms, 0)
        self.lock_closed = self.lock_ms >= LOCK_MS if lock else self.lock_ms > 0
        coil = out["contactor"] and not out["inhibit"] and self.plugged
        coil = coil and not self.estop and not self.earth_lost
        self.coil_ms = min(self.coil_ms + dt_ms, CONTACTOR_MS) if coil else max(self.coil_ms - dt_ms, 0)
        self.contactor_closed = (self.coil_ms >= CONTACTOR_MS if coil else self.coil_ms > 0) or self.welded

    def _drive(self, now_ms, dt_ms):
        """The vehicle: what it sees, S2, and the current it takes."""
        offer = 0 if self.pilot_short or self.diode_missing and not self.s2 else self.offered_da()
        if offer != self._seen_da:
            self._seen_da, self._offer_ms = offer, now_ms
        if now_ms - self._offer_ms >= REACT_MS and not self.stuck:
            self._offer_da = self._seen_da
        wanted = min(self._offer_da, self.car_max_da) if self._wants() else 0
        self._switch(wanted, now_ms)
        flows = self.contactor_closed and self.s2 and self.plugged
        goal = wanted + (self.over_da if wanted else 0)
        if not flows:
            self.current_a10 = 0.0
        elif self.current_a10 < goal:
            self.current_a10 = min(goal, self.current_a10 + UP_DA_PER_MS * dt_ms)
        else:
            self.current_a10 = max(goal, self.current_a10 - DOWN_DA_PER_MS * dt_ms)

    def _wants(self):
        if self._blocked and self.battery.soc() < 0.98:
            self._blocked = 0
        return self.plugged and not self._blocked and not self.faulted

    def _switch(self, wanted, now_ms):
        if not self.plugged:
            self.s2 = False
        elif wanted and not self.s2:
            self.s2 = True
        elif self.s2 and not wanted and self.current_a10 <= 0.5:
            self.s2 = False


def make(bay, battery, grid):
    """What stands in a bay of the plant by its model."""
    return PileConverter(bay, battery, grid) if bay["model"] == "ac_pile" else Converter(bay, battery)
