"""One bay with a simple world behind its lines: lock, contactors, a battery, a converter, a vehicle's record.

The hardware column of the fault table is here too: e-stop, CC and PE drop the contactor's coil by themselves.
"""

from drivers import vehicle as r
from firmware import sequence_table as t
from firmware.sequence import BaySequence
from protocols.ticks import TICKS_MASK, ticks_add, ticks_diff

START = TICKS_MASK - 5000
BATTERY_DV = 4000
LOCK_MS, CONTACTOR_MS, BLEED_DV_PER_MS = 300, 20, 10
FALL_DA_PER_MS, RISE_DA_PER_MS = 1, 1  # 100 A/s
VOLTAGE_DV_PER_MS = 20


class FakeConverter:
    def __init__(self):
        self.demand = t.NOTHING
        self.demand_dv = 0
        self.demand_da = 0
        self.voltage_max_dv = 7500
        self.volts = 0
        self.amps = 0
        self.command_da = 0
        self.faulty = False

    def current_da(self):
        return self.amps

    def output_dv(self):
        return self.volts

    def has_fault(self):
        return self.faulty


class FakeVehicle:
    """Answers every question of the session after a moment."""

    def __init__(self):
        self.record = r.VehicleRecord()
        self.calls = []
        self.patience_ms = 200
        self.at = 0
        self.restarting = False

    def _say(self, what, now):
        self.calls.append(what)
        self.at = now

    def plugged(self, now):
        self.record.clear()
        self.record.phase = r.PLUGGED
        self._say("plugged", now)

    def insulated(self, now):
        self.record.phase = r.CONNECTING
        self._say("insulated", now)

    def output_ready(self, now):
        self.record.phase = r.STARTING
        self._say("output", now)

    def stop(self, faulty, now):
        if self.record.phase not in (r.ENDED, r.FAILED):
            self.record.phase = r.STOPPING
        self._say("fault" if faulty else "stop", now)

    def unplugged(self, now):
        self.record.clear()
        self._say("unplugged", now)

    def measured(self, voltage_dv, current_da):
        pass

    def insulation_voltage_dv(self):
        return 4500

    def step(self, now):
        record = self.record
        if ticks_diff(now, self.at) < self.patience_ms:
            return
        after = {r.PLUGGED: r.WAITS_INSULATION, r.CONNECTING: r.WAITS_OUTPUT, r.STARTING: r.TRANSFERRING,
                 r.STOPPING: r.ENDED}.get(record.phase)
        if after is None:
            return
        record.phase = after
        self.at = now
        if after == r.WAITS_OUTPUT:
            record.voltage_dv = BATTERY_DV
            record.voltage_max_dv = 4500
        record.permitted = record.known = after == r.TRANSFERRING


class Rig:
    def __init__(self):
        self.lines = t.BayLines()
        self.lines.fresh = True
        self.converter = FakeConverter()
        self.vehicle = FakeVehicle()
        self.faults = []
        self.sequence = BaySequence(self.vehicle, self.converter, self.lines, t.SequenceLimits(), r,
                                    self.faults.append)
        self.now = START
        self.ms = 0
        self.coil_ms = 0
        self.lock_ms = 0
        self.lock_works = self.lock_opens = True
        self.contactor_works = True
        self.welded = False
        self.bleeds = True
        self.insulation = 1000
        self.battery_dv = BATTERY_DV
        self.vehicle_closed = False
        self.extra_da = 0  # between what the vehicle and what the converter measures
        self.opened_at = self.zero_at = None
        self.history = [t.UNPLUGGED]

    def plug(self):
        self.lines.cc1_dv = 40

    def run(self, ms, step_ms=10):
        for _ in range(ms // step_ms):
            self.now = ticks_add(self.now, step_ms)
            self.ms += step_ms
            self._world(step_ms)
            self.vehicle.step(self.now)
            if self.vehicle.record.known:
                self.vehicle.record.current_da = self.converter.amps + self.extra_da
            self.sequence.service(self.now)
            if self.history[-1] != self.sequence.state:
                self.history.append(self.sequence.state)
            self._check()

    def until(self, state, limit_ms=60000):
        end = self.ms + limit_ms
        while self.sequence.state != state:
            assert self.ms < end, "stays in " + t.STATE_NAMES[self.sequence.state]
            self.run(10)

    def _world(self, dt_ms):
        lines = self.lines
        self.lock_ms = min(self.lock_ms + dt_ms, LOCK_MS) if lines.lock else max(self.lock_ms - dt_ms, 0)
        if lines.lock and self.lock_works:
            lines.lock_closed = self.lock_ms >= LOCK_MS
        elif not lines.lock and self.lock_opens:
            lines.lock_closed = self.lock_ms > 0
        coil = lines.k1k2 and self.contactor_works and not lines.e_stop and lines.earth
        coil = coil and 32 <= lines.cc1_dv <= 48
        self.coil_ms = min(self.coil_ms + dt_ms, CONTACTOR_MS) if coil else max(self.coil_ms - dt_ms, 0)
        closed = self.coil_ms >= CONTACTOR_MS if coil else self.coil_ms > 0
        lines.contactor_closed = closed or self.welded
        phase = self.vehicle.record.phase
        self.vehicle_closed = r.WAITS_OUTPUT <= phase <= r.STOPPING and self.vehicle.record.voltage_dv > 0
        self._electric(dt_ms)
        self._note()

    def _electric(self, dt_ms):
        lines, converter = self.lines, self.converter
        closed = lines.contactor_closed
        target = converter.demand_dv if converter.demand == t.VOLTAGE else converter.volts
        step = VOLTAGE_DV_PER_MS * dt_ms
        battery = closed and self.vehicle_closed
        if battery:
            converter.volts = self.battery_dv
        elif converter.demand == t.VOLTAGE:
            converter.volts += max(-step, min(step, target - converter.volts))
        wanted = converter.command_da if converter.demand == t.POWER and battery else 0
        if not battery:
            converter.amps = 0
        elif converter.demand == t.NOTHING:
            fall = FALL_DA_PER_MS * dt_ms
            converter.amps = max(abs(converter.amps) - fall, 0) * (1 if converter.amps > 0 else -1)
        else:
            rise = RISE_DA_PER_MS * dt_ms
            converter.amps += max(-rise, min(rise, wanted - converter.amps))
        self._voltages(dt_ms, closed)

    def _voltages(self, dt_ms, closed):
        lines, converter = self.lines, self.converter
        if lines.bleed and self.bleeds and not (closed and self.vehicle_closed):
            converter.volts = max(converter.volts - BLEED_DV_PER_MS * dt_ms, 0)
            if not self.vehicle_closed:
                lines.outside_dv = max(lines.outside_dv - BLEED_DV_PER_MS * dt_ms, 0)
        if self.vehicle_closed:
            lines.outside_dv = self.battery_dv
        elif closed:
            lines.outside_dv = converter.volts
        lines.insulation = self.insulation if lines.monitor else -1

    def _note(self):
        if self.lines.contactor_closed:
            self.opened_at = None
        elif self.opened_at is None:
            self.opened_at = self.ms
        if self.converter.amps:
            self.zero_at = None
        elif self.zero_at is None:
            self.zero_at = self.ms

    def _check(self):
        """What must hold in every instant, whatever was injected."""
        lines = self.lines
        live = lines.k1k2 or self.converter.demand != t.NOTHING
        if live:
            assert lines.lock_closed, t.STATE_NAMES[self.sequence.state]
            tested = self.sequence.insulated or self.sequence.state in (t.TESTING, t.TEST_BLEED)
            assert tested, t.STATE_NAMES[self.sequence.state]
        if lines.outside_dv >= 600 and not self.vehicle_closed and lines.cc1_dv <= 48:
            assert lines.lock or not lines.lock_closed
