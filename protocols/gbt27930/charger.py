"""The charger's end of GB/T 27930-2015, with the version negotiation of GB/T 27930.2-2024 before it and the
discharge messages of GB/T 18487.4-2025 within it, both switched by `options`.

Phases: (version) -> handshake CHM/BHM -> insulation test, by our owner -> recognition CRM/BRM -> parameters
BCP, CTS, CML -> BRO AA, our owner precharges and closes its contactors -> CRO AA -> energy transfer -> stop
CST/BST -> statistics BSD/CSD. A time-out in between: error message CEM, back to the recognition; the third
one is the end until the vehicle is plugged anew. The owner watches `state`: power may flow in TRANSFER only,
while may_transfer(); its contactors may be closed from PREPARE to STOPPING.

Clauses: periods and time-outs of GB/T 27930-2015 tables 2 to 6 as the facts give them (a time-out limit that
no source states is 5 s). General knowledge, to be verified: how long CEM is repeated (ERROR_MS), how long CSD
is repeated after BSD (FAREWELL_MS), how many negotiation frames are sent before a vehicle is taken for an old
one (NEGOTIATE_MS), and the order of ERD/BDR within the energy transfer.
"""

from protocols.gbt27930 import tables as t
from protocols.gbt27930.codec import field_index
from protocols.gbt27930.endpoint import Endpoint
from protocols.gbt27930.session import EXPIRED
from protocols.ticks import ticks_diff

(IDLE, NEGOTIATE, HANDSHAKE, INSULATION, RECOGNISE, RECOGNISED, CONFIGURE, PREPARE, READY, TRANSFER, STOPPING,
 ENDING, DONE, TIMED_OUT, LOST, MODULES) = range(16)
STATE_NAMES = ("idle", "negotiate", "handshake", "insulation", "recognise", "recognised", "configure",
               "prepare", "ready", "transfer", "stopping", "ending", "done", "timed out", "lost", "modules")
(START, START_NEW, OLD, AGREED, E_BHM, INSULATED, E_BRM, E_BCP, BRO_00, BRO_AA, OUTPUT_READY, DEMAND, STOP,
 E_BST, E_BSD, E_BEM, STRUCK_OUT, FAREWELL, UNPLUGGED) = range(1, 20)

ERROR_MS = 1000
FAREWELL_MS = 1500
NEGOTIATE_MS = 2000
PAUSE_MS = 600000
STRIKES = 3

_RUNNING = (RECOGNISE, RECOGNISED, CONFIGURE, PREPARE, READY, TRANSFER)
TRANSITIONS = tuple(
    [
        (IDLE, START, HANDSHAKE),
        (IDLE, START_NEW, NEGOTIATE),
        (NEGOTIATE, OLD, HANDSHAKE),
        (NEGOTIATE, EXPIRED, HANDSHAKE),
        (NEGOTIATE, AGREED, MODULES),
        (NEGOTIATE, STOP, DONE),
        (MODULES, STOP, DONE),
        (HANDSHAKE, E_BHM, INSULATION),
        (HANDSHAKE, EXPIRED, LOST),
        (HANDSHAKE, STOP, DONE),
        (INSULATION, INSULATED, RECOGNISE),
        (INSULATION, STOP, DONE),
        (RECOGNISE, E_BRM, RECOGNISED),
        (RECOGNISED, E_BCP, CONFIGURE),
        (CONFIGURE, BRO_AA, PREPARE),
        (PREPARE, BRO_00, CONFIGURE),
        (PREPARE, OUTPUT_READY, READY),
        (READY, DEMAND, TRANSFER),
        (TRANSFER, E_BST, STOPPING),
        (READY, E_BST, STOPPING),
        (STOPPING, E_BST, ENDING),
        (STOPPING, E_BSD, ENDING),
        (STOPPING, EXPIRED, DONE),
        (ENDING, FAREWELL, DONE),
        (ENDING, EXPIRED, DONE),
        (TIMED_OUT, EXPIRED, RECOGNISE),
        (TIMED_OUT, STRUCK_OUT, LOST),
        (TIMED_OUT, STOP, DONE),
    ]
    + [(state, EXPIRED, TIMED_OUT) for state in _RUNNING]
    + [(state, STOP, STOPPING) for state in _RUNNING]
    + [(state, E_BEM, TIMED_OUT) for state in _RUNNING]
    + [(state, UNPLUGGED, IDLE) for state in range(MODULES + 1)]
)

_NONE = ()
SENDS = (_NONE, (t.CVC,), (t.CHM,), (t.CHM,), (t.CRM,), (t.CRM,), (t.CTS, t.CML), (t.CML, t.CRO), (t.CRO,),
         (t.CCS,), (t.CST,), (t.CSD,), _NONE, (t.CEM,), _NONE, _NONE)

# state, message, limit, time-out bit of CEM (field name, "" = none)
WAITS = (
    (NEGOTIATE, -1, NEGOTIATE_MS, ""),
    (HANDSHAKE, t.BHM, 10000, ""),
    (RECOGNISE, t.BRM, 5000, "brm"),
    (RECOGNISED, t.BCP, 5000, "bcp"),
    (CONFIGURE, t.BRO, 5000, "bro"),
    (CONFIGURE, -1, 60000, "bro"),
    (PREPARE, t.BRO, 5000, "bro"),
    (READY, t.BCL, 1000, "bcl"),
    (READY, t.BCS, 5000, "bcs"),
    (TRANSFER, t.BCL, 1000, "bcl"),
    (TRANSFER, t.BCS, 5000, "bcs"),
    (TRANSFER, t.BSM, 5000, ""),
    (STOPPING, t.BST, 5000, "bst"),
    (ENDING, t.BSD, 10000, "bsd"),
    (TIMED_OUT, -1, ERROR_MS, ""),
)

ALLOWED = 1  # of every two-bit permission
_BSM_STATES = tuple([field_index(t.MESSAGES[t.BSM], n) for n in (
    "cell_voltage", "soc", "over_current", "over_temperature", "insulation", "connector")])
_BSM_PERMITTED = field_index(t.MESSAGES[t.BSM], "permitted")
_CST_CAUSES = ("condition_reached", "manual", "fault", "bms_stopped")
CONDITION_REACHED, MANUAL, FAULT, BMS_STOPPED = 0, 1, 2, 3


class ChargerOptions:
    """What a charger says of itself, and which parts of the newer standards it uses."""

    def __init__(self):
        self.voltage_max_dv = 10000
        self.voltage_min_dv = 2000
        self.current_max_da = 1000
        self.current_min_da = 0
        self.discharge_min_da = 0
        self.number = b"\x00\x00\x00\x01"
        self.region = b"000"
        self.negotiate = False  # send 27930.2's version frames first
        self.version = (1, 1, 0)  # of 27930.2: below 2 every vehicle falls back to 2015
        self.discharge = False  # ask with 18487.4's ERD


class Charger(Endpoint):
    def __init__(self, options, waits=WAITS, rx_bytes=512):
        super().__init__(True, options.discharge, TRANSITIONS, SENDS, waits, rx_bytes)
        self.options = options
        self.raw[t.BRM] = b""
        # from our owner
        self.voltage_dv = 0
        self.current_da = 0
        self.permitted = True  # False pauses: CCS says so
        self.wall = (0, 0, 0, 1, 1, 2000)  # second, minute, hour, day, month, year
        self.charged_wh = 0
        self.discharged_wh = 0
        # for our owner
        self.stop_cause = 0
        self.paused_at = -1
        self.agreed_version = 0  # major of the negotiated version, 0 = none yet, 1 = 2015
        self.began = 0
        self.asks = 0  # ERD sent without an answer
        self._due_erd = 0
        self.stops_sent = 0
        self.last_error = ""  # the message that did not come

    # orders of the owner

    def start(self, now):
        """The plug is locked and the auxiliary supply is on. `strikes` stay as they are."""
        self.forget()
        self.agreed_version = 0
        self.last_error = ""
        if self.options.negotiate:
            self.set_session(t.NEGOTIATION)
        self.happen(START_NEW if self.options.negotiate else START, now)

    def insulated(self, now):
        """Insulation was tested and the line is discharged again."""
        self.happen(INSULATED, now)

    def output_ready(self, now):
        """Precharged, our contactors are closed."""
        self.happen(OUTPUT_READY, now)

    def stop(self, cause, now):
        """CST with this cause (CONDITION_REACHED, MANUAL, FAULT, BMS_STOPPED)."""
        self.stop_cause = cause
        self.happen(STOP, now)

    def unplugged(self, now):
        """The session is over; the owner sets `strikes` to 0 when the plug is out."""
        self.happen(UNPLUGGED, now)
        self.forget()

    # for the owner

    def may_transfer(self):
        """Whether the vehicle lets energy flow now."""
        return self.state == TRANSFER and self.paused_at < 0

    def abnormal(self):
        """Whether the BMS reports anything that ends the session (BSM)."""
        if not self.have[t.BSM]:
            return False
        values = self.values[t.BSM]
        for i in _BSM_STATES:
            if values[i] != 0:
                return True
        return False

    def may_discharge(self):
        """Whether the vehicle has allowed discharging (BDR) and gives its limits (BDC)."""
        if not self.options.discharge or not self.have[t.BDR] or not self.have[t.BDC]:
            return False
        return self.values[t.BDR][1] == ALLOWED and not self.have[t.BDST]

    # Endpoint

    def received(self, message, now):
        if message == t.BVC:
            self._negotiate(now)
        elif message == t.BHM:
            self.happen(E_BHM, now)
        elif message == t.BRM:
            self.happen(E_BRM, now)
        elif message == t.BCP:
            self.happen(E_BCP, now)
        elif message == t.BRO:
            self.happen(BRO_AA if self.values[t.BRO][0] == t.READY else BRO_00, now)
        elif message == t.BCL or message == t.BCS:
            if self.have[t.BCL] and self.have[t.BCS]:
                self.happen(DEMAND, now)
        elif message == t.BSM:
            self._permission(now)
        elif message == t.BST:
            self._stopped(now)
        elif message == t.BSD:
            self.happen(E_BSD, now)
        elif message == t.BEM:
            if self.happen(E_BEM, now):
                self.last_error = "bem"

    def _stopped(self, now):
        """BST: the vehicle stops, or answers our CST, which it must have had at least once."""
        if self.state == ENDING:
            self.send_once(t.CST, now)
            return
        if self.state != STOPPING:
            self.stop_cause = BMS_STOPPED
        elif not self.stops_sent:
            return
        self.happen(E_BST, now)

    def sent(self, message, now):
        if message == t.CST:
            self.stops_sent += 1

    def _negotiate(self, now):
        """The lower version wins; below 2 the session is that of 2015."""
        theirs = self.values[t.BVC]
        if theirs[2] < self.options.version[0]:
            self.agreed_version = theirs[2]
        elif theirs[1] == 1:
            self.agreed_version = self.options.version[0]
        if 0 < self.agreed_version < 2:
            self.agreed_version = 1
            self.happen(OLD, now)
        elif self.agreed_version:
            self.happen(AGREED, now)

    def _permission(self, now):
        if self.state != TRANSFER:
            return
        if self.abnormal():
            self.stop(FAULT, now)
        elif self.values[t.BSM][_BSM_PERMITTED] == ALLOWED:
            self.paused_at = -1
        elif self.paused_at < 0:
            self.paused_at = now

    def tick(self, now):
        super().tick(now)
        if self.state == TRANSFER:
            if self.paused_at >= 0 and ticks_diff(now, self.paused_at) >= PAUSE_MS:
                self.stop(CONDITION_REACHED, now)
            elif self.options.discharge and not self.have[t.BDR]:
                self._ask(now)
        elif self.state == ENDING and self.have[t.BSD] and ticks_diff(now, self.since) >= FAREWELL_MS:
            self.happen(FAREWELL, now)

    def _ask(self, now):
        """ERD until BDR answers, ten times at most: a vehicle that does not know it only charges."""
        if self.asks < 10 and (self.asks == 0 or ticks_diff(now, self._due_erd) >= 0):
            self._due_erd = (now + t.MESSAGES[t.ERD][t.PERIOD_MS]) & 0x3FFFFFFF
            self.asks += 1
            self.send_once(t.ERD, now)

    def entered(self, before, event, now):
        state = self.state
        if state == HANDSHAKE and before == NEGOTIATE:
            self.agreed_version = 1
            self.set_session(t.SESSION_DISCHARGE if self.options.discharge else t.SESSION_2015)
        elif state == MODULES:
            self.send_once(t.CVC, now)  # our word; the owner goes on with module_charger.py
        elif state == RECOGNISE:
            hello = self.have[t.BHM]
            self.forget()
            self.have[t.BHM] = hello
            self.asks = 0
        elif state == STOPPING:
            self.stops_sent = 0
        elif state == TRANSFER:
            self.began = now
            self.paused_at = -1
        elif state == TIMED_OUT:
            self.strikes += 1
            if event != EXPIRED:
                self._clear(t.CEM)
            if self.strikes >= STRIKES:
                self.send_once(t.CEM, now)
                self.happen(STRUCK_OUT, now)

    def expired(self, wait, now):
        if wait[0] == TIMED_OUT:
            return
        self.last_error = wait[3] or "time"
        self._clear(t.CEM)
        if wait[3]:
            self.values[t.CEM][field_index(t.MESSAGES[t.CEM], wait[3])] = 1
        if wait[0] == STOPPING or wait[0] == ENDING:
            self.send_once(t.CEM, now)

    def _clear(self, message):
        values = self.values[message]
        for i in range(len(values)):
            values[i] = 0

    def fill(self, message, now):
        values = self.values[message]
        options = self.options
        if message == t.CCS:
            values[0] = self.voltage_dv
            values[1] = self.current_da
            values[2] = ticks_diff(now, self.began) // 60000
            values[3] = ALLOWED if self.permitted else 0
        elif message == t.CRM:
            values[0] = t.READY if self.state == RECOGNISED else t.NOT_READY
        elif message == t.CTS:
            for i in range(6):
                values[i] = self.wall[i]
        elif message == t.CML:
            values[0] = options.voltage_max_dv
            values[1] = options.voltage_min_dv
            values[2] = options.current_max_da
            values[3] = options.current_min_da
        elif message == t.CRO:
            values[0] = t.READY if self.state == READY else t.NOT_READY
        elif message == t.CST:
            self._clear(t.CST)
            values[self.stop_cause] = 1
        elif message == t.CSD:
            values[0] = ticks_diff(now, self.began) // 60000
            values[1] = self.charged_wh
        elif message == t.ERD:
            values[1] = ALLOWED
            values[2] = options.discharge_min_da
            values[3] = options.voltage_max_dv
            values[4] = ALLOWED
        elif message == t.CVC:
            self._fill_version(values)

    def _fill_version(self, values):
        version = self.options.version
        theirs = self.values[t.BVC]
        agrees = self.have[t.BVC] and theirs[2] >= version[0]
        values[0] = 0
        values[1] = 1 if agrees else 0
        for i in range(3):
            values[2 + i] = version[i]
        values[5] = values[6] = 1  # pilot and transport, as a blog on this negotiation fills them

    def dress(self, message, data):
        if message == t.CHM:
            data[0] = data[1] = 1
            data[2] = 0
        elif message == t.CRM:
            self._bytes(data, 1, self.options.number)
            self._bytes(data, 5, self.options.region)
        elif message == t.CSD:
            self._bytes(data, 4, self.options.number)
        elif message == t.ERD:
            data[0] = data[1] = 1
            data[2] = 0

    def _bytes(self, data, at, text):
        for i in range(len(text)):
            data[at + i] = text[i]
