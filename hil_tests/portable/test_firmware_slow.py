"""A slow device beside a fast one: who crosses zero, when it turns, least power, write gap; and the replay.

lane: heap=640k
"""

import json
from io import BytesIO

from firmware.recorder import Recorder, header
from firmware.replay import Replay
from firmware.slow import PATIENCE
from hil_tests.portable.firmware_support import Bench, drain, raw_config
from hil_tests.portable.support import no_heap

REVERSAL_MS = 3000
MIN_W = 500


def config(bays=2, declared=True, rating_w=10000, **slow):
    raw = raw_config(bays, rating_w, control={"ramp_w_per_s": 8000})
    if declared:
        row = {"reversal_ms": REVERSAL_MS, "min_power_w": MIN_W}
        row.update(slow)
        raw["bays"][-1]["converter"].update(row)
    return raw


class Station(Bench):
    """Every converter follows at once, but for the last one: that needs REVERSAL_MS to turn."""

    def __init__(self, raw):
        super().__init__(raw)
        self.load_w = 0
        self.side = 1
        self.dead_ms = 0
        self.reversals = 0
        self.error_wms = 0
        self.recorder = None
        self.file = BytesIO()
        self.run(20)

    def record(self):
        self.file.write(header(json.dumps(self.config).encode()))
        self.recorder = Recorder(self.image, 8192, 40)

    def step(self, dt_ms=100):
        last = self.now
        self.now = (self.now + dt_ms) & 0x3FFFFFFF
        self.feed()
        if self.recorder is not None:
            self.recorder.before(last, self.now)
        self.controller.step(self.now)
        if self.recorder is not None:
            self.recorder.after(self.now)
            drain(self.recorder, self.file)
        self._move(dt_ms)
        self.error_wms += abs(self.station.ramped_w.value - self.measured_sum()) * dt_ms

    def _move(self, dt_ms):
        for i in range(len(self.bays) - 1):
            self.measured_w[i] = self.bays[i].command_w.value
        wanted_w = self.bays[-1].command_w.value
        self.dead_ms = max(0, self.dead_ms - dt_ms)
        if abs(wanted_w) >= MIN_W and (wanted_w > 0) != (self.side > 0):
            self.side = -self.side
            self.reversals += 1
            self.dead_ms = REVERSAL_MS
        idle = self.dead_ms or abs(wanted_w) < MIN_W
        self.measured_w[-1] = 0 if idle else wanted_w

    def go(self, power_w, steps):
        self.order(power_w)
        self.run(steps)


def test_within_the_others_reach_the_slow_one_never_turns():
    station = Station(config())
    for power_w in (12000, -9000, 3000, -2000, 15000, -10000):
        station.go(power_w, 50)
        assert station.measured_sum() == power_w, power_w
    assert station.reversals == 0


def test_without_the_declaration_it_turns_each_time():
    station = Station(config(declared=False))
    for power_w in (12000, -9000, 3000, -2000, 15000, -10000):
        station.go(power_w, 50)
    assert station.reversals == 5


def test_the_others_cross_first_and_its_dead_time_falls_into_theirs():
    errors = []
    for declared in (True, False):
        station = Station(config(declared=declared))
        station.go(8000, 60)
        station.error_wms = 0
        station.go(-18000, 80)
        assert station.measured_sum() == -18000 and station.reversals == 1
        errors.append(station.error_wms)
    assert errors[0] * 3 < errors[1], errors


def test_once_turned_it_shares_and_stays():
    station = Station(config())
    station.go(-18000, 80)
    assert station.commands() == [-9000, -9000]
    station.go(6000, 40)
    assert station.commands() == [6000, 0]
    station.go(-4000, 40)
    assert station.commands() == [-2000, -2000] and station.reversals == 1


def test_a_long_time_on_the_wrong_side_is_worth_a_reversal():
    station = Station(config())
    station.go(-6000, PATIENCE * REVERSAL_MS // 100 - 100)
    assert station.reversals == 0 and station.commands() == [-6000, 0]
    station.run(200)
    assert station.reversals == 1 and station.commands() == [-3000, -3000]
    assert station.measured_sum() == -6000


def test_less_than_its_minimum_is_left_to_the_others():
    station = Station(config())
    station.go(900, 30)
    assert station.commands() == [900, 0]
    station.go(1000, 30)
    assert station.commands() == [500, 500]


def test_after_a_restart_its_side_is_the_measured_one():
    station = Station(config())
    station.side = -1
    station.measured_w[1] = -7000
    station.bays[1].power_w.put(-7000, station.now)
    station.controller.step(station.now)
    assert station.bays[1].side == 1


def test_a_bay_that_cannot_carry_leaves_the_turn_to_who_can():
    station = Station(config())
    station.soc_bp = 9000
    station.go(-12000, 60)
    assert station.measured_sum() == -12000 and station.reversals == 1
    station.go(5000, 60)  # nobody may charge: nothing turns
    assert station.commands() == [0, 0] and station.reversals == 1


def test_a_device_that_may_be_told_seldom_is_told_seldom_but_cut_at_once():
    station = Station(config(reversal_ms=0, min_power_w=0, write_gap_ms=2500))
    told = []
    for i in range(150):
        station.order(9000 if i < 80 else 5000)  # what the other can make up for
        before = station.commands()[1]
        station.step()
        if station.commands()[1] != before:
            told.append(station.now)
        assert station.controller.allocator.total_w() == station.station.ramped_w.value
    gaps = [(b - a) & 0x3FFFFFFF for a, b in zip(told, told[1:])]
    assert station.measured_sum() == 5000 and len(told) >= 3
    assert min(gaps) >= 2500
    station.station.local.put(1, station.now)
    station.run(1)
    station.soc_bp = 9000
    station.run(1)
    assert station.commands()[1] == 0  # the envelope closed within the gap


def test_three_bays_turn_as_few_as_the_order_needs():
    raw = config(3)
    raw["bays"][1]["converter"].update({"reversal_ms": 1000, "min_power_w": MIN_W})
    bench = Bench(raw)
    bench.follows = True
    bench.load_w = 0
    bench.run(20)
    bench.order(-14000)
    bench.run(40)
    assert bench.commands()[2] == 0 and bench.commands()[1] < 0  # the faster of the two slow ones
    bench.order(-28000)
    bench.run(60)
    assert bench.commands() == [-9334, -9333, -9333]


def test_a_step_allocates_nothing():
    station = Station(config())
    station.go(8000, 30)
    station.go(-18000, 40)
    station.feed()
    no_heap(station.controller.step, station.now)


def test_a_recording_replays_with_its_turns_from_the_start_and_from_a_snapshot():
    station = Station(config(write_gap_ms=300))
    station.record()
    for power_w in (8000, -18000, 4000):
        station.go(power_w, 40)
    assert station.reversals == 1
    replay = Replay(BytesIO(station.file.getvalue()))
    replay.run()
    assert replay.steps == 120 and replay.snapshots >= 2 and replay.differing == 0, replay.mismatches
