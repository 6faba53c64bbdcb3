"""What the firmware's tests share: small configurations, and a controller fed by hand in virtual time."""

from firmware.assembly import make_image
from firmware.config import validate
from firmware.controller import Controller
from firmware.image import CONVERTER_RUNNING
from protocols.ticks import ticks_add

NEAR_WRAP = (1 << 30) - 250  # the ticks wrap within the first steps of every test
METER = {"name": "grid", "bus": "b", "period_ms": 100, "max_age_ms": 500}


def raw_config(bays=1, rating_w=10000, meter=True, **sections):
    """A raw configuration without ports that matter; keywords update its sections."""
    config = {
        "site": {
            "meter": "grid" if meter else "",
            "meter_latency_ms": 200,
            "import_max_w": 200000,
            "export_max_w": 200000,
            "load_min_w": 0,
            "load_max_w": 0,
        },
        "buses": [{"name": "b", "kind": "tcp", "host": "h"}],
        "meters": [dict(METER)] if meter else [],
        "bays": [],
        "control": {"ramp_w_per_s": 1000000},
    }
    for i in range(bays):
        converter = {"bus": "b", "response_ms": 300, "lease_ms": 1000, "poll_ms": 100, "max_age_ms": 300}
        battery = {"soc_min_bp": 2000, "soc_max_bp": 9000, "taper_bp": 500}
        row = {"name": "bay%d" % i, "rating_w": rating_w, "converter": converter, "battery": battery}
        config["bays"].append(row)
    for name in sections:  # any order
        config[name].update(sections[name])
    return config


class Bench:
    """A controller and its image; `measured_w[i]` is what bay i's converter tells, None = silent."""

    def __init__(self, config, now=NEAR_WRAP):
        self.config = validate(config)
        self.image = make_image(self.config)
        self.controller = Controller(self.image, self.config)
        self.now = now
        self.station = self.image.station
        self.bays = self.image.bays
        self.measured_w = [0] * len(self.bays)
        self.soc_bp = 5000
        self.state = CONVERTER_RUNNING
        self.load_w = None  # None = the meter is silent
        self.master = True
        self.follows = False  # every converter is at once where it was told to be
        self.controller.start(now)

    def feed(self):
        """What drivers and the master would have put by now."""
        for i in range(len(self.bays)):
            bay = self.bays[i]
            if self.measured_w[i] is not None:
                bay.power_w.put(self.measured_w[i], self.now)
                bay.state.put(self.state, self.now)
                if self.soc_bp is not None:
                    bay.soc_bp.put(self.soc_bp, self.now)
        if self.load_w is not None:
            self.station.grid_power_w.put(self.load_w + self.measured_sum(), self.now)
        if self.master:
            self.station.master_alive.put(1, self.now)

    def measured_sum(self):
        total_w = 0
        for power_w in self.measured_w:
            total_w += power_w or 0
        return total_w

    def step(self, dt_ms=100):
        """One step after `dt_ms`."""
        self.now = ticks_add(self.now, dt_ms)
        self.feed()
        self.controller.step(self.now)
        if self.follows:
            for i in range(len(self.bays)):
                if self.measured_w[i] is not None:
                    self.measured_w[i] = self.bays[i].command_w.value

    def run(self, steps, dt_ms=100):
        for _ in range(steps):
            self.step(dt_ms)

    def order(self, power_w):
        self.station.agc_w.put(power_w, self.now)

    def commands(self):
        return [bay.command_w.value for bay in self.bays]


def drain(recorder, file):
    """Move all that is recorded into a file, as a board does after a step."""
    n = recorder.pending()
    while n:
        file.write(memoryview(recorder.ring)[recorder.start : recorder.start + n])
        recorder.consumed(n)
        n = recorder.pending()


def settled(config, now=NEAR_WRAP):
    """A bench whose converters follow, past the time in which the start books everything at its worst."""
    bench = Bench(config, now)
    bench.follows = True
    if config["site"]["meter"]:
        bench.load_w = 0
    bench.run(20)
    return bench
