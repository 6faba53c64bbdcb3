"""The named lines of a board: pins for contactor, lock, feedback, pilot, e-stop and lamps, with
polarity and safe state, as the board file (board.json, key `lines`) states them; checked here, used by
drivers/lines.py.

A line is one row: name, `bay` (0 = of the station, or of every bay where the pin is a remote I/O's),
`pin`, `active` (level that means 1; digital lines have to say it), `safe` (what an output does at boot,
at the end and in every fault). Pins: "io:N" is register N of the remote I/O of that bay
(drivers/lines_modbus.py; 0 to 15 are read, 16 to 31 written); any other word is a pin of the board's
own.

Loaded by name where a configuration has lines, so that a small image need not carry it.
"""

from firmware import codes, schema
from firmware.config import section

INPUT, OUTPUT, MEASURED, DUTY = "input", "output", "measured", "duty"

# name, kind, of a bay, what its safe state may be (outputs), what it is
NAMES = (
    ("led_ready", OUTPUT, False, (0, 1), "lamp: the loop turns"),
    ("led_charge", OUTPUT, False, (0, 1), "lamp: energy flows"),
    ("led_fault", OUTPUT, False, (0, 1), "lamp: a bay has a fault"),
    ("estop_all", INPUT, False, (), "emergency stop of the whole station, 1 = pressed"),
    ("estop", INPUT, True, (), "emergency stop, 1 = pressed"),
    ("earth", INPUT, True, (), "protective earth is there"),
    ("lock_closed", INPUT, True, (), "feedback of the connector's lock"),
    ("contactor_closed", INPUT, True, (), "mirror contact"),
    ("lock", OUTPUT, True, (0, 1), "connector's lock"),
    ("contactor", OUTPUT, True, (0,), "contactor's coil"),
    ("inhibit", OUTPUT, True, (1,), "1 = hardware keeps the converter off"),
    ("cp_pwm", DUTY, True, (0, 10000), "control pilot, 0.01 %: 0 = steady -12 V (F), 10000 = steady +12 V"),
    ("cp_high_dv", MEASURED, True, (), "control pilot's upper level, 0.1 V"),
    ("cp_low_dv", MEASURED, True, (), "control pilot's lower level, 0.1 V"),
    ("cc_ohm", MEASURED, True, (), "resistor of the cable between CC or PP and earth, ohm; 32767 = open"),
    ("voltage_dv", MEASURED, True, (), "phase to neutral, 0.1 V"),
    ("current_l1_da", MEASURED, True, (), "current of L1, 0.1 A"),
    ("current_l2_da", MEASURED, True, (), "current of L2, 0.1 A"),
    ("current_l3_da", MEASURED, True, (), "current of L3, 0.1 A"),
    ("connector_dc", MEASURED, True, (), "temperature of the connector, 0.1 degree C"),
)
ALL = tuple([row[0] for row in NAMES])

LINE = (
    ("name", schema.CHOICE, schema.REQUIRED, ALL, 0),
    ("bay", schema.INT, 0, 0, schema.MAX_BAYS),
    ("pin", schema.TEXT, schema.REQUIRED, 1, 64),
    ("active", schema.CHOICE, "", ("", "high", "low"), 0),
    ("safe", schema.INT, -1, -1, 10000),
    ("kind", schema.CHOICE, "", ("", INPUT, OUTPUT, MEASURED, DUTY), 0),  # filled in from the name
)


def check(rows, errors, path="lines"):
    """The completed rows; what is wrong with them is appended to `errors` as firmware/config.py does."""
    if not isinstance(rows, (list, tuple)):
        errors.append((codes.CONFIG_BAD_VALUE, path, rows, "a list of lines"))
        return []
    found = len(errors)
    done = [section(rows[i], LINE, "%s[%d]." % (path, i), errors) for i in range(len(rows))]
    if len(errors) > found:
        return []
    names, pins = [], []
    for i in range(len(done)):
        where = "%s[%d]." % (path, i)
        _one(done[i], where, errors)
        _twice(names, (done[i]["name"], done[i]["bay"]), where + "name", "a line that stands once", errors)
        remote = done[i]["pin"].startswith("io:")
        of = done[i]["bay"] if remote else -1
        _twice(pins, (done[i]["pin"], of), where + "pin", "a pin that carries one line", errors)
    return done


def _one(line, where, errors):
    name = line["name"]
    row = NAMES[ALL.index(name)]
    kind = line["kind"] = row[1]
    remote = line["pin"].startswith("io:")
    if kind in (INPUT, OUTPUT) and not line["active"]:
        errors.append((codes.CONFIG_MISSING_KEY, where + "active", None, "high or low, the level of 1"))
    if kind in (MEASURED, DUTY) and line["active"]:
        errors.append((codes.CONFIG_CONFLICT, where + "active", line["active"], "nothing: no polarity here"))
    if row[3]:
        _safe(line, row[3], where, errors)
    elif line["safe"] != -1:
        errors.append((codes.CONFIG_CONFLICT, where + "safe", line["safe"], "nothing: an input has none"))
    least = 16 if row[3] else 0
    if remote and not is_number(line["pin"][3:], least):
        right = "io: and a register from %d to %d" % (least, least + 15)
        errors.append((codes.CONFIG_CONFLICT, where + "pin", line["pin"], right))
    if line["bay"] and not row[2]:
        errors.append((codes.CONFIG_CONFLICT, where + "bay", line["bay"], "0: it is the station's"))
    if row[2] and not line["bay"] and not remote:
        errors.append((codes.CONFIG_CONFLICT, where + "bay", 0, "the bay, as this pin is the board's own"))
    if remote and not row[2]:
        errors.append((codes.CONFIG_CONFLICT, where + "pin", line["pin"], "a pin of the board's own"))


def _safe(line, allowed, where, errors):
    right = " or ".join([str(value) for value in allowed])
    if line["safe"] == -1:
        errors.append((codes.CONFIG_MISSING_KEY, where + "safe", None, right))
    elif line["safe"] not in allowed:
        errors.append((codes.CONFIG_CONFLICT, where + "safe", line["safe"], right))


def _twice(seen, key, where, right, errors):
    if key in seen:
        errors.append((codes.CONFIG_CONFLICT, where, key[0], right))
    seen.append(key)


def is_number(text, least):
    """Whether a text is a register of a remote I/O, one of the 16 from `least` on."""
    if not 1 <= len(text) <= 2 or not all(["0" <= c <= "9" for c in text]):
        return False
    return least <= int(text) < least + 16


def of_bay(rows, bay):
    """The lines of one bay, from 1; of the station for 0."""
    if bay == 0:
        return [row for row in rows if not NAMES[ALL.index(row["name"])][2]]
    return [row for row in rows if NAMES[ALL.index(row["name"])][2] and row["bay"] in (0, bay)]
