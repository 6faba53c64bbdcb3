"""The messages as data: GB/T 27930-2015, the discharge messages of GB/T 18487.4-2025, and the frames of
GB/T 27930.2-2024's version negotiation.

MESSAGES: (name, PF, priority, from the charger?, bytes, fewest bytes, period in ms, fields). Fields: (name,
kind, first bit, bits, factor, offset, backed_by); bits count from bit 0 of byte 0, little-endian. A number's
value is raw * factor + offset in the project's units, which stand in its name (_dv 0.1 V, _mv, _da 0.1 A,
_dc 0.1 degC, _bp 0.01 %, _wh). Currents: on the wire (A + 400) * 10 with charging negative; here positive =
charging, but for the limits of discharging, which are magnitudes.

backed_by: S the text of the standard as open documents give it; T a tester's restatement of the conformance
standard or a real charger's source; P one third-party parser; D one third-party DBC; K general knowledge.
What only P, D or K backs must be verified against the standard before release; the sessions that use it are
switched on by configuration. Periods marked "assumed" in a comment are ours.
"""

NUM, BCD, TEXT, HEX = 0, 1, 2, 3
CHARGER, VEHICLE = 0x56, 0xF4
ABSENT = -0x20000000  # the sender left the field at all ones, or did not send it

(CHM, BHM, CRM, BRM, BCP, CTS, CML, BRO, CRO, BCL, BCS, CCS, BSM, BMV, BMT, BSP, BST, CST, BSD, CSD, BEM, CEM,
 ERD, BDR, BDC, BDST, EDST, ESD, CVC, BVC) = range(30)

NOT_READY, READY = 0x00, 0xAA
CV, CC = 1, 2  # BCL mode


def _version(backed):
    return (("version", HEX, 0, 24, 1, 0, backed),)


def _flags(first_bit, names, backed):
    """Fields of two bits each."""
    return tuple([(names[i], NUM, first_bit + 2 * i, 2, 1, 0, backed) for i in range(len(names))])


_BST_CAUSES = ("soc_reached", "voltage_reached", "cell_voltage_reached", "charger_stopped")
_BST_FAULTS = ("insulation", "outlet_temperature", "bms_temperature", "connector", "battery_temperature",
               "relay", "detection_point_2", "other")
_CST_CAUSES = ("condition_reached", "manual", "fault", "bms_stopped")
_CST_FAULTS = ("charger_temperature", "connector", "internal_temperature", "energy_not_transferable",
               "e_stop", "other")
_ERRORS = ("current", "voltage")

_CRM = (
    ("recognised", NUM, 0, 8, 1, 0, "S"), ("charger", HEX, 8, 32, 1, 0, "S"),
    ("region", TEXT, 40, 24, 1, 0, "S"),
)
_BRM = _version("S") + (
    ("battery_type", NUM, 24, 8, 1, 0, "S"),
    ("capacity_dah", NUM, 32, 16, 1, 0, "S"),  # 0.1 Ah
    ("rated_voltage_dv", NUM, 48, 16, 1, 0, "S"),
    ("maker", TEXT, 64, 32, 1, 0, "S"),
    ("serial", HEX, 96, 32, 1, 0, "S"),
    ("made_year", NUM, 128, 8, 1, 1985, "S"),
    ("made_month", NUM, 136, 8, 1, 0, "S"),
    ("made_day", NUM, 144, 8, 1, 0, "S"),
    ("cycles", NUM, 152, 24, 1, 0, "S"),
    ("owned", NUM, 176, 8, 1, 0, "S"),
    ("vin", TEXT, 192, 136, 1, 0, "S"),
    ("software", HEX, 328, 64, 1, 0, "S"),
)
_BCP = (
    ("cell_max_mv", NUM, 0, 16, 10, 0, "S"),
    ("current_max_da", NUM, 16, 16, -1, 4000, "S"),
    ("energy_wh", NUM, 32, 16, 100, 0, "S"),
    ("voltage_max_dv", NUM, 48, 16, 1, 0, "S"),
    ("temperature_max_dc", NUM, 64, 8, 10, -500, "S"),
    ("soc_bp", NUM, 72, 16, 10, 0, "S"),
    ("voltage_dv", NUM, 88, 16, 1, 0, "S"),
)
_CTS = (
    ("second", BCD, 0, 8, 1, 0, "S"), ("minute", BCD, 8, 8, 1, 0, "S"), ("hour", BCD, 16, 8, 1, 0, "S"),
    ("day", BCD, 24, 8, 1, 0, "S"), ("month", BCD, 32, 8, 1, 0, "S"), ("year", BCD, 40, 16, 1, 0, "S"),
)
_CML = (
    ("voltage_max_dv", NUM, 0, 16, 1, 0, "S"), ("voltage_min_dv", NUM, 16, 16, 1, 0, "S"),
    ("current_max_da", NUM, 32, 16, -1, 4000, "S"), ("current_min_da", NUM, 48, 16, -1, 4000, "S"),
)
_BCL = (
    ("voltage_dv", NUM, 0, 16, 1, 0, "S"), ("current_da", NUM, 16, 16, -1, 4000, "S"),
    ("mode", NUM, 32, 8, 1, 0, "S"),
)
_BCS = (
    ("voltage_dv", NUM, 0, 16, 1, 0, "S"), ("current_da", NUM, 16, 16, -1, 4000, "S"),
    ("cell_max_mv", NUM, 32, 12, 10, 0, "S"), ("cell_group", NUM, 44, 4, 1, 0, "S"),
    ("soc_bp", NUM, 48, 8, 100, 0, "S"), ("remaining_min", NUM, 56, 16, 1, 0, "S"),
)
_CCS = (
    ("voltage_dv", NUM, 0, 16, 1, 0, "S"), ("current_da", NUM, 16, 16, -1, 4000, "S"),
    ("minutes", NUM, 32, 16, 1, 0, "S"), ("permitted", NUM, 48, 2, 1, 0, "S"),
)
_BSM = (
    ("cell_max_number", NUM, 0, 8, 1, 1, "K"), ("temperature_max_dc", NUM, 8, 8, 10, -500, "S"),
    ("temperature_max_number", NUM, 16, 8, 1, 1, "K"), ("temperature_min_dc", NUM, 24, 8, 10, -500, "S"),
    ("temperature_min_number", NUM, 32, 8, 1, 1, "K"),
) + _flags(40, ("cell_voltage", "soc", "over_current", "over_temperature"), "S") + _flags(
    48, ("insulation", "connector", "permitted"), "S")
_BSD = (
    ("soc_bp", NUM, 0, 8, 100, 0, "S"), ("cell_min_mv", NUM, 8, 16, 10, 0, "S"),
    ("cell_max_mv", NUM, 24, 16, 10, 0, "S"), ("temperature_min_dc", NUM, 40, 8, 10, -500, "S"),
    ("temperature_max_dc", NUM, 48, 8, 10, -500, "S"),
)
_CSD = (
    ("minutes", NUM, 0, 16, 1, 0, "S"), ("energy_wh", NUM, 16, 16, 100, 0, "S"),
    ("charger", HEX, 32, 32, 1, 0, "S"),
)
_BEM = (
    ("crm_00", NUM, 0, 2, 1, 0, "S"), ("crm_aa", NUM, 2, 2, 1, 0, "S"), ("cts_cml", NUM, 8, 2, 1, 0, "S"),
    ("cro", NUM, 10, 2, 1, 0, "S"), ("ccs", NUM, 16, 2, 1, 0, "S"), ("cst", NUM, 18, 2, 1, 0, "S"),
    ("csd", NUM, 24, 2, 1, 0, "S"),
)
_CEM = (
    ("brm", NUM, 0, 2, 1, 0, "S"), ("bcp", NUM, 8, 2, 1, 0, "S"), ("bro", NUM, 10, 2, 1, 0, "S"),
    ("bcs", NUM, 16, 2, 1, 0, "S"), ("bcl", NUM, 18, 2, 1, 0, "S"), ("bst", NUM, 20, 2, 1, 0, "S"),
    ("bsd", NUM, 24, 2, 1, 0, "S"),
)
# GB/T 18487.4-2025: bytes 6 and 7 of ERD and BDR are not known. Discharging is positive on the wire.
_ERD = _version("P") + (
    ("request", NUM, 24, 2, 1, 0, "P"), ("current_min_da", NUM, 32, 16, 1, -4000, "P"),
    ("voltage_max_dv", NUM, 64, 16, 1, 0, "P"), ("locked", NUM, 80, 2, 1, 0, "P"),
)
_BDR = _version("P") + (
    ("allowed", NUM, 24, 2, 1, 0, "P"), ("current_max_da", NUM, 32, 16, 1, -4000, "P"),
    ("voltage_dv", NUM, 64, 16, 1, 0, "P"), ("voltage_max_dv", NUM, 80, 16, 1, 0, "P"),
)
_BDC = (
    ("current_max_da", NUM, 0, 16, 1, -4000, "P"), ("voltage_min_dv", NUM, 16, 16, 1, 0, "P"),
    ("soc_min_bp", NUM, 32, 8, 100, 0, "P"),
)
_BDST = (("erd_timeout", NUM, 0, 2, 1, 0, "P"), ("ccs_timeout", NUM, 2, 2, 1, 0, "P"),
         ("edst_received", NUM, 8, 2, 1, 0, "P"))
_EDST = (("bdr_timeout", NUM, 0, 2, 1, 0, "P"), ("bdc_timeout", NUM, 2, 2, 1, 0, "P"),
         ("bdst_received", NUM, 8, 2, 1, 0, "P"))
_ESD = (("energy_wh", NUM, 0, 16, 100, 0, "P"), ("minutes", NUM, 16, 16, 1, 0, "P"))
_VERSIONS = (
    ("can_type", NUM, 0, 8, 1, 0, "D"), ("result", NUM, 8, 8, 1, 0, "D"), ("major", NUM, 16, 8, 1, 0, "D"),
    ("minor", NUM, 24, 8, 1, 0, "D"), ("draft", NUM, 32, 8, 1, 0, "D"), ("pilot", NUM, 40, 8, 1, 0, "D"),
    ("transport", NUM, 48, 8, 1, 0, "D"),
)
_READY = (("ready", NUM, 0, 8, 1, 0, "S"),)

MESSAGES = (
    ("CHM", 0x26, 6, True, 3, 3, 250, _version("S")),
    ("BHM", 0x27, 6, False, 2, 2, 250, (("voltage_max_dv", NUM, 0, 16, 1, 0, "S"),)),
    ("CRM", 0x01, 6, True, 8, 1, 250, _CRM),
    ("BRM", 0x02, 7, False, 49, 8, 250, _BRM),
    ("BCP", 0x06, 7, False, 13, 13, 500, _BCP),
    ("CTS", 0x07, 6, True, 7, 7, 500, _CTS),
    ("CML", 0x08, 6, True, 8, 6, 250, _CML),
    ("BRO", 0x09, 4, False, 1, 1, 250, _READY),
    ("CRO", 0x0A, 4, True, 1, 1, 250, _READY),
    ("BCL", 0x10, 6, False, 5, 5, 50, _BCL),
    ("BCS", 0x11, 7, False, 9, 9, 250, _BCS),
    ("CCS", 0x12, 6, True, 8, 6, 50, _CCS),
    ("BSM", 0x13, 6, False, 7, 7, 250, _BSM),
    ("BMV", 0x15, 7, False, 0, 1, 10000, ()),
    ("BMT", 0x16, 7, False, 0, 1, 10000, ()),
    ("BSP", 0x17, 7, False, 0, 1, 10000, ()),
    ("BST", 0x19, 4, False, 4, 4, 10,
     _flags(0, _BST_CAUSES, "S") + _flags(8, _BST_FAULTS, "S") + _flags(24, _ERRORS, "S")),
    ("CST", 0x1A, 4, True, 4, 4, 10,
     _flags(0, _CST_CAUSES, "S") + _flags(8, _CST_FAULTS, "S") + _flags(24, _ERRORS, "S")),
    ("BSD", 0x1C, 6, False, 7, 7, 250, _BSD),
    ("CSD", 0x1D, 6, True, 8, 4, 250, _CSD),
    ("BEM", 0x1E, 2, False, 4, 4, 250, _BEM),
    ("CEM", 0x1F, 2, True, 4, 4, 250, _CEM),
    ("ERD", 0x32, 7, True, 11, 11, 500, _ERD),  # period assumed
    ("BDR", 0x31, 7, False, 12, 12, 500, _BDR),  # period assumed
    ("BDC", 0x36, 6, False, 5, 5, 250, _BDC),  # period assumed
    ("BDST", 0x39, 4, False, 4, 2, 10, _BDST),  # length and period assumed, as BST
    ("EDST", 0x3A, 4, True, 4, 2, 10, _EDST),  # length and period assumed, as CST
    ("ESD", 0x3D, 6, True, 4, 4, 250, _ESD),  # period assumed, as CSD
    ("CVC", 0x38, 3, True, 8, 5, 50, _VERSIONS),
    ("BVC", 0x39, 3, False, 8, 5, 50, _VERSIONS),
)

NAME, PF, PRIORITY, FROM_CHARGER, BYTES, FEWEST, PERIOD_MS, FIELDS = range(8)
# Which messages a session knows; PF 36h and 39h mean something else in each (decode by session, not by id).
SESSION_2015 = tuple(range(CHM, CEM + 1))
SESSION_DISCHARGE = SESSION_2015 + tuple(range(ERD, ESD + 1))
NEGOTIATION = (CVC, BVC)
