"""A one-way AC pile as a bay's converter: control pilot, contactor and lock of a mode 3 outlet over
named lines.

The contract is that of converter_sunspec.py: leased command in AC watts (here 0 and more), measured
power, state, a closed list of faults. The order becomes a current per phase, and that a duty
(drivers/control_pilot.py); less than `min_da` is no charging: the pilot goes to 100 % (X1), the vehicle
stops, then the contactor opens. So does a lease that ran out, but sooner. A cut goes out at once, a
raise `duty_gap_ms` after the change before; the vehicle follows within 5 s. The contactor is closed in
state C alone (D where ventilated) and opens as soon as C is left.

A vehicle that does not ask for `wake_ms` gets nothing for `retry_ms`, so that others have the power. A
fault opens, shows state F for a while, then 100 %, so that an unplugged cable can be seen: that ends
it. Hardware opens for e-stop, earth and a lost pilot by itself where the board file says so; this
follows. Reaction times and levels are keys of the bay's section `pilot` (general knowledge,
unverified).

lint: integer, hot
"""

from drivers import control_pilot as cp
from firmware.image import CONVERTER_FAULT, CONVERTER_OFF, CONVERTER_RUNNING, CONVERTER_STANDBY, GOOD
from protocols.ticks import ticks_diff, ticks_sub

DECLARED = {"reversal_ms": 0, "write_gap_ms": 0, "min_power_w": 1518}  # 6 A of one phase at 253 V
EMPTY, IDLE, OFFERED, CHARGING, STOPPING, FAULT = 0, 1, 2, 3, 4, 5
STATE_NAMES = ("empty", "idle", "offered", "charging", "stopping", "fault")

# the closed list of faults, and two that are only told
LINES_SILENT, ESTOP, EARTH_LOST, TOO_HOT, WELDED, DROPPED, LOCK_LOST = 1, 2, 3, 4, 5, 6, 7
PILOT_SHORT, PILOT_UNKNOWN, DIODE, CABLE, VENTILATION, OVERCURRENT = 8, 9, 10, 11, 12, 13
UNPLUGGED, NO_STOP = 14, 15

_F_MS = 3000
_CLEAR_MS = 1000
_EXPIRED_STOP_MS = 1000
_LOCK_MS = 5000
_FLOWS_DA = 10
_LONG_MS = 8000000  # ticks come round after twelve days: what is older is kept this old


class AcPile:
    def __init__(self, bay, lines, pilot, rating_w, station=None, meter=None):
        """`bay`: its group in the image; `lines`: of this bay; `pilot`: its section; `station`: what has
        `estop`; `meter`: group of the meter that measures this bay.
        """
        self.bay = bay
        self.lines = lines
        self.pilot = pilot
        self.rating_w = rating_w
        self.station = station
        self.meter = meter
        self.cables = cp.CABLES[pilot["standard"]]
        self.most_da = min(pilot["max_da"], cp.MOST_DA[pilot["standard"]])
        find = lines.find
        self.cp_pwm, self.cp_high, self.cp_low = find("cp_pwm"), find("cp_high_dv"), find("cp_low_dv")
        self.coil, self.mirror = find("contactor"), find("contactor_closed")
        self.lock, self.lock_closed, self.inhibit = find("lock"), find("lock_closed"), find("inhibit")
        self.estop, self.earth, self.cc = find("estop"), find("earth"), find("cc_ohm")
        self.voltage, self.connector = find("voltage_dv"), find("connector_dc")
        self.currents = [find("current_l%d_da" % (i + 1)) for i in range(pilot["phases"])]
        self.lines_w = []  # what each of them carries, where somebody wants to know (firmware/phases.py)
        if meter is None and hasattr(bay, "line1_w"):
            self.lines_w = [getattr(bay, "line%d_w" % (i + 1)) for i in range(pilot["phases"])]
        self.state = EMPTY
        self.since = 0
        self.fault = 0
        self.event = 0  # UNPLUGGED or NO_STOP, until somebody has told it
        self.started = self.ended = False
        self.duty = cp.STEADY_BP
        self.duty_at = 0
        self.contactor = 0
        self.coil_at = 0
        self.offered_at = 0  # since when the vehicle is asked
        self.asleep_at = 0
        self.asleep = False
        self.rested = True
        self.raw = self.seen = cp.A
        self.raw_since = 0
        self.broken = 0  # a fault that is not yet old enough
        self.broken_since = 0
        self.over_since = -1
        self.current_da = 0  # of the strongest phase
        self.power_w = 0

    # the lease

    def wanted_da(self, now):
        """Current per phase that the leased command allows, 0 below the least."""
        pilot = self.pilot
        watts = min(self.leased_w(now), self.rating_w)
        if watts <= 0:
            return 0
        amps_da = watts * 100 // (pilot["phases"] * self._volts_dv())
        if amps_da > self.most_da:
            amps_da = self.most_da
        if pilot["cable"] == "socket":
            amps_da = min(amps_da, self._cable_da())
        return amps_da if amps_da >= pilot["min_da"] else 0

    def leased_w(self, now):
        """The command, 0 once its lease has run out."""
        lease = self.bay.command_w
        if lease.quality != GOOD or ticks_diff(now, lease.time) > lease.max_age_ms:
            return 0
        return lease.value

    def is_told(self, power_w):
        return power_w != 0 or not self.contactor and (self.duty == cp.STEADY_BP or self.duty == cp.F_BP)

    def _volts_dv(self):
        volts_dv = self.lines.read(self.voltage)
        return volts_dv if 1800 <= volts_dv <= 2800 else self.pilot["nominal_dv"]

    def _cable_da(self):
        return cp.cable_da(self.lines.read(self.cc), self.cables, self.pilot["cable_tolerance_bp"])

    # one turn

    def step(self, now):
        """Take the lines at tick `now`, put the outputs; at most one change of state."""
        if self.ended:
            return
        if not self.lines.fresh(now):
            if self.started and self.state != FAULT:
                self._fail(LINES_SILENT, now)
            self._put()
            return
        if not self.started:
            self.started = True
            self.since = self.coil_at = self.duty_at = self.raw_since = now
        self._sense(now)
        fault = self._fault(now)
        if self.state == FAULT:
            self._rest_in_fault(fault, now)
        elif fault:
            self._fail(fault, now)
        else:
            self._advance(now)
        self._put()
        self._publish(now)

    def end(self):
        """No energy from now on, whatever is leased."""
        self.ended = True
        self.contactor = 0
        self.duty = cp.STEADY_BP
        self.state = EMPTY

    def _put(self):
        lines = self.lines
        lines.write(self.cp_pwm, self.duty)
        lines.write(self.coil, self.contactor)
        lines.write(self.inhibit, 1 - self.contactor)
        lines.write(self.lock, 1 if OFFERED <= self.state <= STOPPING or self.fault == WELDED else 0)

    def _publish(self, now):
        bay = self.bay
        if self.meter is not None and self.meter.grid_power_w.quality == GOOD:
            bay.power_w.put(self.meter.grid_power_w.value, now)
        elif self.meter is None:
            bay.power_w.put(self.power_w, now)
        for i in range(len(self.lines_w)):
            self.lines_w[i].put(self.lines.read(self.currents[i]) * self._volts_dv() // 100, now)
        state = self.state
        if state == FAULT:
            bay.state.put(CONVERTER_FAULT, now)
        elif state == EMPTY or self.asleep:
            bay.state.put(CONVERTER_OFF, now)
        else:
            bay.state.put(CONVERTER_RUNNING if state >= CHARGING else CONVERTER_STANDBY, now)

    def _sense(self, now):
        self._measure()
        if self.duty == cp.F_BP:
            self.raw = self.seen = cp.NO_STATE  # our own -12 V hides the vehicle
            self.raw_since = now
            return
        raw = cp.state_of(self.lines.read(self.cp_high), self.pilot["band_dv"])
        if raw != self.raw:
            self.raw = raw
            self.raw_since = now
        age_ms = ticks_diff(now, self.raw_since)
        if age_ms > _LONG_MS:
            self.raw_since = ticks_sub(now, _LONG_MS)
        if raw != self.seen:
            charges = self.seen == cp.C or self.seen == cp.D
            if age_ms >= self.pilot["leave_ms" if charges else "debounce_ms"]:
                self.seen = raw

    def _measure(self):
        lines = self.lines
        sum_da = most_da = 0
        for i in range(len(self.currents)):
            one_da = lines.read(self.currents[i])
            sum_da += one_da
            if one_da > most_da:
                most_da = one_da
        self.current_da = most_da
        self.power_w = sum_da * self._volts_dv() // 100

    # faults

    def _fault(self, now):
        """What is wrong at this moment, 0 = nothing; what may be a moment's glitch counts only with age."""
        lines = self.lines
        if lines.read(self.estop) or self.station is not None and self.station.estop:
            return ESTOP
        if self.earth >= 0 and not lines.read(self.earth):
            return EARTH_LOST
        if lines.read(self.connector) >= self.pilot["stop_dc"]:
            return TOO_HOT
        fault = self._fault_contactor()
        if fault:
            return self._aged(fault, self.pilot["contactor_ms"], now)
        if self.state == EMPTY and self.seen == cp.A or self.state == FAULT:
            return self._aged(0, 0, now)
        if self.seen == cp.E:
            return PILOT_SHORT
        if self.seen == cp.D and not self.pilot["ventilated"]:
            return VENTILATION
        if self._is_over(now):
            return OVERCURRENT
        return self._aged(self._fault_pilot(), self.pilot["fault_ms"], now)

    def _fault_contactor(self):
        if self.mirror < 0:
            return 0
        if self.lines.read(self.mirror) == self.contactor:
            return 0
        return DROPPED if self.contactor else WELDED

    def _fault_pilot(self):
        lines = self.lines
        if self.raw == cp.NO_STATE:
            return PILOT_UNKNOWN
        if self.raw != cp.A and 800 <= self.duty <= 9700:
            if lines.read(self.cp_low) > -self.pilot["diode_dv"]:
                return DIODE
        if self.pilot["cable"] == "socket":
            if self.raw != cp.A and not self._cable_da():
                return CABLE
            if self.contactor and not lines.read(self.lock_closed):
                return LOCK_LOST
        return 0

    def _aged(self, fault, limit_ms, now):
        """`fault` once it lasted for `limit_ms`."""
        if fault != self.broken:
            self.broken = fault
            self.broken_since = now
        if fault and ticks_diff(now, self.broken_since) >= limit_ms:
            return fault
        return 0

    def _is_over(self, now):
        if not self.contactor or self.state != CHARGING:
            self.over_since = -1
            return False
        if self.current_da <= cp.current_da(self.duty) + self.pilot["over_da"]:
            self.over_since = -1
        elif self.over_since < 0:
            self.over_since = now
        return self.over_since >= 0 and ticks_diff(now, self.over_since) >= self.pilot["over_ms"]

    def _fail(self, fault, now):
        self.fault = fault
        self.contactor = 0
        self._enter(FAULT, now)
        self._set_duty(cp.STEADY_BP if fault == LINES_SILENT else cp.F_BP, now)
        if fault == LINES_SILENT:
            self.bay.power_w.fail()
            self.bay.state.fail()

    def _rest_in_fault(self, fault, now):
        """F, then 100 %; over when the cable is out and nothing is wrong any more."""
        age_ms = ticks_diff(now, self.since)
        if age_ms > _LONG_MS:
            self.since = ticks_sub(now, _LONG_MS)
        if self.duty == cp.F_BP and age_ms >= _F_MS:
            self._set_duty(cp.STEADY_BP, now)
        elif not fault and not self._fault_contactor() and age_ms >= _CLEAR_MS:
            if self.seen == cp.A or self.fault == LINES_SILENT and age_ms >= self.pilot["restart_ms"]:
                self.fault = 0
                self._enter(EMPTY, now)

    # progress

    def _enter(self, state, now):
        self.state = state
        self.since = now

    def _set_duty(self, duty, now):
        if duty != self.duty:
            self.duty = duty
            self.duty_at = now

    def _advance(self, now):
        if self.seen == cp.A:
            self._unplugged(now)
        elif self.state == EMPTY:
            if self.seen == cp.B or self.seen == cp.C:
                self.asleep = False
                self.rested = True
                self._enter(IDLE, now)
        elif self.state == IDLE:
            self._idle(now)
        elif self.state == OFFERED:
            self._offer(now)
        elif self.state == CHARGING:
            self._charge(now)
        else:
            self._stop(now)

    def _unplugged(self, now):
        if self.contactor:
            self.event = UNPLUGGED
        self.contactor = 0
        self.asleep = False
        self._set_duty(cp.STEADY_BP, now)
        if self.state != EMPTY:
            self._enter(EMPTY, now)

    def _idle(self, now):
        self._set_duty(cp.STEADY_BP, now)
        if self.asleep:
            if ticks_diff(now, self.asleep_at) < self.pilot["retry_ms"]:
                return
            self.asleep = False
        if not self.rested and ticks_diff(now, self.since) < self.pilot["restart_ms"]:
            return
        self.rested = True
        wanted_da = self.wanted_da(now)
        if wanted_da:
            self._set_duty(cp.duty_bp(wanted_da), now)
            self.offered_at = now
            self._enter(OFFERED, now)

    def _offer(self, now):
        wanted_da = self.wanted_da(now)
        if not wanted_da:
            self._enter(IDLE, now)
            return
        self._follow(wanted_da, now)
        if self.seen == cp.C or self.seen == cp.D:
            if self.lock_closed < 0 or self.pilot["cable"] != "socket" or self.lines.read(self.lock_closed):
                self.contactor = 1
                self._enter(CHARGING, now)
            elif ticks_diff(now, self.since) >= _LOCK_MS:
                self._fail(LOCK_LOST, now)
        elif ticks_diff(now, self.offered_at) >= self.pilot["wake_ms"]:
            self.asleep = True
            self.asleep_at = now
            self._enter(IDLE, now)

    def _charge(self, now):
        if self._has_left_c():
            self._open(OFFERED, now)
            self.offered_at = now
            return
        wanted_da = self.wanted_da(now)
        if wanted_da:
            self._follow(wanted_da, now)
        else:
            self._set_duty(cp.STEADY_BP, now)
            self._enter(STOPPING, now)

    def _stop(self, now):
        """The vehicle has seen 100 %; it may be called back before it has stopped."""
        if self._has_left_c():
            self._open(IDLE, now)
            return
        wanted_da = self.wanted_da(now)
        if wanted_da:
            self._set_duty(cp.duty_bp(wanted_da), now)
            self._enter(CHARGING, now)
            return
        lease = self.bay.command_w
        expired = ticks_diff(now, lease.time) > lease.max_age_ms
        if ticks_diff(now, self.since) >= (_EXPIRED_STOP_MS if expired else self.pilot["stop_ms"]):
            if self.current_da >= _FLOWS_DA:
                self.event = NO_STOP
            self._open(IDLE, now)

    def _has_left_c(self):
        return self.seen != cp.C and self.seen != cp.D

    def _open(self, state, now):
        self.contactor = 0
        self.rested = False
        self._enter(state, now)

    def _follow(self, wanted_da, now):
        duty = cp.duty_bp(wanted_da)
        if duty < self.duty or ticks_diff(now, self.duty_at) >= self.pilot["duty_gap_ms"]:
            self._set_duty(duty, now)
