"""The control step alone: `main([CONFIG, STEPS])` feeds it changing measurements and orders.

Prints steps per second (the step's own time, inputs not counted), its median and longest time, the bytes
that STEPS of them allocated while the collector was off, and whether all of them ran under heap_lock().
"""

import gc
from array import array

from firmware.assembly import make_image
from firmware.config import load
from firmware.controller import Controller
from firmware.image import CONVERTER_RUNNING
from hil_tests.bench.target.clock import elapsed_us, ticks_us

try:
    from micropython import heap_lock, heap_unlock
except ImportError:  # CPython counts nothing and locks nothing
    heap_lock = heap_unlock = None

_CYCLE_MS = 100
_SEEDS = 7919


class Bench:
    def __init__(self, config):
        self.image = make_image(config)
        self.controller = Controller(self.image, config)
        self.rating_w = sum([bay["rating_w"] for bay in config["bays"]])
        self.now = 1
        self.round = 0
        station = self.image.station
        station.agc_enabled.put(1, 0)
        station.local.put(0, 0)
        self.controller.start(0)

    def feed(self):
        """What drivers and a dispatcher write between two steps; integers only."""
        now = self.now = self.now + _CYCLE_MS
        n = self.round = (self.round + 1) % _SEEDS
        station = self.image.station
        load_w = 2000 + n * 37 % 500
        for bay in self.image.bays:
            power_w = bay.command_w.value + n % 5
            bay.power_w.put(power_w, now)
            bay.state.put(CONVERTER_RUNNING, now)
            bay.soc_bp.put(4000 + n % 2000, now)
            load_w += power_w
        station.grid_power_w.put(load_w, now)
        station.master_alive.put(1, now)
        if n % 10 == 0:
            station.agc_w.put((n * 997) % (2 * self.rating_w) - self.rating_w, now)

    def run(self, steps):
        for _ in range(steps):
            self.feed()
            self.controller.step(self.now)

    def timed(self, times):
        """Fill the array with the microseconds of one step each."""
        for i in range(len(times)):
            self.feed()
            began = ticks_us()
            self.controller.step(self.now)
            times[i] = elapsed_us(ticks_us(), began)


def _allocated(bench, steps):
    """Bytes that the steps leave on the heap while nothing is collected."""
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    bench.run(steps)
    after = gc.mem_alloc()
    gc.enable()
    return after - before


def _runs_locked(bench, steps):
    heap_lock()
    try:
        bench.run(steps)
    except MemoryError:
        return False
    finally:
        heap_unlock()
    return True


def main(arguments):
    """Measure and print."""
    bench = Bench(load(arguments[0]))
    steps = int(arguments[1])
    bench.run(200)
    allocated = _allocated(bench, steps) if heap_lock else -1
    is_locked = _runs_locked(bench, steps) if heap_lock else False
    times = array("i", [0] * steps)
    bench.timed(times)
    ordered = sorted(times)
    command_w = bench.image.station.command_w.value
    print(
        "bench steps=%d allocated=%d locked=%d total_us=%d median_us=%d longest_us=%d command_w=%d"
        % (steps, allocated, is_locked, sum(ordered), ordered[steps // 2], ordered[-1], command_w)
    )
    return 0
