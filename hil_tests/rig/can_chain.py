"""A bay on CAN in virtual time: the firmware's drivers and sequence on one side, the plant's modules, outlet
and vehicle on the other, every frame over the plant's buses at their bit rate.
"""

from boards.can_bay import make
from drivers.can_bus import CanBus
from drivers.ports.can_memory import CanCounters
from firmware.config import validate
from firmware.assembly import make_image
from firmware.eventlog import EventLog
from protocols.can import CanFrame, FrameQueue
from protocols.ticks import TICKS_MASK
from tools.defaults import default_config, with_vehicles
from tools.plant.can_bays import CanBays
from tools.plant.core import Plant


class HubPort(CanCounters):
    """The CAN port's contract on a bus of the plant."""

    def __init__(self, hub):
        super().__init__()
        self.hub = hub
        self.queue = FrameQueue(256)
        self.is_open = True
        self.ready = False
        hub.nodes.append(self)

    def hear(self, frame, _now_ms):
        slot = self.queue.reserve()
        if slot is not None:
            slot.copy(frame)
            self.queue.commit()

    def service(self, now):
        self.ready = self.queue.count > 0

    def send(self, can_id, data, n, extended):
        self.hub.send(self, can_id, bytes(data[:n]), extended)
        self.sent += 1
        return True

    def receive(self, frame):
        head = self.queue.head()
        if head is None:
            return False
        frame.copy(head)
        self.queue.drop()
        self.received += 1
        return True

    def close(self):
        self.is_open = False


class CanChain:
    """One bay; `command_w` is what the firmware's step would lease."""

    START = TICKS_MASK - 4000

    def __init__(self, soc_bp=5000, discharge=True, **car):
        config = with_vehicles(default_config(1, 0, ".", [soc_bp]), discharge)
        config["plant"]["bays"][0].update(car)
        config = self.dress(config)
        self.config = validate(config)
        self.plant = Plant(config["plant"])
        self.ms = 0
        self.log_lines = []
        self.can = CanBays(self.plant, lambda: self.ms, self)
        self.outlet = self.can.outlets[0]
        self.image = make_image(self.config)
        self.bay = self.image.bays[0]
        self.events = EventLog(64)
        modules = CanBus("modules", HubPort(self.can.modules_hub))
        self.buses = {"modules": modules, "vehicle1": self.vehicle_bus()}
        self.unit = make(0, self.config, self.image, self.buses, self.events)
        self.command_w = 0
        self._frame = CanFrame()

    def dress(self, config):
        """The configuration that a rig beyond this one wants."""
        return config

    def vehicle_bus(self):
        """What the vehicle is reached by."""
        return CanBus("vehicle1", HubPort(self.can.car_hubs[0]))

    def turn(self):
        """After the drivers of each substep; a rig beyond this one steps here."""

    def write(self, line):
        """The plant's CAN log."""
        self.log_lines.append(line)

    @property
    def now(self):
        return (self.START + self.ms) & TICKS_MASK

    @property
    def converter(self):
        return self.plant.converters[0]

    def run(self, ms, step_ms=5):
        for _ in range(ms // step_ms):
            self.ms += step_ms
            self.plant.advance(self.ms)
            self.can.advance(self.ms)
            for bus in self.buses.values():
                bus.service(self.now)
            if self.ms % 10 == 0:
                self.unit.service(self.now)
            if self.command_w is not None and self.ms % 100 == 0:
                self.bay.command_w.put(self.command_w, self.now)
            self.turn()

    def until(self, condition, limit_ms=60_000):
        """Run until the condition holds; how long it took, ms."""
        start = self.ms
        while not condition():
            assert self.ms - start < limit_ms, "not within %d ms" % limit_ms
            self.run(50)
        return self.ms - start
