"""From a checked configuration to an image: which signal may be how old."""

from firmware.guard.limits import limited
from firmware.image import BMS_ROWS, BUDGET_ROWS, METER_ROWS, Image

_SCHEDULE_AGE_MS = 5000
_SESSION_AGE_MS = 518400000  # six days: ticks cannot tell a departure of longer ago from one ahead
_BUDGET_AGE_MS = 5000
_SLOW_FACTOR = 10  # quantities that nothing depends on within seconds


def make_image(config):
    """The image of this configuration, nothing measured yet."""
    station_ages = _station_ages(config)
    bay_ages = [_bay_ages(bay, config["station"]["cycle_ms"]) for bay in config["bays"]]
    guarded = [bay["battery"] for bay in config["bays"] if bay["battery"]["capacity_wh"]]
    meter_ages = [_meter_ages(meter) for meter in other_meters(config)]
    more_rows = ()
    if config["telecontrol"]["region"] != "none":
        more_rows = __import__("firmware.indices", None, None, ["ROWS"]).ROWS
    slow_rows = __import__("firmware.slow", None, None, ["ROWS"]).ROWS if is_slow(config) else ()
    of_guard = guard_rows(guarded)
    image = Image(station_ages, bay_ages, bool(guarded), of_guard, meter_ages, more_rows, slow_rows)
    if config["site"]["phases"]:
        __import__("firmware.phases", None, None, ["carry"]).carry(image, config)
    return image


def guard_rows(batteries):
    """Of a bay, for what these batteries ask of their guard."""
    rows = BUDGET_ROWS if any([limited(battery) for battery in batteries]) else ()
    return rows + (BMS_ROWS if any([battery["bms"] for battery in batteries]) else ())


def is_slow(config):
    """Whether the allocator must spare a slow device, or may be told of plans by bay (by the order port); one
    bay alone has nobody to yield to.
    """
    slow = config["order_port"]["enabled"]
    for bay in config["bays"]:
        row = bay["converter"]
        slow = max(slow, row["reversal_ms"], row["write_gap_ms"], row["min_power_w"])
    return slow > 0 and len(config["bays"]) > 1


def other_meters(config):
    """The configured meters but the site's, as the image numbers them."""
    return [meter for meter in config["meters"] if meter["name"] != config["site"]["meter"]]


def _meter_ages(meter):
    ages = {name: _SLOW_FACTOR * meter["max_age_ms"] for name, _ in METER_ROWS}
    ages["grid_power_w"] = meter["max_age_ms"]
    return ages


def _station_ages(config):
    control = config["control"]
    ages = {
        "master_alive": control["master_lost_s"] * 1000,
        "agc_w": control["validity_s"] * 1000,
        "schedule_w": _SCHEDULE_AGE_MS,
    }
    for meter in config["meters"]:
        if meter["name"] == config["site"]["meter"]:
            ages.update(_meter_ages(meter))
    return ages


def _bay_ages(bay, cycle_ms):
    age_ms = bay["converter"]["max_age_ms"]
    return {
        "power_w": age_ms,
        "state": age_ms,
        "dc_voltage_dv": _SLOW_FACTOR * age_ms,
        "dc_current_da": _SLOW_FACTOR * age_ms,
        "soc_bp": bay["battery"]["max_age_ms"],
        "depart": _SESSION_AGE_MS,
        "budget_wh": _BUDGET_AGE_MS,
        "budget_all_wh": _BUDGET_AGE_MS,
        "budget_all_s": _BUDGET_AGE_MS,
        "bms_charge_w": bay["battery"]["max_age_ms"],
        "bms_discharge_w": bay["battery"]["max_age_ms"],
        "cell_hi_mv": bay["battery"]["max_age_ms"],
        "cell_lo_mv": bay["battery"]["max_age_ms"],
        "temp_hi_dc": bay["battery"]["max_age_ms"],
        "temp_lo_dc": bay["battery"]["max_age_ms"],
        "command_w": 500 + 2 * cycle_ms,  # a lease outlives two missed steps, not more
    }
