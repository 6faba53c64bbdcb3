"""Booking: windows of commands, silence and release, straying, restart, and the site's own load behind a late
meter.

lane: heap=384k
"""

from hil_tests.portable.firmware_support import Bench, raw_config, settled

# raw_config: response 300 ms, lease 1000 ms, poll 100 ms, age limit 300 ms; so a silent bay is released
# 2400 ms after it was found silent.
RELEASE_MS = 2400


def booked(bay):
    return bay.booked_lo_w.value, bay.booked_hi_w.value


def test_restart_books_everything_at_its_worst():
    bench = Bench(raw_config(bays=2, site={"import_max_w": 12000}))
    bench.measured_w = [None, None]
    bench.order(10000)
    bench.step()
    for bay in bench.bays:
        assert booked(bay) == (-10000, 10000)
        assert bay.silent.value == 1
    assert bench.commands() == [0, 0]
    bench.step(RELEASE_MS - 101)
    assert bench.bays[0].silent.value == 1
    bench.step(1)
    assert [bay.silent.value for bay in bench.bays] == [2, 2]
    assert booked(bench.bays[0]) == (0, 0)


def test_restart_with_a_bay_that_runs():
    bench = Bench(raw_config(bays=1))
    bench.measured_w = [-7000]
    bench.run(3)
    assert booked(bench.bays[0]) == (-10000, 10000)  # no measurement yet shows the last order of before
    bench.run(5)
    assert booked(bench.bays[0]) == (-7000, 0)
    assert bench.bays[0].silent.value == 0


def test_booking_spans_measurement_and_commands():
    bench = settled(raw_config())
    bench.follows = False
    bay = bench.bays[0]
    bench.order(6000)
    bench.step()
    assert booked(bay) == (0, 6000)
    bench.measured_w = [2500]
    bench.step()
    assert booked(bay) == (0, 6000)
    bench.measured_w = [6050]
    bench.run(8)
    assert booked(bay) == (6000, 6050)
    bench.order(1000)
    bench.step()
    assert booked(bay) == (1000, 6050)
    bench.measured_w = [1000]
    bench.step()
    assert booked(bay) == (1000, 6000)  # the command of before may still act


def test_a_superseded_command_stays_booked_for_the_response_time():
    bench = settled(raw_config())
    bench.follows = False
    bay = bench.bays[0]
    bench.order(6000)
    bench.step(10)
    bench.order(0)
    held_ms = 0
    while booked(bay)[1] == 6000:
        bench.step(10)
        held_ms += 10
    assert 300 <= held_ms <= 2 * (300 + 10)


def test_no_new_sample_closes_no_window():
    bench = settled(raw_config())
    bench.follows = False
    bay = bench.bays[0]
    bench.order(6000)
    bench.step(10)
    bench.order(0)
    for _ in range(29):  # the same old sample is still good, and shows nothing of what came after it
        bench.now = (bench.now + 10) & 0x3FFFFFFF
        bench.controller.step(bench.now)
        assert booked(bay) == (0, 6000)


def test_silent_bay_is_booked_until_its_lease_is_over():
    raw = raw_config(bays=2, site={"import_max_w": 10000})
    bench = settled(raw)
    bench.order(10000)
    bench.run(40)
    assert bench.commands() == [5000, 5000]
    bench.measured_w[0] = None
    bench.load_w = 5000  # nothing changed at the meter: the silent bay still takes its 5 kW
    bench.run(3)
    assert bench.commands() == [5000, 5000]
    bench.run(14)
    assert bench.commands() == [0, 5000]
    bench.run(RELEASE_MS // 100 - 14)
    assert bench.bays[0].silent.value == 1
    bench.load_w = 0
    bench.step()
    assert bench.bays[0].silent.value == 2
    bench.run(20)
    assert bench.commands() == [0, 10000]


def test_a_released_bay_stays_released_for_ever():
    bench = settled(raw_config())
    bay = bench.bays[0]
    bench.measured_w[0] = None
    bench.run(30)
    assert bay.silent.value == 2
    for _ in range(4):
        bench.step(0x1FFFFFFF)  # six days at a time, twice around
        assert bay.silent.value == 2
        assert booked(bay) == (0, 0)
    bench.measured_w[0] = 0
    bench.order(5000)
    bench.run(3)
    assert bench.commands() == [5000]
    bench.run(10)
    assert booked(bay) == (5000, 5000)  # windows close again


def test_reappearing_bay_shows_what_it_does():
    raw = raw_config(bays=2, site={"import_max_w": 10000})
    bench = settled(raw)
    bench.measured_w[0] = None
    bench.run(30)
    bench.order(10000)
    bench.run(20)
    assert bench.commands() == [0, 10000]
    bench.follows = False
    bench.measured_w = [4000, 10000]  # came back with power that nobody ordered
    bench.load_w = 0
    bench.step()
    assert booked(bench.bays[0])[1] == 4000
    assert bench.commands()[1] <= 6000


def test_straying_bay_is_cut_off_and_taken_off_the_limit():
    raw = raw_config(bays=2, site={"import_max_w": 12000})
    bench = settled(raw)
    bench.follows = False
    bench.measured_w = [8000, 0]  # stuck
    bench.run(12)
    bay = bench.bays[0]
    assert bay.following.value == 0
    assert (bay.envelope_lo_w.value, bay.envelope_hi_w.value) == (0, 0)
    bench.order(12000)
    bench.run(2)
    assert bench.commands()[0] == 0
    assert bench.commands()[1] <= 4000
    bench.measured_w = [0, 0]
    bench.step()
    assert bay.following.value == 1


def test_less_than_ordered_is_no_offence():
    bench = settled(raw_config())
    bench.follows = False
    bench.order(9000)
    bench.measured_w = [1000]
    bench.run(100)
    assert bench.bays[0].following.value == 1
    assert bench.commands() == [9000]


def test_wrong_direction_is():
    bench = settled(raw_config())
    bench.follows = False
    bench.order(9000)
    bench.measured_w = [-1000]
    bench.run(30)
    assert bench.bays[0].following.value == 0


def test_raise_waits_for_the_other_bays_confirmed_cut():
    raw = raw_config(bays=2, site={"import_max_w": 10000})
    bench = settled(raw)
    bench.bays[1].state.put(0, bench.now)
    bench.order(10000)
    bench.run(20)
    bench.follows = False
    bench.measured_w = [8000, 2000]
    bench.run(10)
    bench.order(10000)
    bench.run(10)
    total_w = booked(bench.bays[0])[1] + bench.commands()[1]
    assert total_w <= 10000


# --- the site's own load -------------------------------------------------------------------------------


def base(bench):
    return bench.station.base_lo_w.value, bench.station.base_hi_w.value


def test_load_is_exact_while_the_bays_stand_still():
    bench = settled(raw_config(bays=2))
    for load_w in (0, 3000, 70000, -20000):
        bench.load_w = load_w
        bench.run(1)
        assert base(bench) == (load_w, load_w)


def test_a_late_sample_never_hides_a_part_of_the_load():
    """The meter tells what was 200 ms ago, while two bays ramp."""
    bench = settled(raw_config(bays=2, control={"ramp_w_per_s": 20000}))
    bench.load_w = None
    late = [0, 0, 0]
    for i in range(60):
        if i % 20 == 0:
            bench.order(15000 if i % 40 == 0 else -15000)
        late = [sum(bench.measured_w)] + late[:2]
        bench.station.grid_power_w.put(5000 + late[2], bench.now)
        bench.step()
        if i > 6:
            lo_w, hi_w = base(bench)
            assert lo_w <= 5000 <= hi_w, (i, lo_w, hi_w)


def test_a_long_ramp_widens_slowly():
    bench = settled(raw_config(control={"ramp_w_per_s": 500}, site={"load_w_per_s": 50}))
    bench.load_w = 4000
    bench.run(3)
    bench.order(10000)
    bench.run(150)
    lo_w, hi_w = base(bench)
    assert lo_w <= 4000 <= hi_w
    assert hi_w - lo_w < 1500  # 50 W/s each way for what goes beyond the hold


def test_a_step_of_the_load_counts_at_once_when_the_bays_stand_still():
    bench = settled(raw_config(site={"import_max_w": 15000}))
    bench.order(10000)
    bench.run(20)
    bench.load_w = 9000
    bench.step()
    assert bench.commands() == [6000]


def test_what_the_meter_shows_beyond_the_limit_is_cut_at_once():
    raw = raw_config(site={"import_max_w": 12000}, control={"ramp_w_per_s": 2000})
    bench = settled(raw)
    bench.order(10000)
    bench.run(45)  # in the middle of the ramp the samples are blurred
    ramped_w = bench.commands()[0]
    bench.load_w = 12000
    bench.step()
    assert bench.commands()[0] < ramped_w
    bench.run(20)
    assert bench.commands() == [0]


def test_a_trip_that_the_meter_saw_first_frees_nothing():
    raw = raw_config(bays=2, site={"import_max_w": 12000})
    bench = settled(raw)
    bench.load_w = 2000
    bench.order(10000)
    bench.run(30)
    bench.follows = False
    bench.soc_bp = 5000
    # Bay 0 trips. The meter shows it; bay 0's own measurement still says 5 kW.
    bench.now = (bench.now + 100) & 0x3FFFFFFF
    bench.feed()
    bench.station.grid_power_w.put(2000 + 5000, bench.now)
    bench.order(20000)
    bench.controller.step(bench.now)
    assert 2000 + bench.commands()[1] <= 12000
    bench.measured_w[0] = 0
    bench.load_w = None  # and no further sample of the meter
    for _ in range(4):
        bench.step()
        assert 2000 + bench.commands()[1] <= 12000
        assert base(bench)[1] >= 2000


def test_a_bay_that_trips_and_falls_silent_frees_no_more_than_it_had():
    raw = raw_config(bays=2, site={"import_max_w": 12000})
    raw["meters"][0]["max_age_ms"] = 60000
    bench = settled(raw)
    bench.load_w = 2000
    bench.order(10000)
    bench.run(30)
    assert bench.commands() == [5000, 5000]
    bench.measured_w[0] = None
    bench.step()  # the meter's last word: 7 kW
    bench.load_w = None
    bench.order(20000)
    for _ in range(40):
        bench.step()
        assert 2000 + bench.commands()[1] <= 12000, bench.commands()


def test_a_bay_that_dropped_out_unseen_and_came_back_frees_nothing():
    """A reconnected driver writes 0 W first: the meter sees the dip, the bay's own polls do not."""
    raw = raw_config(bays=2, site={"import_max_w": 12000})
    raw["bays"][0]["converter"]["max_age_ms"] = 1000
    bench = settled(raw)
    bench.load_w = 2000
    bench.order(20000)
    bench.run(30)
    assert bench.commands() == [5000, 5000]
    bench.follows = False
    bench.measured_w[0] = None
    bench.load_w = 7000
    bench.run(4)
    bench.load_w = 2000  # bay 0 is at 0 ...
    bench.run(2)
    assert base(bench)[1] >= 2000
    bench.load_w = 7000  # ... and back
    bench.step()
    assert bench.commands()[1] <= 5000


def test_a_sudden_drop_may_have_gone_further_between_two_polls():
    bench = settled(raw_config(bays=2, site={"import_max_w": 12000}))
    bench.load_w = 2000
    bench.order(20000)
    bench.run(30)
    bench.follows = False
    bench.measured_w[0] = 3000
    bench.load_w = -1000  # the meter caught it at 0
    bench.step()
    assert base(bench)[1] >= 2000


def test_noise_does_not_close_a_site_whose_meter_is_silent():
    bench = settled(raw_config(meter=False, site={"import_max_w": 12000}))
    bench.order(10000)
    bench.run(20)
    bench.follows = False
    for i in range(200):
        bench.measured_w[0] = 10000 - i % 7 * 3
        bench.step()
    assert bench.commands() == [10000]
