"""What single keys cannot show: a configuration whose values contradict each other, or break a promise
of the design.

Each rule adds (CONFIG_CONFLICT, path, value, what would be right). Only what can be computed is claimed.
"""

from firmware import codes, schema
from firmware.assembly import guard_rows, is_slow
from firmware.envelope import soc_step_bp
from firmware.guard.limits import limited
from firmware.consistency_telecontrol import conflicts as telecontrol_conflicts
from firmware.image import BAY_ROWS, GUARD_BAY_ROWS, GUARD_STATION_ROWS, METER_ROWS, STATION_ROWS

_QUASAR_W = 7400
_FRAME_BYTES = 12  # of the recorder, for each signal: a snapshot and the step after it


def conflicts(config, errors):
    """Append every contradiction in a configuration whose keys are sound by themselves."""
    _counts(config, errors)
    _names(config, errors)
    _buses(config, errors)
    _references(config, errors)
    _bays(config, errors)
    _parts(config, errors)
    _batteries(config, errors)
    _site(config, errors)
    _orders(config, errors)
    telecontrol_conflicts(config["telecontrol"], errors)
    _recorder(config, errors)
    if config["order_port"]["enabled"] and not config["order_port"]["key"]:
        _add(errors, "order_port.key", "", "the file of the shared key, by `v2g order-key FILE`")


def _add(errors, path, value, right):
    errors.append((codes.CONFIG_CONFLICT, path, value, right))


def _counts(config, errors):
    if not 1 <= len(config["bays"]) <= schema.MAX_BAYS:
        _add(errors, "bays", len(config["bays"]), "1 to %d bays" % schema.MAX_BAYS)


def _names(config, errors):
    for section in ("buses", "meters", "bays"):
        seen = []
        for i in range(len(config[section])):
            name = config[section][i]["name"]
            if name in seen:
                _add(errors, "%s[%d].name" % (section, i), name, "a name that is used once")
            seen.append(name)


def _buses(config, errors):
    for i in range(len(config["buses"])):
        bus = config["buses"][i]
        if bus["kind"] == "rtu" and not bus["device"]:
            _add(errors, "buses[%d].device" % i, "", "the serial device of an rtu bus")
        if bus["kind"] == "tcp" and not bus["host"]:
            _add(errors, "buses[%d].host" % i, "", "the host of a tcp bus")
        if bus["kind"] == "dlt645" and not (bus["device"] or bus["host"]):
            _add(errors, "buses[%d].device" % i, "", "the serial device of a dlt645 bus, or its host")
        if bus["kind"] == "can" and not (bus["device"] or bus["host"] or bus["options"]):
            _add(errors, "buses[%d].device" % i, "", "an slcan adapter's device or host, or options")
        if bus["kind"] == "secc" and not (bus["device"] or bus["host"]):
            _add(errors, "buses[%d].host" % i, "", "the host of a secc link, or its serial device")


def _references(config, errors):
    buses = [bus["name"] for bus in config["buses"]]
    for i in range(len(config["meters"])):
        _refer(errors, "meters[%d].bus" % i, config["meters"][i]["bus"], buses)
    for i in range(len(config["bays"])):
        _bay_buses(config["bays"][i], "bays[%d]." % i, config["buses"], errors)
    if config["site"]["meter"]:
        _refer(errors, "site.meter", config["site"]["meter"], [meter["name"] for meter in config["meters"]])


def _bay_buses(bay, path, buses, errors):
    """A converter needs a bus of its kind."""
    converter = bay["converter"]
    kinds = ("can",) if converter["model"] == "infy" else ("rtu", "tcp")
    if converter["bus"] != "pins" or converter["model"] != "ac_pile":  # its lines are the board's own
        names = [bus["name"] for bus in buses if bus["kind"] in kinds]
        _refer(errors, path + "converter.bus", converter["bus"], names)
    if converter["model"] != "infy" and converter["unit"] == 0:
        _add(errors, path + "converter.unit", 0, "1 to 247")


def _parts(config, errors):
    """What few stations have is checked by name: lines and AC piles, CAN bays, limits of each phase."""
    models = [bay["converter"]["model"] for bay in config["bays"]]
    for name, there in (
        ("pile", config["lines"] or "ac_pile" in models),
        ("can", "infy" in models or any([bay["vehicle"]["protocol"] != "none" for bay in config["bays"]])),
        ("phase", config["site"]["phases"]),
    ):
        if there:
            __import__("firmware.%s_config" % name, None, None, ["check"]).check(config, errors)


def _refer(errors, path, name, names):
    if name not in names:
        _add(errors, path, name, "one of: " + (", ".join(names) or "(none is configured)"))


def _bays(config, errors):
    for i in range(len(config["bays"])):
        path = "bays[%d]." % i
        battery = config["bays"][i]["battery"]
        ends_bp = 2 * (battery["taper_bp"] + soc_step_bp(config["bays"][i]))
        if battery["soc_max_bp"] - battery["soc_min_bp"] < ends_bp:
            right = "soc_max_bp - soc_min_bp of at least twice taper_bp and the SOC's step (%d)" % ends_bp
            _add(errors, path + "battery.taper_bp", battery["taper_bp"], right)
        converter = config["bays"][i]["converter"]
        rating_w = config["bays"][i]["rating_w"]
        if converter["model"] == "quasar" and rating_w > _QUASAR_W:
            _add(errors, path + "rating_w", rating_w, "at most %d, a Quasar's" % _QUASAR_W)
        if converter["lease_ms"] % 1000:
            _add(
                errors,
                path + "converter.lease_ms",
                converter["lease_ms"],
                "whole seconds, as the device counts them",
            )
        if converter["poll_ms"] * 2 > converter["lease_ms"]:
            _add(errors, path + "converter.poll_ms", converter["poll_ms"], "at most half of lease_ms")
        if converter["poll_ms"] * 2 > converter["max_age_ms"]:
            _add(errors, path + "converter.max_age_ms", converter["max_age_ms"], "at least twice poll_ms")


def _batteries(config, errors):
    for i in range(len(config["bays"])):
        path = "bays[%d]." % i
        battery = config["bays"][i]["battery"]
        if battery["capacity_wh"] == 0:
            continue
        if battery["capacity_wh"] < 1000:
            right = "at least 1000, or 0 for no guard"
            _add(errors, path + "battery.capacity_wh", battery["capacity_wh"], right)
        if battery["efficiency_max_bp"] < battery["efficiency_bp"]:
            right = "at least efficiency_bp (%d)" % battery["efficiency_bp"]
            _add(errors, path + "battery.efficiency_max_bp", battery["efficiency_max_bp"], right)
        for key in ("charge_pct", "discharge_pct"):
            _table(path + "battery." + key, battery[key], errors)
        for key in ("cell_max_mv", "cell_min_mv"):
            if 0 < battery[key] < 2000:
                _add(errors, path + "battery." + key, battery[key], "2000 to 5000, or 0 for the chemistry's")
        if battery["cell_max_mv"] and battery["cell_max_mv"] - battery["cell_min_mv"] < 500:
            right = "at least 500 above cell_min_mv"
            _add(errors, path + "battery.cell_max_mv", battery["cell_max_mv"], right)
        if limited(battery) and not config["station"]["store"]:
            right = "station.store: the path of what outlives a restart, which a budget needs"
            _add(errors, path + "battery.budget_...", "without a store", right)
        session = config["bays"][i]["session"]
        if session["minimum_bp"] > session["target_bp"]:
            right = "at most target_bp (%d)" % session["target_bp"]
            _add(errors, path + "session.minimum_bp", session["minimum_bp"], right)


def _table(path, rows, errors):
    if len(rows) == 1:
        _add(errors, path, rows, "two or more points, or none for the chemistry's table")
    for i in range(1, len(rows)):
        if rows[i][0] <= rows[i - 1][0]:
            _add(errors, path, rows[i][0], "temperatures that increase from row to row")


def _site(config, errors):
    site = config["site"]
    if site["load_min_w"] > site["load_max_w"]:
        _add(errors, "site.load_min_w", site["load_min_w"], "at most load_max_w")
    for i in range(len(config["meters"])):
        meter = config["meters"][i]
        kinds = [bus["kind"] for bus in config["buses"] if bus["name"] == meter["bus"]]
        if kinds and (kinds[0] == "dlt645") != (meter["model"] == "dlt645"):
            _add(errors, "meters[%d].bus" % i, meter["bus"], "a bus of kind dlt645 for dlt645 alone")
        if not all(["0" <= c <= "9" for c in meter["address"]]):
            _add(errors, "meters[%d].address" % i, meter["address"], "up to 12 digits")
        if meter["sign"] == 0:
            _add(errors, "meters[%d].sign" % i, 0, "1 or -1")
        if meter["period_ms"] * 2 > meter["max_age_ms"]:
            _add(errors, "meters[%d].max_age_ms" % i, meter["max_age_ms"], "at least twice period_ms")


def _orders(config, errors):
    control = config["control"]
    if control["fallback"] == "schedule" and not control["schedule"]:
        _add(
            errors, "control.schedule", [], "at least one row [minute of day, W] for the fallback 'schedule'"
        )
    if control["master_lost_s"] <= config["telecontrol"]["t3_s"]:
        right = (
            "more than telecontrol.t3_s (%d), after which a silent master is asked"
            % config["telecontrol"]["t3_s"]
        )
        _add(errors, "control.master_lost_s", control["master_lost_s"], right)
    last = -1
    for row in control["schedule"]:
        if row[0] <= last:
            _add(errors, "control.schedule", row[0], "minutes that increase from row to row")
        last = row[0]


def _recorder(config, errors):
    station = len(STATION_ROWS) + (16 + 4 * len(config["bays"])) * len(config["site"]["phases"])
    bay = len(BAY_ROWS)
    if config["telecontrol"]["region"] != "none":
        station += 5  # firmware/indices.py
    batteries = [row["battery"] for row in config["bays"] if row["battery"]["capacity_wh"]]
    if batteries:
        station += len(GUARD_STATION_ROWS)
        bay += len(GUARD_BAY_ROWS) + len(guard_rows(batteries))
    if is_slow(config):
        bay += 5  # firmware/slow.py
    others = len([meter for meter in config["meters"] if meter["name"] != config["site"]["meter"]])
    needed = _FRAME_BYTES * (station + len(config["bays"]) * bay + others * len(METER_ROWS))
    ring_bytes = config["recorder"]["ring_bytes"]
    if config["recorder"]["path"] and ring_bytes < needed:
        right = "at least %d, for one snapshot of %d bays" % (needed, len(config["bays"]))
        _add(errors, "recorder.ring_bytes", ring_bytes, right)
