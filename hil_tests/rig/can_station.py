"""The bay of can_chain.py under a whole control step with the battery's guard: what the car says over CAN
goes through the record into the image, the envelope and the lease.
"""

from drivers.ports import memory
from drivers.vehicle_secc import SeccVehicle
from firmware.controller import Controller
from firmware.guard.departure import MODE_V2G
from firmware.guard.host import GuardHost
from firmware.wallclock import WallClock
from hil_tests.rig.can_chain import CanChain
from tools.defaults import with_secc

BATTERY = {"capacity_wh": 60_000, "chemistry": "nmc", "bms": True, "c_rate_pct": 100}


class MemoryStore:
    """Budgets' store without a power cut."""

    def __init__(self):
        self.data = b""

    def load(self):
        return self.data

    def save(self, data):
        self.data = bytes(data)
        return True


class CanStation(CanChain):
    """`order_w` is the schedule's; the driver's session is V2G with target and minimum at 0."""

    CYCLE_MS = 100

    def __init__(self, battery=None, store=None, vehicle=None, **car):
        """`battery`, `vehicle`: keys of the bay's sections; `car`: of the plant's bay."""
        self._vehicle = vehicle or {}
        self._battery = dict(BATTERY, **(battery or {}))
        self.store = store or MemoryStore()
        super().__init__(**car)
        self.controller = Controller(self.image, self.config)
        self.controller.start(self.now)
        clock = WallClock(0)
        self.guard = GuardHost(self.image, self.config, clock, self.events)
        self.guard.meet([self.unit])
        if self.guard.limited:
            self.guard.keep_budgets(self.config, self.store)
        self.guard.sessions.order(0, MODE_V2G, 0, 0, -1, self.now)
        self.order_w = 0
        self.command_w = None
        self.samples = []  # (ms, AC W, SOC 0.01 %) of the plant, each cycle

    def dress(self, config):
        config["station"]["store"] = "memory"
        config["site"]["meter"] = ""
        config["meters"] = []
        config["bays"][0]["battery"].update(self._battery)
        config["bays"][0]["vehicle"].update(self._vehicle)
        return config

    def turn(self):
        if self.ms % self.CYCLE_MS:
            return
        image, now = self.image, self.now
        image.station.schedule_w.put(self.order_w, now)
        self.bay.mode.put(MODE_V2G, now)
        self.guard.update(now)
        self.controller.step(now)
        self.guard.look(now)
        self.guard.keep(100, now)
        self.samples.append((self.ms, self.converter.ac_w, self.converter.battery.soc_bp()))

    def session_wh(self):
        """(charged, discharged) at the grid so far."""
        return self.converter.absorbed_wh, self.converter.injected_wh


class SeccStation(CanStation):
    """The same with the vehicle behind a simulated SECC, over a wire in memory."""

    def dress(self, config):
        return with_secc(super().dress(config))

    def vehicle_bus(self):
        ours, self.theirs = memory.pair()
        self._buf = bytearray(4096)
        self._text = b""
        self.outlet.car.write = lambda data: self.theirs.write(data, 0, len(data))
        return SeccVehicle(ours)

    def turn(self):
        n = self.theirs.read_into(self._buf)
        *lines, self._text = (self._text + bytes(self._buf[:n])).split(b"\n")
        for line in lines:
            self.outlet.car.hear(line)
        super().turn()
