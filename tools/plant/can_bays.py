"""The plant's CAN side: one bus for all modules and remote I/Os, one for each vehicle, and what hangs on
them.

`advance(now_ms)` moves outlets, modules and vehicles on; the plant's own physics is advanced by its core,
which asks nobody here. Frames go to `log`, a file in candump's format with the bus as the interface's name.
"""

from tools.plant.can_hub import CanHub
from tools.plant.infy_modules import InfyGroup
from tools.plant.outlet import OutletHardware

MODULES_BITRATE, VEHICLE_BITRATE = 125_000, 250_000
MODULES_BUS = "modules"
STEP_MS = 5


class CanBays:
    """Every bay of the plant whose converter is made of Infypower modules."""

    def __init__(self, plant, now_ms, log_file=None, start_s=0.0):
        """`now_ms()`: plant time; `start_s`: wall time of plant time 0, for the log."""
        self.plant = plant
        self._file = log_file
        self._start_s = start_s
        self._done_ms = 0
        bays = plant.config["bays"]
        self.bays = [i for i, bay in enumerate(bays) if bay["converter"] == "infy"]
        self.modules_hub = CanHub(MODULES_BUS, MODULES_BITRATE, now_ms, self._write)
        self.car_hubs, self.outlets = [], []
        address = 0
        for i in self.bays:
            hub = CanHub(f"vehicle{i + 1}", VEHICLE_BITRATE, now_ms, self._write)
            group = InfyGroup(plant, i, self.modules_hub, range(address, address + bays[i]["modules"]))
            address += bays[i]["modules"]
            self.car_hubs.append(hub)
            plant.outlets[i] = outlet = OutletHardware(plant, i, group, self.modules_hub, hub, bays[i])
            self.outlets.append(outlet)

    def advance(self, now_ms):
        """Everything up to plant time `now_ms`."""
        while self._done_ms + STEP_MS <= now_ms:
            self._done_ms += STEP_MS
            for outlet in self.outlets:
                outlet.tick(self._done_ms, STEP_MS)
                outlet.group.tick(self._done_ms, STEP_MS)
        for hub in [self.modules_hub, *self.car_hubs]:
            hub.advance()

    def _write(self, name, now_ms, frame):
        if self._file is None:
            return
        digits = "%08X" if frame.extended else "%03X"
        data = bytes(frame.data[: frame.n]).hex().upper()
        line = f"({self._start_s + now_ms / 1000:.6f}) {name} {digits % frame.id}#{data}\n"
        self._file.write(line)
