"""The plan curve: its points at their wall time, once; interruption, restart, time base, refusals.

lane: heap=768k
"""

import gc
from struct import pack

from drivers.store import Store
from firmware import codes, curve
from firmware.schedule import Schedule
from hil_tests.portable.test_store import Slots
from hil_tests.portable.test_telecontrol_orders import Dispatched
from protocols.ticks import ticks_add

assert curve  # an image carries it because it is named here
FIRST, DAY, HOUR_MS = 0x6301, 9821, 3600000
QUARTER_MS = HOUR_MS // 4


class Planned(Dispatched):
    """A station at a wall time, with a curve and a schedule of its own."""

    def __init__(self, ms, slots=None, rows=(), day=DAY, **tele):
        Dispatched.__init__(self, curve_ioa=FIRST, **tele)
        self.clock.set_utc(day, ms, self.now)
        self.schedule = Schedule(rows, self.station.schedule_w, self.clock)
        self.schedule.curve = self.telecontrol.curve
        self.telecontrol.curve.keep_in(Store(slots) if slots else None)

    def point(self, i, kw, ioa=FIRST):
        return self.setpoint(kw, ioa + i)

    def at(self, ms, day=DAY):
        """The plan at this time of day, W; None = there is none."""
        self.now = ticks_add(self.now, 1000)
        self.clock.set_utc(day, ms, self.now)
        self.schedule.update(self.now)
        return self.station.schedule_w.value if self.station.schedule_w.quality else None


def test_ninety_six_points_are_one_day():
    bench = Planned(0)
    for i in range(96):
        assert bench.point(i, i - 48) == 7
    for i in range(96):
        assert bench.at(i * QUARTER_MS) == bench.at((i + 1) * QUARTER_MS - 1) == (i - 48) * 1000
    assert bench.at(0, DAY + 1) is None
    assert bench.order(50, FIRST + 96, pack("<fB", 1, 0)) == 47 | 0x40


def test_it_is_carried_out_below_agc():
    bench = Planned(HOUR_MS)
    assert bench.point(4, -20) == 7
    bench.schedule.update(bench.now)
    bench.cycle(10)
    assert (bench.station.winner.value, bench.commands()) == (codes.WINNER_SCHEDULE, [-20000])
    bench.setpoint(5)
    bench.cycle(10)
    assert bench.commands() == [5000]


def test_a_passed_interval_is_tomorrows_and_a_running_one_todays():
    bench = Planned(10 * HOUR_MS + 5)
    bench.point(39, 3)  # 9:45
    bench.point(40, 4)  # 10:00, running
    assert bench.at(10 * HOUR_MS + 10) == 4000
    assert bench.at(9 * HOUR_MS + 3 * QUARTER_MS) is None
    assert bench.at(9 * HOUR_MS + 3 * QUARTER_MS, DAY + 1) == 3000
    assert bench.at(10 * HOUR_MS, DAY + 1) is None


def test_every_type_of_set_point():
    bench = Planned(0)
    assert bench.order(48, FIRST, pack("<hB", -16384, 0)) == 7
    assert bench.at(0) == -50000
    assert bench.order(49, FIRST, pack("<hB", 12, 0)) == 7
    assert bench.at(0) == 12000


def test_time_base_ahead_of_utc():
    bench = Planned(20 * HOUR_MS, utc_offset_min=480)  # 4 h of the next day there
    bench.point(16, 7)
    bench.point(15, 6)
    assert bench.at(20 * HOUR_MS) == 7000
    assert bench.at(19 * HOUR_MS + 3 * QUARTER_MS, DAY + 1) == 6000


def test_time_base_behind_utc():
    bench = Planned(HOUR_MS, utc_offset_min=-300)  # 20 h of the day before
    bench.point(80, 8)
    assert bench.at(HOUR_MS) == 8000


def test_an_interrupted_curve_leaves_the_rest_to_the_schedule():
    bench = Planned(0, rows=[[0, 1000]])
    bench.point(0, 9)
    assert bench.at(0) == 9000
    assert bench.at(QUARTER_MS) == 1000


def test_fewer_points_are_longer():
    bench = Planned(0, curve_points=24)
    bench.point(2, 5)
    assert bench.at(2 * HOUR_MS) == bench.at(3 * HOUR_MS - 1) == 5000
    assert bench.at(3 * HOUR_MS) is None


def test_a_curve_outlives_a_restart_once_it_has_settled():
    slots = Slots()
    bench = Planned(0, slots)
    bench.point(8, -30)
    assert bench.at(1000) is None and slots.data == [b"", b""]
    bench.now = ticks_add(bench.now, curve.SETTLE_MS)
    bench.at(2000)
    bench.point(8, 77)  # not kept: the power goes at once
    bench = None
    gc.collect()  # a small board holds one station at a time
    bench = Planned(0, Slots(slots.data))
    assert bench.at(2 * HOUR_MS) == -30000
    bench = None
    gc.collect()
    assert Planned(0, Slots(slots.data), day=DAY + 1).at(2 * HOUR_MS, DAY + 1) is None


def test_refusals():
    bench = Planned(0)
    assert bench.point(0, 100.1) == 0x47
    bench.clock.valid = False
    assert bench.point(0, 1) == 0x47
    assert "#V%d " % codes.CURVE_NO_CLOCK in bench.lines()[-1]
    bench.clock.valid = True
    bench.station.local.put(1, bench.now)
    assert bench.point(0, 1) == 0x47
    assert bench.at(0) is None


def test_a_whole_curve_stands_in_the_log():
    bench = Planned(0)
    for i in range(96):
        bench.point(i, 1)
    lines = bench.lines()
    assert len(lines) == 96 and bench.telecontrol.orders.lost == 0
    assert "IOA %d " % (FIRST + 95) in lines[-1]
