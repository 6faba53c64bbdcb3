"""The messages of GB/T 27930.2-2024's function modules as data, each named by its parameter group (PGI).

What is known of this standard here comes from open sources, not from its text: identifiers, PGI, byte
places, resolutions and the values of states D, from one third-party DBC of a tester for 27930.2; the order of
the phases from the same tester's description; how messages travel from carrier.py's sources. K marks what is
assumed. Nothing here was compared with the standard or with a real vehicle: **all of it is unverified**, and
a session that uses it is switched on by configuration.

**Not known at all**: the messages by which annex A.2 (charging and discharging) asks for discharging current,
gives the vehicle's limits for it, and changes direction. Of A.2 the sources have one fact only, that P93
reports the energy of both directions. Also unknown: the numbers of functions (FC) and of their variants
(FDC), supply mode (60h), reservation (40h), all time-outs of the modules, and the periods of single messages
(50 ms is the DBC's for every short one). They are parameters of the session (module_charger.py), not facts.

Rows as in tables.py, with the PGI in place of the PF and how the message travels in place of the priority.
Byte 0 is the PGI itself, so fields begin with bit 8. Currents are magnitudes without an offset here.
"""

from protocols.gbt27930.tables import NUM

RELIABLE, UNRELIABLE, LONG = 0, 1, 2
NO, YES, UNKNOWN = 0x00, 0xAA, 0xFF
WAITS, BUSY, PASSED, FAILED = 0, 1, 2, 3  # of a test in P51
STOPPED, TIMED_OUT, FUNCTION_FAILED, CHECK_FAILED = 1, 2, 3, 4  # why a side stops (P03, P04)

(P01, P02, P03, P04, P05, P06, P07, P08, P09, P11, P12, P21, P22, P31, P32, P33, P35, P36, P39, P3A, P51, P52,
 P71, P72, P73, P74, P75, P76, P77, P78, P79, P91, P92, P93, P94) = range(35)


def _bytes(*names):
    """One byte each, from byte 1."""
    return tuple([(names[i], NUM, 8 + 8 * i, 8, 1, 0, "D") for i in range(len(names))])


FUNCTIONS = ("parameters", "authentication", "reservation", "detection", "supply_mode", "transfer", "end")
_STOP = _bytes("kind", "reason_0", "reason_1", "relink")
_RESULT = _bytes("result", "variant")
_P21 = (
    ("voltage_max_dv", NUM, 8, 16, 1, 0, "D"), ("voltage_min_dv", NUM, 24, 16, 1, 0, "D"),
    ("current_max_da", NUM, 40, 16, 1, 0, "D"), ("current_min_da", NUM, 56, 16, 1, 0, "D"),
    ("restarts", NUM, 72, 8, 1, 0, "D"),
)
_P22 = (
    ("current_max_da", NUM, 8, 16, 1, 0, "D"), ("voltage_max_dv", NUM, 24, 16, 1, 0, "D"),
    ("energy_wh", NUM, 40, 16, 100, 0, "D"), ("soc_bp", NUM, 56, 16, 10, 0, "D"),
    ("cell_max_mv", NUM, 72, 16, 10, 0, "D"), ("temperature_max_dc", NUM, 88, 8, 10, -500, "D"),
    ("battery_type", NUM, 96, 8, 1, 0, "D"), ("restarts", NUM, 104, 8, 1, 0, "D"),
)
_P72 = (("ready", NUM, 8, 8, 1, 0, "D"), ("voltage_dv", NUM, 16, 16, 1, 0, "D"))
_P73 = (
    ("voltage_dv", NUM, 8, 16, 1, 0, "D"), ("current_da", NUM, 24, 16, 1, 0, "D"),
    ("mode", NUM, 40, 8, 1, 0, "D"),
)
_P74 = (("soc_bp", NUM, 8, 16, 10, 0, "D"), ("remaining_min", NUM, 24, 16, 1, 0, "D"))
_P75 = (("current_max_da", NUM, 8, 16, 1, 0, "D"), ("reason", NUM, 24, 8, 1, 0, "D"))
_P76 = (("voltage_dv", NUM, 8, 16, 1, 0, "D"), ("current_da", NUM, 24, 16, 1, 0, "D"))
_P77 = (
    ("cell_max_mv", NUM, 8, 16, 10, 0, "D"), ("cell_min_mv", NUM, 24, 16, 10, 0, "D"),
    ("temperature_max_dc", NUM, 40, 8, 10, -500, "D"), ("temperature_min_dc", NUM, 48, 8, 10, -500, "D"),
)
_P93 = (("charged_wh", NUM, 8, 16, 100, 0, "D"), ("discharged_wh", NUM, 24, 16, 100, 0, "D"))

MESSAGES = (
    ("P01", 0x01, RELIABLE, True, 8, 8, 50, _bytes("function", "variant")),
    ("P02", 0x02, RELIABLE, False, 8, 8, 50, _bytes("result")),
    ("P03", 0x03, RELIABLE, True, 8, 8, 50, _STOP),
    ("P04", 0x04, RELIABLE, False, 8, 8, 50, _STOP),
    ("P05", 0x05, UNRELIABLE, True, 8, 8, 50, _bytes("k1", "k2")),
    ("P06", 0x06, UNRELIABLE, False, 8, 8, 50, _bytes("k5", "k6")),
    ("P07", 0x07, UNRELIABLE, True, 8, 8, 50, _bytes("locked")),
    ("P08", 0x08, RELIABLE, True, 8, 8, 50, _bytes("wake")),
    ("P09", 0x09, RELIABLE, False, 8, 8, 50, _bytes("wake")),
    ("P11", 0x11, LONG, True, 8, 8, 250, _bytes(*FUNCTIONS)),
    ("P12", 0x12, RELIABLE, False, 8, 8, 50, _bytes(*FUNCTIONS)),
    ("P21", 0x21, LONG, True, 12, 10, 250, _P21),
    ("P22", 0x22, LONG, False, 16, 14, 250, _P22),
    ("P31", 0x31, UNRELIABLE, True, 8, 8, 50, _bytes("finished", "wait_min")),
    ("P32", 0x32, UNRELIABLE, False, 8, 8, 50, _bytes("keeps_waiting")),
    ("P33", 0x33, RELIABLE, True, 8, 8, 50, _RESULT),  # by card or scan
    ("P35", 0x35, RELIABLE, True, 8, 8, 50, _RESULT),  # by the vehicle's identity
    ("P36", 0x36, RELIABLE, False, 8, 8, 50, _bytes("variant")),
    ("P39", 0x39, RELIABLE, True, 8, 8, 50, _RESULT),  # by the cloud
    ("P3A", 0x3A, RELIABLE, False, 8, 8, 50, _bytes("variant")),
    ("P51", 0x51, UNRELIABLE, True, 8, 8, 50, _bytes("weld", "short_circuit", "insulation", "bleed")),
    ("P52", 0x52, RELIABLE, False, 8, 8, 50, _bytes("checked")),
    ("P71", 0x71, UNRELIABLE, True, 8, 8, 50, _bytes("ready")),
    ("P72", 0x72, UNRELIABLE, False, 8, 8, 50, _P72),
    ("P73", 0x73, UNRELIABLE, False, 8, 8, 50, _P73),
    ("P74", 0x74, UNRELIABLE, False, 8, 8, 50, _P74),
    ("P75", 0x75, UNRELIABLE, True, 8, 8, 50, _P75),
    ("P76", 0x76, UNRELIABLE, True, 8, 8, 50, _P76),
    ("P77", 0x77, UNRELIABLE, False, 8, 8, 50, _P77),
    ("P78", 0x78, RELIABLE, True, 8, 8, 50, _bytes("paused")),
    ("P79", 0x79, RELIABLE, False, 8, 8, 50, _bytes("paused")),
    ("P91", 0x91, UNRELIABLE, False, 8, 8, 50, _bytes("weld_test")),
    ("P92", 0x92, UNRELIABLE, True, 8, 8, 50, _bytes("weld_test_allowed")),
    ("P93", 0x93, RELIABLE, True, 8, 8, 50, _P93),
    ("P94", 0x94, RELIABLE, False, 8, 8, 50, _P74[:1]),
)
PGI, TRAVELS = 1, 2
# Assumed (K): a function's number is the PGI at which its messages begin.
FC_PARAMETERS, FC_AUTHENTICATION, FC_DETECTION, FC_TRANSFER, FC_END = 0x20, 0x30, 0x50, 0x70, 0x90
FUNCTION_CODES = (FC_PARAMETERS, FC_AUTHENTICATION, FC_DETECTION, FC_TRANSFER, FC_END)
