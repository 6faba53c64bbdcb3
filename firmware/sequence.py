"""The bay's sequence: plugged -> locked -> handshake -> insulation test -> precharge -> contactors -> energy
in either direction -> stop -> bleed -> unlock.

One table of (state, event, next state) in firmware/sequence_table.py; a pair that is not there changes
nothing. What each state switches on stands in OUTPUTS there, and a last gate in front of the lines opens the
contactors and takes the converter's demand back whenever the lock, the plug, the earth or the e-stop does not
allow them, whatever the state is: no state energises an outlet that is unlocked, and none but the test itself
one whose insulation has not been tested. Not the safety function: hardware opens on e-stop, CC and PE first,
and this follows.

Order and numbers: GB/T 18487.1-2015 annex B and GB/T 34657.1-2017 as a third-party tester restates them;
defaults in SequenceLimits. The vehicle is any of drivers/vehicle_*.py, the converter any with demand,
demand_dv and demand_da, and `lines` has the attributes of BayLines. The insulation monitor's reading is ohm
per volt of the test voltage. The test closes K1K2 and raises the voltage then, where the standard names the
other order; nothing is connected to the outlet while it lasts.
"""

from firmware import sequence_table as t
from protocols.ticks import ticks_diff


class BaySequence:
    def __init__(self, vehicle, converter, lines, limits, phases, told):
        """`phases`: the names of the vehicle record's phases, drivers/vehicle.py; `told(fault)` hears why a
        session ended.
        """
        self.vehicle = vehicle
        self.converter = converter
        self.lines = lines
        self.limits = limits
        self.phases = phases
        self.told = told
        self.state = t.UNPLUGGED
        self.since = 0
        self.fault = t.NO_FAULT
        self.warning = False  # insulation between fault and good
        self.insulated = False  # tested in this session
        self.stop_asked = False
        self.deviates_since = -1
        self.settled_since = -1
        self._next = {}
        for row in t.TRANSITIONS:
            self._next[row[0] * 32 + row[1]] = row[2]

    # orders

    def stop(self):
        """An orderly stop, by the driver, the console or the operator."""
        self.stop_asked = True

    def reset(self, now):
        """Service has looked at a bay that locked itself out."""
        if self.lines.outside_dv < self.limits.outside_dv and not self.lines.contactor_closed:
            self.fault = t.NO_FAULT
            self.happen(t.RESET, now)

    # the machine

    def happen(self, event, now, fault=t.NO_FAULT):
        """Follow the table; True when it has the pair."""
        after = self._next.get(self.state * 32 + event, -1)
        if after < 0:
            return False
        if fault and not self.fault:
            self.fault = fault
            self.told(fault)
        before = self.state
        self.state = after
        self.since = now
        self.settled_since = -1
        self._entered(before, event, now)
        return True

    def _entered(self, before, event, now):
        state = self.state
        vehicle = self.vehicle
        if state == t.LOCKING:
            self.fault = t.NO_FAULT
            self.insulated = self.warning = self.stop_asked = False
        elif state == t.HANDSHAKE:
            vehicle.plugged(now)
        elif state in (t.TRIPPED, t.STOPPING, t.LOCKED_OUT, t.BLEEDING):
            # one that begins anew after a time-out is not stopped, one that was needs no second word
            if before not in (t.TRIPPED, t.STOPPING, t.BLEEDING) and (event != t.LOST or self.fault):
                vehicle.stop(self.fault != t.NO_FAULT, now)
        elif state == t.CONNECTING and before == t.TEST_BLEED:
            self.insulated = True
            vehicle.insulated(now)
        elif state == t.ENERGY:
            self.deviates_since = -1
            vehicle.output_ready(now)
        elif state == t.UNPLUGGED:
            vehicle.unplugged(now)

    def service(self, now):
        """Look at the inputs, follow the table, set the outputs; call it every cycle and after each input."""
        lines = self.lines
        self.vehicle.measured(lines.outside_dv, self.converter.current_da())
        if not self._guard(now):
            self._look(now)
        self._switch()

    def is_plugged(self):
        """CC1 is where a connected plug puts it."""
        return self.limits.plug_low_dv <= self.lines.cc1_dv <= self.limits.plug_high_dv

    def _guard(self, now):
        """What ends every state at once; True when it did."""
        lines = self.lines
        if not lines.fresh:
            return self.happen(t.TRIP, now, t.INPUTS_LOST)
        if not self.is_plugged():
            live = self.state in t.LIVE_STATES
            return self.happen(t.PULLED, now, t.PLUG_LOST if live else t.NO_FAULT)
        if lines.e_stop:
            return self.happen(t.TRIP, now, t.E_STOP)
        if not lines.earth:
            return self.happen(t.TRIP, now, t.EARTH)
        if t.HANDSHAKE <= self.state < t.BLEEDING and not lines.lock_closed:
            return self.happen(t.TRIP, now, t.LOCK_LOST)
        return False

    def _look(self, now):
        state = self.state
        passed_ms = ticks_diff(now, self.since)
        if state == t.UNPLUGGED:
            if self.lines.fresh and self.is_plugged() and not self.lines.e_stop and self.lines.earth:
                self.happen(t.PLUGGED, now)
        elif state == t.LOCKING:
            self._look_lock(passed_ms, now)
        elif state < t.CONNECTING:
            self._look_test(passed_ms, now)
        elif state < t.ENERGY:
            self._look_connection(passed_ms, now)
        elif state == t.ENERGY:
            self._look_energy(now)
        else:
            self._look_end(passed_ms, now)

    def _look_lock(self, passed_ms, now):
        if self.stop_asked:
            self.happen(t.STOP, now)
        elif self.lines.lock_closed:
            self.happen(t.LOCKED, now)
        elif passed_ms >= self.limits.lock_ms:
            self.happen(t.EXPIRED, now, t.LOCK)

    def _session_ends(self, now):
        """True when the session or an order ended the state."""
        if self.stop_asked:
            return self.happen(t.STOP, now)
        phase = self.vehicle.record.phase
        if phase in (self.phases.STOPPING, self.phases.ENDED):
            return self.happen(t.STOP, now)
        if phase in (self.phases.FAILED, self.phases.UNPLUGGED):
            return self.happen(t.LOST, now, t.SESSION)
        return False

    def _look_test(self, passed_ms, now):
        lines, limits = self.lines, self.limits
        if self._session_ends(now):
            return
        if self.state == t.HANDSHAKE:
            if self.vehicle.record.phase == self.phases.WAITS_INSULATION:
                if lines.outside_dv >= limits.outside_dv:
                    self.happen(t.LIVE, now, t.OUTSIDE_LIVE)
                else:
                    self.happen(t.ASKED, now)
        elif self.state == t.TESTING:
            self._look_insulation(passed_ms, now)
        elif lines.outside_dv < limits.bleed_dv:
            self.happen(t.BLED, now)
        elif passed_ms >= limits.bleed_ms:
            self.happen(t.EXPIRED, now, t.NOT_BLED)

    def _look_insulation(self, passed_ms, now):
        lines, limits = self.lines, self.limits
        if lines.outside_dv * 10 < self.test_dv() * 9 or lines.insulation < 0:
            self.settled_since = -1
        elif self.settled_since < 0:
            self.settled_since = now
        elif ticks_diff(now, self.settled_since) >= limits.test_settle_ms:
            self.warning = lines.insulation <= limits.insulation_warning
            if lines.insulation <= limits.insulation_fault:
                self.happen(t.BAD, now, t.INSULATION)
            else:
                self.happen(t.GOOD, now)
            return
        if passed_ms >= limits.test_ms:
            self.happen(t.EXPIRED, now, t.INSULATION)

    def test_dv(self):
        """Voltage of the insulation test: what vehicle and charger both stand."""
        most_dv = self.converter.voltage_max_dv
        vehicle_dv = self.vehicle.insulation_voltage_dv()
        return vehicle_dv if 0 < vehicle_dv < most_dv else most_dv

    def _look_connection(self, passed_ms, now):
        lines, limits = self.lines, self.limits
        record = self.vehicle.record
        if self._session_ends(now):
            return
        if self.state == t.CONNECTING:
            if record.phase == self.phases.WAITS_OUTPUT and self.insulated:
                self.happen(t.WANTED, now)
        elif record.phase != self.phases.WAITS_OUTPUT:
            self.happen(t.LOST, now)  # it begins anew
        elif self.state == t.PRECHARGE:
            self._look_precharge(passed_ms, now)
        elif lines.contactor_closed:
            self.happen(t.CLOSED, now)
        elif passed_ms >= limits.close_ms:
            self.happen(t.EXPIRED, now, t.CONTACTOR)

    def _look_precharge(self, passed_ms, now):
        limits = self.limits
        battery_dv = self.lines.outside_dv
        said_dv = self.vehicle.record.voltage_dv
        off_dv = battery_dv - said_dv
        below_dv = battery_dv - self.converter.output_dv()
        if off_dv * 10000 > said_dv * limits.battery_bp or -off_dv * 10000 > said_dv * limits.battery_bp:
            if passed_ms >= limits.close_ms:  # the vehicle's contactors and our measurement take their time
                self.happen(t.BAD, now, t.BATTERY_VOLTAGE)
        elif limits.precharge_high_dv <= below_dv <= limits.precharge_low_dv:
            self.happen(t.PRECHARGED, now)
        elif passed_ms >= limits.precharge_ms:
            self.happen(t.EXPIRED, now, t.PRECHARGE_TIME)

    def _look_energy(self, now):
        lines, limits = self.lines, self.limits
        record = self.vehicle.record
        most_dv = record.voltage_max_dv
        if most_dv and lines.outside_dv * 10000 > most_dv * limits.over_voltage_bp:
            self.happen(t.TRIP, now, t.OVER_VOLTAGE)
        elif not lines.contactor_closed:
            self.happen(t.TRIP, now, t.CONTACTOR)
        elif 0 <= lines.insulation <= limits.insulation_fault:
            self.happen(t.TRIP, now, t.INSULATION)
        elif lines.connector_dc >= limits.connector_dc:
            self._stop_for(t.OVER_TEMPERATURE, now)
        elif self._deviates(record, now):
            self._stop_for(t.DEVIATION, now)
        elif self.converter.has_fault():
            self._stop_for(t.CONVERTER, now)
        elif self.stop_asked or record.phase in (self.phases.STOPPING, self.phases.ENDED):
            self.happen(t.STOP, now)
        elif record.phase == self.phases.CONNECTING:
            self.happen(t.LOST, now)  # the session begins anew by itself: open, bleed, wait
        elif record.phase in (self.phases.FAILED, self.phases.UNPLUGGED):
            self.happen(t.LOST, now, t.SESSION)

    def _stop_for(self, fault, now):
        self.happen(t.STOP, now, fault)

    def _deviates(self, record, now):
        """The vehicle measures another current than we do, for too long."""
        if not record.known or record.current_da < -100000:
            self.deviates_since = -1
            return False
        off_da = record.current_da - self.converter.current_da()
        if -self.limits.deviation_da < off_da < self.limits.deviation_da:
            self.deviates_since = -1
        elif self.deviates_since < 0:
            self.deviates_since = now
        else:
            return ticks_diff(now, self.deviates_since) >= self.limits.deviation_ms
        return False

    def _look_end(self, passed_ms, now):
        lines, limits, state = self.lines, self.limits, self.state
        current_da = self.converter.current_da()
        if state == t.STOPPING:
            if -limits.open_da <= current_da <= limits.open_da:
                self.happen(t.LOW, now)
            elif passed_ms >= limits.open_ms:
                self.happen(t.EXPIRED, now)
        elif state == t.TRIPPED:
            if not lines.contactor_closed:
                self.happen(t.OPENED, now)
            elif passed_ms >= limits.weld_ms:
                self.happen(t.EXPIRED, now, t.WELD)
        elif state == t.BLEEDING:
            self._look_bleed(passed_ms, now)
        elif state == t.UNLOCKING:
            if not lines.lock_closed:
                self.happen(t.UNLOCKED, now)
            elif passed_ms >= limits.lock_ms:
                self.happen(t.EXPIRED, now, t.LOCK)

    def _look_bleed(self, passed_ms, now):
        lines, phases = self.lines, self.phases
        phase = self.vehicle.record.phase
        over = phase in (phases.ENDED, phases.FAILED, phases.UNPLUGGED)
        if over and self.settled_since < 0:
            self.settled_since = now  # from here on the vehicle's contactors are no excuse
        late = passed_ms >= self.limits.end_ms or (
            self.settled_since >= 0 and ticks_diff(now, self.settled_since) >= self.limits.bleed_ms
        )
        if lines.outside_dv < self.limits.bleed_dv and not lines.contactor_closed:
            if phase == phases.CONNECTING and not self.fault and self.insulated and not self.stop_asked:
                self.happen(t.RESTART, now)
            elif over or late:
                self.happen(t.BLED, now)
        elif late or lines.contactor_closed and passed_ms >= self.limits.weld_ms:
            self.happen(t.EXPIRED, now, t.WELD if lines.contactor_closed else t.NOT_BLED)

    # outputs

    def allowed(self):
        """The last gate: nothing is energised unless all of this holds now."""
        lines = self.lines
        return (
            lines.fresh
            and lines.lock_closed
            and lines.earth
            and not lines.e_stop
            and self.is_plugged()
            and (self.insulated or self.state == t.TESTING or self.state == t.TEST_BLEED)
        )

    def _switch(self):
        lines, converter = self.lines, self.converter
        lock, k1k2, k3k4, bleed, demand = t.OUTPUTS[self.state]
        gate = self.allowed()
        if demand and not gate:
            demand = t.NOTHING
        lines.k1k2 = k1k2 and gate
        lines.lock = lock or lines.outside_dv >= self.limits.bleed_dv and lines.lock_closed
        lines.k3k4 = k3k4 and not lines.e_stop
        rests = self.state in (t.UNPLUGGED, t.UNLOCKING, t.ENDED)
        lines.bleed = bleed or rests and lines.outside_dv >= self.limits.outside_dv // 2
        lines.monitor = self.state == t.TESTING or self.state == t.ENERGY
        converter.demand = demand
        if demand == t.VOLTAGE:
            if self.state == t.TESTING:
                converter.demand_dv = self.test_dv()
            else:
                converter.demand_dv = max(self.vehicle.record.voltage_dv - self.limits.precharge_aim_dv, 0)
            converter.demand_da = self.limits.precharge_da
