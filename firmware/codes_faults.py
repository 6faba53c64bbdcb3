"""Messages of converters' faults, one a bit of drivers/faults.py, in their order; apart from codes.py because
only boards with such drivers load them.
"""

from firmware import codes

FAULT_SHORT, FAULT_PROTECTION, FAULT_FAN = 220, 221, 222
FAULT_TEMPERATURE, FAULT_OVER_VOLTAGE, FAULT_PHASE_LOST = 223, 224, 225
FAULT_AC_VOLTAGE, FAULT_INTERNAL, FAULT_DUPLICATE = 226, 227, 228
FAULT_MODE_NOT_TAKEN, FAULT_NOT_STARTED, FAULT_MODULE_SILENT = 229, 230, 231
FAULT_GROUND, FAULT_FREQUENCY, FAULT_DISCONNECTED = 232, 233, 234
FAULT_CABINET, FAULT_SHUT_DOWN, FAULT_LOCAL = 235, 236, 237
FAULT_STRAYED, FAULT_NO_LEASE, FAULT_WEAKER = 238, 239, 240

TEXTS = (
    (FAULT_SHORT, "converter: short circuit or fuse"),
    (FAULT_PROTECTION, "converter: protection tripped"),
    (FAULT_FAN, "converter: fan"),
    (FAULT_TEMPERATURE, "converter: temperature outside its range"),
    (FAULT_OVER_VOLTAGE, "converter: DC over-voltage"),
    (FAULT_PHASE_LOST, "converter: AC phase lost"),
    (FAULT_AC_VOLTAGE, "converter: AC voltage outside its range"),
    (FAULT_INTERNAL, "converter: internal fault"),
    (FAULT_DUPLICATE, "converter: two modules with one address"),
    (FAULT_MODE_NOT_TAKEN, "converter: working mode not taken"),
    (FAULT_NOT_STARTED, "converter: does not start"),
    (FAULT_MODULE_SILENT, "converter: a module is silent"),
    (FAULT_GROUND, "converter: ground fault"),
    (FAULT_FREQUENCY, "converter: grid frequency outside its range"),
    (FAULT_DISCONNECTED, "converter: disconnected from grid or battery"),
    (FAULT_CABINET, "converter: cabinet open"),
    (FAULT_SHUT_DOWN, "converter: shut down by hand"),
    (FAULT_LOCAL, "converter: under local control"),
    (FAULT_STRAYED, "converter followed no command and was stopped"),
    (FAULT_NO_LEASE, "converter does not hold its lease"),
    (FAULT_WEAKER, "converter is weaker than its bay's rating"),
)

codes.TABLES.append(TEXTS)
