"""Who wins and how fast: ranks, validity, the three fallbacks, local mode, AGC off, the ramp.

lane: heap=384k
"""

from firmware import codes
from hil_tests.portable.firmware_support import raw_config, settled

SCHEDULE = ((0, 2000),)


def bench_with(fallback="ramp_to_zero", validity_s=60, ramp_w_per_s=1000000, schedule=False):
    control = {"fallback": fallback, "validity_s": validity_s, "ramp_w_per_s": ramp_w_per_s}
    if schedule:
        control["schedule"] = [list(row) for row in SCHEDULE]
    bench = settled(raw_config(control=control))
    bench.station.agc_enabled.put(1, bench.now)
    bench.station.local.put(0, bench.now)
    return bench


def outcome(bench):
    station = bench.station
    return station.winner.value, station.target_w.value, station.fallback.value


def test_nobody_orders():
    bench = bench_with()
    bench.step()
    assert outcome(bench) == (codes.WINNER_NONE, 0, 0)
    assert bench.commands() == [0]


def test_agc_wins_over_the_schedule_and_local_over_agc():
    bench = bench_with(schedule=True, fallback="schedule")
    bench.station.schedule_w.put(2000, bench.now)
    bench.step()
    assert outcome(bench) == (codes.WINNER_SCHEDULE, 2000, 0)
    bench.order(-3000)
    bench.step()
    assert outcome(bench) == (codes.WINNER_AGC, -3000, 0)
    assert bench.commands() == [-3000]
    bench.station.local.put(1, bench.now)
    bench.step()
    assert outcome(bench) == (codes.WINNER_LOCAL, 0, 0)
    assert bench.station.remote.value == 0
    assert bench.commands() == [0]


def test_order_is_valid_exactly_its_time():
    bench = bench_with(validity_s=60)
    bench.order(4000)
    bench.step(60000)
    assert outcome(bench) == (codes.WINNER_AGC, 4000, 0)
    bench.step(1)
    assert outcome(bench) == (codes.WINNER_RAMP_TO_ZERO, 0, 1)
    bench.order(4000)
    bench.step()
    assert outcome(bench) == (codes.WINNER_AGC, 4000, 0)


def test_validity_of_zero_lasts():
    bench = bench_with(validity_s=0)
    bench.order(4000)
    bench.run(300, 60000)
    assert outcome(bench) == (codes.WINNER_AGC, 4000, 0)


def test_expired_order_holds():
    bench = bench_with(fallback="hold")
    bench.order(4000)
    bench.step(60000)
    bench.step(60000)
    assert outcome(bench) == (codes.WINNER_HOLD, 4000, 1)


def test_masters_gone():
    for fallback, winner, power_w in (
        ("hold", codes.WINNER_HOLD, 4000),
        ("ramp_to_zero", codes.WINNER_RAMP_TO_ZERO, 0),
        ("schedule", codes.WINNER_SCHEDULE, 2000),
    ):
        bench = bench_with(fallback=fallback, validity_s=0, schedule=True)
        bench.order(4000)
        bench.step()
        bench.master = False
        bench.step(30000)
        assert outcome(bench) == (codes.WINNER_AGC, 4000, 0)
        bench.station.schedule_w.put(2000, bench.now)
        bench.step(1)
        assert outcome(bench) == (winner, power_w, 1), fallback
        bench.master = True
        bench.step()
        assert outcome(bench) == (codes.WINNER_AGC, 4000, 0)


def test_schedule_as_fallback_without_a_valid_clock_ramps_to_zero():
    bench = bench_with(fallback="schedule", schedule=True)
    bench.order(4000)
    bench.step()
    bench.master = False
    bench.station.schedule_w.put(2000, bench.now)
    bench.station.schedule_w.fail()
    bench.step(30001)
    assert outcome(bench) == (codes.WINNER_RAMP_TO_ZERO, 0, 1)


def test_agc_switched_off_is_no_fallback():
    bench = bench_with(fallback="hold")
    bench.order(4000)
    bench.step()
    bench.station.agc_enabled.put(0, bench.now)
    bench.station.agc_w.fail()
    bench.step()
    assert outcome(bench) == (codes.WINNER_NONE, 0, 0)
    bench.station.schedule_w.put(2000, bench.now)
    bench.step()
    assert outcome(bench) == (codes.WINNER_SCHEDULE, 2000, 0)


def test_ramp_crosses_the_range_in_its_time():
    bench = bench_with(ramp_w_per_s=4000)
    bench.order(-10000)
    bench.run(60)
    assert bench.commands() == [-10000]
    bench.order(10000)
    bench.run(49)
    assert bench.commands() == [9600]
    bench.step()
    assert bench.commands() == [10000]


def test_ramp_is_exact_for_any_split_of_the_time():
    rate = 1237
    for dts in ((1,) * 700, (7, 13, 680), (699, 1), (700,), (0, 350, 0, 350), (33,) * 21 + (7,)):
        bench = bench_with(ramp_w_per_s=rate)
        bench.station.ramp_rest.value = 0
        bench.order(10000)
        for dt_ms in dts:
            bench.step(dt_ms)
        assert bench.station.ramped_w.value == rate * 700 // 1000, dts
        assert bench.station.ramp_rest.value == rate * 700 % 1000, dts


def test_ramp_of_a_long_step():
    bench = bench_with(ramp_w_per_s=3, validity_s=0)
    bench.order(-10000)
    bench.step(60000)
    assert bench.station.ramped_w.value == -180
    bench.step(60001)  # more than a step may be long: counts as 60 s
    assert bench.station.ramped_w.value == -360


def test_slow_ramp_carries_its_remainder():
    bench = bench_with(ramp_w_per_s=1)
    bench.order(10000)
    bench.run(99, 10)
    assert bench.station.ramped_w.value == 0
    bench.step(10)
    assert bench.station.ramped_w.value == 1


def test_a_cut_bypasses_the_ramp_and_the_way_back_does_not():
    bench = bench_with(ramp_w_per_s=1000)
    bench.order(10000)
    bench.run(120)
    assert bench.commands() == [10000]
    bench.soc_bp = 8750
    bench.step()
    assert bench.commands() == [5000]
    bench.soc_bp = 9000
    bench.step(1)
    assert bench.commands() == [0]
    bench.soc_bp = 5000
    bench.step()
    assert bench.commands() == [100]
    bench.run(50)
    assert bench.commands() == [5100]


def test_target_beyond_the_envelope_is_clipped_and_flagged():
    bench = bench_with()
    bench.soc_bp = 8750
    bench.order(10000)
    bench.step()
    assert bench.station.target_w.value == 10000
    assert bench.commands() == [5000]
    assert bench.station.limit.value == codes.LIMIT_SOC_MAX
    bench.order(4000)
    bench.step()
    assert bench.station.limit.value == codes.LIMIT_NONE
