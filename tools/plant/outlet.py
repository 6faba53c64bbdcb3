"""The simulated hardware of a DC outlet with a CAN vehicle: remote I/O, lock, contactor, bleeder, insulation,
and the vehicle's BMS over the plant's battery.

The remote I/O speaks the frames of drivers/bay_io_can.py, which are ours. Hardware acts by itself here:
e-stop, lost CC1 and lost earth drop the contactor's coil. The vehicle is protocols/gbt27930/vehicle.py with
this battery behind it (car_bms.py), or stands behind an SECC (secc_car.py).
"""

from drivers import bay_io_can as io
from protocols.gbt27930 import vehicle as v
from protocols.gbt27930.module_vehicle import ModuleVehicle
from tools.plant.car_bms import VEHICLE_CLOSE_MS, CarBms
from tools.plant.secc_car import SeccCar

LOCK_MS, CONTACTOR_MS = 400, 25
BLEED_V_PER_MS = 0.4
CABLE_TAU_MS = 400  # an open cable discharges through the voltage measurement
INPUTS_MS, INSULATION_MS = 50, 250


class OutletHardware:
    """One bay's outlet; `group` are its modules, `hub` carries the remote I/O, `car_hub` the vehicle."""

    def __init__(self, plant, bay, group, hub, car_hub, car):
        self.plant, self.bay, self.group, self.hub = plant, bay, group, hub
        self.converter = plant.converters[bay]
        self.car = SeccCar(self, car) if car["car"] == "secc" else CarNode(self, car_hub, car)
        hub.nodes.append(self)
        self.outputs = 0
        self.outputs_ms = 0
        self.lock_ms = self.coil_ms = 0
        self.lock_closed = self.contactor_closed = False
        self.outlet_v = 0.0
        self.estop = self.earth_lost = self.welded = self.io_silent = False
        self.insulation_kohm = 5000
        self.connector_dc = 300
        self.measurements = 0
        self._sent = None
        self._inputs_ms = self._insulation_ms = 0

    def hear(self, frame, now_ms):
        if self.io_silent:
            return
        if not frame.extended and frame.id == io.OUTPUTS + io.PER_BAY * self.bay and frame.n >= 1:
            self.outputs, self.outputs_ms = frame.data[0], now_ms

    @property
    def plugged(self):
        return self.converter.plugged

    def tick(self, now_ms, dt_ms):
        """Move lock, contactors and voltages on by `dt_ms`; then tell the controller."""
        lost = now_ms - self.outputs_ms > io.HOLD_MS
        outputs = 0 if lost else self.outputs
        lock = bool(outputs & io.LOCK) or (lost or self.outlet_v >= 60) and self.lock_closed
        self.lock_ms = min(self.lock_ms + dt_ms, LOCK_MS) if lock else max(self.lock_ms - dt_ms, 0)
        self.lock_closed = self.lock_ms >= LOCK_MS if lock else self.lock_ms > 0
        coil = outputs & io.CONTACTOR and self.plugged and not self.estop and not self.earth_lost
        self.coil_ms = min(self.coil_ms + dt_ms, CONTACTOR_MS) if coil else max(self.coil_ms - dt_ms, 0)
        self.contactor_closed = (self.coil_ms >= CONTACTOR_MS if coil else self.coil_ms > 0) or self.welded
        self.car.tick(now_ms, bool(outputs & io.AUXILIARY) and self.plugged)
        self._voltages(dt_ms, bool(outputs & io.BLEEDER))
        self._measure(now_ms)

    def _voltages(self, dt_ms, bleeding):
        group = self.group
        car_closed = self.car.closed
        group.connected = self.contactor_closed and car_closed
        group.bleeding = bleeding
        if car_closed:
            self.outlet_v = self.converter.battery.voltage_v
        elif self.contactor_closed:
            self.outlet_v = group.output_v
        else:
            self.outlet_v -= self.outlet_v * dt_ms / CABLE_TAU_MS
            if bleeding:
                self.outlet_v = max(0.0, self.outlet_v - BLEED_V_PER_MS * dt_ms)

    def _measure(self, now_ms):
        if now_ms - self._insulation_ms >= INSULATION_MS:
            self._insulation_ms = now_ms
            self.measurements = (self.measurements + 1) & 0xFF
        bits = (
            (io.PLUGGED if self.plugged else 0) | (io.ESTOP if self.estop else 0)
            | (0 if self.earth_lost else io.EARTH) | (io.LOCK_CLOSED if self.lock_closed else 0)
            | (io.CONTACTOR_CLOSED if self.contactor_closed else 0)
        )
        if self.io_silent or bits == self._sent and now_ms - self._inputs_ms < INPUTS_MS:
            return
        self._sent, self._inputs_ms = bits, now_ms
        data = bytes((bits, self.measurements)) + round(self.outlet_v * 10).to_bytes(2, "big")
        data += (self.connector_dc + 1000).to_bytes(2, "big")
        data += min(self.insulation_kohm, 0xFFFF).to_bytes(2, "big")
        self.hub.send(self, io.INPUTS + io.PER_BAY * self.bay, data, extended=False)


class CarNode:
    """The vehicle on its own bus: it lives while the auxiliary supply is there."""

    def __init__(self, outlet, hub, settings):
        self.outlet, self.hub = outlet, hub
        hub.nodes.append(self)
        self.settings = settings
        self.bms = CarBms(outlet, settings)
        self.machine = self.first = v.Vehicle(self.bms)
        self.modules = ModuleVehicle(self.bms, discharge_variant=settings["car_discharge_variant"])
        self.supplied = False
        self.closed = False
        self.silent = False
        self._stops = False

    def stop(self):
        """The BMS has had enough: BST."""
        self._stops = True

    async def start(self, host, port):
        """Let others onto its bus; the address as HOST:PORT."""
        return await self.hub.start(host, port)

    async def stop_server(self):
        """The hub stops by itself."""

    def hear(self, frame, now_ms):
        if self.supplied and not self.silent:
            self.machine.feed(frame, now_ms & 0x3FFFFFFF)

    def tick(self, now_ms, supplied):
        ticks = now_ms & 0x3FFFFFFF
        machine = self.machine
        self.bms.know()
        if supplied and not self.supplied:
            machine.plugged(ticks)
        elif self.supplied and not supplied:
            machine.pulled(ticks)
            self.first.pulled(ticks)
            self.machine = machine = self.first
        self.supplied = supplied
        if self._stops:
            self._stops = False
            machine.stop(v.SOC_REACHED, ticks)
        machine.tick(ticks)
        if machine.waits_for_contactors() and (ticks - machine.since) & 0x3FFFFFFF >= VEHICLE_CLOSE_MS:
            machine.ready(ticks)
        self.closed = supplied and machine.is_connected()
        while (frame := machine.queue.head()) is not None:
            if not self.silent:
                self.hub.send(self, frame.id, bytes(frame.data[: frame.n]), frame.extended)
            machine.queue.drop()
        if machine is self.first and self.first.agreed:
            self.machine = self.modules
            self.modules.plugged(ticks)
