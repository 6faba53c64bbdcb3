"""Wall clock and schedule: over midnight and over the wrap of the ticks, never trusted for too long."""

from firmware.image import GOOD, INVALID, ORDER, Signal
from firmware.schedule import Schedule
from firmware.wallclock import WallClock
from protocols.ticks import ticks_add, ticks_sub

NOW = (1 << 30) - 1000
DAY_MS = 86400000


def clock_at(ms, valid_ms=0, day=9700):
    clock = WallClock(valid_ms)
    assert clock.set_utc(day, ms, NOW)
    return clock


def shown(clock):
    return clock.day, clock.ms, clock.valid


def test_unset_is_invalid_for_ever():
    clock = WallClock(0)
    clock.sample(NOW)
    assert shown(clock) == (0, 0, False)
    clock.sample(ticks_add(NOW, DAY_MS))
    assert shown(clock) == (0, 0, False)


def test_runs_over_the_wrap_and_midnight():
    clock = clock_at(DAY_MS - 1500)
    clock.sample(ticks_add(NOW, 1499))
    assert shown(clock) == (9700, DAY_MS - 1, True)
    clock.sample(ticks_add(NOW, 1500))
    assert shown(clock) == (9701, 0, True)


def test_six_days_in_one_sample():
    clock = clock_at(1000)
    clock.sample(ticks_add(NOW, 6 * DAY_MS))
    assert shown(clock) == (9706, 1000, True)


def test_weeks_in_daily_samples():
    clock = clock_at(5)
    now = NOW
    for _ in range(40):
        now = ticks_add(now, DAY_MS)
        clock.sample(now)
    assert shown(clock) == (9740, 5, True)


def test_a_tick_from_before_the_setting():
    clock = clock_at(100)
    clock.sample(ticks_sub(NOW, 300))
    assert shown(clock)[:2] == (9699, DAY_MS - 200)


def test_validity_ends_and_comes_back():
    clock = clock_at(0, valid_ms=60000)
    clock.sample(ticks_add(NOW, 60000))
    assert clock.valid
    clock.sample(ticks_add(NOW, 60001))
    assert not clock.valid
    now = NOW
    for _ in range(20):  # no wrap makes it young again
        now = ticks_add(now, 6 * DAY_MS)
        clock.sample(now)
        assert not clock.valid
    assert clock.set_utc(9900, 0, now)
    assert clock.valid


def test_impossible_times_are_refused():
    clock = clock_at(7)
    for day, ms in ((-1, 0), (36525, 0), (5, -1), (5, DAY_MS)):
        assert not clock.set_utc(day, ms, NOW)
    assert shown(clock) == (9700, 7, True)
    assert clock.set_utc(36524, DAY_MS - 1, NOW)
    assert clock.set_utc(0, 0, NOW)


def schedule_at(minute, rows, valid_ms=0):
    signal = Signal(ORDER, 5000)
    schedule = Schedule(rows, signal, clock_at(minute * 60000, valid_ms))
    schedule.update(NOW)
    return schedule, signal


def test_rows_hold_until_the_next():
    rows = ((60, 1000), (120, -2000), (1439, 5))
    for minute, power_w in ((0, 5), (59, 5), (60, 1000), (119, 1000), (120, -2000), (1438, -2000), (1439, 5)):
        _, signal = schedule_at(minute, rows)
        assert (signal.value, signal.quality, signal.time) == (power_w, GOOD, NOW), minute


def test_one_row_holds_all_day():
    for minute in (0, 700, 1439):
        _, signal = schedule_at(minute, ((700, 42),))
        assert signal.value == 42


def test_row_changes_at_its_minute():
    schedule, signal = schedule_at(59, ((0, 0), (60, 1000)))
    schedule.update(ticks_add(NOW, 59999))
    assert signal.value == 0
    schedule.update(ticks_add(NOW, 60000))
    assert signal.value == 1000


def test_no_rows_no_order():
    _, signal = schedule_at(5, ())
    assert signal.quality == INVALID


def test_without_a_valid_clock_the_order_is_withdrawn():
    schedule, signal = schedule_at(5, ((0, 1000),), valid_ms=1000)
    assert signal.quality == GOOD
    schedule.update(ticks_add(NOW, 1001))
    assert signal.quality == INVALID
