"""Configurations for rigs: N equal bays behind one meter, every default of the product."""

from tools.plant.config import default_plant


def station(bays=1, rating_w=15000, site_load_w=2000, **control):
    """A raw configuration with firmware sections and plant; keywords go into `control`."""
    plant = default_plant(bays)
    plant["site_load_w"] = site_load_w
    for bay in plant["bays"]:
        bay["rating_w"] = rating_w
    return {
        "site": {
            "meter": "grid",
            "import_max_w": 2 * bays * rating_w,
            "export_max_w": 2 * bays * rating_w,
            "load_max_w": 5000,
        },
        "buses": [{"name": "meters", "kind": "rtu", "device": "/virtual", "baud": 9600}]
        + [
            {"name": f"converter{i + 1}", "kind": "tcp", "host": "127.0.0.1", "port": 15021 + i}
            for i in range(bays)
        ],
        "meters": [{"name": "grid", "bus": "meters"}],
        "bays": [
            {"name": f"bay{i + 1}", "rating_w": rating_w, "converter": {"bus": f"converter{i + 1}"}}
            for i in range(bays)
        ],
        "control": {"ramp_w_per_s": 2 * bays * rating_w // 5, **control},
        "telecontrol": {"port": 2404},
        "plant": plant,
    }
