"""A bay's converter made of Infypower BEG modules that share one DC output.

The contract is that of converter_sunspec.py: leased command in AC watts (+ = charging), measured values,
state, stop frame. The modules regulate a DC voltage and limit a DC current, both magnitudes; the direction
is their mode, which may change only while they are off and counts only once it was read back. So this is a
**slow device**: REVERSAL_MS without power when the direction changes, and nothing below MIN_CURRENT_MA.
Lease: the modules switch off by themselves 10 s after the last frame; we repeat everything each second.

The bay's sequence says through `demand` what the converter is for: nothing, a voltage (insulation test,
precharge) or power. Without a sequence it is power from the start. The current that belongs to a power
follows from the DC voltage and the losses, which are learned from the modules' own AC and DC readings.

lint: integer
"""

from drivers.faults import MODE_NOT_TAKEN, MODULE_SILENT, NOT_STARTED, publish
from drivers.infy_module import LEASE_MS, ModuleGroup
from firmware.image import (
    CONVERTER_FAULT,
    CONVERTER_OFF,
    CONVERTER_RUNNING,
    CONVERTER_STANDBY,
    GOOD,
)
from firmware.units import clip
from protocols import infy
from protocols.ticks import ticks_add, ticks_diff
from protocols.upy import const

NOTHING, VOLTAGE, POWER = 0, 1, 2  # demand
OFF, SET_MODE, STARTING, RUNNING, STOPPING, FAULT = 0, 1, 2, 3, 4, 5
STATE_NAMES = ("off", "setting the mode", "starting", "running", "stopping", "fault")

REVERSAL_MS = 3000  # off, mode, read-back, on
MIN_CURRENT_MA = 500
DECLARED = {"reversal_ms": REVERSAL_MS, "write_gap_ms": 0, "min_power_w": 500}  # the current at 1000 V
_KEEP_MS = const(1000)
_STEP_MS = const(3000)  # for each step of a change of direction, then it is repeated
_TRIES = const(3)
_CLEAR_MS = const(5000)  # after a fault, before another start
_GATHER_MS = const(4000)  # for the first answer of every module
_EFFICIENCY_BP = const(9500)
_FULL_BP = const(10000)


class InfyConverter:
    def __init__(self, addresses, poll_ms, bay, rating_w, limits, device=infy.DEVICE_SINGLE):
        """`addresses` of the modules on the bus; `bay`: its group in the image; `limits` gives the vehicle's
        charge_max_da(now), discharge_max_da(now), voltage_max_dv, voltage_min_dv (drivers/vehicle.py);
        `device`: the modules' device number, 0Ah to 0Dh.
        """
        self.group = ModuleGroup(addresses, poll_ms, device)
        self.bay = bay
        self.rating_w = rating_w
        self.limits = limits
        self.demand = POWER
        self.demand_dv = 0  # of VOLTAGE
        self.demand_da = 0
        self.held = False  # POWER at 0 W, whatever was ordered
        self.derate_bp = _FULL_BP  # of the vehicle's limits, for a hot connector
        self.state = OFF
        self.since = 0
        self.tries = 0
        self.inverter = False  # the mode that was confirmed, or is being set
        self.faults = 0
        self.tell = None
        self.charge_max_w = self.discharge_max_w = -1  # not known
        self.own_faults = 0
        self.efficiency_bp = _EFFICIENCY_BP
        self.written_w = None  # set-point that was last sent
        self.voltage_mv = -1  # what was last sent
        self.current_ma = -1
        self.write_at = -1  # before the first tick
        self._data = bytearray(8)
        self._all = infy.identifier(device, infy.WRITE, infy.ALL, infy.CONTROLLER)
        self._stop = bytearray(8)
        infy.fill(self._stop, infy.POWER_SWITCH, infy.OFF)

    # contract with the bus

    def feed(self, frame, now):
        """An answer to us from one of our modules."""
        self.group.feed(frame, now)

    def tick(self, port, now):
        if self.write_at < 0:
            self.write_at = self.since = self.group.poll_at = self.group.slow_at = now
        self.group.ask(port, now, self.state == SET_MODE)
        self._judge(now)
        self._advance(port, now)
        if self.state == RUNNING:
            self._command(port, now)
        elif ticks_diff(now, self.write_at) >= 0:
            self._write(port, infy.POWER_SWITCH, infy.ON if self.state == STARTING else infy.OFF)
            self.write_at = ticks_add(now, _KEEP_MS)
            if self.written_w is None:
                self.written_w = 0
        self._publish(now)

    def due_in(self, now):
        left = min(ticks_diff(self.group.poll_at, now), ticks_diff(self.write_at, now))
        if self.state == RUNNING and self.wanted_w(now) != self.written_w:
            return 0
        return left if left > 0 else 0

    def lost(self, now):
        """The bus cannot be used: the modules end by themselves what they do."""
        self.written_w = None
        self.group.forget()
        self._enter(OFF, now)
        self.bay.power_w.fail()
        self.bay.state.fail()

    def enable(self, on, now):
        """Off: no power, and the modules off. A bay's sequence says more with `demand`."""
        self.demand = POWER if on else NOTHING

    def is_told(self, power_w):
        return self.written_w is None or self.written_w == power_w or not self.group.is_heard()

    def panic(self, port):
        port.send(self._all, self._stop, 8, True)

    def wanted_w(self, now):
        """The leased command, 0 once the lease has run out; nothing outside POWER."""
        lease = self.bay.command_w
        if self.demand != POWER or self.held or lease.quality != GOOD:
            return 0
        if ticks_diff(now, lease.time) > lease.max_age_ms:
            return 0
        return lease.value

    # the sequence of states

    def _enter(self, state, now):
        if state != self.state:
            self.state = state
            self.since = now
            self.tries = 0
            self.write_at = now
            self.voltage_mv = self.current_ma = -1

    def _judge(self, now):
        """Faults of the modules, and our own."""
        if self.state == FAULT:
            clear_ms = LEASE_MS if self.own_faults & MODULE_SILENT else _CLEAR_MS
            if ticks_diff(now, self.since) >= clear_ms:
                self.own_faults = 0
        elif self.state != OFF and self.group.has_lost_one(now):
            self.own_faults |= MODULE_SILENT  # it may still run: all the others stop until it cannot
        publish(self, self.own_faults | self.group.faults(now), now)
        if self.faults and self.state != FAULT:
            self._enter(FAULT, now)
        elif self.state == FAULT and not self.faults:
            self._enter(OFF, now)

    def _wants(self, now):
        """1 = rectifier, -1 = inverter, 0 = off."""
        if self.demand == NOTHING or not self.group.is_heard():
            return 0
        if self.demand == VOLTAGE:
            return 1
        wanted_w = self.wanted_w(now)
        if self._dc_ma(wanted_w, now) >= MIN_CURRENT_MA:
            return 1 if wanted_w > 0 else -1
        return -1 if self.inverter else 1  # 0 W is held in the mode that is there

    def _advance(self, port, now):
        state = self.state
        wants = self._wants(now)
        if state == OFF:
            gathered = self.group.is_whole(now) or ticks_diff(now, self.since) >= _GATHER_MS
            if wants and gathered and self.group.all_off(now):
                self.group.choose(now)
                self.inverter = wants < 0
                self._enter(SET_MODE, now)
                self._write(port, infy.WORKING_MODE, infy.INVERTER if wants < 0 else infy.RECTIFIER)
                self.group.forget_modes()
        elif state == SET_MODE:
            self._confirm_mode(port, now)
        elif state == STARTING:
            if self.group.all_on():
                self._enter(RUNNING, now)
            elif not wants:
                self._enter(STOPPING, now)
            else:
                self._retry(NOT_STARTED, now)
        elif state == RUNNING:
            if not wants or self.inverter != (wants < 0) or not self.group.all_on():
                self._enter(STOPPING, now)
        elif state == STOPPING and self.group.all_off(now):
            self._enter(OFF, now)

    def _confirm_mode(self, port, now):
        if self.group.all_in_mode(self.inverter):
            self._enter(STARTING, now)
        elif self._retry(MODE_NOT_TAKEN, now):
            self._write(port, infy.WORKING_MODE, infy.INVERTER if self.inverter else infy.RECTIFIER)

    def _retry(self, fault, now):
        """True when the step shall be repeated; after some tries it is a fault."""
        if ticks_diff(now, self.since) < (self.tries + 1) * _STEP_MS:
            return False
        self.tries += 1
        if self.tries >= _TRIES:
            self.own_faults |= fault
        return True

    # commands

    def _dc_ma(self, wanted_w, now):
        """DC current for this power, mA, within what the vehicle allows now."""
        voltage_dv = self.group.voltage_dv()
        if self.limits.voltage_dv > voltage_dv:
            voltage_dv = self.limits.voltage_dv
        if voltage_dv < 1 or wanted_w == 0:
            return 0
        part = self.efficiency_bp // 10  # a million watts times a thousand is below 2**30
        if wanted_w > 0:
            dc_w = wanted_w * part // 1000
            most_da = self.limits.charge_max_da(now)
        else:
            dc_w = -wanted_w * 1000 // part
            most_da = self.limits.discharge_max_da(now)
        ma = dc_w * 100 // voltage_dv * 100 + dc_w * 100 % voltage_dv * 100 // voltage_dv
        return min(ma, most_da * self.derate_bp // 100)

    def _write(self, port, item, value):
        infy.fill(self._data, item, value)
        return port.send(self._all, self._data, 8, True)

    def _command(self, port, now):
        """Voltage and current of each module, at once when they change and each second."""
        wanted_w = self.wanted_w(now)
        if self.demand == VOLTAGE:
            voltage_dv, total_ma = self.demand_dv, self.demand_da * 100
        else:
            voltage_dv = self.limits.voltage_min_dv if self.inverter else self.limits.voltage_max_dv
            total_ma = self._dc_ma(wanted_w, now)
            if total_ma < MIN_CURRENT_MA or self.inverter != (wanted_w < 0):
                total_ma = 0
        current_ma = total_ma // max(self.group.online(now), 1)
        voltage_mv = voltage_dv * 100
        due = ticks_diff(now, self.write_at) >= 0
        if due or voltage_mv != self.voltage_mv:
            if self._write(port, infy.DC_VOLTAGE, voltage_mv):
                self.voltage_mv = voltage_mv
        if due or current_ma != self.current_ma:
            if self._write(port, infy.DC_CURRENT, current_ma):
                self.current_ma = current_ma
                self.written_w = wanted_w
        elif self.written_w != wanted_w:
            self.written_w = wanted_w  # the same current: nothing more to tell
        if due:
            self._write(port, infy.POWER_SWITCH, infy.ON)
            self.write_at = ticks_add(now, _KEEP_MS)

    def _learn(self):
        """Losses from one round of readings, slowly, and only while the power is near its set-point."""
        ac_w = abs(self.power_w())
        dc_w = self.group.voltage_dv() * self.group.current_da() // 100
        wanted_w = abs(self.written_w or 0)
        if ac_w * 5 < self.rating_w or abs(ac_w - wanted_w) * 10 > wanted_w or not dc_w:
            return
        part, whole = (ac_w, dc_w) if self.inverter else (dc_w, ac_w)
        seen_bp = clip(part * 1000 // whole * 10, 8000, _FULL_BP)
        self.efficiency_bp += (seen_bp - self.efficiency_bp) // 8

    # the image

    def power_w(self):
        """AC power, + = charging."""
        return -self.group.power_w() if self.inverter else self.group.power_w()

    def current_da(self):
        """DC current, + = charging."""
        return -self.group.current_da() if self.inverter else self.group.current_da()

    def told_da(self):
        """DC current that the modules were last told, 0.1 A, a magnitude; 0 while they are off."""
        if self.state != RUNNING or self.current_ma < 0:
            return 0
        return self.current_ma * max(len(self.group.modules), 1) // 100

    def _publish(self, now):
        bay = self.bay
        if not self.group.online(now):
            if self.group.is_heard():
                bay.power_w.fail()
                bay.state.fail()
            return
        if not self.group.take_round(now):
            return
        rated_w = self.group.rated_w(now)
        self.charge_max_w = self.discharge_max_w = rated_w if rated_w else -1
        bay.power_w.put(self.power_w(), now)
        bay.dc_voltage_dv.put(self.group.voltage_dv(), now)
        bay.dc_current_da.put(self.current_da(), now)
        bay.state.put(self._image_state(), now)
        if self.state == RUNNING and self.demand == POWER:
            self._learn()

    def _image_state(self):
        if self.state == FAULT:
            return CONVERTER_FAULT
        if self.demand != POWER or self.held:
            return CONVERTER_OFF
        if self.state == RUNNING:
            return CONVERTER_RUNNING
        return CONVERTER_STANDBY
