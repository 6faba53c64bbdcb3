"""The bay's sequence as data: states, events, transitions, what each state switches on, and the numbers.

What they mean, and which clauses they follow, stands in firmware/sequence.py.
"""


(UNPLUGGED, LOCKING, HANDSHAKE, TESTING, TEST_BLEED, CONNECTING, PRECHARGE, CLOSING, ENERGY, STOPPING,
 BLEEDING, UNLOCKING, ENDED, TRIPPED, LOCKED_OUT) = range(15)
STATE_NAMES = ("unplugged", "locking", "handshake", "insulation test", "test bleed", "connecting",
               "precharge", "closing", "energy", "stopping", "bleeding", "unlocking", "ended", "tripped",
               "locked out")
(PLUGGED, PULLED, LOCKED, ASKED, GOOD, BAD, BLED, WANTED, PRECHARGED, CLOSED, STOP, LOST, LOW, OPENED, LIVE,
 RESTART, UNLOCKED, TRIP, EXPIRED, RESET) = range(20)
EVENT_NAMES = ("plugged", "pulled", "locked", "insulation asked", "insulation good", "insulation bad", "bled",
               "output wanted", "precharged", "closed", "stop", "session lost", "current low", "opened",
               "outside live", "session restarts", "unlocked", "trip", "time-out", "reset")

# why the last session ended, for event log and people
(NO_FAULT, LOCK, OUTSIDE_LIVE, INSULATION, NOT_BLED, BATTERY_VOLTAGE, PRECHARGE_TIME, CONTACTOR, E_STOP,
 PLUG_LOST, EARTH, LOCK_LOST, OVER_VOLTAGE, OVER_TEMPERATURE, DEVIATION, SESSION, WELD, CONVERTER,
 INPUTS_LOST) = range(19)
FAULT_NAMES = ("none", "lock", "voltage outside before the test", "insulation", "not discharged",
               "battery voltage", "precharge time-out", "contactor", "e-stop", "plug lost",
               "protective earth", "lock lost", "over-voltage", "connector temperature", "current deviation",
               "session lost", "contactor weld", "converter", "inputs lost")

NOTHING, VOLTAGE, POWER = 0, 1, 2  # the converter's demand

LIVE_STATES = (TESTING, TEST_BLEED, PRECHARGE, CLOSING, ENERGY, STOPPING)
TRANSITIONS = tuple(
    [
        (UNPLUGGED, PLUGGED, LOCKING),
        (LOCKING, LOCKED, HANDSHAKE),
        (LOCKING, EXPIRED, UNLOCKING),
        (LOCKING, STOP, UNLOCKING),
        (HANDSHAKE, ASKED, TESTING),
        (HANDSHAKE, LIVE, LOCKED_OUT),
        (HANDSHAKE, LOST, BLEEDING),
        (HANDSHAKE, STOP, BLEEDING),
        (TESTING, GOOD, TEST_BLEED),
        (TESTING, BAD, TRIPPED),
        (TESTING, EXPIRED, TRIPPED),
        (TESTING, STOP, STOPPING),
        (TESTING, LOST, STOPPING),
        (TEST_BLEED, BLED, CONNECTING),
        (TEST_BLEED, EXPIRED, TRIPPED),
        (TEST_BLEED, STOP, STOPPING),
        (CONNECTING, WANTED, PRECHARGE),
        (CONNECTING, LOST, BLEEDING),
        (CONNECTING, STOP, BLEEDING),
        (PRECHARGE, PRECHARGED, CLOSING),
        (PRECHARGE, BAD, STOPPING),
        (PRECHARGE, EXPIRED, STOPPING),
        (PRECHARGE, STOP, STOPPING),
        (PRECHARGE, LOST, STOPPING),
        (CLOSING, CLOSED, ENERGY),
        (CLOSING, EXPIRED, TRIPPED),
        (CLOSING, STOP, STOPPING),
        (CLOSING, LOST, STOPPING),
        (ENERGY, STOP, STOPPING),
        (ENERGY, LOST, STOPPING),
        (STOPPING, LOW, BLEEDING),
        (STOPPING, EXPIRED, BLEEDING),
        (BLEEDING, BLED, UNLOCKING),
        (BLEEDING, RESTART, CONNECTING),
        (BLEEDING, EXPIRED, LOCKED_OUT),
        (UNLOCKING, UNLOCKED, ENDED),
        (UNLOCKING, EXPIRED, ENDED),
        (UNLOCKING, PULLED, UNPLUGGED),
        (ENDED, PULLED, UNPLUGGED),
        (TRIPPED, OPENED, BLEEDING),
        (TRIPPED, EXPIRED, LOCKED_OUT),
        (LOCKED_OUT, RESET, UNLOCKING),
    ]
    + [(state, TRIP, TRIPPED) for state in range(HANDSHAKE, BLEEDING)]
    + [(state, PULLED, TRIPPED) for state in range(HANDSHAKE, BLEEDING)]
    + [(LOCKING, PULLED, UNPLUGGED), (LOCKING, TRIP, UNLOCKING), (BLEEDING, PULLED, UNLOCKING)]
)

# state: lock, K1K2, K3K4, bleed resistor, converter's demand
OUTPUTS = (
    (False, False, False, False, NOTHING),
    (True, False, False, False, NOTHING),
    (True, False, True, False, NOTHING),
    (True, True, True, False, VOLTAGE),
    (True, True, True, True, NOTHING),
    (True, False, True, False, NOTHING),
    (True, False, True, False, VOLTAGE),
    (True, True, True, False, VOLTAGE),
    (True, True, True, False, POWER),
    (True, True, True, False, NOTHING),
    (True, False, True, True, NOTHING),
    (False, False, False, False, NOTHING),
    (False, False, False, False, NOTHING),
    (True, False, True, True, NOTHING),
    (True, False, False, True, NOTHING),
)


class SequenceLimits:
    """Numbers of the sequence; times in ms, voltages in 0.1 V, currents in 0.1 A."""

    def __init__(self):
        self.lock_ms = 5000
        self.outside_dv = 100  # before the insulation test
        self.test_ms = 30000
        self.test_settle_ms = 1000  # at the full test voltage before the reading counts
        self.insulation_fault = 100  # ohm/V: at or below it is a fault
        self.insulation_warning = 500
        self.bleed_dv = 600
        self.bleed_ms = 4000  # once the session is over
        self.end_ms = 15000  # for the session to end, after the contactors opened
        self.battery_bp = 500  # how far the battery may be from what BCP says
        self.precharge_low_dv = 100  # below the battery, when the contactors close
        self.precharge_high_dv = 10
        self.precharge_aim_dv = 50
        self.precharge_ms = 60000
        self.precharge_da = 20
        self.close_ms = 1000
        self.open_da = 50
        self.open_ms = 1000  # then K1K2 open under current: the last resort
        self.weld_ms = 500
        self.over_voltage_bp = 10500
        self.connector_dc = 1050
        self.deviation_da = 100
        self.deviation_ms = 5000
        self.plug_low_dv = 32  # CC1 when connected
        self.plug_high_dv = 48


class BayLines:
    """The bay's named inputs and outputs, as a board maps them to pins or to a remote I/O."""

    def __init__(self):
        self.fresh = False  # the inputs come in time
        self.cc1_dv = 60
        self.lock_closed = False
        self.contactor_closed = False
        self.outside_dv = 0  # on the vehicle's side of K1K2
        self.insulation = -1  # ohm/V, -1 = not measured
        self.e_stop = False
        self.earth = True
        self.connector_dc = 250
        self.lock = False
        self.k1k2 = False
        self.k3k4 = False
        self.bleed = False
        self.monitor = False  # the insulation monitor measures
