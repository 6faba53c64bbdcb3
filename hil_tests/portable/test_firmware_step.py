"""The whole step: no memory taken, whatever happens; the same result wherever the ticks start; what it tells.

lane: heap=512k
"""

from firmware import codes
from firmware.image import CONVERTER_FAULT, CONVERTER_RUNNING, GOOD, OUTPUTS, RESULT, STALE, STATE
from hil_tests.portable.firmware_support import NEAR_WRAP, Bench, raw_config, settled
from hil_tests.portable.support import no_heap


def station_of_eight():
    raw = raw_config(bays=8, rating_w=15000, site={"import_max_w": 60000, "export_max_w": 50000})
    raw["control"].update({"ramp_w_per_s": 48000, "validity_s": 2})
    return raw


def events(bench, i):
    """What happens before step i; everything that can move in an image does."""
    if i % 17 == 0:
        bench.order((i * 7919) % 240001 - 120000)
    if i % 41 == 0:
        bench.master = not bench.master
    if i == 60:
        bench.station.local.put(1, bench.now)
    if i == 70:
        bench.station.local.put(0, bench.now)
    bench.load_w = None if i % 37 < 8 else (i * 331) % 20000 - 5000
    bench.soc_bp = 1900 + (i * 613) % 7300
    bench.state = CONVERTER_FAULT if i % 53 == 5 else CONVERTER_RUNNING
    for k in range(len(bench.bays)):
        phase = (i + 11 * k) % 60
        command_w = bench.bays[k].command_w.value
        if phase < 6:
            bench.measured_w[k] = None
        elif phase < 20:
            bench.measured_w[k] = 9000 - 4500 * (k % 5)  # strays
        else:
            bench.measured_w[k] = command_w - command_w // 50


def test_eight_bays_take_no_memory():
    bench = Bench(station_of_eight())
    for i in range(240):
        events(bench, i)
        dt_ms = (100, 10, 0, 100, 1000, 60000, 99)[i % 7]
        bench.now = (bench.now + dt_ms) & 0x3FFFFFFF
        bench.feed()
        if i < 2:
            bench.controller.step(bench.now)
        else:
            no_heap(bench.controller.step, bench.now)


def test_sixteen_of_the_largest_take_no_memory():
    raw = raw_config(bays=16, rating_w=1000000)
    raw["site"].update({"import_max_w": 10000000, "export_max_w": 10000000})
    bench = settled(raw)
    for power_w in (16000000, -16000000, 7654321, -1):
        bench.order(power_w)
        for _ in range(4):
            bench.now = (bench.now + 60000) & 0x3FFFFFFF
            bench.feed()
            no_heap(bench.controller.step, bench.now)
            for k in range(16):
                bench.measured_w[k] = bench.bays[k].command_w.value
    assert sum(bench.commands()) == -1


def checksum(signals):
    total = 0
    for signal in signals:
        total = (total * 31 + signal.value * 4 + signal.quality) % 999983
    return total


def run_of(start):
    bench = Bench(station_of_eight(), start)
    outputs = bench.image.of_kinds(OUTPUTS)
    trace = []
    for i in range(150):
        events(bench, i)
        bench.step((100, 37, 10)[i % 3])
        trace.append(checksum(outputs))
    return trace


def test_the_result_does_not_depend_on_where_the_ticks_start():
    reference = run_of(12345)
    for start in (NEAR_WRAP, (1 << 30) - 1, (1 << 30) - 3000, (1 << 29) - 700):
        trace = run_of(start)
        for i in range(len(reference)):
            assert trace[i] == reference[i], (start, i)


def test_states_and_results_grow_neither_quality_nor_time():
    bench = Bench(station_of_eight())
    for i in range(150):
        events(bench, i)
        bench.step((100, 37, 10)[i % 3])
    for signal in bench.image.of_kinds((STATE, RESULT)):
        assert (signal.quality, signal.time, signal.max_age_ms) == (GOOD, 0, 0)


def test_command_is_a_lease_of_this_step():
    bench = settled(raw_config())
    bench.order(5000)
    bench.step()
    lease = bench.bays[0].command_w
    assert (lease.value, lease.quality, lease.time) == (5000, GOOD, bench.now)
    assert lease.max_age_ms == 700


def test_before_the_first_step_the_lease_is_zero():
    bench = Bench(raw_config(bays=2))
    for bay in bench.bays:
        assert (bay.command_w.value, bay.command_w.quality) == (0, GOOD)


def test_zero_and_backward_steps_change_nothing():
    bench = settled(raw_config(control={"ramp_w_per_s": 1000}))
    bench.order(5000)
    bench.run(3)
    before = bench.commands()
    bench.step(0)
    assert bench.commands() == before


def test_energy_counts_what_is_measured_for_the_time_of_the_step():
    bench = settled(raw_config())
    bench.follows = False
    bay = bench.bays[0]
    bench.measured_w = [9000]
    bench.run(60, 60000)
    assert (bay.charged_kwh.value, bay.charged_wh.value) == (9, 0)
    bench.measured_w = [-3600]
    bench.run(10, 1000)
    assert (bay.discharged_kwh.value, bay.discharged_wh.value) == (0, 10)
    bench.measured_w = [None]
    bench.run(10, 60000)
    assert (bay.charged_kwh.value, bay.discharged_wh.value) == (9, 10)


def test_sums():
    bench = settled(raw_config(bays=3, rating_w=5000))
    bench.order(9000)
    bench.run(15)
    station = bench.station
    assert station.power_w.value == 9000 and station.power_w.quality == GOOD
    assert station.command_w.value == 9000
    assert station.installed_w.value == 15000
    assert station.running_w.value == 15000
    assert station.soc_bp.value == 5000
    assert station.fault.value == 0
    bench.measured_w[1] = None
    bench.run(4)
    assert station.power_w.value == 6000 and station.power_w.quality == STALE
    assert station.running_w.value == 10000
    bench.measured_w = [None, None, None]
    bench.run(4)
    bench.soc_bp = None
    bench.run(120)
    assert station.soc_bp.quality == STALE
    bench.measured_w = [0, 0, 0]
    bench.soc_bp = 5000
    bench.state = CONVERTER_FAULT
    bench.step()
    assert station.fault.value == 1


def test_held_back_power_is_not_given_in_one_jump():
    raw = raw_config(bays=2, site={"import_max_w": 10000}, control={"ramp_w_per_s": 10000})
    bench = settled(raw)
    bench.order(10000)
    bench.run(15)
    bench.follows = False
    bench.measured_w = [10000, 0]  # bay 0 took all: its cut must be confirmed first
    bench.run(10)
    bench.measured_w = [0, 0]
    before_w = sum(bench.commands())
    limit = 0
    for _ in range(30):
        bench.step()
        limit = limit or bench.station.limit.value
        total_w = sum(bench.commands())
        assert total_w - before_w <= 1000
        before_w = total_w
    assert before_w == 10000


def test_waiting_for_a_cut_is_named():
    raw = raw_config(bays=2, site={"import_max_w": 10000})
    bench = settled(raw)
    bench.order(5000)
    bench.run(15)
    bench.follows = False
    bench.measured_w = [9000, 0]
    bench.step()
    bench.order(6000)
    bench.step()
    assert bench.station.limit.value in (codes.LIMIT_BOOKED, codes.LIMIT_SITE_IMPORT)


def test_room_and_ends_of_the_window():
    bench = settled(raw_config(bays=2, control={"ramp_w_per_s": 2000}))
    bench.order(6000)
    bench.run(40)
    station = bench.station
    assert (station.charge_room_w.value, station.discharge_room_w.value) == (14000, 26000)
    assert (station.charge_done.value, station.discharge_done.value) == (0, 0)
    assert station.ramp_w_per_min.value == 120000
    bench.soc_bp = 9000
    bench.run(3)
    assert (station.charge_done.value, station.discharge_done.value) == (1, 0)
    assert station.charge_room_w.value == 0
    bench.soc_bp = 2000
    bench.run(3)
    assert (station.charge_done.value, station.discharge_done.value) == (0, 1)
    bench.measured_w[0] = None
    bench.run(5)
    assert station.charge_room_w.quality == STALE
