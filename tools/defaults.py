"""The default configuration: N bays of 15 kW behind one SDM630, a simulated plant, and where a run keeps its
files.

A converter port of 0 in section `plant` means "any free one": the real port is filled in after the plant has
started (see up.py). The site's connection is large enough that, even at the worst booking, it does not bind:
the default shows the battery's limits.
"""

import copy
import json
import time
from pathlib import Path

RATING_W = 15_000
CROSSING_S = 5  # the ramp goes from full discharge to full charge in this time
SITE_LOAD_W = 2_000
LOAD_MAX_W = 5_000
_ON_TCP = ("sunspec", "sunspec_der", "ac_pile")
BMS_BATTERY = {"capacity_wh": 60_000, "chemistry": "nmc", "c_rate_pct": 100, "bms": True}
ANY_PORT = 1  # stands in until the plant has chosen one; the firmware's schema has no 0 here


def new_run_dir(root="runs"):
    """A new, empty folder runs/<date-time>."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for attempt in range(100):
        path = Path(root) / (stamp if attempt == 0 else "%s-%d" % (stamp, attempt + 1))
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        return path
    raise FileExistsError("%s: a hundred runs in one second" % root)


def _bus(name, port):
    return {"name": name, "kind": "tcp", "host": "127.0.0.1", "port": port or ANY_PORT}


def _can_bus(name, bitrate):
    return {"name": name, "kind": "can", "host": "127.0.0.1", "port": ANY_PORT, "bitrate": bitrate}


def with_vehicles(config, discharge=True, only=None, guarded=False):
    """A copy whose bays (`only` these, from 0) have Infypower modules on CAN and a vehicle that speaks
    GB/T 27930.
    """
    config = copy.deepcopy(config)
    on_can = range(len(config["bays"])) if only is None else only
    kept = [bay["converter"]["bus"] for i, bay in enumerate(config["bays"]) if i not in on_can]
    config["buses"] = config["buses"][:1] + [bus for bus in config["buses"] if bus["name"] in kept]
    config["buses"].append(_can_bus("modules", 125_000))
    address = 0
    for i, bay in enumerate(config["bays"]):
        if i not in on_can:
            continue
        vehicle_bus = "vehicle%d" % (i + 1)
        config["buses"].append(_can_bus(vehicle_bus, 250_000))
        bay["converter"] = {"model": "infy", "bus": "modules", "unit": address, "modules": 1,
                            "lease_ms": 10_000, "response_ms": 5000}
        address += 1
        bay["vehicle"] = {"protocol": "gbt27930", "bus": vehicle_bus, "discharge": discharge}
        if guarded:  # the battery's guard hears the car's BMS
            bay["battery"] = dict(bay["battery"], **BMS_BATTERY)
            bay["session"] = {"mode": "v2g"}
        config["plant"]["bays"][i].update(converter="infy", modules=1)
    return config


def with_secc(config):
    """A copy of with_vehicles()'s whose vehicles stand behind an external SECC (drivers/vehicle_secc.py)."""
    config = copy.deepcopy(config)
    for i, bay in enumerate(config["bays"]):
        name = bay["vehicle"]["bus"]
        bus = next(bus for bus in config["buses"] if bus["name"] == name)
        bus.update(kind="secc")
        bus.pop("bitrate")
        bay["vehicle"] = {"protocol": "secc", "bus": name}
        config["plant"]["bays"][i]["car"] = "secc"
    return config


def with_can_ports(config, modules, vehicles):
    """A copy with the addresses ("HOST:PORT") of the plant's CAN buses."""
    config = copy.deepcopy(config)
    addresses = {"modules": modules}
    for i, address in enumerate(vehicles):
        addresses["vehicle%d" % (i + 1)] = address
    for bus in config["buses"]:
        if bus["kind"] in ("can", "secc"):
            host, port = addresses[bus["name"]].rsplit(":", 1)
            bus.update(host=host, port=int(port))
    return config


def _bay(number):
    return {
        "name": "bay%d" % number,
        "rating_w": RATING_W,
        "converter": {"model": "sunspec", "bus": "converter%d" % number},
        "battery": {"soc_min_bp": 2000, "soc_max_bp": 9000, "taper_bp": 500},
    }


def with_whole_recipe(config):
    """A copy whose SunSpec bays have the driver with all services, which small images do not carry."""
    config = copy.deepcopy(config)
    for bay in config["bays"]:
        if bay["converter"].get("model", "sunspec") == "sunspec":
            bay["converter"]["model"] = "sunspec_der"
    return config


def _plant_section(bays, meter_pty, soc_bp):
    bay = {"capacity_wh": 60_000, "rating_w": RATING_W, "slew_w_per_s": 30_000, "delay_ms": 50}
    bay["efficiency_bp"] = 9400
    return {
        "bays": [dict(bay, soc_bp=soc) for soc in soc_bp],
        "site_load_w": SITE_LOAD_W,
        "frequency_mhz": 50_000,
        "meter": {"pty": meter_pty, "tcp": 0, "baud": 9600},
        "converters_tcp": [0] * bays,
    }


def default_config(bays=1, iec104_port=2404, run_dir=".", soc_bp=None):
    """Configuration of firmware and plant; `soc_bp`: state of charge of each battery, 0.01 %."""
    run_dir = Path(run_dir).resolve()
    meter_pty = str(run_dir / "meter.pty")
    total_w = bays * RATING_W
    numbers = range(1, bays + 1)
    meter_bus = {"name": "rs485", "kind": "rtu", "device": meter_pty, "baud": 9600, "parity": "N"}
    connection_w = 3 * total_w + LOAD_MAX_W
    return {
        "version": 1,
        "station": {"name": "v2g station", "cycle_ms": 100},
        "site": {
            "meter": "grid",
            "import_max_w": connection_w,
            "export_max_w": connection_w,
            "load_min_w": 0,
            "load_max_w": LOAD_MAX_W,
        },
        "buses": [meter_bus] + [_bus("converter%d" % n, 0) for n in numbers],
        "meters": [{"name": "grid", "model": "sdm630", "bus": "rs485", "unit": 1}],
        "bays": [_bay(n) for n in numbers],
        "control": {"ramp_w_per_s": 2 * total_w // CROSSING_S, "fallback": "ramp_to_zero"},
        "telecontrol": {"listen": "127.0.0.1", "port": iec104_port, "common_address": 1},
        "recorder": {"path": str(run_dir / "record.v2gr")},
        "plant": _plant_section(bays, meter_pty, soc_bp or [5000] * bays),
    }


def with_plant_ports(config, addresses):
    """A copy with every plant port of 0, and its bay's bus, set to `addresses` ("HOST:PORT" per bay)."""
    config = copy.deepcopy(config)
    ports = config["plant"].get("converters_tcp") or [0] * len(config["plant"]["bays"])
    buses = {bus["name"]: bus for bus in config["buses"]}
    for i, (bay, address) in enumerate(zip(config["bays"], addresses)):
        if ports[i] == 0 and bay["converter"].get("model", "sunspec") in _ON_TCP:
            host, port = address.rsplit(":", 1)
            ports[i] = int(port)
            buses[bay["converter"]["bus"]].update(host=host, port=int(port))
    config["plant"]["converters_tcp"] = ports
    return config


def write_config(config, path):
    """Write as JSON that a person can edit."""
    Path(path).write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
