"""What a DC outlet does, as one table: states, the events that move it, and what each state puts on its
lines.

Order of GB/T 18487.1-2015 annex B as the testers' scripts tell it, and of two open chargers (facts:
hardware §3.3, §5): lock, auxiliary supply, hello, dead outlet, insulation test through the closed
contactor, bleed, parameters, precharge, close, energy in either direction, stop, open, bleed, farewell,
unlock.

Three things hold for every path through the table, and a test walks all of them:
1. No state with a closed contactor or a working converter has the lock open; only DEAD opens it.
2. PRECHARGE, CLOSING and ENERGY are reached through INSULATED alone, anew after every unlocking.
3. FAULT leads to a state with open contactor and idle converter, from everywhere, at once.

A pair that is not in the table changes nothing. Hardware opens the contactor for e-stop, pilot and earth
by itself; these states follow it.
"""

from protocols.upy import const

UNPLUGGED, PLUGGED, LOCKING, HELLO = 0, 1, 2, 3
INSULATION, INSULATION_BLEED, PARAMETERS = 4, 5, 6
PRECHARGE, CLOSING, ENERGY = 7, 8, 9
STOPPING, OPENING, BLEED, FAREWELL, UNLOCKING, FINISHED = 10, 11, 12, 13, 14, 15
FAULT_OPENING, FAULT_BLEED, FAULT_UNLOCKING, FAULTED, WELDED = 16, 17, 18, 19, 20
STATES = 21

NOTHING = 0
PLUG, UNPLUG, REQUEST, LOCKED, UNLOCKED = 1, 2, 3, 4, 5
GREETED, INSULATED, BLED, READY, MATCHED, CLOSED = 6, 7, 8, 9, 10, 11
STOP, CURRENT_GONE, OPENED, DEAD, FAREWELLED = 12, 13, 14, 15, 16
FAULT, STUCK, RESET = 17, 18, 19
EVENTS = 20

# converter modes
OFF, TEST, MATCH, RUN = 0, 1, 2, 3

TRANSITIONS = (
    (UNPLUGGED, PLUG, PLUGGED),
    (PLUGGED, UNPLUG, UNPLUGGED),
    (PLUGGED, REQUEST, LOCKING),
    (LOCKING, STOP, UNLOCKING),
    (LOCKING, LOCKED, HELLO),
    (HELLO, STOP, BLEED),
    (HELLO, GREETED, INSULATION),
    (INSULATION, STOP, OPENING),
    (INSULATION, INSULATED, INSULATION_BLEED),
    (INSULATION_BLEED, STOP, OPENING),
    (INSULATION_BLEED, BLED, PARAMETERS),
    (PARAMETERS, STOP, OPENING),
    (PARAMETERS, READY, PRECHARGE),
    (PRECHARGE, STOP, OPENING),
    (PRECHARGE, MATCHED, CLOSING),
    (CLOSING, STOP, OPENING),
    (CLOSING, CLOSED, ENERGY),
    (ENERGY, STOP, STOPPING),
    (STOPPING, CURRENT_GONE, OPENING),
    (OPENING, OPENED, BLEED),
    (BLEED, DEAD, FAREWELL),
    (FAREWELL, FAREWELLED, UNLOCKING),
    (UNLOCKING, UNLOCKED, FINISHED),
    (FINISHED, UNPLUG, UNPLUGGED),
    (FINISHED, REQUEST, LOCKING),
    # the bad day
    (UNPLUGGED, FAULT, FAULTED),
    (PLUGGED, FAULT, FAULTED),
    (LOCKING, FAULT, FAULT_OPENING),
    (HELLO, FAULT, FAULT_OPENING),
    (INSULATION, FAULT, FAULT_OPENING),
    (INSULATION_BLEED, FAULT, FAULT_OPENING),
    (PARAMETERS, FAULT, FAULT_OPENING),
    (PRECHARGE, FAULT, FAULT_OPENING),
    (CLOSING, FAULT, FAULT_OPENING),
    (ENERGY, FAULT, FAULT_OPENING),
    (STOPPING, FAULT, FAULT_OPENING),
    (OPENING, FAULT, FAULT_OPENING),
    (BLEED, FAULT, FAULT_OPENING),
    (FAREWELL, FAULT, FAULT_OPENING),
    (UNLOCKING, FAULT, FAULT_OPENING),
    (FINISHED, FAULT, FAULTED),
    (OPENING, STUCK, WELDED),
    (FAULT_OPENING, STUCK, WELDED),
    (FAULT_OPENING, OPENED, FAULT_BLEED),
    (FAULT_BLEED, DEAD, FAULT_UNLOCKING),
    (FAULT_UNLOCKING, UNLOCKED, FAULTED),
    (FAULTED, RESET, UNPLUGGED),
    (WELDED, OPENED, FAULT_BLEED),
)

# lock, auxiliary supply, contactor, bleeder, converter mode
_IDLE = const(0)
_LOCK = const(1)
_AUXILIARY = const(2)
_CONTACTOR = const(4)
_BLEEDER = const(8)
_MODE_SHIFT = const(4)

LOCK, AUXILIARY, CONTACTOR, BLEEDER, MODE_SHIFT = 1, 2, 4, 8, 4

_LINKED = const(3)  # lock and auxiliary supply

LINES = bytes(
    (
        _IDLE,  # UNPLUGGED
        _IDLE,  # PLUGGED
        _LOCK,  # LOCKING
        _LINKED,  # HELLO
        _LINKED | _CONTACTOR | TEST << _MODE_SHIFT,  # INSULATION
        _LINKED | _CONTACTOR | _BLEEDER,  # INSULATION_BLEED
        _LINKED,  # PARAMETERS
        _LINKED | MATCH << _MODE_SHIFT,  # PRECHARGE
        _LINKED | _CONTACTOR | MATCH << _MODE_SHIFT,  # CLOSING
        _LINKED | _CONTACTOR | RUN << _MODE_SHIFT,  # ENERGY
        _LINKED | _CONTACTOR | RUN << _MODE_SHIFT,  # STOPPING: the order is 0 here
        _LINKED,  # OPENING
        _LINKED | _BLEEDER,  # BLEED
        _LINKED,  # FAREWELL
        _IDLE,  # UNLOCKING
        _IDLE,  # FINISHED
        _LINKED,  # FAULT_OPENING: the auxiliary supply keeps the vehicle's own contactors in its hands
        _LINKED | _BLEEDER,  # FAULT_BLEED
        _IDLE,  # FAULT_UNLOCKING
        _IDLE,  # FAULTED
        _LOCK | _BLEEDER,  # WELDED: a live outlet stays locked
    )
)


def compiled():
    """The transitions as bytes: next state of (state, event) at state * EVENTS + event; unlisted pairs
    stay.
    """
    table = bytearray(STATES * EVENTS)
    for state in range(STATES):
        for event in range(EVENTS):
            table[state * EVENTS + event] = state
    for state, event, after in TRANSITIONS:
        table[state * EVENTS + event] = after
    return bytes(table)
