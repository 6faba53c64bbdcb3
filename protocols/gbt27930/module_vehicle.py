"""The vehicle's end of a GB/T 27930.2-2024 session: the twin of module_charger.py for tests and for the
plant, with the same assumptions.

The owner is the BMS, as with vehicle.py: its figures stand in a VehicleState, it closes its contactors when
wants_contactors() and says ready(), and stops by stop().
"""

from protocols.gbt27930 import modules as m
from protocols.gbt27930.module_end import LINK_LOST, ModuleEnd
from protocols.gbt27930.session import EXPIRED

(UNPLUGGED, NEGOTIATE, NEGOTIATED, PARAMETERS, AUTHENTICATE, DETECT, PRECHARGE, READY, TRANSFER, STOPPING,
 ENDING, DONE, LOST) = range(13)
STATE_NAMES = ("unplugged", "negotiate functions", "negotiated", "parameters", "authenticate", "tests",
               "precharge", "ready", "transfer", "stopping", "ending", "done", "lost")
PLUGGED, E_P11, CLOSED, CHARGER_READY, STOP, E_P03, TOLD, PULLED = range(1, 9)
ASKED = 10  # + place of the function's code in m.FUNCTION_CODES

_RUNNING = (NEGOTIATE, NEGOTIATED, PARAMETERS, AUTHENTICATE, DETECT, PRECHARGE, READY, TRANSFER)
TRANSITIONS = tuple(
    [
        (UNPLUGGED, PLUGGED, NEGOTIATE),
        (NEGOTIATE, E_P11, NEGOTIATED),
        (NEGOTIATED, ASKED, PARAMETERS),
        (PARAMETERS, ASKED + 1, AUTHENTICATE),
        (AUTHENTICATE, ASKED + 2, DETECT),
        (DETECT, ASKED + 3, PRECHARGE),
        (PRECHARGE, CLOSED, READY),
        (READY, CHARGER_READY, TRANSFER),
        (STOPPING, ASKED + 4, ENDING),
        (STOPPING, EXPIRED, DONE),
        (STOPPING, LINK_LOST, DONE),
        (ENDING, TOLD, DONE),
        (ENDING, EXPIRED, DONE),
        (ENDING, LINK_LOST, DONE),
    ]
    + [(state, STOP, STOPPING) for state in _RUNNING]
    + [(state, E_P03, STOPPING) for state in _RUNNING]
    + [(state, EXPIRED, LOST) for state in _RUNNING]
    + [(state, LINK_LOST, LOST) for state in _RUNNING]
    + [(state, PULLED, UNPLUGGED) for state in range(LOST + 1)]
)
_NONE = ()
SENDS = (_NONE, _NONE, _NONE, _NONE, (m.P32,), (m.P06,), (m.P06, m.P72), (m.P06, m.P72),
         (m.P06, m.P73, m.P74, m.P77), (m.P06,), (m.P91,), _NONE, _NONE)
WAITS = (
    (NEGOTIATE, -1, 60000, "p11"),
    (NEGOTIATED, -1, 5000, "p01"),
    (PARAMETERS, -1, 10000, "p01"),
    (AUTHENTICATE, -1, 60000, "p33"),
    (DETECT, m.P51, 5000, "p51"),
    (DETECT, -1, 60000, "p01"),
    (PRECHARGE, -1, 60000, "closed"),
    (READY, m.P71, 5000, "p71"),
    (READY, -1, 60000, "p71"),
    (TRANSFER, m.P76, 1000, "p76"),
    (STOPPING, -1, 10000, "p01"),
    (ENDING, -1, 10000, "p93"),
)
_ENTERED = (PARAMETERS, AUTHENTICATE, DETECT, PRECHARGE, ENDING)  # by each of m.FUNCTION_CODES
_TRANSFER = 5


class ModuleVehicle(ModuleEnd):
    def __init__(self, state, waits=WAITS, discharge_variant=0):
        """`state`: vehicle.VehicleState; `discharge_variant`: the variant of the transfer that this vehicle
        takes for charging and discharging, 0 = it knows none.
        """
        super().__init__(False, TRANSITIONS, SENDS, waits)
        self.bms = state
        self.discharge_variant = discharge_variant
        self.closed = False
        self.last_error = ""
        self.checked = False
        self._agrees = False

    def plugged(self, now):
        self.forget()
        self.strikes = 0
        self.closed = self.checked = False
        self.happen(PLUGGED, now)

    def pulled(self, now):
        self.closed = False
        self.happen(PULLED, now)
        self.forget()

    def wants_contactors(self):
        """Whether the vehicle's own contactors belong closed."""
        return PRECHARGE <= self.state <= STOPPING

    def waits_for_contactors(self):
        """Whether the owner should close them now, and say ready()."""
        return self.state == PRECHARGE

    def is_connected(self):
        """Whether they are closed."""
        return self.closed and READY <= self.state <= STOPPING

    def ready(self, now):
        """The vehicle's contactors are closed."""
        self.closed = True
        self.happen(CLOSED, now)

    def stop(self, cause, now):
        self.happen(STOP, now)

    def received(self, message, now):
        values = self.values[message]
        if message == m.P11:
            self.happen(E_P11, now)
        elif message == m.P01:
            self._asked(values[0], now)
        elif message == m.P51:
            if values == [m.PASSED] * 4 and not self.checked and self.state == DETECT:
                self.checked = True
                self.say(m.P52)
        elif message == m.P71:
            if values[0] == m.YES:
                self.happen(CHARGER_READY, now)
        elif message == m.P03:
            self.happen(E_P03, now)
        elif message == m.P93:
            self.say(m.P94)

    def _asked(self, function, now):
        """P01: yes where the table has it, and once more when our word was lost."""
        self._agrees = False
        if function in m.FUNCTION_CODES:
            event = ASKED + m.FUNCTION_CODES.index(function)
            repeated = _ENTERED[event - ASKED] == self.state
            self._agrees = repeated or self.happen(event, now)
        self.say(m.P02)

    def entered(self, before, event, now):
        state = self.state
        if state == NEGOTIATED:
            self.say(m.P12)
        elif state == PARAMETERS:
            self.say(m.P22)
        elif state == STOPPING and event == STOP:
            self.to_say = []
            self.say(m.P04)
        elif state >= ENDING:
            self.closed = False

    def heard(self, message, now):
        if message == m.P94:
            self.happen(TOLD, now)

    def expired(self, wait, now):
        self.last_error = wait[3]

    def fill(self, message, now):
        values = self.values[message]
        bms = self.bms
        if message == m.P02:
            values[0] = m.YES if self._agrees else m.UNKNOWN
        elif message == m.P12:
            self._choose(values)
        elif message == m.P22:
            self._fill_parameters(values)
        elif message == m.P04:
            values[0] = m.STOPPED
            values[1] = values[2] = 0
            values[3] = m.UNKNOWN
        elif message == m.P06:
            values[0] = values[1] = m.YES if self.closed else m.NO
        elif message == m.P32:
            values[0] = m.NO
        elif message == m.P52:
            values[0] = m.YES
        elif message == m.P72:
            values[0] = m.YES if self.closed else m.NO
            values[1] = bms.voltage_dv
        elif message == m.P73:
            values[0] = bms.demand_dv
            values[1] = bms.demand_da
            values[2] = bms.mode
        elif message == m.P74:
            values[0] = bms.soc_bp
            values[1] = bms.remaining_min
        elif message == m.P77:
            values[0] = bms.cell_now_mv
            values[1] = bms.cell_min_mv
            values[2] = bms.temperature_dc
            values[3] = bms.temperature_min_dc
        elif message == m.P91:
            values[0] = m.UNKNOWN
        elif message == m.P94:
            values[0] = bms.soc_bp

    def _choose(self, values):
        """What both know; of the transfer the variant with discharging, where we know it."""
        offered = self.values[m.P11]
        for i in range(len(m.FUNCTIONS)):
            values[i] = min(offered[i], 1)
        if self.discharge_variant and offered[_TRANSFER] == self.discharge_variant:
            values[_TRANSFER] = self.discharge_variant

    def _fill_parameters(self, values):
        bms = self.bms
        values[0] = bms.charge_max_da
        values[1] = bms.voltage_max_dv
        values[2] = bms.energy_wh
        values[3] = bms.soc_bp
        values[4] = bms.cell_max_mv
        values[5] = bms.temperature_limit_dc
        values[6] = 6
        values[7] = 0
