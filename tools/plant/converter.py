"""One bidirectional converter: states, set-point with lease, response delay, slew, losses.

SunSpec meaning of the settings (model 704, 715), in the standard's names and sign: WSet positive = injection;
here turned once into `demand_w`, positive = charging. The reversion timer restarts with every write to a WSet
point while WSetEna is 1; when it runs out, the settings take their reversion values. A ControllerHb that
stops changing does the same. That a lost heartbeat uses the 704 reversion values, and that a timer of 0 never
expires, is general knowledge. Without WSetEna the converter idles at 0 W. Slew and delay hold for orders. A
fault, a full or an empty battery and a pulled plug cut at once.
"""

from bisect import bisect_right

OFF, STANDBY, STARTING, RUNNING, FAULT = "off", "standby", "starting", "running", "fault"
W_MAX_PCT, WATTS = 0, 1
OP_STOP, OP_START, OP_ENTER_STANDBY, OP_EXIT_STANDBY = 0, 1, 2, 3
_TIMER_POINTS = ("WSetEna", "WSetMod", "WSet", "WSetPct", "WSetRvrtTms")
SOC_RELEASE = (
    0.001  # a full or empty battery must move by this share before it takes power in that direction again
)


def efficiency_function(efficiency_bp):
    """Function of load (0..1) to one-way efficiency (0..1), from a constant or a curve in 0.01 %."""
    if isinstance(efficiency_bp, int):
        constant = efficiency_bp / 10_000
        return lambda load: constant
    loads = [load / 10_000 for load, _ in efficiency_bp]
    values = [value / 10_000 for _, value in efficiency_bp]

    def interpolate(load):
        i = bisect_right(loads, load)
        if i == 0:
            return values[0]
        if i == len(loads):
            return values[-1]
        share = (load - loads[i - 1]) / (loads[i] - loads[i - 1])
        return values[i - 1] + share * (values[i] - values[i - 1])

    return interpolate


class Converter:
    """Powers in W at the AC terminals (`ac_w`) and at the battery (`dc_w`)."""

    def __init__(self, bay, battery):
        self.battery = battery
        self.rating_w = float(bay["rating_w"])
        self.slew_w_per_s = float(bay["slew_w_per_s"])
        self.delay_ms = bay["delay_ms"]
        self.standby_w = float(bay["standby_w"])
        self.start_ms = bay["start_ms"]
        self.heartbeat_ms = bay["heartbeat_ms"]
        self._efficiency = efficiency_function(bay["efficiency_bp"])
        self.plugged = bay["plugged"]
        self.connected = True  # contactors between converter and battery, where they are simulated
        self.faulted = False
        self.local = False  # under local control: no write is taken
        self.alarms = 0
        self.stuck = False
        self._ready_ms = 0
        self._state = bay["start_state"]
        self.op_ctl = {OFF: OP_STOP, STANDBY: OP_ENTER_STANDBY}.get(self._state, OP_START)
        self.settings = {
            "WSetEna": 0,
            "WSetMod": WATTS,
            "WSet": 0.0,
            "WSetRvrt": 0.0,
            "WSetPct": 0.0,
            "WSetPctRvrt": 0.0,
            "WSetEnaRvrt": 0,
            "WSetRvrtTms": 0,
            "ControllerHb": 0,
            "ES": 1,
        }
        self.reversion_left_ms = 0
        self._heartbeat_left_ms = 0
        self.reversions = 0
        self.demand_w = 0.0
        self._pending = []
        self._control_w = 0.0
        self._blocked = 0
        self.ac_w = 0.0
        self.dc_w = 0.0
        self.injected_wh = self.absorbed_wh = 0.0
        self.dc_injected_wh = self.dc_absorbed_wh = 0.0
        self.loss_wh = 0.0

    def state(self, now_ms):
        """One of off, standby, starting, running, fault."""
        if self.faulted:
            return FAULT
        if self._state == RUNNING and now_ms < self._ready_ms:
            return STARTING
        if self._state == RUNNING and not self.settings["ES"]:
            return STANDBY
        return self._state

    def ordered_w(self):
        """Set-point in force by the registers, positive = charging; None while no set-point is enabled."""
        s = self.settings
        if not s["WSetEna"]:
            return None
        return 0.0 - (s["WSet"] if s["WSetMod"] == WATTS else s["WSetPct"] / 100 * self.rating_w)

    def is_throttled(self):
        """The battery takes no power in the direction that is asked for."""
        return self._blocked != 0 and self.demand_w * self._blocked > 0

    def write(self, values, now_ms):
        """Take `values` (704 and 715 points in engineering units) as one transaction."""
        s = self.settings
        unknown = [name for name in values if name not in s and name not in ("OpCtl", "AlarmReset")]
        if unknown:
            raise ValueError(f"the converter has no setting {unknown[0]}")
        if "ControllerHb" in values and values["ControllerHb"] != s["ControllerHb"]:
            self._heartbeat_left_ms = self.heartbeat_ms
        s.update((name, value) for name, value in values.items() if name in s)
        if any(name in values for name in _TIMER_POINTS):
            self.reversion_left_ms = s["WSetRvrtTms"] * 1000 if s["WSetEna"] else 0
            self._pending.append((now_ms + self.delay_ms, self.ordered_w() or 0.0))
        if "OpCtl" in values:
            self._operate(values["OpCtl"], now_ms)
        if values.get("AlarmReset") == 1 and not self.faulted:
            self.alarms = 0

    def trip(self, alarms):
        """A fault with these 701 Alrm bits: no power from now on."""
        self.faulted = True
        self.alarms |= alarms

    def obey(self):
        """Follow the set-point in force again, after it had been ignored."""
        self.stuck = False
        self._pending.clear()
        self._demand(self.ordered_w() or 0.0)

    def recover(self, now_ms):
        """The cause of the fault is gone: restarts by itself into the state that it had."""
        self.faulted = False
        self.alarms = 0
        self._ready_ms = now_ms + self.start_ms

    def step(self, now_ms, dt_ms):
        """Advance from `now_ms` by `dt_ms`."""
        self._run_timers(dt_ms)
        pending = self._pending
        while pending and pending[0][0] <= now_ms:
            self._demand(pending.pop(0)[1])
        dt_h = dt_ms / 3_600_000
        state = self.state(now_ms)
        if state == RUNNING:
            self._follow(self.demand_w, dt_ms, dt_h)
        elif state == FAULT:
            self._control_w = self.ac_w = self.dc_w = 0.0
        elif self._control_w:
            self._follow(0.0, dt_ms, dt_h)
        else:
            self.ac_w = 0.0 if state == OFF else self.standby_w
            self.dc_w = 0.0
        self._book(dt_h)

    def _operate(self, op, now_ms):
        self.op_ctl = op
        before = self._state
        self._state = (OFF, RUNNING, STANDBY, RUNNING)[op]
        if self._state == RUNNING and before != RUNNING:
            self._ready_ms = now_ms + self.start_ms

    def _run_timers(self, dt_ms):
        if self.reversion_left_ms:
            self.reversion_left_ms = max(0, self.reversion_left_ms - dt_ms)
            if not self.reversion_left_ms:
                self._revert()
        if self._heartbeat_left_ms:
            self._heartbeat_left_ms = max(0, self._heartbeat_left_ms - dt_ms)
            if not self._heartbeat_left_ms:
                self._revert()

    def _revert(self):
        s = self.settings
        s["WSetEna"], s["WSet"], s["WSetPct"] = s["WSetEnaRvrt"], s["WSetRvrt"], s["WSetPctRvrt"]
        self.reversion_left_ms = self._heartbeat_left_ms = 0
        self.reversions += 1
        self._pending.clear()
        self._demand(self.ordered_w() or 0.0)

    def _demand(self, wanted_w):
        if not self.stuck:
            self.demand_w = max(-self.rating_w, min(self.rating_w, wanted_w))

    def _follow(self, demand_w, dt_ms, dt_h):
        step_w = self.slew_w_per_s * dt_ms / 1000
        self._control_w += max(-step_w, min(step_w, demand_w - self._control_w))
        self.ac_w = self._control_w
        self.dc_w = self._dc_of(self.ac_w)
        if not self._battery_takes(dt_h):
            self._control_w = 0.0
            self.ac_w = self.standby_w
            self.dc_w = 0.0

    def _dc_of(self, ac_w):
        if not ac_w:
            return -self.standby_w
        eta = self._efficiency(abs(ac_w) / self.rating_w)
        return (ac_w * eta if ac_w > 0 else ac_w / eta) - self.standby_w

    def _battery_takes(self, dt_h):
        if not self.plugged or not self.connected:
            return False
        soc = self.battery.soc()
        if self._blocked > 0 and soc < 1 - SOC_RELEASE or self._blocked < 0 and soc > SOC_RELEASE:
            self._blocked = 0
        if self.dc_w and not self.battery.takes(self.dc_w, dt_h):
            self._blocked = 1 if self.dc_w > 0 else -1
        return self.dc_w * self._blocked <= 0

    def _book(self, dt_h):
        self.battery.step(self.dc_w, dt_h)
        if self.ac_w > 0:
            self.absorbed_wh += self.ac_w * dt_h
        else:
            self.injected_wh -= self.ac_w * dt_h
        if self.dc_w > 0:
            self.dc_absorbed_wh += self.dc_w * dt_h
        else:
            self.dc_injected_wh -= self.dc_w * dt_h
        self.loss_wh += (self.ac_w - self.dc_w) * dt_h
