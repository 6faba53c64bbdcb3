"""The vehicle's end of GB/T 27930-2015 (with the answers to 18487.4-2025's discharge messages and to the
version negotiation): the twin of charger.py for tests and for the plant.

The owner is the BMS: it puts its measurements and limits into the attributes, closes its contactors when
`wants_contactors()`, says ready(), and stops by stop(). What the charger said stands in values[]. The order
of ERD, BDR and BDC is general knowledge, as in charger.py.
"""

from protocols.gbt27930 import tables as t
from protocols.gbt27930.codec import field_index
from protocols.gbt27930.endpoint import Endpoint
from protocols.gbt27930.session import EXPIRED
from protocols.ticks import ticks_diff

(UNPLUGGED, HELLO, IDENTIFY, PARAMETERS, PREPARE, READY, CHARGE, STOPPING, ENDING, DONE, TIMED_OUT,
 LOST) = range(12)
STATE_NAMES = ("unplugged", "hello", "identify", "parameters", "prepare", "ready", "charge", "stopping",
               "ending", "done", "timed out", "lost")
(PLUGGED, E_CHM, CRM_00, CRM_AA, E_CML, CLOSED, CRO_AA, STOP, E_CST, E_CSD, E_CEM, STRUCK_OUT,
 PULLED) = range(1, 14)
ERROR_MS = 1000
STRIKES = 3

_RUNNING = (IDENTIFY, PARAMETERS, PREPARE, READY, CHARGE)
TRANSITIONS = tuple(
    [
        (UNPLUGGED, PLUGGED, HELLO),
        (HELLO, CRM_00, IDENTIFY),
        (HELLO, EXPIRED, TIMED_OUT),
        (IDENTIFY, CRM_AA, PARAMETERS),
        (PARAMETERS, E_CML, PREPARE),
        (PREPARE, CLOSED, READY),
        (READY, CRO_AA, CHARGE),
        (CHARGE, STOP, STOPPING),
        (STOPPING, E_CST, ENDING),
        (STOPPING, EXPIRED, ENDING),
        (ENDING, E_CSD, DONE),
        (ENDING, EXPIRED, DONE),
        (TIMED_OUT, CRM_00, IDENTIFY),
        (TIMED_OUT, STRUCK_OUT, LOST),
    ]
    + [(state, E_CST, STOPPING) for state in _RUNNING]
    + [(state, E_CEM, TIMED_OUT) for state in _RUNNING]
    + [(state, EXPIRED, TIMED_OUT) for state in _RUNNING]
    + [(state, CRM_00, IDENTIFY) for state in (PARAMETERS, PREPARE, READY, CHARGE)]
    + [(state, PULLED, UNPLUGGED) for state in range(LOST + 1)]
)
_NONE = ()
SENDS = (_NONE, _NONE, (t.BRM,), (t.BCP,), (t.BRO,), (t.BRO,), (t.BCL, t.BCS, t.BSM), (t.BST,), (t.BSD,),
         _NONE, (t.BEM,), _NONE)
WAITS = (
    (HELLO, -1, 60000, ""),
    (IDENTIFY, t.CRM, 5000, "crm_00"),
    (IDENTIFY, -1, 30000, "crm_aa"),
    (PARAMETERS, t.CML, 5000, "cts_cml"),
    (READY, t.CRO, 5000, "cro"),
    (READY, -1, 60000, "cro"),
    (CHARGE, t.CCS, 1000, "ccs"),
    (STOPPING, t.CST, 5000, "cst"),
    (ENDING, t.CSD, 10000, "csd"),
)
_CAUSES = ("soc_reached", "voltage_reached", "cell_voltage_reached", "charger_stopped")
SOC_REACHED, VOLTAGE_REACHED, CELL_VOLTAGE_REACHED, CHARGER_STOPPED = 0, 1, 2, 3
_BRM_NUMBERS = (("battery_type", 6), ("made_year", 2024), ("made_month", 5), ("made_day", 20), ("cycles", 12),
                ("owned", 1))


class VehicleState:
    """What the BMS knows, in the project's units; currents and limits as magnitudes."""

    def __init__(self):
        self.vin = b"LSIMULATEDCAR0001"
        self.capacity_dah = 1500
        self.energy_wh = 60000
        self.voltage_max_dv = 4500
        self.cell_max_mv = 4250
        self.temperature_limit_dc = 550
        self.charge_max_da = 1000  # ever (BCP)
        self.voltage_dv = 4000
        self.current_da = 0  # + = charging
        self.soc_bp = 5000
        self.demand_dv = 4400  # BCL
        self.demand_da = 1000
        self.mode = t.CC
        self.cell_now_mv = 3700
        self.cell_min_mv = 3650
        self.temperature_dc = 250
        self.temperature_min_dc = 240
        self.remaining_min = 60
        self.permitted = True
        self.insulation = 0
        self.over_temperature = 0
        self.discharges = False  # answers ERD
        self.discharge_max_da = 0
        self.discharge_min_dv = 3200
        self.discharge_min_soc_bp = 2000
        self.version = (0, 0, 0)  # of 27930.2; 0 = does not know it


class Vehicle(Endpoint):
    def __init__(self, state, waits=WAITS):
        super().__init__(False, state.discharges, TRANSITIONS, SENDS, waits, 64)
        if state.version[0]:
            self.known[t.MESSAGES[t.CVC][t.PF]] = t.CVC
        self.bms = state
        self.stop_cause = CHARGER_STOPPED
        self.closed = False
        self.agreed = False  # on version 2: the owner goes on with module_vehicle.py
        self.last_error = ""

    def plugged(self, now):
        self.forget()
        self.strikes = 0
        self.closed = self.agreed = False
        self.happen(PLUGGED, now)

    def pulled(self, now):
        self.closed = False
        self.happen(PULLED, now)
        self.forget()

    def wants_contactors(self):
        """Whether the vehicle's own contactors belong closed."""
        return PREPARE <= self.state <= STOPPING

    def waits_for_contactors(self):
        """Whether the owner should close them now, and say ready()."""
        return self.state == PREPARE

    def is_connected(self):
        """Whether they are closed."""
        return self.closed and READY <= self.state <= STOPPING

    def ready(self, now):
        """The vehicle's contactors are closed."""
        self.closed = True
        self.happen(CLOSED, now)

    def stop(self, cause, now):
        """BST with this cause."""
        self.stop_cause = cause
        self.happen(STOP, now)

    def received(self, message, now):
        values = self.values[message]
        if message == t.CHM:
            if self.state == HELLO:
                self.since = now
                self.send_once(t.BHM, now)
        elif message == t.CVC:
            self.send_once(t.BVC, now)
            self.agreed = values[1] == 1 and min(values[2], self.bms.version[0]) >= 2
        elif message == t.CRM:
            self.happen(CRM_AA if values[0] == t.READY else CRM_00, now)
        elif message == t.CML:
            if self.have[t.CTS] or self.state != PARAMETERS:
                self.happen(E_CML, now)
        elif message == t.CRO:
            if values[0] == t.READY:
                self.happen(CRO_AA, now)
        elif message == t.CST:
            self.happen(E_CST, now)
        elif message == t.CSD:
            self.happen(E_CSD, now)
        elif message == t.CEM:
            self.happen(E_CEM, now)
        elif message == t.ERD:
            self.send_once(t.BDR, now)
            self._due[t.BDC] = now

    def tick(self, now):
        super().tick(now)
        if self.state == CHARGE and self.bms.discharges and self.have[t.ERD]:
            if ticks_diff(now, self._due[t.BDC]) >= 0:
                self.send_once(t.BDC, now)

    def entered(self, before, event, now):
        state = self.state
        if state == IDENTIFY and before != IDENTIFY:
            self.forget()
            self.closed = False
        elif state == CHARGE:
            self.have[t.ERD] = False
        elif state == TIMED_OUT:
            self.closed = False
            self.strikes += 1
            if self.strikes >= STRIKES:
                self.send_once(t.BEM, now)
                self.happen(STRUCK_OUT, now)
        elif state == LOST or state == DONE:
            self.closed = False

    def expired(self, wait, now):
        self.last_error = wait[3]
        values = self.values[t.BEM]
        for i in range(len(values)):
            values[i] = 0
        if wait[3]:
            values[field_index(t.MESSAGES[t.BEM], wait[3])] = 1
        if wait[0] == STOPPING or wait[0] == ENDING:
            self.send_once(t.BEM, now)

    def fill(self, message, now):
        values = self.values[message]
        bms = self.bms
        if message == t.BHM:
            values[0] = bms.voltage_max_dv
        elif message == t.BRM:
            self._fill_identity(values)
        elif message == t.BCP:
            self._fill_parameters(values)
        elif message == t.BRO:
            values[0] = t.READY if self.closed else t.NOT_READY
        elif message == t.BCL:
            values[0] = bms.demand_dv
            values[1] = bms.demand_da
            values[2] = bms.mode
        elif message == t.BCS:
            self._fill_status(values)
        elif message == t.BSM:
            self._fill_state(values)
        elif message == t.BST:
            for i in range(len(values)):
                values[i] = 0
            values[self.stop_cause] = 1
        elif message == t.BSD:
            values[0] = bms.soc_bp
            values[1] = bms.cell_min_mv
            values[2] = bms.cell_now_mv
            values[3] = bms.temperature_min_dc
            values[4] = bms.temperature_dc
        else:
            self._fill_discharge(message, values)

    def _fill_identity(self, values):
        row = t.MESSAGES[t.BRM]
        for name, value in _BRM_NUMBERS:
            values[field_index(row, name)] = value
        values[field_index(row, "capacity_dah")] = self.bms.capacity_dah
        values[field_index(row, "rated_voltage_dv")] = self.bms.voltage_dv

    def _fill_parameters(self, values):
        bms = self.bms
        values[0] = bms.cell_max_mv
        values[1] = bms.charge_max_da
        values[2] = bms.energy_wh
        values[3] = bms.voltage_max_dv
        values[4] = bms.temperature_limit_dc
        values[5] = bms.soc_bp
        values[6] = bms.voltage_dv

    def _fill_status(self, values):
        bms = self.bms
        values[0] = bms.voltage_dv
        values[1] = bms.current_da
        values[2] = bms.cell_now_mv
        values[3] = 0
        values[4] = bms.soc_bp
        values[5] = bms.remaining_min

    def _fill_state(self, values):
        bms = self.bms
        for i in range(len(values)):
            values[i] = 0
        values[0] = values[2] = values[4] = 1
        values[1] = bms.temperature_dc
        values[3] = bms.temperature_min_dc
        values[8] = bms.over_temperature
        values[9] = bms.insulation
        values[11] = 1 if bms.permitted else 0

    def _fill_discharge(self, message, values):
        bms = self.bms
        if message == t.BDR:
            values[1] = 1
            values[2] = bms.discharge_max_da
            values[3] = bms.voltage_dv
            values[4] = bms.voltage_max_dv
        elif message == t.BDC:
            values[0] = bms.discharge_max_da
            values[1] = bms.discharge_min_dv
            values[2] = bms.discharge_min_soc_bp
        elif message == t.BVC:
            theirs = self.values[t.CVC]
            lower = self.have[t.CVC] and theirs[2] < bms.version[0]
            values[0] = 0
            values[1] = 1 if self.have[t.CVC] and not theirs[2] > bms.version[0] else 0
            for i in range(3):
                values[2 + i] = theirs[2 + i] if lower else bms.version[i]
            values[5] = values[6] = 1

    def dress(self, message, data):
        if message == t.BRM:
            data[0] = data[1] = 1
            data[2] = 0
            self._bytes(data, 8, b"SIMU")
            self._bytes(data, 24, self.bms.vin)
        elif message == t.BDR:
            data[0] = data[1] = 1
            data[2] = 0

    def _bytes(self, data, at, text):
        for i in range(len(text)):
            data[at + i] = text[i]
