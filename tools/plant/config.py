"""Section `plant` of the configuration: one table of keys, the check, and a default.

A mistake is reported with the key, the value and what would be right. The other sections are the firmware's;
of them the plant reads only the baud rate of the bus that ends at the meter's pty, so that it need not be
written twice.
"""

import json
from pathlib import Path

from tools.plant.meters import TWINS
from tools.plant.profile import ProfileError, load_profile

# name, kind, low, high, default, unit, meaning
PLANT_KEYS = (
    ("bays", "bays", 1, 16, None, "", "one object per converter with its battery, keys below"),
    ("site_load_w", "int", -10_000_000, 10_000_000, 2000, "W", "constant load behind the meter; < 0 is PV"),
    ("load_profile", "profile", None, None, None, "s, W",
     "list of [second, W], or a CSV file of it; replaces site_load_w"),
    ("phase_share_bp", "three", 0, 10_000, [3333, 3333, 3334], "0.01 %",
     "how the site load divides over L1..L3; sum 10000"),
    ("breakers_da", "three?", 1, 100_000, None, "0.1 A",
     "breaker of L1..L3 at the connection; nothing trips, state and log judge it; null = none"),
    ("frequency_mhz", "int", 40_000, 70_000, 50_000, "mHz", "grid frequency"),
    ("voltage_dv", "three", 0, 10_000, [2300, 2300, 2300], "0.1 V", "phase to neutral, L1..L3"),
    ("meter", "meter", None, None, None, "", "grid meter, keys below"),
    ("converters_tcp", "ports", 0, 65_535, None, "", "TCP port of each converter, 0 = any free one"),
    ("can_tcp", "port", 0, 65_535, 0, "", "TCP port of the modules' CAN bus (slcan), 0 = any free one"),
    ("vehicles_tcp", "ports", 0, 65_535, None, "", "TCP port of each vehicle's CAN bus, 0 = any free one"),
    ("host", "text", None, None, "127.0.0.1", "", "address that the TCP servers listen on"),
    ("substep_ms", "int", 1, 1000, 10, "ms", "step of the physics; inputs act at its boundaries"),
    ("log_ms", "int", 1, 3_600_000, 100, "ms", "interval of the truth log"),
)
METER_KEYS = (
    ("model", tuple(sorted(TWINS)), None, None, "sdm630", "", "whose registers the meter has"),
    ("pt", "int", 1, 10_000, 1, "", "ratio of its voltage transformers"),
    ("ct", "int", 1, 10_000, 1, "", "ratio of its current transformers"),
    ("pty", "text?", None, None, None, "", "symlink to publish for the RTU line; null = no RTU face"),
    ("tcp", "port", 0, 65_535, 0, "", "port of the TCP face, 0 = any free one"),
    ("tcp_view", ("truth", "meter"), None, None, "truth", "",
     "truth: the instant's values, immune to meter faults; meter: the same registers as on RTU"),
    ("unit", "int", 1, 247, 1, "", "Modbus unit on RTU (on TCP any unit is answered)"),
    ("baud", "int?", 300, 1_000_000, None, "Bd",
     "pace of the RTU line; null = that of the bus with this pty, else 9600"),
    ("sample_ms", "int", 1, 60_000, 100, "ms",
     "interval of the meter's own measurement; power is the mean over it"),
    ("reply_delay_ms", "int", 0, 1000, 5, "ms", "time that the meter thinks before it answers on RTU"),
)
BAY_KEYS = (
    ("model", ("sunspec", "quasar", "evtec", "ac_pile"), None, None, "sunspec", "",
     "whose registers the converter has; ac_pile: a one-way AC pile and its vehicle"),
    ("capacity_wh", "int", 1, 10_000_000, 60_000, "Wh", "usable energy of the battery"),
    ("soc_bp", "int", 0, 10_000, 5000, "0.01 %", "state of charge at the start"),
    ("rating_w", "int", 1, 3_000_000, 15_000, "W", "both directions, at the AC terminals"),
    ("slew_w_per_s", "int", 1, 1_000_000_000, 30_000, "W/s", "fastest change of power"),
    ("delay_ms", "int", 0, 60_000, 50, "ms", "from the received set-point to the first change of power"),
    ("efficiency_bp", "efficiency", 1, 10_000, 9400, "0.01 %",
     "one way; one number, or a list of [load, efficiency] in 0.01 %, interpolated"),
    ("standby_w", "int", 0, 10_000, 0, "W", "own consumption, on top of the efficiency"),
    ("start_ms", "int", 0, 600_000, 200, "ms", "from START to RUNNING"),
    ("start_state", ("off", "standby", "running"), None, None, "running", "", "state at the start"),
    ("heartbeat_ms", "int", 0, 3_600_000, 5000, "ms",
     "longest gap between changes of ControllerHb once seen; 0 = not watched"),
    ("nominal_dv", "int", 1000, 15_000, 4000, "0.1 V", "open circuit voltage at half charge"),
    ("resistance_mohm", "int", 0, 500, 50, "mOhm", "of the battery; its heat is lost energy"),
    ("temperature_dc", "int", -400, 900, 250, "0.1 °C", "of the battery at the start, and around it"),
    ("plugged", "bool", None, None, True, "", "a vehicle is connected at the start"),
    ("converter", ("sunspec", "infy"), None, None, "sunspec", "", "infy: modules on CAN, and a CAN vehicle"),
    ("modules", "int", 1, 16, 1, "", "how many modules, for infy"),
    ("car", ("gbt", "secc"), None, None, "gbt", "", "with infy: its communication; secc: JSON lines"),
    ("car_discharges", "bool", None, None, True, "", "the vehicle knows the discharge messages"),
    ("car_current_max_da", "int", 1, 10_000, 1000, "0.1 A", "what the vehicle's BMS allows, each way"),
    ("car_version", "int", 0, 9, 0, "", "major version of GB/T 27930.2 that the vehicle knows, 0 = none"),
    ("car_discharge_variant", "int", 0, 254, 0, "", "variant of its transfer that discharges, 0 = none"),
    ("phases", "int", 1, 3, 3, "", "of an AC pile and its vehicle: so many of `lines`"),
    ("lines", "lines", 1, 3, [1, 2, 3], "", "the grid's phases behind its terminals, loaded equally"),
    ("cable_ohm", "int", 0, 32_767, 220, "Ohm", "resistor of an AC pile's cable"),
    ("scale_factors", "scales", -4, 3, {}, "", "override of SunSpec scale factors, e.g. {\"W_SF\": 1}"),
)
SCALE_NAMES = ("A_SF", "V_SF", "Hz_SF", "W_SF", "VA_SF", "TotWh_SF", "Tmp_SF", "WSet_SF", "WSetPct_SF",
               "WH_SF", "Pct_SF", "DCA_SF", "DCV_SF", "DCW_SF", "DCWH_SF")


class PlantConfigError(ValueError):
    """The configuration is wrong; the text names key, value and what would be right."""


def default_plant(bays=1):
    """Section `plant` with `bays` equal 15 kW bays: TCP faces on free ports, no pty."""
    plant = {name: default for name, _, _, _, default, _, _ in PLANT_KEYS if default is not None}
    plant["bays"] = [dict(_defaults(BAY_KEYS), scale_factors={}) for _ in range(bays)]
    plant["meter"] = _defaults(METER_KEYS)
    plant["converters_tcp"] = [0] * bays
    plant["vehicles_tcp"] = [0] * bays
    plant["load_profile"] = plant["breakers_da"] = None
    return json.loads(json.dumps(plant))


def load_config(path):
    """Checked section `plant` of the JSON file `path`; raises PlantConfigError."""
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise PlantConfigError(f"{path}: cannot be read ({error.strerror})") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise PlantConfigError(f"{path}: {where}: not JSON ({error.msg})") from error
    if not isinstance(document, dict) or "plant" not in document:
        raise PlantConfigError(f"{path}: no section \"plant\"; it must be an object with at least \"bays\"")
    section = check_plant(document["plant"], Path(path).parent)
    if section["meter"]["baud"] is None:
        section["meter"]["baud"] = _baud_of(document, section["meter"]["pty"])
    return section


def check_plant(section, folder="."):
    """`section` with defaults filled in and the load profile as a list; raises PlantConfigError."""
    plant = _check_object(section, PLANT_KEYS, "plant")
    if plant["bays"] is None:
        raise PlantConfigError("plant.bays: missing; give a list of at least one bay")
    plant["bays"] = [_check_object(bay, BAY_KEYS, f"plant.bays[{i}]") for i, bay in enumerate(plant["bays"])]
    meter = {} if plant["meter"] is None else plant["meter"]
    plant["meter"] = _check_object(meter, METER_KEYS, "plant.meter")
    count = len(plant["bays"])
    if plant["converters_tcp"] is None:
        plant["converters_tcp"] = [0] * count
    if len(plant["converters_tcp"]) != count:
        _wrong("plant.converters_tcp", plant["converters_tcp"], f"a list of {count} ports, one per bay")
    if plant["vehicles_tcp"] is None:
        plant["vehicles_tcp"] = [0] * count
    if len(plant["vehicles_tcp"]) != count:
        _wrong("plant.vehicles_tcp", plant["vehicles_tcp"], f"a list of {count} ports, one per bay")
    for i, bay in enumerate(plant["bays"]):
        if bay["model"] == "ac_pile" and bay["phases"] > len(bay["lines"]):
            _wrong(f"plant.bays[{i}].lines", bay["lines"], f"a list of {bay['phases']} phases at least")
    if sum(plant["phase_share_bp"]) != 10_000:
        _wrong("plant.phase_share_bp", plant["phase_share_bp"], "three numbers with the sum 10000")
    if plant["load_profile"] is not None:
        try:
            plant["load_profile"] = load_profile(plant["load_profile"], folder)
        except ProfileError as error:
            raise PlantConfigError(f"plant.load_profile: {error}") from error
    return plant


def _defaults(keys):
    return {name: default for name, _, _, _, default, _, _ in keys}


def _baud_of(document, pty):
    buses = document.get("buses")
    for bus in buses if isinstance(buses, list) else ():
        if isinstance(bus, dict) and pty is not None and bus.get("device") == pty:
            return bus["baud"] if _is_int(bus.get("baud"), 300, 1_000_000) else 9600
    return 9600


def _check_object(value, keys, where):
    if not isinstance(value, dict):
        _wrong(where, value, "an object")
    known = [key[0] for key in keys]
    for name in value:
        if name not in known:
            raise PlantConfigError(f"{where}.{name}: unknown key; known are {', '.join(known)}")
    result = json.loads(json.dumps(_defaults(keys)))
    for name, kind, low, high, _, unit, _ in keys:
        if name in value:
            _check_value(f"{where}.{name}", value[name], kind, low, high, unit)
            result[name] = value[name]
    return result


def _check_value(where, value, kind, low, high, unit):
    if isinstance(kind, tuple):
        if value not in kind:
            _wrong(where, value, "one of " + ", ".join(kind))
        return
    if kind.endswith("?"):
        if value is None:
            return
        kind = kind[:-1]
    _CHECKS[kind](where, value, low, high, unit)


def _check_int(where, value, low, high, unit):
    if not _is_int(value, low, high):
        _wrong(where, value, f"an integer from {low} to {high} {unit}".rstrip())


def _check_three(where, value, low, high, unit):
    if not isinstance(value, list) or len(value) != 3 or not all(_is_int(v, low, high) for v in value):
        _wrong(where, value, f"a list of three integers from {low} to {high} {unit}")


def _check_lines(where, value, low, high, _unit):
    ok = isinstance(value, list) and value and all(_is_int(v, low, high) for v in value)
    if not ok or len(set(value)) != len(value):
        _wrong(where, value, f"a list of one to three different phases, {low} to {high}")


def _check_ports(where, value, low, high, _unit):
    if value is not None and not (isinstance(value, list) and all(_is_int(v, low, high) for v in value)):
        _wrong(where, value, f"a list of ports from {low} to {high}")


def _check_bays(where, value, low, high, _unit):
    if not isinstance(value, list) or not low <= len(value) <= high:
        _wrong(where, value, f"a list of {low} to {high} bays")


def _check_text(where, value, _low, _high, _unit):
    if not isinstance(value, str) or not value:
        _wrong(where, value, "a text that is not empty")


def _check_bool(where, value, _low, _high, _unit):
    if not isinstance(value, bool):
        _wrong(where, value, "true or false")


def _check_scales(where, value, low, high, _unit):
    if not isinstance(value, dict):
        _wrong(where, value, "an object of scale factors")
    for name, exponent in value.items():
        if name not in SCALE_NAMES:
            raise PlantConfigError(f"{where}.{name}: unknown key; known are {', '.join(SCALE_NAMES)}")
        _check_int(f"{where}.{name}", exponent, low, high, "")


def _check_efficiency(where, value, low, high, unit):
    if _is_int(value, low, high):
        return
    curve = isinstance(value, list) and len(value) >= 2 and all(_is_pair(p, low, high) for p in value)
    if not curve or any(b[0] <= a[0] for a, b in zip(value, value[1:])):
        right = f"an integer from {low} to {high} {unit}, or a list of [load, efficiency] with rising load"
        _wrong(where, value, right)


def _is_pair(value, low, high):
    two = isinstance(value, list) and len(value) == 2
    return two and _is_int(value[0], 0, 20_000) and _is_int(value[1], low, high)


def _accept(_where, _value, _low, _high, _unit):
    """Checked later, in its own function."""


_CHECKS = {
    "int": _check_int, "port": _check_int, "three": _check_three, "ports": _check_ports, "bays": _check_bays,
    "lines": _check_lines,
    "text": _check_text, "bool": _check_bool, "scales": _check_scales, "efficiency": _check_efficiency,
    "profile": _accept, "meter": _accept,
}


def _is_int(value, low, high):
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _wrong(where, value, right):
    raise PlantConfigError(f"{where}: {json.dumps(value)} is wrong; it must be {right}")
