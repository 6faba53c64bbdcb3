"""The promise to the driver: the vectors of the project's facts, must-run, what is kept, several cars.

lane: heap=512k
"""

from firmware import codes
from firmware.guard.departure import MODE_NOW, MODE_ORDERLY, grossed_up, time_ms
from firmware.guard.line import line_bp
from hil_tests.portable.guard_support import GuardBench, guarded, guarded_config
from hil_tests.portable.support import no_heap

HOUR_MS = 3600000


def promise_of(soc_bp=4000, target_bp=8000, hours=3, battery=None):
    """A promise that has planned once at 15 kW."""
    bench = GuardBench(guarded_config(battery=battery))
    bench.soc_bp = soc_bp
    bench.session(target_bp=target_bp, hours=hours)
    bench.feed()
    promise = bench.controller.guard.guards[0].promise
    promise.plan(bench.now, 15000)
    return promise


def test_vector_need_and_laxity():
    promise = promise_of()
    bay = promise.bay
    assert promise.need_wh() == 25532
    assert promise.need_ms == 6127660  # 1.7021 h
    assert (bay.need_s.value, bay.laxity_s.value) == (6127, 4672)  # 1.2979 h
    assert bay.must.value == 0


def test_vector_must_run_line():
    promise = promise_of()
    for hours_x2, soc_bp in ((3, 4475), (2, 5650), (1, 6825), (0, 8000)):
        assert line_bp(promise, 8000, 15000, hours_x2 * HOUR_MS // 2) == soc_bp


def test_vector_discharge_that_keeps_the_promise():
    promise = promise_of()
    ms = promise.keeps_ms(3 * HOUR_MS - promise.need_ms, 15000)
    assert 60875 * 36 <= ms < 60885 * 36  # 0.6088 h
    assert 9125 <= ms // 1000 * 15000 // 3600 < 9135  # 9.13 kWh
    assert promise.keeps_ms(0, 15000) == promise.keeps_ms(-5, 15000) == 0


def test_the_taper_is_in_the_integral():
    # to 98 % with the window's end at 100 %: the last 3 % slow down
    plain = promise_of(4000, 8000).need_ms
    tapered = promise_of(5800, 9800, battery={"soc_max_bp": 10000})
    assert tapered.need_ms > plain
    ms = soc = 0
    soc = 5800
    while soc < 9800:  # the same, bp by bp
        power_w = min(15000, 15000 * (10000 - soc) // 500)
        ms += time_ms(6000, power_w * 94 // 100) // 1000
        soc += 1
    assert ms <= tapered.need_ms < ms * 105 // 100


def test_a_target_above_the_window_is_reached_in_finite_time():
    for target_bp in (9000, 9500, 10000):
        promise = promise_of(8000, target_bp, 24)
        assert promise.need_ms < 2 * HOUR_MS
        assert promise.bay.reach_bp.value == target_bp


def test_numbers_stay_small():
    promise = promise_of(0, 10000, 100, {"capacity_wh": 1000000, "c_rate_pct": 500})
    for cap_w in (1, 100, 15000, 290001, 1000000):
        no_heap(promise.walk, 0, 10000, cap_w, 300000000)
    assert time_ms(1, 0) == time_ms(1000000, 1) == 500000000
    assert time_ms(0, 0) == 0
    assert 3600000 <= time_ms(1000000, 1000000) <= 3600020
    assert grossed_up(9400, 9400) == 10000 and grossed_up(10000000, 5000) == 20000000


def test_a_car_with_time_follows_the_order_and_leaves_it_when_it_must():
    bench = guarded(guarded_config())
    bench.soc_bp = 4000
    bench.session(hours=3)
    bench.order(-15000)
    bench.run(3)
    bay = bench.bays[0]
    assert bench.commands() == [-15000] and bay.must.value == 0
    bench.session(hours=1.71)
    bench.run(2)
    assert bench.commands() == [-15000]
    bench.session(hours=1.70)
    bench.run(2)
    assert bay.must.value == codes.MUST_DEPARTURE
    assert bench.commands() == [15000]
    assert bay.limit_lo.value == codes.MUST_DEPARTURE
    assert bench.station.limit.value == codes.MUST_DEPARTURE
    assert bench.station.winner.value == codes.MUST_DEPARTURE
    assert bench.station.envelope_lo_w.value == bench.station.envelope_hi_w.value == 15000


def test_it_stays_until_the_target_is_reached_or_the_session_changes():
    bench = guarded(guarded_config())
    bench.soc_bp = 7000
    bench.session(hours=0.4)
    bench.order(-15000)
    bench.run(12)
    bay = bench.bays[0]
    assert bench.commands() == [15000]
    bench.session(hours=0.55)  # laxity 7 min: not yet far enough
    bench.run(2)
    assert bay.must.value == codes.MUST_DEPARTURE
    bench.session(hours=3)
    bench.run(2)
    assert bay.must.value == 0 and bench.commands() == [-15000]
    bench.session(hours=0.1)
    bench.run(2)
    bench.soc_bp = 8000
    bench.run(11)
    assert bay.must.value == 0
    assert bench.commands() == [0]  # departure is near: nothing below the target
    assert bay.limit_lo.value == codes.LIMIT_SOC_KEPT


def test_an_unreachable_target_gives_full_power_and_says_how_far_it_gets():
    # FlexMeasures 1001: the schedule of an unreachable target was all zero
    bench = guarded(guarded_config())
    bench.soc_bp = 3000
    bench.session(hours=1, target_bp=9000)
    bench.order(0)
    bench.run(2)
    bay = bench.bays[0]
    assert bench.commands() == [15000]
    assert bay.laxity_s.value < 0
    assert bay.reach_bp.value == 3000 + 2349  # of 2350


def test_after_the_departure_a_car_that_is_still_there_goes_on_charging():
    bench = guarded(guarded_config())
    bench.session(hours=0.01)
    bench.run(12)
    bench.run(60, 2000)
    assert bench.commands() == [15000]


def test_unknown_departure_keeps_the_target_and_does_not_force_anything():
    bench = guarded(guarded_config())
    bench.soc_bp = 6000
    bench.session(target_bp=7000)
    bench.order(-15000)
    bench.run(3)
    bay = bench.bays[0]
    assert bench.commands() == [0] and bay.must.value == 0
    assert bay.limit_lo.value == codes.LIMIT_SOC_KEPT
    bench.soc_bp = 7600
    bench.run(12)
    assert bench.commands() == [-15000]


def test_charge_now_wins_at_once():
    bench = guarded(guarded_config())
    bench.order(-15000)
    bench.run(3)
    bench.session(mode=MODE_NOW)
    bench.step()
    assert bench.commands() == [15000]
    assert bench.station.winner.value == codes.MUST_NOW
    bench.soc_bp = 8000
    bench.run(12)
    assert bench.commands() == [0] and bench.bays[0].must.value == 0


def test_below_the_minimum_the_car_is_charged_first():
    bench = guarded(guarded_config())
    bench.soc_bp = 2500
    bench.session(mode=MODE_ORDERLY, minimum_bp=3000, hours=20)
    bench.order(0)
    bench.run(2)
    assert bench.commands() == [15000] and bench.bays[0].must.value == codes.MUST_MINIMUM
    bench.soc_bp = 3000
    bench.run(11)
    assert bench.commands() == [0]
    bench.soc_bp = 2950  # hysteresis
    bench.run(11)
    assert bench.commands() == [0]


def test_the_others_serve_the_order_while_one_must_charge():
    bench = guarded(guarded_config(bays=3))
    bench.order(-12000)
    bench.run(20)
    assert bench.commands() == [-4000, -4000, -4000]
    bench.session(1, hours=0.1)
    bench.run(20)
    assert bench.commands() == [-13500, 15000, -13500]
    assert bench.station.winner.value == codes.WINNER_AGC
    bench.order(-20000)
    bench.run(20)
    assert bench.commands() == [-15000, 15000, -15000]
    assert bench.station.envelope_lo_w.value == -15000


def test_must_run_yields_to_the_site_the_least_laxity_first():
    bench = guarded(guarded_config(bays=3, site={"import_max_w": 20000}))
    for i in range(3):
        bench.session(i, hours=(2, 1.29, 1.5)[i])  # each needs 1.28
    bench.order(-45000)
    bench.run(30)
    assert bench.commands() == [0, 15000, 5000]
    assert bench.station.limit.value == codes.MUST_SHARED


def test_cars_that_cannot_make_it_share_alike_and_those_past_their_departure_come_last():
    bench = guarded(guarded_config(bays=3, site={"import_max_w": 20000}))
    for i in range(3):
        bench.session(i, hours=(0.5, 0.1, -0.1)[i])
    bench.order(0)
    bench.run(30)
    assert bench.commands() == [10000, 10000, 0]


def test_cars_of_equal_laxity_do_not_change_places():
    # a raise waits for a confirmed cut: two cars in turns had half the limit between them
    bench = guarded(guarded_config(bays=2, meter=False, site={"import_max_w": 20000}))
    bench.load_w = None
    soc = bench.socs = [4000, 4000]
    for i in range(2):
        bench.session(i, target_bp=6000, hours=1.28 + i / 4)
    while bench.commands() == [0, 0]:
        bench.run(1, 60000)
    given_wh = 0
    for _ in range(60):
        bench.run(1, 60000)
        for i in range(2):
            given_wh += bench.commands()[i] / 60
            soc[i] += round(bench.commands()[i] * 94 / 36000)  # of 60 kWh, in a minute
    assert given_wh > 19600
    assert soc[0] > 5800 and soc[1] > 5200


def test_the_taper_of_one_car_is_no_room_for_two():
    # until 98 % of a window of 100 each could go on at full power; what they may still take falls before that
    bench = guarded(guarded_config(bays=2, site={"import_max_w": 20000}, battery={"soc_max_bp": 10000}))
    bench.socs = [8000, 8000]
    for i in range(2):
        bench.session(i, target_bp=9800, hours=1.35)
    bench.order(0)
    bench.run(30)
    bay = bench.bays[0]
    due_s = bay.laxity_s.value + bay.need_s.value - bay.shared_s
    flat_s = 2 * 10800 * 10000 // 9400 * 3600 // 20000  # without a taper
    assert flat_s + 60 < due_s < flat_s + 600


def test_several_cars_behind_one_limit_must_charge_earlier():
    # each needs 1.7 h of 15 kW and has 4 h, but together they have 20 kW
    raw = guarded_config(bays=3, site={"import_max_w": 20000})
    bench = guarded(raw)
    bench.soc_bp = 4000
    for i in range(3):
        bench.session(i, hours=4)
    bench.order(0)
    bench.run(12)
    assert [bay.must.value for bay in bench.bays] == [0, 0, 0]  # 76.6 kWh of 80
    for i in range(3):
        bench.session(i, hours=3.8)
    bench.run(30)
    assert [bay.must.value for bay in bench.bays] == [codes.MUST_SHARED] * 3
    assert sum(bench.commands()) == 20000
    for i in range(3):
        bench.session(i, hours=6)
    bench.run(30)
    assert [bay.must.value for bay in bench.bays] == [0, 0, 0]


def test_a_later_car_counts_only_with_what_it_cannot_take_later():
    bench = guarded(guarded_config(bays=2, site={"import_max_w": 16000}))
    bench.soc_bp = 4000
    bench.session(0, hours=1.75)
    bench.session(1, hours=3.6)
    bench.run(30)
    assert [bay.must.value for bay in bench.bays] == [0, 0]
    bench.session(1, hours=3.2)
    bench.run(30)
    assert bench.bays[0].must.value == codes.MUST_SHARED


def test_a_new_session_is_planned_at_once():
    bench = guarded(guarded_config())
    bench.run(3)
    bench.session(hours=0.1)
    bench.step(10)
    assert bench.bays[0].must.value == codes.MUST_DEPARTURE


def test_the_guard_takes_no_memory():
    bench = guarded(guarded_config(bays=4, battery={"bms": True}, site={"import_max_w": 30000}))
    for i in range(120):
        for k in range(4):
            bench.session(k, hours=(i * 7 + k * 31) % 90 / 10 - 1, target_bp=5000 + i * 37 % 5000)
        bench.bms = (20000 - i * 150, 20000, 3300 + 3 * i, 3300 - 4 * i, 250 + 3 * i, 250 - 3 * i)
        bench.socs = [(i * 613 + k * 997) % 10001 for k in range(4)]
        bench.order(i * 7919 % 120001 - 60000)
        bench.now = (bench.now + (100, 1000, 60000)[i % 3]) & 0x3FFFFFFF
        bench.feed()
        no_heap(bench.controller.step, bench.now)


def test_a_slot_of_a_swap_station_belongs_to_the_grid_until_its_battery_is_booked():
    bench = guarded(guarded_config(bays=3, meter=False))
    bench.load_w = None
    bench.socs = [7000, 7000, 7000]
    for i in range(3):
        bench.session(i, target_bp=0)  # nobody has booked it
    bench.order(-36000)
    bench.run(20)
    assert bench.commands() == [-12000] * 3
    assert bench.station.discharge_15min_w.value == 45000
    assert [bay.laxity_s.value for bay in bench.bays] == [500000] * 3
    bench.session(1, target_bp=8000, hours=0.5)  # needs 26 min
    bench.run(40, 1000)
    assert sum(bench.commands()) == -36000 and bench.bays[1].must.value == 0
    bench.session(1, target_bp=8000, hours=0.42)
    bench.run(3)
    assert bench.commands() == [-15000, 15000, -15000] and bench.bays[1].must.value == codes.MUST_DEPARTURE
    bench.session(1, target_bp=0)  # fetched, an empty one in its place
    bench.socs = [7000, 2500, 7000]
    bench.run(12, 1000)
    assert bench.bays[1].must.value == 0 and bench.commands()[1] < 0
