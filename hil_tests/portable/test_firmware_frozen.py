"""A meter that answers with one and the same value while the bays move counts as silent, until it changes.

lane: heap=384k
"""

from firmware.image import GOOD, STALE
from hil_tests.portable.firmware_support import raw_config, settled


def bench_with_meter_at(value_w):
    raw = raw_config(
        bays=2, site={"import_max_w": 30000, "load_max_w": 25000}, control={"ramp_w_per_s": 5000}
    )
    bench = settled(raw)
    bench.load_w = None
    bench.order(8000)
    bench.meter_w = value_w
    return bench


def step(bench, steps):
    """The meter answers afresh each time, always the same."""
    for _ in range(steps):
        bench.station.grid_power_w.put(bench.meter_w, bench.now)
        bench.step()


def test_frozen_while_the_bays_ramp():
    bench = bench_with_meter_at(1000)
    step(bench, 40)
    assert bench.station.meter_frozen.value == 1
    assert bench.station.grid_power_w.quality == STALE
    assert sum(bench.commands()) <= 30000 - 25000  # what is configured for a silent meter


def test_a_change_clears_it():
    bench = bench_with_meter_at(1000)
    step(bench, 40)
    bench.meter_w = 1000 + sum(bench.commands())
    step(bench, 1)
    assert bench.station.meter_frozen.value == 0
    assert bench.station.grid_power_w.quality == GOOD


def test_standing_still_is_no_proof():
    bench = bench_with_meter_at(1000)
    bench.order(0)
    step(bench, 200)
    assert bench.station.meter_frozen.value == 0


def test_a_true_meter_is_never_taken_for_frozen():
    bench = bench_with_meter_at(0)
    bench.load_w = 3000
    for power_w in (8000, -8000, 100, -100, 0, 8000):
        bench.order(power_w)
        for _ in range(30):
            bench.step()
            assert bench.station.meter_frozen.value == 0
