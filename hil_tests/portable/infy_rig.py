"""Infypower modules as the facts describe them, on a CAN bus in memory, with a bay's converter driver."""

from drivers.can_bus import CanBus
from drivers.converter_infy import InfyConverter
from drivers.ports.can_memory import MemoryBus
from drivers.vehicle import FixedLimits
from firmware.image import BAY_ROWS, Group
from protocols import infy
from protocols.can import CanFrame
from protocols.ticks import TICKS_MASK, ticks_add, ticks_diff

START = TICKS_MASK - 2000
BATTERY_DV = 4000
SILENT_MS = 10000  # after which a module switches off by itself

CONSTANT = {
    infy.DC_VOLTAGE: BATTERY_DV * 100,
    infy.RATED_POWER: 22000000,
    infy.DC_VMAX: 1000000,
    infy.DC_VMIN: 200000,
    infy.DC_IMAX: 73300,
}


class FakeModule:
    def __init__(self, bus, address):
        self.port = bus.port(48)
        self.address = address
        self.on = False
        self.mode = infy.RECTIFIER
        self.voltage_mv = 0
        self.current_ma = 0
        self.extra_flags = 0
        self.silent = False
        self.refuses_mode = False
        self.mode_changes_while_on = 0
        self.heard_at = None
        self.writes = []
        self._frame = CanFrame()

    def service(self, now):
        if self.on and ticks_diff(now, self.heard_at) >= SILENT_MS:
            self.on = False
        frame = self._frame
        while self.port.receive(frame):
            destination = frame.id >> 8 & 0xFF
            if self.silent or frame.id & 0xFF != infy.CONTROLLER:
                continue
            if destination not in (self.address, infy.ALL):
                continue
            self.heard_at = now
            if infy.command_of(frame.id) == infy.WRITE:
                self._write(infy.item_of(frame.data), infy.value_of(frame.data))
            elif infy.command_of(frame.id) == infy.READ:
                self._answer(infy.item_of(frame.data))

    def _write(self, item, value):
        self.writes.append((item, value))
        if len(self.writes) > 100:
            self.writes[:50] = []
        if item == infy.POWER_SWITCH:
            self.on = value == infy.ON
        elif item == infy.WORKING_MODE:
            if self.on:
                self.mode_changes_while_on += 1
            elif not self.refuses_mode:
                self.mode = value
        elif item == infy.DC_VOLTAGE:
            self.voltage_mv = value
        elif item == infy.DC_CURRENT:
            self.current_ma = value

    def current(self):
        return self.current_ma if self.on else 0

    def ac_w(self):
        """Magnitude at the grid, losses 6 %."""
        dc_w = BATTERY_DV * self.current() // 10000
        return dc_w * 100 // 94 if self.mode == infy.RECTIFIER else dc_w * 94 // 100

    def _value(self, item):
        if item == infy.POWER_SWITCH:
            return self.extra_flags | (0 if self.on else 1 << infy.FLAG_DC_OFF)
        if item == infy.DC_CURRENT:
            return self.current()
        if item == infy.AC_POWER:
            return self.ac_w() * 1000
        if item == infy.INVERTER_STATUS:
            return 1 if self.mode == infy.INVERTER else 0
        return CONSTANT[item]

    def _answer(self, item):
        data = bytearray(8)
        infy.fill(data, item, self._value(item))
        self.port.send(infy.identifier(0x0A, infy.READ, infy.CONTROLLER, self.address), data, 8, True)


class Rig:
    def __init__(self, count=2, rating_w=40000):
        bus = MemoryBus()
        self.bus = CanBus("can", bus.port(48))
        self.modules = [FakeModule(bus, i) for i in range(count)]
        self.bay = Group(BAY_ROWS, {"command_w": 700, "power_w": 1000, "state": 1000})
        self.limits = FixedLimits(1000, 1000, 3200, 4500)
        self.converter = InfyConverter(list(range(count)), 50, self.bay, rating_w, self.limits)
        self.bus.add(self.converter)
        self.now = START
        self.command_w = 0
        self.directions = []  # of the true power, as it changed

    def run(self, ms, step_ms=10):
        for _ in range(ms // step_ms):
            self.now = ticks_add(self.now, step_ms)
            if self.command_w is not None:
                self.bay.command_w.put(self.command_w, self.now)
            self.bus.service(self.now)
            for module in self.modules:
                module.service(self.now)
            power_w = self.power_w()
            direction = (power_w > 0) - (power_w < 0)
            if not self.directions or self.directions[-1] != direction:
                self.directions.append(direction)

    def until(self, holds, limit_ms):
        """Run on until `holds()`, which is looked at every 100 ms."""
        ms = 0
        while not holds():
            assert ms < limit_ms, self.power_w()
            self.run(100)
            ms += 100

    def power_w(self):
        """What the modules truly do, + = charging."""
        total = 0
        for module in self.modules:
            total += module.ac_w() if module.mode == infy.RECTIFIER else -module.ac_w()
        return total
