"""Messages of a DC outlet's sequence, apart from firmware/codes.py because only boards with outlets load
them.
"""

from firmware import codes

OUTLET_ESTOP, OUTLET_PILOT_LOST, OUTLET_EARTH_LOST, OUTLET_TOO_HOT = 251, 252, 253, 254
OUTLET_LOCK_LOST, OUTLET_VEHICLE_LOST, OUTLET_VEHICLE_LATE, OUTLET_OVER_VOLTAGE = 255, 256, 257, 258
OUTLET_LIVE, OUTLET_VOLTAGE_UNFIT, OUTLET_INSULATION, OUTLET_INSULATION_LOW = 259, 260, 261, 262
OUTLET_INSULATION_LATE, OUTLET_PRECHARGE_LATE, OUTLET_CONTACTOR_DROPPED = 263, 264, 265
OUTLET_CONTACTOR_WELDED, OUTLET_BLEED_LATE, OUTLET_CURRENT_DEVIATES = 266, 267, 268
OUTLET_LINES_SILENT = 269
# of an AC pile
PILE_PILOT_SHORT, PILE_PILOT_UNKNOWN, PILE_DIODE, PILE_CABLE = 280, 281, 282, 283
PILE_VENTILATION, PILE_OVERCURRENT, PILE_UNPLUGGED, PILE_NO_STOP = 284, 285, 286, 287

TEXTS = (
    (OUTLET_ESTOP, "emergency stop pressed"),
    (OUTLET_PILOT_LOST, "plug out while locked (CC1)"),
    (OUTLET_EARTH_LOST, "protective earth lost"),
    (OUTLET_TOO_HOT, "connector too hot"),
    (OUTLET_LOCK_LOST, "connector lock does not follow"),
    (OUTLET_VEHICLE_LOST, "vehicle does not answer"),
    (OUTLET_VEHICLE_LATE, "vehicle does not get ready in time"),
    (OUTLET_OVER_VOLTAGE, "voltage above what the vehicle bears"),
    (OUTLET_LIVE, "outlet is live before the start"),
    (OUTLET_VOLTAGE_UNFIT, "battery voltage not as told, or outside our range"),
    (OUTLET_INSULATION, "insulation fault"),
    (OUTLET_INSULATION_LOW, "insulation is low"),
    (OUTLET_INSULATION_LATE, "insulation test did not end in time"),
    (OUTLET_PRECHARGE_LATE, "precharge did not reach the battery's voltage"),
    (OUTLET_CONTACTOR_DROPPED, "contactor is open and should be closed"),
    (OUTLET_CONTACTOR_WELDED, "contactor does not open"),
    (OUTLET_BLEED_LATE, "outlet does not fall below the safe voltage"),
    (OUTLET_CURRENT_DEVIATES, "current is not as ordered"),
    (OUTLET_LINES_SILENT, "outlet's remote I/O is silent"),
    (PILE_PILOT_SHORT, "control pilot is shorted (state E)"),
    (PILE_PILOT_UNKNOWN, "control pilot is at a level of no state"),
    (PILE_DIODE, "vehicle's pilot diode is missing"),
    (PILE_CABLE, "cable's resistor is of no cable"),
    (PILE_VENTILATION, "vehicle asks for ventilation (state D)"),
    (PILE_OVERCURRENT, "vehicle takes more than it is offered"),
    (PILE_UNPLUGGED, "cable pulled while the contactor was closed"),
    (PILE_NO_STOP, "vehicle did not stop, contactor opened under load"),
)

codes.TABLES.append(TEXTS)
