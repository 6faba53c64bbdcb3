"""A station in virtual time whose last bay has Infypower modules and a vehicle on CAN, beside SunSpec bays:
the allocator of firmware/slow.py on real drivers and real bytes.
"""

import numpy as np

from drivers.can_bus import CanBus
from hil_tests.rig.can_chain import HubPort
from hil_tests.rig.virtual import VirtualBoard, VirtualRig
from tools.defaults import default_config, with_vehicles
from tools.plant.can_bays import CanBays

STEP_MS = 5


class MixedBoard(VirtualBoard):
    def make_bus(self, row):
        if row["kind"] != "can":
            return super().make_bus(row)
        return CanBus(row["name"], HubPort(self.rig.hub(row["name"])))


class MixedRig(VirtualRig):
    """`plant`'s cabinet grows with the first CAN bus that the firmware asks for."""

    BOARD = MixedBoard
    can = None

    def hub(self, name):
        if self.can is None:
            self.can = CanBays(self.plant, self._plant_ms)
            self.next_ms = 0
            self.actors.append(self)
        return {hub.name: hub for hub in [self.can.modules_hub, *self.can.car_hubs]}[name]

    def act(self, _rig, _now):
        self.plant.advance(self.ms)
        self.can.advance(self.ms)
        self.next_ms = self.ms + STEP_MS


def mixed_config(bays=2, declared=True, soc_bp=5000):
    """As `v2g demo --converter mixed`; without the declaration nobody spares the slow device."""
    config = with_vehicles(default_config(bays, 0, ".", [soc_bp] * bays), only=[bays - 1])
    if not declared:
        config["bays"][-1]["converter"].update(reversal_ms=0, min_power_w=0, write_gap_ms=0)
    for bus in config["buses"]:
        if bus["kind"] == "rtu":
            bus["device"] = "/virtual"
    config["plant"]["meter"]["pty"] = None
    config["telecontrol"]["port"] = 2404
    config["recorder"]["path"] = "in memory"
    return config


class Figures:
    """The truth of a run, 10 times a second: orders as the ramp leaves them, power, direction changes."""

    def __init__(self, scene):
        self.scene = scene
        self.rows = []
        scene.plant.observe(100, self._take)

    def _take(self, plant):
        ramped_w = self.scene.station.ramped_w.value
        self.rows.append([plant.now_ms, ramped_w] + [c.ac_w for c in plant.converters])

    def columns(self, since_ms):
        """t_ms, ramped W, power of each bay."""
        return np.array([row for row in self.rows if row[0] >= since_ms]).T

    def mean_error_w(self, since_ms):
        t_ms, ramped_w, *bays_w = self.columns(since_ms)
        return float(np.mean(np.abs(sum(bays_w) - ramped_w)))


