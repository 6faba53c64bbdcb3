"""A bay with everything that a DC outlet has: vehicle on CAN (or behind an SECC), Infypower modules, remote
I/O, and the outlet's sequence between them.

Loaded by name where a configuration asks for it, so that a small image need not carry it. The sequence
decides (firmware/outlet); this carries its inputs in and its outputs out, each TURN_MS and as soon as a frame
came. A vehicle's time-out ends the energy at once and lets the sequence begin anew; the protocol counts the
strikes until the plug is pulled.
"""

from boards.converters import FaultTeller
from drivers import vehicle as r
from drivers.bay_io_can import AUXILIARY, BLEEDER, CONTACTOR, CONTACTOR_CLOSED, EARTH, ESTOP, LOCK
from drivers.bay_io_can import LOCK_CLOSED, PLUGGED, BayIoCan
from drivers.converter_infy import NOTHING, POWER, VOLTAGE, InfyConverter
from drivers.vehicle_gbt import GbtVehicle
from firmware.outlet import record as o
from firmware.outlet import table as t
from firmware.outlet.sequence import DEFAULTS, Sequence
from protocols.gbt27930.charger import ChargerOptions
from protocols.ticks import ticks_add, ticks_diff

TURN_MS = 10
_PRECHARGE_DA = 20
_SETTLE_MS = 300  # of the voltage behind the vehicle's contactors, and of its way over the bus
_CONTACTOR_MS = 600  # the mirror contact is told over a bus: longer than by a wire
_VEHICLE = (o.VEHICLE_NONE, o.VEHICLE_NONE, o.VEHICLE_GREETED, o.VEHICLE_GREETED, o.VEHICLE_READY,
            o.VEHICLE_READY, o.VEHICLE_READY, o.VEHICLE_ENDED, o.VEHICLE_DONE, o.VEHICLE_LOST)


class Wakes:
    """What the loop reads of a port: a bay wakes by time, its buses have the ports."""

    ready = False
    is_open = True


class CanBay:
    """Looks to the loop like a driver. Its devices are served by their buses, this turns the sequence."""

    def __init__(self, bay, number, vehicle, converter, io, log, numbers):
        """`numbers`: what the configuration changes of the sequence's."""
        self.bay = bay
        self.number = number
        self.vehicle = vehicle
        self.converter = converter
        self.io = io
        self.log = log
        self.outlet = o.Outlet()
        own = dict(DEFAULTS)
        own["contactor_ms"] = _CONTACTOR_MS
        own.update(numbers)
        self.sequence = Sequence(self.outlet, own)
        self.port = Wakes()
        self.wake_at = 0
        self.permit = o.PERMIT_NONE
        self.told_fault = 0
        self.started = False
        self.ready_since = -1
        self.finished = False  # the vehicle has had enough: not asked again before it is plugged anew
        converter.demand = NOTHING

    def is_due(self, now):
        return ticks_diff(now, self.wake_at) >= 0

    def plug_seen(self):
        """1 in, 0 out, -1 = nobody knows."""
        if not self.started or self.outlet.silent:
            return -1
        return self.outlet.plugged

    def service(self, now):
        self.wake_at = ticks_add(now, TURN_MS)
        if not self.started:
            self.started = self.io.fresh(now)  # before the first inputs nothing is known, and all is off
            return
        self._inputs(now)
        self.sequence.step(now)
        self._outputs(now)
        self._tell(now)

    def _inputs(self, now):
        outlet, io, record = self.outlet, self.io, self.vehicle.record
        outlet.silent = 0 if io.fresh(now) else 1
        lines = ESTOP if outlet.silent else io.inputs  # what is not known counts as pressed
        outlet.plugged = 1 if lines & PLUGGED else 0
        outlet.estop = 1 if lines & ESTOP else 0
        outlet.earth = 1 if lines & EARTH else 0
        outlet.lock_closed = 1 if lines & LOCK_CLOSED else 0
        outlet.contactor_closed = 1 if lines & CONTACTOR_CLOSED else 0
        outlet.outlet_dv = io.outlet_dv
        outlet.connector_dc = io.connector_dc
        outlet.insulation_ohm = io.insulation_ohm
        outlet.insulation_count = io.insulation_count
        converter = self.converter
        outlet.output_dv = converter.group.voltage_dv()
        outlet.current_da = converter.group.current_da()
        outlet.wanted_da = converter.told_da()
        outlet.converter_fault = converter.faults
        outlet.vehicle_max_dv = self.vehicle.insulation_voltage_dv()
        outlet.battery_dv = record.voltage_dv
        outlet.vehicle = self._vehicle_word(record, now)
        outlet.requested = 0 if self.finished else 1
        if not outlet.plugged:
            self.finished = False
            outlet.reset = 1 - outlet.silent  # the plug is out: a new driver may try

    def _vehicle_word(self, record, now):
        phase = record.phase
        if phase != r.WAITS_OUTPUT:
            self.ready_since = -1
        elif self.ready_since < 0:
            self.ready_since = now
        if self.ready_since >= 0 and ticks_diff(now, self.ready_since) < _SETTLE_MS:
            return o.VEHICLE_GREETED  # the voltage that is measured is older than the vehicle's word
        if phase == r.CONNECTING and self.permit >= o.PERMIT_READY:
            return o.VEHICLE_ENDED  # a time-out: it begins anew, and so does the outlet
        if phase in (r.STOPPING, r.ENDED) and self.permit == o.PERMIT_ENERGY:
            self.finished = True  # its own word (BST)
        return _VEHICLE[phase]

    def _outputs(self, now):
        outlet, io, converter = self.outlet, self.io, self.converter
        io.outputs = (
            (LOCK if outlet.lock else 0)
            | (AUXILIARY if outlet.auxiliary else 0)
            | (CONTACTOR if outlet.contactor else 0)
            | (BLEEDER if outlet.bleeder else 0)
        )
        converter.held = not outlet.power_allowed
        converter.derate_bp = outlet.derate_bp
        if outlet.mode == t.OFF:
            converter.demand = NOTHING
        elif outlet.mode == t.RUN:
            converter.demand = POWER
        else:
            converter.demand = VOLTAGE
            converter.demand_dv = outlet.target_dv
            converter.demand_da = _PRECHARGE_DA
        self.vehicle.measured(io.outlet_dv, converter.current_da())
        if outlet.permit != self.permit:
            self._permit(outlet.permit, now)
            self.permit = outlet.permit

    def _permit(self, permit, now):
        vehicle = self.vehicle
        if permit == o.PERMIT_HELLO:
            vehicle.plugged(now)
        elif permit == o.PERMIT_PARAMETERS:
            vehicle.insulated(now)
        elif permit == o.PERMIT_ENERGY:
            vehicle.output_ready(now)
        elif permit == o.PERMIT_END:
            vehicle.stop(self.sequence.fault != 0, now)
        elif permit == o.PERMIT_NONE:
            vehicle.unplugged(now, self.outlet.plugged == 0)

    def _tell(self, now):
        fault = self.sequence.fault
        if fault != self.told_fault:
            self.told_fault = fault
            if fault:
                self.log.add(fault, self.number + 1, now)

    def is_told(self, power_w):
        return True

    def panic(self):
        """Its buses hold the stop frames."""

    def close(self):
        """Its buses close."""


def make(index, config, image, buses, log):
    """The CanBay of bay `index`; its devices are put on the buses."""
    row = config["bays"][index]
    converter_row = row["converter"]
    first = converter_row["unit"]
    addresses = list(range(first, first + converter_row["modules"]))
    bay = image.bays[index]
    record = r.VehicleRecord(cell_spread_mv=row["battery"]["cell_spread_mv"])
    converter = InfyConverter(addresses, converter_row["poll_ms"], bay, row["rating_w"], record)
    converter.tell = FaultTeller(log, index + 1)
    io = BayIoCan(index, row["vehicle"]["io_max_age_ms"])
    vehicle = _vehicle(row, bay, record, buses[row["vehicle"]["bus"]])
    module_bus = buses[converter_row["bus"]]
    module_bus.add(converter)
    module_bus.add(io)
    return CanBay(bay, index, vehicle, converter, io, log, row["vehicle"]["outlet"])


def _vehicle(row, bay, record, bus):
    if row["vehicle"]["protocol"] == "secc":
        bus.attach(bay, record)
        return bus
    options = ChargerOptions()
    options.discharge = row["vehicle"]["discharge"] and row["bidirectional"]
    options.negotiate = row["vehicle"]["negotiate"]
    vehicle = GbtVehicle(bay, record, options, _modules(row, options))
    bus.add(vehicle)
    return vehicle


def _modules(row, options):
    """The session of version 2, where it is offered; by name: few stations carry it."""
    if row["vehicle"]["gbt_version"] < 2:
        return None
    driver = __import__("drivers.vehicle_modules", None, None, ["Modules"])
    options.version = (2, 0, 0)
    own = driver.c.ModuleOptions()
    if options.discharge:
        own.discharge_variant = row["vehicle"]["discharge_variant"]
        own.discharge_max_da = row["vehicle"]["discharge_max_da"]
    return driver.Modules(own)
