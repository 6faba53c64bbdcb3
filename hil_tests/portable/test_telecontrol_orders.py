"""The dispatcher's orders through the outstation into the image: set-points of every type, ramp, dead band,
AGC request, free running, emergency; their return information and their log.

lane: heap=512k
"""

from struct import pack

from firmware import codes, pointtable
from firmware.eventlog import EventLog
from firmware.telecontrol import Telecontrol
from firmware.wallclock import WallClock
from hil_tests.portable.firmware_support import Bench, raw_config
from hil_tests.portable.iec104_support import Raw, asdu
from protocols.ticks import ticks_add

RAMP, DEADBAND, REQUEST, BY_VALUE, STOP, SUPPORT = 0x6202, 0x6203, 0x6001, 0x6002, 0x6003, 0x6004
SETPOINT, ECHO, RETURNED, ABNORMAL = 0x6201, 0x4001, 0x0008, 0x0009
SELECT = 0x80


class Line:
    """What a raw master wants of its rig."""

    def __init__(self, station, now):
        self.station = station
        self.now = now


class Dispatched(Bench):
    """A controller behind its outstation, one master in control; + is charging on the wire too."""

    def __init__(self, store=None, **tele):
        entries = {"power_sign": "load", "event_slots": 32, "max_links": 2, "clock_valid_s": 0}
        entries.update(tele)
        raw = raw_config(rating_w=100000, control={"ramp_w_per_s": 50000})
        raw["telecontrol"] = entries
        Bench.__init__(self, raw)
        self.follows = True
        self.load_w = 0
        self.log = EventLog(16)
        self.clock = WallClock(0)
        self.telecontrol = Telecontrol(self.image, self.config, self.clock, self.log, store)
        self.line = Line(self.telecontrol.station, self.now)
        self.link = Raw(self.line, "10.0.0.1")
        self.cycle(20)
        self.link.asdus()

    def cycle(self, steps=1, dt_ms=100):
        for _ in range(steps):
            self.image.order_event = False  # as the loop does before it steps
            self.step(dt_ms)
            self.line.now = self.now
            self.telecontrol.follow(self.now)
            self.telecontrol.report(self.now)
            self.telecontrol.station.tick(self.now)

    def order(self, type_id, ioa, body, **named):
        """Cause and sign of the one answer."""
        found = [a for a in self.link.ask(asdu(type_id, 6, ioa, body, **named)) if a[0] == type_id]
        assert len(found) == 1, found
        return found[0][2]

    def setpoint(self, kw, ioa=SETPOINT):
        return self.order(50, ioa, pack("<fB", kw, 0))

    def switch(self, ioa, on):
        """Selected and executed."""
        assert self.order(45, ioa, bytes([SELECT | on])) == 7
        return self.order(45, ioa, bytes([on]))

    def lines(self):
        found = []
        while self.telecontrol.orders.count:
            found.append(self.telecontrol.orders.line(self.clock, self.now))
        return found


def test_set_points_of_every_type():
    bench = Dispatched()
    assert bench.setpoint(20.5) == 7
    assert bench.station.agc_w.value == 20500
    assert bench.order(49, SETPOINT, pack("<hB", -7, 0)) == 7
    assert bench.station.agc_w.value == -7000
    assert bench.order(48, SETPOINT, pack("<hB", 16384, 0)) == 7
    assert bench.station.agc_w.value == 50000
    assert bench.order(49, SETPOINT, pack("<hB", 101, 0)) == 0x47
    assert bench.station.agc_w.value == 50000


def test_time_tagged_set_points():
    bench = Dispatched()
    bench.clock.set_utc(9821, 43200000, bench.now)
    tag = bytes([0, 0, 0, 12, 21, 11, 26])
    for type_id, body in ((61, pack("<hB", 8192, 0)), (62, pack("<hB", 25, 0)), (63, pack("<fB", 25, 0))):
        bench.station.agc_w.put(0, bench.now)
        assert bench.order(type_id, SETPOINT, body + tag) == 7
        assert bench.station.agc_w.value == 25000
        assert bench.order(type_id, SETPOINT, body + bytes([0, 0, 30]) + tag[3:]) == 0x47


def test_the_echo_is_return_information_and_the_rest_is_not():
    bench = Dispatched()
    bench.setpoint(20)
    bench.cycle()
    returned = [a[6] | a[7] << 8 for a in bench.link.asdus() if a[2] == 11]
    assert returned == [ECHO]
    assert bench.station.winner.value == codes.WINNER_AGC
    bench.cycle(20)
    assert not [a for a in bench.link.asdus() if a[2] == 11]


def test_ramp_of_the_dispatcher_where_it_is_slower():
    bench = Dispatched()
    assert bench.setpoint(600, RAMP) == 7  # kW/min: 10 kW/s
    bench.setpoint(40)
    bench.cycle(20)
    assert bench.commands() == [20000]
    assert bench.station.ramp_w_per_min.value == 600000
    assert bench.setpoint(0, RAMP) == 7
    bench.cycle()
    assert bench.commands() == [25000]
    assert bench.station.ramp_w_per_min.value == 3000000
    bench.setpoint(60000, RAMP)
    bench.cycle()
    assert bench.commands() == [30000]
    assert bench.setpoint(-1, RAMP) == 0x47


def test_a_slow_ramp_is_exact_over_minutes():
    bench = Dispatched()
    bench.setpoint(1, RAMP)  # 16.67 W/s
    bench.setpoint(40)
    bench.cycle(600)
    assert 990 <= bench.commands()[0] <= 1000


def test_dead_band():
    bench = Dispatched()
    bench.setpoint(20)
    bench.cycle(10)
    assert bench.setpoint(2, DEADBAND) == 7
    bench.setpoint(21.9)
    bench.cycle(10)
    assert bench.commands() == [20000]
    assert bench.station.agc_w.value == 21900  # the echo is the order as it was taken
    bench.setpoint(18)
    bench.cycle(10)
    assert bench.commands() == [18000]
    assert bench.setpoint(100.1, DEADBAND) == 0x47


def test_agc_request_needs_its_selection_and_is_returned():
    bench = Dispatched()
    bench.setpoint(20)
    bench.cycle()
    bench.link.asdus()
    assert bench.order(45, REQUEST, b"\0") == 0x47
    assert bench.switch(REQUEST, 0) == 7
    bench.cycle()
    told = [(a[6] | a[7] << 8, a[2]) for a in bench.link.asdus() if a[0] == 30]
    assert (RETURNED, 11) in told
    assert bench.setpoint(5) == 0x47
    assert bench.order(46, REQUEST, bytes([SELECT | 2])) == 7
    assert bench.order(46, REQUEST, b"\2") == 7
    assert bench.setpoint(5) == 7


def test_free_running_leaves_the_set_point():
    bench = Dispatched()
    bench.setpoint(20)
    bench.cycle(10)
    assert bench.order(45, BY_VALUE, b"\0") == 7
    bench.cycle(10)
    assert bench.commands() == [0]
    assert (bench.station.winner.value, bench.station.fallback.value) == (codes.WINNER_NONE, 0)
    assert bench.station.closed_loop.value == 0
    bench.order(45, BY_VALUE, b"\1")
    bench.cycle(10)
    assert bench.commands() == [20000]
    assert (bench.station.closed_loop.value, bench.station.from_dispatch.value) == (1, 1)


def test_emergency_stop_knows_no_ramp_and_outlasts_the_master():
    bench = Dispatched()
    bench.setpoint(90)
    bench.cycle(30)
    assert bench.commands() == [90000]
    assert bench.switch(STOP, 1) == 7
    bench.cycle()
    assert bench.commands() == [0]
    assert bench.station.winner.value == codes.WINNER_EMERGENCY_STOP
    bench.master = False
    bench.station.master_alive.fail()
    bench.cycle(30)
    assert bench.station.winner.value == codes.WINNER_EMERGENCY_STOP
    bench.master = True
    assert bench.switch(STOP, 0) == 7
    bench.cycle(30)
    assert bench.commands() == [90000]


def test_emergency_support_ends_with_the_last_master():
    bench = Dispatched()
    assert bench.switch(SUPPORT, 1) == 7
    bench.cycle(30)
    assert bench.commands() == [-100000]
    bench.master = False
    bench.station.master_alive.fail()
    bench.cycle(30)
    assert bench.commands() == [0]
    assert bench.station.emergency.value == 0


def test_an_order_out_of_range_is_shown_until_a_good_one():
    bench = Dispatched()
    bench.setpoint(101)
    assert bench.station.order_abnormal.value == 1
    bench.station.agc_enabled.put(0, bench.now)
    bench.setpoint(5)
    assert bench.station.order_abnormal.value == 1  # not taken, but nothing is said of its value either
    bench.station.agc_enabled.put(1, bench.now)
    bench.setpoint(5)
    assert bench.station.order_abnormal.value == 0


def test_every_order_is_logged_with_its_sender():
    bench = Dispatched()
    bench.setpoint(20)
    bench.order(50, SETPOINT, pack("<fB", 1e9, 0), oa=3)
    assert bench.order(50, 0x7777, pack("<fB", 1, 0)) == 47 | 0x40
    bench.order(50, SETPOINT, pack("<fB", 1, 0), ca=9)
    bench.station.local.put(1, bench.now)
    bench.setpoint(20)
    head = "10.0.0.1 OA %d CA %d IOA %d type 50 value "
    wanted = [
        "#V430 order accepted: " + head % (0, 1, SETPOINT) + "20 (1)",
        "#V401 set-point outside the registered range refused: " + head % (3, 1, SETPOINT) + "1e+09 (1)",
        "#V434 refused: object address or its type: " + head % (0, 1, 0x7777) + "none (1)",
        "#V433 refused: common address: " + head % (0, 9, SETPOINT) + "none (1)",
        "#V402 command refused in local mode: " + head % (0, 1, SETPOINT) + "20 (2)",
    ]
    assert bench.lines() == wanted


def test_a_select_in_local_mode_is_refused_as_its_execute_would_be():
    bench = Dispatched()
    bench.station.local.put(1, bench.now)
    bench.cycle()
    assert bench.order(45, STOP, bytes([SELECT | 1])) == 7 | 0x40
    assert bench.lines()[-1].startswith("#V402 command refused in local mode: ")
    bench.station.local.put(0, bench.now)
    bench.cycle()
    assert bench.order(45, STOP, bytes([SELECT | 1])) == 7


def test_the_log_of_orders_has_the_time_of_day():
    bench = Dispatched()
    bench.clock.set_utc(9821, 3723004, bench.now)
    bench.setpoint(20)
    bench.now = ticks_add(bench.now, 500)
    assert "order accepted: 01:02:03.004 10.0.0.1 OA" in bench.lines()[0]


def test_accepted_orders_may_be_left_out():
    bench = Dispatched(log_orders="refused")
    bench.setpoint(20)
    bench.setpoint(200)
    assert len(bench.lines()) == 1


def test_a_flood_of_orders_is_counted():
    bench = Dispatched()
    for i in range(20):
        bench.setpoint(i)
    lines = bench.lines()
    assert len(lines) == 16 and "value 4 (5)" in lines[0] and "value 19 (20)" in lines[-1]
    assert bench.telecontrol.orders.lost == 4


def test_commands_as_configured():
    rows = [
        {"order": "setpoint", "operate": "select", "types": [50]},
        {"order": "agc_request", "operate": "direct", "ioa": "0x6009"},
        {"order": "emergency_support", "enabled": False},
    ]
    bench = Dispatched(commands=rows)
    assert bench.setpoint(5) == 0x47
    assert bench.order(50, SETPOINT, pack("<fB", 5, SELECT)) == 7
    assert bench.setpoint(5) == 7
    assert bench.order(49, SETPOINT, pack("<hB", 5, 0)) == 47 | 0x40
    assert bench.order(45, 0x6009, b"\1") == 7
    for ioa in (REQUEST, SUPPORT):
        assert bench.order(45, ioa, b"\1") == 47 | 0x40


def test_the_point_table_is_whole():
    bench = Dispatched()
    taken = [point.ioa for point in bench.telecontrol.points]
    waiting = (0x4016, 0x4017, 0x4019, 0x4020)  # come with the battery's guard
    wanted = list(range(1, 10)) + [0x10, 0x11, 0x12, 0x13, 0x14] + list(range(0x4001, 0x4006))
    wanted += [0x4010 + i for i in range(10)] + [0x4018] + [0x4020 + i for i in range(6)]
    for ioa in wanted:
        assert ioa in taken or ioa in waiting, hex(ioa)
    assert [row[0] for row in pointtable.orders(bench.config["telecontrol"])][:2] == ["setpoint", "ramp"]
