"""The charger's end of a GB/T 27930.2-2024 session, after both sides have agreed on version 2.0.0 or later.

Phases: functions are negotiated -> parameters -> authentication -> tests of the output circuit, by our
owner -> precharge -> energy transfer -> stop -> end. Each function is entered by P01 (which function, which
variant) and P02 (the vehicle's word). The owner's side is that of charger.py: start, insulated, output_ready,
stop, unplugged, may_transfer; power may flow in TRANSFER only, its contactors may be closed from PREPARE to
STOPPING.

Unverified, as modules.py says; the order of the phases is a third party's. From no source, hence parameters
of ModuleOptions: the variants that we offer, and **everything about discharging**: a variant of the function
`transfer` that stands for charging and discharging (0 = we offer none), and the current up to which such a
vehicle may then be discharged, as we know no message in which it says so itself. Time-outs (WAITS) are those
of the 2015 session where one compares, else 60 s for what a person or a test does and 5 s for the rest. Any
time-out, refusal or lost link ends the session: there is a way to link again (`relink`), we do not know how.
"""

from protocols.gbt27930 import modules as m
from protocols.gbt27930.charger import PAUSE_MS
from protocols.gbt27930.module_end import LINK_LOST, ModuleEnd
from protocols.gbt27930.session import EXPIRED
from protocols.ticks import ticks_diff

(IDLE, NEGOTIATE, PARAMETERS_ASK, PARAMETERS, AUTHENTICATE_ASK, AUTHENTICATE, DETECT_ASK, DETECT,
 PRECHARGE_ASK, PRECHARGE, PREPARE, READY, TRANSFER, STOPPING, END_ASK, ENDING, DONE, LOST) = range(18)
STATE_NAMES = ("idle", "negotiate functions", "ask for parameters", "parameters", "ask for authentication",
               "authenticate", "ask for the tests", "test the circuit", "ask for precharge",
               "wait for the vehicle", "precharge", "ready", "transfer", "stopping", "ask for the end",
               "ending", "done", "lost")
(START, CHOSEN, CONFIRMED, REFUSED, CONFIGURED, AUTHENTICATED, CHECKED, VEHICLE_READY, OUTPUT_READY, DEMAND,
 STOP, E_P04, STOP_HEARD, TOTALS_HEARD, UNPLUGGED) = range(1, 16)
STRIKES = 1

_RUNNING = tuple(range(NEGOTIATE, STOPPING))
TRANSITIONS = tuple(
    [
        (IDLE, START, NEGOTIATE),
        (NEGOTIATE, CHOSEN, PARAMETERS_ASK),
        (PARAMETERS_ASK, CONFIRMED, PARAMETERS),
        (PARAMETERS, CONFIGURED, AUTHENTICATE_ASK),
        (AUTHENTICATE_ASK, CONFIRMED, AUTHENTICATE),
        (AUTHENTICATE, AUTHENTICATED, DETECT_ASK),
        (DETECT_ASK, CONFIRMED, DETECT),
        (DETECT, CHECKED, PRECHARGE_ASK),
        (PRECHARGE_ASK, CONFIRMED, PRECHARGE),
        (PRECHARGE, VEHICLE_READY, PREPARE),
        (PREPARE, OUTPUT_READY, READY),
        (READY, DEMAND, TRANSFER),
        (STOPPING, STOP_HEARD, END_ASK),
        (STOPPING, EXPIRED, DONE),
        (STOPPING, LINK_LOST, DONE),
        (END_ASK, CONFIRMED, ENDING),
        (END_ASK, REFUSED, DONE),
        (END_ASK, EXPIRED, DONE),
        (END_ASK, LINK_LOST, DONE),
        (ENDING, TOTALS_HEARD, DONE),
        (ENDING, EXPIRED, DONE),
        (ENDING, LINK_LOST, DONE),
    ]
    + [(state, STOP, STOPPING) for state in _RUNNING]
    + [(state, E_P04, STOPPING) for state in _RUNNING]
    + [(state, REFUSED, LOST) for state in range(PARAMETERS_ASK, PREPARE)]
    + [(state, EXPIRED, LOST) for state in _RUNNING]
    + [(state, LINK_LOST, LOST) for state in _RUNNING]
    + [(state, UNPLUGGED, IDLE) for state in range(LOST + 1)]
)

_NONE = ()
_CONTACTORS = (m.P05, m.P71)
SENDS = (_NONE, _NONE, _NONE, _NONE, _NONE, (m.P31,), _NONE, (m.P07, m.P51), _NONE, _CONTACTORS,
         _CONTACTORS, _CONTACTORS, (m.P05, m.P75, m.P76), (m.P05, m.P76), _NONE, (m.P92,), _NONE, _NONE)
WAITS = (
    (NEGOTIATE, -1, 5000, "p12"),
    (PARAMETERS_ASK, -1, 5000, "p02"),
    (PARAMETERS, -1, 5000, "p22"),
    (AUTHENTICATE_ASK, -1, 5000, "p02"),
    (AUTHENTICATE, -1, 60000, "authentication"),
    (DETECT_ASK, -1, 5000, "p02"),
    (DETECT, -1, 60000, "p52"),
    (PRECHARGE_ASK, -1, 5000, "p02"),
    (PRECHARGE, -1, 60000, "p72"),
    (PREPARE, m.P72, 5000, "p72"),
    (READY, -1, 5000, "p73"),
    (TRANSFER, m.P73, 1000, "p73"),
    (TRANSFER, m.P74, 5000, "p74"),
    (TRANSFER, m.P77, 5000, "p77"),
    (STOPPING, -1, 5000, "p03"),
    (END_ASK, -1, 5000, "p02"),
    (ENDING, -1, 10000, "p94"),
)
_ASKS = {PARAMETERS_ASK: (m.FC_PARAMETERS, 0), AUTHENTICATE_ASK: (m.FC_AUTHENTICATION, 1),
         DETECT_ASK: (m.FC_DETECTION, 3), PRECHARGE_ASK: (m.FC_TRANSFER, 5), END_ASK: (m.FC_END, 6)}
_TRANSFER = 5  # place of the function among m.FUNCTIONS
FAULT = 2  # as charger.py's cause


class ModuleOptions:
    """What we offer. Voltages and currents as ChargerOptions."""

    def __init__(self):
        self.voltage_max_dv = 10000
        self.voltage_min_dv = 2000
        self.current_max_da = 1000
        self.current_min_da = 0
        self.variants = (1, 1, 0, 1, 0, 1, 1)  # of m.FUNCTIONS; 0 = none
        self.discharge_variant = 0  # of `transfer`; 0 = we never discharge in this session
        self.discharge_max_da = 0


class ModuleCharger(ModuleEnd):
    def __init__(self, options, waits=WAITS):
        super().__init__(True, TRANSITIONS, SENDS, waits)
        self.options = options
        # from our owner
        self.voltage_dv = 0
        self.current_da = 0
        self.charged_wh = 0
        self.discharged_wh = 0
        # for our owner
        self.paused_at = -1
        self.passed = False  # insulation and the other tests
        self.last_error = ""  # what did not come
        self._kind = m.STOPPED
        self._asked = False  # the vehicle has heard which function we want

    # orders of the owner

    def start(self, now):
        """Version 2 was agreed, the plug is locked and the auxiliary supply is on."""
        self.forget()
        self.passed = False
        self.paused_at = -1
        self.last_error = ""
        self._kind = m.STOPPED
        self.happen(START, now)

    def insulated(self, now):
        """Insulation was tested and the line is discharged again."""
        self.passed = True

    def output_ready(self, now):
        """Precharged, our contactors are closed."""
        self.happen(OUTPUT_READY, now)

    def stop(self, cause, now):
        """An orderly end, or one because of a fault (FAULT)."""
        self._kind = m.FUNCTION_FAILED if cause == FAULT else m.STOPPED
        self.happen(STOP, now)

    def unplugged(self, now):
        self.happen(UNPLUGGED, now)
        self.forget()

    # for the owner

    def may_transfer(self):
        """Whether the vehicle lets energy flow now."""
        return self.state == TRANSFER and self.paused_at < 0

    def may_discharge(self):
        """Whether the vehicle chose the variant that the configuration takes for discharging."""
        variant = self.options.discharge_variant
        return variant > 0 and self.have[m.P12] and self.values[m.P12][_TRANSFER] == variant

    # ModuleEnd

    def entered(self, before, event, now):
        state = self.state
        if state == NEGOTIATE:
            self.say(m.P11)
        elif state in _ASKS:
            self._asked = False  # a word to the function before, said again, is no answer
            self.say(m.P01)
        elif state == PARAMETERS:
            self.say(m.P21)
        elif state == AUTHENTICATE:
            self.say(m.P33)
        elif state == STOPPING:
            self.to_say = []
            self.say(m.P03)
        elif state == ENDING:
            self.say(m.P93)
        elif state == LOST:
            self.strikes += 1
            if event == EXPIRED:
                self._kind = m.TIMED_OUT
            self.to_say = []
            self.say(m.P03)

    def expired(self, wait, now):
        self.last_error = wait[3]

    def heard(self, message, now):
        if message == m.P01:
            self._asked = True
        elif message == m.P33:
            self.happen(AUTHENTICATED, now)
        elif message == m.P03 and self.state == STOPPING:
            self.happen(STOP_HEARD, now)
        elif message == m.P21:
            self._configured(now)

    def _configured(self, now):
        if self.have[m.P22] and m.P21 not in self.to_say and self.saying != m.P21:
            self.happen(CONFIGURED, now)

    def received(self, message, now):
        values = self.values[message]
        if message == m.P12:
            self.happen(CHOSEN, now)
        elif message == m.P02:
            if self._asked:
                self.happen(CONFIRMED if values[0] == m.YES else REFUSED, now)
        elif message == m.P22:
            self._configured(now)
        elif message == m.P52:
            if values[0] == m.YES and self.passed:
                self.happen(CHECKED, now)
        elif message == m.P72:
            if values[0] == m.YES:
                self.happen(VEHICLE_READY, now)
        elif message == m.P73 or message == m.P74 or message == m.P77:
            if self.have[m.P73] and self.have[m.P74] and self.have[m.P77]:
                self.happen(DEMAND, now)
        elif message == m.P79:
            self.paused_at = now if values[0] == m.YES else -1
        elif message == m.P04:
            self.happen(E_P04, now)
        elif message == m.P94:
            self.happen(TOTALS_HEARD, now)

    def tick(self, now):
        super().tick(now)
        if self.state == TRANSFER and self.paused_at >= 0 and ticks_diff(now, self.paused_at) >= PAUSE_MS:
            self.stop(0, now)

    def fill(self, message, now):
        values = self.values[message]
        options = self.options
        closed = m.YES if READY <= self.state <= TRANSFER else m.NO
        if message == m.P01:
            values[0] = _ASKS[self.state][0]
            values[1] = self._variant(_ASKS[self.state][1])
        elif message == m.P11:
            for i in range(len(m.FUNCTIONS)):
                values[i] = options.variants[i]
            if options.discharge_variant:
                values[_TRANSFER] = options.discharge_variant
        elif message == m.P21:
            values[0] = options.voltage_max_dv
            values[1] = options.voltage_min_dv
            values[2] = options.current_max_da
            values[3] = options.current_min_da
            values[4] = 0
        elif message == m.P03:
            values[0] = self._kind
            values[1] = values[2] = 0
            values[3] = m.UNKNOWN  # no linking again
        elif message == m.P33:
            values[0] = m.YES
            values[1] = 1
        elif message == m.P51:
            for i in range(4):
                values[i] = m.PASSED if self.passed else m.BUSY
        elif message == m.P05:
            values[0] = values[1] = closed
        elif message == m.P71:
            values[0] = closed
        elif message == m.P07:
            values[0] = m.YES
        elif message == m.P31:
            values[0] = m.YES
            values[1] = 0
        elif message == m.P92:
            values[0] = m.NO
        else:
            self._fill_figures(message, values)

    def _fill_figures(self, message, values):
        if message == m.P75:
            values[0] = self.options.current_max_da
            values[1] = 0
        elif message == m.P76:
            values[0] = self.voltage_dv
            values[1] = abs(self.current_da)
        elif message == m.P93:
            values[0] = self.charged_wh
            values[1] = self.discharged_wh

    def _variant(self, place):
        """The one that the vehicle chose, before that ours."""
        if self.have[m.P12]:
            return self.values[m.P12][place]
        return self.options.variants[place]
