"""Configuration of an AC pile: section `pilot` of its bay, and the lines that it needs
(firmware/lines.py).

Figures of IEC 61851-1 and GB/T 18487.1 are general knowledge here, unverified: every one is a key.
Loaded by name where a configuration has a pile or lines.
"""

from firmware import codes, lines, schema
from firmware.config import section

PILE = "ac_pile"
NEEDED = ("cp_pwm", "cp_high_dv", "cp_low_dv", "contactor")
_START_MS = 5000  # a vehicle's time to follow a new duty

PILOT = (
    ("standard", schema.CHOICE, "gbt", ("gbt", "iec"), 0),  # of the highest duty and of the cable's resistors
    ("phases", schema.INT, 3, 1, 3),
    ("nominal_dv", schema.INT, 2300, 1000, 2800),  # phase to neutral
    ("max_da", schema.INT, 320, 60, 800),  # of contactor and wiring
    ("min_da", schema.INT, 60, 60, 160),
    ("cable", schema.CHOICE, "tethered", ("tethered", "socket"), 0),  # socket: the cable's resistor limits
    ("cable_tolerance_bp", schema.INT, 2000, 100, 3000),
    ("ventilated", schema.BOOL, False, 0, 0),  # state D may charge
    ("band_dv", schema.INT, 10, 5, 14),  # around 12, 9, 6, 3 and 0 V
    ("diode_dv", schema.INT, 100, 50, 115),  # the lower level must lie below minus this
    ("debounce_ms", schema.INT, 100, 20, 1000),
    ("leave_ms", schema.INT, 20, 0, 80),  # the same for leaving C: the contactor has 100 ms
    ("fault_ms", schema.INT, 300, 50, 3000),  # a level of no state or a missing diode that lasts so long
    ("duty_gap_ms", schema.INT, 5000, 0, 60000),  # before the next raise; a cut never waits
    ("stop_ms", schema.INT, 6000, 1000, 30000),  # to stop; then the contactor opens under load
    ("restart_ms", schema.INT, 10000, 0, 600000),  # a pause lasts at least so long
    ("wake_ms", schema.INT, 30000, 5000, 600000),  # a vehicle that asks for nothing is left alone ...
    ("retry_ms", schema.INT, 300000, 10000, 3600000),  # ... until this has passed
    ("contactor_ms", schema.INT, 300, 50, 2000),
    ("over_da", schema.INT, 20, 5, 100),  # more than offered ...
    ("over_ms", schema.INT, 8000, 1000, 60000),  # ... for so long is a fault
    ("stop_dc", schema.INT, 900, 500, 1200),
    ("meter", schema.TEXT, "", 0, 32),  # that measures this bay; "" = the lines current_l1_da ... voltage_dv
)


def check(config, errors):
    """Complete config["lines"] and each pile's section; append what is wrong."""
    rows = config["lines"] = lines.check(config["lines"], errors)
    for i in range(len(config["bays"])):
        bay = config["bays"][i]
        if bay["converter"]["model"] == PILE:
            _pile(config, i, bay, rows, errors)


def _add(errors, path, value, right):
    errors.append((codes.CONFIG_CONFLICT, path, value, right))


def _pile(config, i, bay, rows, errors):
    path = "bays[%d]." % i
    pilot = bay["pilot"] = section(bay["pilot"], PILOT, path + "pilot.", errors)
    if errors:
        return
    least_w = pilot["phases"] * (pilot["nominal_dv"] * pilot["min_da"] // 100)
    if bay["converter"]["min_power_w"] < 0:
        bay["converter"]["min_power_w"] = least_w * 11 // 10  # the voltage may be 10 % higher
    elif bay["converter"]["min_power_w"] < least_w:
        right = "at least %d, or -1: less than pilot.min_da is no charging" % least_w
        _add(errors, path + "converter.min_power_w", bay["converter"]["min_power_w"], right)
    there = [row["name"] for row in lines.of_bay(rows, i + 1)]
    needed = list(NEEDED)
    if not pilot["meter"]:
        needed += ["voltage_dv"] + ["current_l%d_da" % (n + 1) for n in range(pilot["phases"])]
    if pilot["cable"] == "socket":
        needed += ["cc_ohm", "lock", "lock_closed"]
    missing = [name for name in needed if name not in there]
    if missing:
        _add(errors, "lines", "none of bay %d: %s" % (i + 1, ", ".join(missing)), "these lines in board.json")
    if bay["bidirectional"]:
        _add(errors, path + "bidirectional", True, "false: an AC pile only charges")
    if bay["battery"]["capacity_wh"]:
        _add(errors, path + "battery.capacity_wh", bay["battery"]["capacity_wh"], "0: no SOC is told")
    if pilot["phases"] == 2:
        _add(errors, path + "pilot.phases", 2, "1 or 3")
    others = [row["name"] for row in config["meters"] if row["name"] != config["site"]["meter"]]
    if pilot["meter"] and pilot["meter"] not in others:
        _add(errors, path + "pilot.meter", pilot["meter"], "a meter that is not the site's, or \"\"")
    most_w = pilot["phases"] * (pilot["nominal_dv"] * pilot["max_da"] // 100)
    if bay["rating_w"] > most_w:
        _add(errors, path + "rating_w", bay["rating_w"], "at most %d, what pilot.max_da allows" % most_w)
    if bay["converter"]["response_ms"] < _START_MS:
        right = "at least %d: the time of a vehicle to follow" % _START_MS
        _add(errors, path + "converter.response_ms", bay["converter"]["response_ms"], right)
