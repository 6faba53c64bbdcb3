"""Sessions from the configuration, and what is told about the promises.

lane: heap=512k
"""

from firmware import codes
from firmware.eventlog import EventLog
from firmware.guard.departure import MODE_NOW, MODE_ORDERLY, MODE_V2G
from firmware.guard.host import GuardHost
from firmware.guard.sessions import UNKNOWN
from firmware.image import GOOD
from firmware.wallclock import WallClock
from hil_tests.portable.guard_support import GuardBench, guarded_config
from protocols.ticks import ticks_diff

NOON_MS = 43200000


def hosted(clock_set=True, bays=1, **session):
    """A bench with what surrounds the step; every step begins and ends with it."""
    bench = GuardBench(guarded_config(bays=bays, session=session, control={"validity_s": 0}))
    bench.follows = True
    bench.load_w = 0
    clock = WallClock(0)
    if clock_set:
        clock.set_utc(9677, NOON_MS, bench.now)
    bench.log = EventLog(32)
    bench.host = GuardHost(bench.image, bench.config, clock, bench.log)
    return bench


def run(bench, steps, dt_ms=1000):
    for _ in range(steps):
        bench.host.update(bench.now)
        bench.step(dt_ms)
        bench.host.look(bench.now)


def told(bench):
    found = []
    log = bench.log
    while log.count:
        found.append((log.codes[log.first], log.arguments[log.first]))
        log.drop_first()
    return found


def test_a_day_from_the_configuration():
    bench = hosted(mode="v2g", departure_min=13 * 60, target_bp=7000, minimum_bp=2500)
    run(bench, 1)
    bay = bench.bays[0]
    assert (bay.mode.value, bay.target_bp.value, bay.minimum_bp.value) == (MODE_V2G, 7000, 2500)
    assert ticks_diff(bay.depart.value, bench.now) == 3600000 - 1000


def test_the_next_day_counts_an_hour_after_the_departure():
    bench = hosted(mode="orderly", departure_min=12 * 60 + 1, target_bp=4000, minimum_bp=0)
    run(bench, 61, 60000)
    bay = bench.bays[0]
    assert -3600000 <= ticks_diff(bay.depart.value, bench.now) < 0
    run(bench, 3, 60000)
    assert 22 * 3600000 < ticks_diff(bay.depart.value, bench.now) < 23 * 3600000
    assert bay.mode.value == MODE_ORDERLY


def test_without_a_clock_the_departure_is_unknown():
    bench = hosted(False, mode="v2g", departure_min=780, target_bp=7000)
    run(bench, 3)
    bay = bench.bays[0]
    assert bay.depart.quality != GOOD and bay.mode.value == MODE_V2G
    assert bay.limit_lo.value == codes.LIMIT_SOC_KEPT


def test_an_order_takes_the_place_of_the_day():
    bench = hosted(bays=2, mode="v2g", departure_min=1000)
    run(bench, 2)
    bench.host.sessions.order(1, MODE_NOW, 9000, 0, UNKNOWN, bench.now)
    run(bench, 200, 60000)
    assert bench.bays[1].mode.value == MODE_NOW and bench.bays[1].depart.quality != GOOD
    assert bench.bays[0].depart.quality == GOOD


def test_a_late_car_leaves_agc_by_itself_and_says_why():
    bench = hosted(mode="v2g", departure_min=13 * 60 + 30, target_bp=7000, minimum_bp=0, margin_s=60)
    bench.soc_bp = 5000
    bench.order(-15000)
    run(bench, 60)
    assert told(bench) == [] and bench.commands() == [-15000]
    run(bench, 210, 10000)
    assert told(bench) == [] and bench.commands() == [-15000]
    seconds = 60 + 2100
    while bench.commands() == [-15000] and seconds < 5400:
        run(bench, 1)
        seconds += 1
    assert 2265 < seconds < 2280  # 90 min less 51.1 for 20 % of 60 kWh, less the margin
    run(bench, 2)
    assert told(bench) == [(codes.MUST_DEPARTURE, 1), (codes.MUST_CHARGE, 1)]
    bench.soc_bp = 7000
    run(bench, 2)
    assert told(bench) == [(codes.TARGET_REACHED, 1)]


def test_an_unreachable_target_is_told_at_once_with_what_will_be_reached():
    bench = hosted(mode="orderly", departure_min=12 * 60 + 30, target_bp=9000, minimum_bp=0)
    run(bench, 2)
    assert told(bench)[-1] == (codes.TARGET_UNREACHABLE, 100000 + 5000 + 1174)
    run(bench, 30)
    assert told(bench) == []


def test_a_changed_session_lets_go_again():
    bench = hosted(mode="v2g", departure_min=725, target_bp=9000, minimum_bp=0)
    run(bench, 2)
    told(bench)
    bench.host.sessions.order(0, MODE_V2G, 9000, 0, 36000000, bench.now)
    run(bench, 2)
    assert told(bench) == [(codes.MAY_AGAIN, 1)]


def test_uneven_cells_are_told_once_with_their_distance():
    config = guarded_config(battery={"bms": True}, control={"validity_s": 0})
    bench = GuardBench(config)
    bench.bms = (20000, 20000, 3400, 3230, 250, 250)
    bench.log = EventLog(32)
    bench.host = GuardHost(bench.image, bench.config, WallClock(0), bench.log)
    run(bench, 5)
    assert told(bench) == [(codes.CELLS_UNEVEN, 100170)]
    bench.bms = (20000, 20000, 3400, 3390, 250, 250)
    run(bench, 3)
    bench.bms = (20000, 20000, 3400, 3390, 400, 250)
    run(bench, 3)
    assert told(bench) == [(codes.TEMPERATURES_UNEVEN, 100150)]
