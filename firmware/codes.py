"""Every message that the firmware gives, as a stable number with a short English text.

The catalogue on the host (tools/catalogue.py) holds English and Chinese, cause and next action for the
same numbers; a test keeps the two in step. Limits and winners are numbers of the same space, so that
104, console and report show one and the same code. V0xx system, V1xx configuration, V2xx links and
devices, V3xx control and limits, V4xx telecontrol.
"""

STARTED, STOPPED, UNEXPECTED, RECORDER_GAP, OUT_OF_MEMORY = 1, 2, 3, 4, 5

CONFIG_UNREADABLE, CONFIG_NOT_JSON, CONFIG_UNKNOWN_KEY, CONFIG_MISSING_KEY = 101, 102, 103, 104
CONFIG_BAD_VALUE, CONFIG_CONFLICT = 105, 106

METER_SILENT, METER_BACK, CONVERTER_SILENT, CONVERTER_BACK = 201, 202, 203, 204
CONVERTER_FAULTED, CONVERTER_CLEARED, CONVERTER_STRAYS, CONVERTER_FOLLOWS = 205, 206, 207, 208
PORT_FAILED, NOT_SUNSPEC, METER_FROZEN = 209, 210, 211

LIMIT_NONE = 0
LIMIT_RATING, LIMIT_SOC_MAX, LIMIT_SOC_MIN, LIMIT_SOC_UNKNOWN = 301, 302, 303, 304
LIMIT_CONVERTER_SILENT, LIMIT_CONVERTER_FAULT, LIMIT_CONVERTER_OFF = 305, 306, 307
LIMIT_SITE_IMPORT, LIMIT_SITE_EXPORT, LIMIT_BOOKED, LIMIT_NOT_FOLLOWING = 308, 309, 310, 311

LIMIT_BMS, LIMIT_BMS_SILENT, LIMIT_CELL_HIGH, LIMIT_CELL_LOW, LIMIT_TEMPERATURE = 350, 351, 352, 353, 354
LIMIT_C_RATE, LIMIT_SOH, LIMIT_BUDGET, LIMIT_NO_CONSENT, LIMIT_SOC_KEPT = 355, 356, 357, 358, 359
MUST_DEPARTURE, MUST_SHARED, MUST_MINIMUM, MUST_NOW = 361, 362, 363, 364  # winner and limit in one
MUST_CHARGE, MAY_AGAIN, TARGET_UNREACHABLE, TARGET_REACHED, BUDGET_GONE = 371, 372, 373, 374, 375
LIMIT_CELL_SPREAD, LIMIT_TEMPERATURE_SPREAD, CELLS_UNEVEN, TEMPERATURES_UNEVEN = 365, 366, 385, 386

WINNER_NONE, WINNER_AGC, WINNER_SCHEDULE = 330, 331, 332
WINNER_HOLD, WINNER_RAMP_TO_ZERO, WINNER_LOCAL = 333, 334, 335
WINNER_EMERGENCY_STOP, WINNER_EMERGENCY_SUPPORT = 336, 337

MASTERS_GONE, MASTER_BACK, ORDER_EXPIRED, LOCAL_ON, LOCAL_OFF, ORDER_BACK = 340, 341, 342, 343, 344, 345

SETPOINT_OUT_OF_RANGE, SETPOINT_LOCAL, SETPOINT_AGC_OFF, CLOCK_SET, CLOCK_REFUSED = 401, 402, 403, 404, 405
LINK_OPENED, LINK_CLOSED, LINK_REFUSED, PORT_IN_USE = 406, 407, 408, 409
LINK_FRAMING, LINK_SEQUENCE, LINK_T1 = 412, 413, 414
LINK_NOT_STARTED, LINK_OVERRUN, LINK_REPLACED = 415, 416, 417
ORDERS_LOST, VALUE_OUT_OF_RANGE, TLS_MISSING, NO_STORE, STORE_FAILED = 418, 419, 420, 421, 422
AGC_COMMAND, NOT_CARRIED, CURVE_NO_CLOCK = 423, 424, 425

# what became of an order: ORDER_ACCEPTED + the outstation's index (protocols/iec104/const.py, COUNT_NAMES)
ORDER_ACCEPTED, ORDER_TYPE, ORDER_COT, ORDER_CA, ORDER_IOA = 430, 431, 432, 433, 434
ORDER_STRUCTURE, ORDER_CONTROL, ORDER_VALUE, ORDER_TIME, ORDER_HANDLER = 435, 436, 437, 438, 439
ORDER_SELECT, ORDER_BUSY, ORDER_QUALIFIER, ORDER_MALFORMED, ORDER_NEGATIVE = 440, 441, 442, 443, 444

TEXTS = (
    (STARTED, "firmware started"),
    (STOPPED, "firmware stopped, all leases withdrawn"),
    (UNEXPECTED, "unexpected exception, leases withdrawn"),
    (RECORDER_GAP, "recorder overflowed, frames lost"),
    (OUT_OF_MEMORY, "out of memory, leases withdrawn"),
    (CONFIG_UNREADABLE, "configuration file cannot be read"),
    (CONFIG_NOT_JSON, "configuration is not JSON"),
    (CONFIG_UNKNOWN_KEY, "unknown key"),
    (CONFIG_MISSING_KEY, "missing key"),
    (CONFIG_BAD_VALUE, "bad value"),
    (CONFIG_CONFLICT, "values contradict each other"),
    (METER_SILENT, "meter silent"),
    (METER_BACK, "meter answers again"),
    (CONVERTER_SILENT, "converter silent"),
    (CONVERTER_BACK, "converter answers again"),
    (CONVERTER_FAULTED, "converter reports a fault"),
    (CONVERTER_CLEARED, "converter fault cleared"),
    (CONVERTER_STRAYS, "converter does not follow its command"),
    (CONVERTER_FOLLOWS, "converter follows again"),
    (PORT_FAILED, "port cannot be opened"),
    (NOT_SUNSPEC, "device lacks a SunSpec model"),
    (METER_FROZEN, "meter shows one value while the bays' power moves"),
    (LIMIT_NONE, "no limit binds"),
    (LIMIT_RATING, "converter rating"),
    (LIMIT_SOC_MAX, "upper SOC limit"),
    (LIMIT_SOC_MIN, "lower SOC limit"),
    (LIMIT_SOC_UNKNOWN, "SOC unknown or stale"),
    (LIMIT_CONVERTER_SILENT, "converter silent"),
    (LIMIT_CONVERTER_FAULT, "converter fault"),
    (LIMIT_CONVERTER_OFF, "converter off"),
    (LIMIT_SITE_IMPORT, "site import limit"),
    (LIMIT_SITE_EXPORT, "site export limit"),
    (LIMIT_BOOKED, "waits for another bay's confirmed cut"),
    (LIMIT_NOT_FOLLOWING, "converter does not follow"),
    (LIMIT_BMS, "vehicle's BMS"),
    (LIMIT_BMS_SILENT, "vehicle's BMS silent"),
    (LIMIT_CELL_HIGH, "highest cell voltage"),
    (LIMIT_CELL_LOW, "lowest cell voltage"),
    (LIMIT_TEMPERATURE, "battery temperature"),
    (LIMIT_C_RATE, "C-rate"),
    (LIMIT_SOH, "battery's state of health"),
    (LIMIT_BUDGET, "discharge budget"),
    (LIMIT_NO_CONSENT, "no consent to discharge"),
    (LIMIT_SOC_KEPT, "SOC kept for the driver"),
    (MUST_DEPARTURE, "must charge: departure"),
    (MUST_SHARED, "must charge: several departures, one connection"),
    (MUST_MINIMUM, "must charge: driver's minimum SOC"),
    (MUST_NOW, "must charge: driver wants it now"),
    (MUST_CHARGE, "bay leaves the order, it must charge"),
    (MAY_AGAIN, "bay may follow orders again"),
    (TARGET_UNREACHABLE, "target SOC not reachable by departure"),
    (TARGET_REACHED, "target SOC reached"),
    (BUDGET_GONE, "discharge budget used up"),
    (CELLS_UNEVEN, "cell voltages far apart"),
    (TEMPERATURES_UNEVEN, "cell temperatures far apart"),
    (LIMIT_CELL_SPREAD, "spread of cell voltages"),
    (LIMIT_TEMPERATURE_SPREAD, "spread of cell temperatures"),
    (WINNER_NONE, "no order"),
    (WINNER_AGC, "AGC set-point"),
    (WINNER_SCHEDULE, "schedule"),
    (WINNER_HOLD, "hold of the last order"),
    (WINNER_RAMP_TO_ZERO, "ramp to zero"),
    (WINNER_LOCAL, "local mode"),
    (WINNER_EMERGENCY_STOP, "dispatcher's emergency stop"),
    (WINNER_EMERGENCY_SUPPORT, "dispatcher's emergency support"),
    (MASTERS_GONE, "all masters gone, fallback"),
    (MASTER_BACK, "master back"),
    (ORDER_EXPIRED, "order expired, fallback"),
    (LOCAL_ON, "local mode on"),
    (LOCAL_OFF, "remote mode on"),
    (ORDER_BACK, "order renewed"),
    (SETPOINT_OUT_OF_RANGE, "set-point outside the registered range refused"),
    (SETPOINT_LOCAL, "command refused in local mode"),
    (SETPOINT_AGC_OFF, "set-point refused while AGC is off"),
    (CLOCK_SET, "clock set by the master"),
    (CLOCK_REFUSED, "clock command refused"),
    (LINK_OPENED, "104 link opened"),
    (LINK_CLOSED, "104 link closed by the master"),
    (LINK_REFUSED, "104 link refused"),
    (PORT_IN_USE, "port already in use"),
    (LINK_FRAMING, "104 link closed: no valid frame"),
    (LINK_SEQUENCE, "104 link closed: sequence number"),
    (LINK_T1, "104 link closed: no answer within t1"),
    (LINK_NOT_STARTED, "104 link closed: data before STARTDT"),
    (LINK_OVERRUN, "104 link closed: master asks and does not read"),
    (LINK_REPLACED, "104 link closed: its master reconnected"),
    (ORDERS_LOST, "orders not logged, too many at once"),
    (VALUE_OUT_OF_RANGE, "refused: value out of range"),
    (NO_STORE, "parameter refused: no store"),
    (STORE_FAILED, "parameter refused: store failed"),
    (AGC_COMMAND, "AGC command ended"),
    (CURVE_NO_CLOCK, "curve refused: the clock is not set"),
    (NOT_CARRIED, "not in this board's image"),
    (ORDER_ACCEPTED, "order accepted"),
    (ORDER_TYPE, "refused: type unknown"),
    (ORDER_COT, "refused: cause of transmission"),
    (ORDER_CA, "refused: common address"),
    (ORDER_IOA, "refused: object address or its type"),
    (ORDER_STRUCTURE, "refused: number or length of objects"),
    (ORDER_CONTROL, "refused: control belongs to another master"),
    (ORDER_VALUE, "refused: no such value"),
    (ORDER_TIME, "refused: time tag"),
    (ORDER_HANDLER, "refused by the application"),
    (ORDER_SELECT, "refused: selection"),
    (ORDER_BUSY, "refused: another one is in progress"),
    (ORDER_QUALIFIER, "refused: qualifier"),
    (ORDER_MALFORMED, "ignored: too short"),
    (ORDER_NEGATIVE, "ignored: an answer itself"),
    (TLS_MISSING, "this board has no TLS"),
)


TABLES = [TEXTS]  # a part that few boards have adds its own (codes_tls.py, outlet/codes.py)


def text(code):
    """Short English text of a code."""
    for table in TABLES:
        for number, words in table:
            if number == code:
                return words
    return "unknown code"
