"""A vehicle that speaks GB/T 27930, as a device on a CAN bus: drives the charger's end of the protocol
and keeps the bay's VehicleRecord up to date. A session begins as that of 2015; where both sides agree on
version 2 it goes on with the modules of 27930.2-2024 (vehicle_modules.py).

What the session waits for (insulation test, precharge and contactors) the bay's sequence does; it reads
`record.phase` and answers by the methods here. Time in the session, strikes and error messages are the
protocol's own affair (protocols/gbt27930/charger.py).
"""

from drivers import vehicle as r
from protocols.gbt27930 import charger as c
from protocols.gbt27930 import tables as t
from protocols.gbt27930.codec import field_index
from protocols.gbt27930.tables import ABSENT
from protocols.upy import const

PROTOCOL = "GB/T 27930-2015"
_VIN_AT, _VIN_END = const(24), const(41)
_MIN_DISCHARGE_DV = const(2000)  # where the vehicle names no lower voltage
# the session's states as phases that every protocol has
_PHASES = (r.PLUGGED, r.PLUGGED, r.PLUGGED, r.WAITS_INSULATION, r.CONNECTING, r.CONNECTING, r.CONNECTING,
           r.WAITS_OUTPUT, r.STARTING, r.TRANSFERRING, r.STOPPING, r.STOPPING, r.ENDED, r.CONNECTING,
           r.FAILED, r.CONNECTING)

_BCP = t.MESSAGES[t.BCP]
_BCP_VMAX = field_index(_BCP, "voltage_max_dv")
_BCP_V = field_index(_BCP, "voltage_dv")
_BCP_SOC = field_index(_BCP, "soc_bp")
_BCP_ENERGY = field_index(_BCP, "energy_wh")
_BCP_IMAX = field_index(_BCP, "current_max_da")


class GbtVehicle:
    def __init__(self, bay, record, options, modules=None):
        """`bay`: its group in the image; `options`: protocols.gbt27930.charger.ChargerOptions; `modules`: a
        vehicle_modules.Modules, where version 2 is offered.
        """
        self.bay = bay
        self.record = record
        self.first = c.Charger(options)
        self.modules = modules
        self.session = self.first
        self.published = -1  # time of the demand that the image has

    # the bay's sequence

    def plugged(self, now):
        """Locked, auxiliary supply on: the session begins. Strikes last until the plug is out."""
        self.record.clear()
        self.record.protocol = PROTOCOL
        self.session = self.first
        self.session.start(now)
        self._phase()

    def insulated(self, now):
        self.session.insulated(now)

    def output_ready(self, now):
        self.session.output_ready(now)

    def stop(self, faulty, now):
        """An orderly end, or one because of a fault."""
        self.session.stop(c.FAULT if faulty else c.MANUAL, now)
        self._phase()

    def unplugged(self, now, is_out=True):
        """The session is over; with the plug out, its strikes too."""
        self.session.unplugged(now)
        if self.session is not self.first:
            self.first.unplugged(now)
            self.first.strikes += self.session.strikes
            self.session.strikes = 0
            self.session = self.first
        if is_out:
            self.first.strikes = 0
        self.record.clear()
        self.bay.soc_bp.fail()

    def measured(self, voltage_dv, current_da):
        """What CCS tells the vehicle: output voltage, current with + = charging."""
        self.session.voltage_dv = voltage_dv
        self.session.current_da = current_da

    def insulation_voltage_dv(self):
        """The highest that the vehicle stands (BHM), 0 = not told."""
        if self.session is not self.first:
            return self.modules.voltage_max_dv()
        if not self.session.have[t.BHM]:
            return 0
        value = self.session.values[t.BHM][0]
        return 0 if value == ABSENT else value

    # device on the bus

    def feed(self, frame, now):
        self.session.feed(frame, now)

    def tick(self, port, now):
        session = self.session
        session.tick(now)
        queue = session.queue
        head = queue.head()
        while head is not None and port.send(head.id, head.data, head.n, True):
            queue.drop()
            head = queue.head()
        if session is self.first and session.state == c.MODULES and queue.count == 0:
            self.session = self.modules.start(self.record, now)
        self._phase()
        if self.session is self.first:
            self._take(now)
        elif self.modules.take(self.record):
            self.record.publish(self.bay, now)

    def due_in(self, now):
        return 0 if self.session.queue.count else self.session.next_deadline(now)

    def lost(self, now):
        """The bus is off: the session's own time-outs end it."""
        self.record.permitted = False

    def is_told(self, power_w):
        return True

    def panic(self, port):
        """CST is no safety function: the contactors and the converter end the energy."""

    # the record

    def _phase(self):
        record = self.record
        record.permitted = self.session.may_transfer()
        if self.session is not self.first:
            record.phase = self.modules.phase()
        else:
            record.phase = r.UNPLUGGED if self.session.state == c.IDLE else _PHASES[self.session.state]

    def _take(self, now):
        session = self.session
        record = self.record
        have = session.have
        if have[t.BRM] and not record.identity:
            record.identity = session.raw[t.BRM][_VIN_AT:_VIN_END]
        if have[t.BCP]:
            self._take_parameters(session.values[t.BCP])
        if not have[t.BCL] or not have[t.BCS]:
            record.known = False
            return
        if session.time[t.BCL] == self.published and record.known:
            return
        self.published = session.time[t.BCL]
        self._take_demand()
        record.time = session.time[t.BCL]
        record.known = True
        record.publish(self.bay, now)

    def _take_parameters(self, values):
        record = self.record
        if self.session.have[t.BCS]:
            return  # younger
        record.voltage_max_dv = 0 if values[_BCP_VMAX] == ABSENT else values[_BCP_VMAX]
        record.voltage_dv = 0 if values[_BCP_V] == ABSENT else values[_BCP_V]
        record.soc_bp = values[_BCP_SOC]
        record.energy_wh = values[_BCP_ENERGY]

    def _take_demand(self):
        session = self.session
        record = self.record
        demand = session.values[t.BCL]
        status = session.values[t.BCS]
        most_da = session.values[t.BCP][_BCP_IMAX]
        limit_da = 0 if demand[1] == ABSENT or demand[1] < 0 else demand[1]
        if most_da != ABSENT and most_da < limit_da:
            limit_da = most_da
        record.charge_limit_da = limit_da
        most_dv = session.values[t.BCP][_BCP_VMAX]
        record.voltage_max_dv = 0 if demand[0] == ABSENT else demand[0]
        if most_dv != ABSENT and most_dv < record.voltage_max_dv:
            record.voltage_max_dv = most_dv
        record.voltage_dv = 0 if status[0] == ABSENT else status[0]
        record.current_da = status[1]
        record.cell_hi_mv = status[2]
        record.soc_bp = status[4]
        record.remaining_min = status[5]
        if session.have[t.BSM]:
            record.temp_hi_dc = session.values[t.BSM][1]
            record.temp_lo_dc = session.values[t.BSM][3]
        self._take_discharge()

    def _take_discharge(self):
        record = self.record
        record.discharge_limit_da = 0
        record.voltage_min_dv = _MIN_DISCHARGE_DV
        if not self.session.may_discharge():
            return
        values = self.session.values[t.BDC]
        if values[0] != ABSENT and values[0] > 0:
            record.discharge_limit_da = values[0]
        if values[1] != ABSENT:
            record.voltage_min_dv = values[1]
        if values[2] != ABSENT:
            record.soc_min_bp = values[2]
