"""Simulated Infypower BEG modules of one bay on a CAN hub: items, modes, dead times, keep-alive.

Behaviour as the sources of protocols/infy.py tell it: the mode changes only while the DC side is off, a
module that hears nothing for 10 s switches off, starting takes START_MS. In rectifier mode a module holds its
voltage and limits its current; in inverter mode it takes its current from the DC side. The items are written
down here again, so that no table is shared with the driver.
"""

START_MS, MODE_MS, SILENT_MS = 300, 500, 10_000
RAMP_V_PER_S = 800.0
RECTIFIER, INVERTER = 0xA0, 0xA1
_READ, _WRITE, _ALL, _CONTROLLER = 0x23, 0x24, 0x3F, 0xF0


class InfyModule:
    """One module; currents and voltages are magnitudes."""

    def __init__(self, group, hub, address):
        self.group, self.hub, self.address = group, hub, address
        self.on = False
        self.mode = RECTIFIER
        self.set_v = 0.0
        self.set_a = 0.0
        self.flags = 0
        self.silent = False
        self.heard_ms = -SILENT_MS
        self.ready_ms = 0
        self.mode_ms = 0

    def is_running(self, now_ms):
        return self.on and now_ms >= self.ready_ms

    def hear(self, frame, now_ms):
        if not frame.extended or frame.n < 8 or frame.id & 0xFF != _CONTROLLER or self.silent:
            return
        if frame.id >> 22 != 0x0A or frame.id >> 8 & 0xFF not in (self.address, _ALL):
            return
        self.heard_ms = now_ms
        command, data = frame.id >> 16 & 0x3F, bytes(frame.data)
        item, value = int.from_bytes(data[:2], "big"), int.from_bytes(data[4:], "big", signed=True)
        if command == _WRITE:
            self._write(item, value, now_ms)
        elif command == _READ:
            self._answer(item, now_ms)

    def _write(self, item, value, now_ms):
        if item == 0x1110:
            if value == 0xA0 and not self.on:
                self.ready_ms = max(now_ms, self.mode_ms) + START_MS
            self.on = value == 0xA0
        elif item == 0x2110 and not self.on and value in (RECTIFIER, INVERTER) and value != self.mode:
            self.mode = value
            self.mode_ms = now_ms + MODE_MS
        elif item == 0x1101:
            self.set_v = value / 1000
        elif item == 0x1102:
            self.set_a = value / 1000
        self.group.changed(now_ms)

    def _answer(self, item, now_ms):
        group, running = self.group, self.is_running(now_ms)
        count = len(group.modules)
        values = {
            0x1010: count, 0x1101: group.output_v * 1000,
            0x1102: abs(group.dc_a) / count * 1000 if running else 0,
            0x1106: 25_000, 0x1110: self.flags | (0 if running else 1 << 8),
            0x1111: 1 if self.mode == INVERTER and now_ms >= self.mode_ms else 0,
            0x1130: 1_000_000, 0x1131: 200_000, 0x1132: 73_300, 0x1133: 22_000_000,
            0x2107: 50_000, 0x2108: abs(group.ac_w) / count * 1000,
        }
        error = 0 if item in values else 2
        data = item.to_bytes(2, "big") + bytes(2) + round(values.get(item, 0)).to_bytes(4, "big", signed=True)
        self.hub.send(self, error << 26 | 0x0A << 22 | _READ << 16 | _CONTROLLER << 8 | self.address, data)

    def tick(self, now_ms):
        if self.on and now_ms - self.heard_ms >= SILENT_MS:
            self.on = False
            self.group.changed(now_ms)


class InfyGroup:
    """The modules of one bay over the plant's converter: turns currents into its AC set-point."""

    def __init__(self, plant, bay, hub, addresses):
        self.plant, self.bay, self.hub = plant, bay, hub
        self.converter = plant.converters[bay]
        self.modules = [InfyModule(self, hub, address) for address in addresses]
        hub.nodes.extend(self.modules)
        self.output_v = 0.0
        self.connected = False  # the outlet's contactor and the vehicle's are closed
        self.converter.connected = False
        self.bleeding = False
        self._told = None

    @property
    def ac_w(self):
        return self.converter.ac_w

    @property
    def dc_a(self):
        return self.converter.battery.current_a if self.connected else 0.0

    def running(self, now_ms):
        """The modules that are on, and whether they are inverters."""
        on = [module for module in self.modules if module.is_running(now_ms)]
        return on, bool(on) and all(module.mode == INVERTER for module in on)

    def changed(self, now_ms):
        """A setting changed: what the converter shall do at the grid."""
        on, inverter = self.running(now_ms)
        volts = self.converter.battery.voltage_v
        dc_w = sum(module.set_a for module in on) * volts if self.connected else 0.0
        if not inverter and on and min(module.set_v for module in on) < self.converter.battery.ocv_v():
            dc_w = 0.0  # a voltage below the battery's drives no current into it
        ac_w = self._ac_of(-dc_w if inverter else dc_w)
        told = round(ac_w, 1)
        if told != self._told:
            self._told = told
            self.plant.write_converter(self.bay, {"WSetEna": 1, "WSetMod": 1, "WSet": -told})

    def _ac_of(self, dc_w):
        """AC power for a DC power, + = charging; the converter's losses turned round."""
        if not dc_w:
            return 0.0
        eta = self.converter._efficiency(min(abs(dc_w) / self.converter.rating_w, 1.0))
        return dc_w / eta if dc_w > 0 else dc_w * eta

    def tick(self, now_ms, dt_ms):
        self.converter.connected = self.connected
        for module in self.modules:
            module.tick(now_ms)
        on, inverter = self.running(now_ms)
        if self.connected:
            self.output_v = self.converter.battery.voltage_v
        elif on and not inverter:
            step = RAMP_V_PER_S * dt_ms / 1000
            target = max(module.set_v for module in on)
            self.output_v += max(-step, min(step, target - self.output_v))
        elif self.bleeding:
            self.output_v = max(0.0, self.output_v - 0.4 * dt_ms)
        self.changed(now_ms)
