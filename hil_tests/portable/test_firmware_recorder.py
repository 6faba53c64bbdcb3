"""Recorder and replay: what was recorded replays to the same outputs; gaps and broken files are named.

lane: heap=640k
"""

import gc
import json
from io import BytesIO

from firmware import config as configuration
from firmware.image import OUTPUTS
from firmware.recorder import Recorder, _put, header
from firmware.replay import BadRecording, Reader, Replay
from firmware.snapshot import Snapshot, names
from hil_tests.portable.firmware_support import NEAR_WRAP, Bench, drain, raw_config
from hil_tests.portable.support import MICROPYTHON, no_heap, raises
from protocols.ticks import TICKS_MASK

CONFIG = raw_config(bays=2, site={"import_max_w": 9000}, control={"ramp_w_per_s": 7001, "fallback": "hold"})


class Run:
    """A story on a bench, recorded."""

    def __init__(self, ring_bytes=8192, snapshot_steps=600, drain=True):
        gc.collect()  # the recording is one block, which grows
        self.bench = Bench(CONFIG)
        self.recorder = Recorder(self.bench.image, ring_bytes, snapshot_steps)
        self.data = bytearray(header(json.dumps(self.bench.config).encode()))
        self.drain = drain

    def step(self, dt_ms):
        bench = self.bench
        last = bench.controller.last
        bench.now = (bench.now + dt_ms) & 0x3FFFFFFF
        self.recorder.before(last, bench.now)
        bench.controller.step(bench.now)
        self.recorder.after(bench.now)
        if self.drain:
            self.take()

    def take(self):
        drain(self.recorder, self)

    def write(self, data):
        self.data += data

    def tell(self, i):
        """The inputs of step i: they come between two steps, each at its own tick."""
        bench = self.bench
        story = (
            (0, bench.order, 6000),
            (9, bench.order, -20000),
            (22, bench.station.local.put, 1),
            (25, bench.station.local.put, 0),
            (31, bench.order, 15000),
        )
        for at, call, value in story:
            if at == i:
                if call == bench.order:
                    call(value)
                else:
                    call(value, bench.now)
        bench.measured_w = [bench.bays[0].command_w.value, bench.bays[1].command_w.value * 9 // 10]
        if 14 <= i < 20:
            bench.measured_w[1] = None
        bench.load_w = None if 26 <= i < 40 else 1500 + i
        bench.soc_bp = 8600 + i * 3
        now = bench.now
        bench.now = (now + 7) & 0x3FFFFFFF  # between the steps
        bench.feed()
        bench.now = now

    def story(self, steps=60):
        for i in range(steps):
            self.tell(i)
            self.step(100 if i % 5 else 13)
        self.take()
        return self


class File:
    """A recording in memory, read without a copy of the whole."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def read(self, n):
        piece = bytes(memoryview(self.data)[self.at : self.at + n])
        self.at += len(piece)
        return piece


def replayed(data):
    replay = Replay(File(data))
    replay.run()
    return replay


def test_the_config_survives_the_header():
    run = Run()
    replay = Replay(File(run.data))
    assert json.dumps(replay.config) == json.dumps(configuration.validate(CONFIG))
    replay.run()
    assert replay.steps == 0


def test_round_trip_over_the_wrap():
    run = Run().story()
    assert run.bench.now < NEAR_WRAP
    replay = replayed(run.data)
    assert (replay.steps, replay.snapshots, replay.differing) == (60, 1, 0), replay.mismatches
    assert replay.compared == 60 * len(run.bench.image.of_kinds(OUTPUTS))


def test_snapshots_in_the_middle():
    for snapshot_steps, steps in ((1, 24), (7, 24), (13, 40)):
        run = replay = None  # one recording at a time on a small heap
        gc.collect()
        run = Run(ring_bytes=4096, snapshot_steps=snapshot_steps).story(steps)
        replay = replayed(run.data)
        parts = -(-run.recorder._snapshot.count // 32)  # one a step, the first in the step after
        assert replay.snapshots == (steps - parts - 1) // max(snapshot_steps, parts + 1) + 1
        assert replay.steps == steps
        assert replay.differing == 0, (snapshot_steps, replay.mismatches)


def test_replay_ends_in_the_same_state():
    run = Run(snapshot_steps=20).story()
    gc.collect()
    ours, theirs = Snapshot(run.bench.image), Snapshot(replayed(run.data).image)
    ours.take()
    theirs.take()
    kinds = names(run.bench.image)
    for i in range(ours.inputs_end, ours.count):
        assert ours.numbers[i] == theirs.numbers[i], kinds[i]


def test_a_state_that_differs_is_found_at_the_next_snapshot():
    run = Run(snapshot_steps=20)
    for i in range(55):
        run.tell(i)
        if i == 30:
            run.bench.image.bays[0].charged_wms.value += 1  # no output tells of it
        run.step(100)
    replay = replayed(run.data)
    assert replay.differing == 1
    assert replay.mismatches[0][1] == "bay1.charged_wms"


def test_a_snapshot_brings_back_every_number():
    image = Run().story(20).bench.image
    kept = Snapshot(image)
    kept.take()
    for i in range(kept.count):
        kept.numbers[i] += 1
    kept.give()
    twin = Snapshot(image)
    twin.take()
    assert twin.numbers == kept.numbers
    assert len(names(image)) == kept.count


def test_any_cut_at_a_snapshot_is_a_recording():
    """A recorder that starts in the middle of a run gives a file of its own."""
    run = Run()
    for i in range(30):
        run.tell(i)
        run.bench.now = (run.bench.now + 100) & 0x3FFFFFFF
        run.bench.controller.step(run.bench.now)
    for i in range(30, 60):
        run.tell(i)
        run.step(100)
    replay = replayed(run.data)
    assert (replay.steps, replay.differing) == (30, 0), replay.mismatches


def test_a_reader_may_begin_at_any_snapshot():
    """The steps between a snapshot and its last part are kept until it is complete."""
    run = Run(snapshot_steps=20)
    start = len(run.data)
    for i in range(50):
        run.tell(i)
        if i == 20:
            cut = len(run.data)
        run.step(100)
    replay = replayed(run.data[:start] + run.data[cut:])
    assert (replay.steps, replay.snapshots, replay.differing) == (30, 2, 0), replay.mismatches


def test_numbers_of_every_length():
    buf = bytearray(8)
    for number in (0, 1, 63, 64, 8191, 8192, (1 << 20) - 1, 1 << 27, TICKS_MASK):
        for signed in (number, -number):
            n = _put(buf, 0, signed)
            assert n <= 5
            reader = Reader(BytesIO(bytes(buf[:n])))
            assert (reader.number(), reader.byte()) == (signed, -1)


def test_an_altered_output_is_found():
    run = Run().story()
    run.bench.image.bays[0].command_w.value += 1  # as if the step had decided otherwise
    run.recorder.before(run.bench.controller.last, run.bench.now)
    run.recorder.after(run.bench.now)
    run.take()
    replay = replayed(run.data)
    assert replay.differing >= 1
    assert replay.mismatches[0][0] == 61


def test_overflow_leaves_a_gap_and_goes_on_with_a_snapshot():
    run = Run(ring_bytes=1500, drain=False)
    for i in range(60):
        run.tell(i)
        run.step(100)
        if i in (20, 45):
            run.take()
    run.take()
    assert run.recorder.gaps > 0
    replay = replayed(run.data)
    assert replay.differing == 0, replay.mismatches
    assert replay.snapshots >= 3
    assert replay.steps == 60 - run.recorder.gaps


def test_a_ring_too_small_for_a_snapshot_records_nothing():
    run = Run(ring_bytes=100).story(10)
    assert run.recorder.gaps == 10
    assert run.recorder.pending() == 0
    assert replayed(run.data).steps == 0


def test_recording_takes_no_memory():
    run = Run(ring_bytes=30000, snapshot_steps=3, drain=False)
    for i in range(12):
        run.tell(i)
        now = (run.bench.now + 100) & 0x3FFFFFFF
        last = run.bench.controller.last
        no_heap(run.recorder.before, last, now)
        run.bench.controller.step(now)
        no_heap(run.recorder.after, now)
        run.bench.now = now


def test_cut_off_anywhere_is_an_error_or_a_shorter_run():
    """At every octet here, at every seventh where each cut takes its time."""
    run = Run().story(8)
    data = run.data
    parts = -(-run.recorder._snapshot.count // 32)
    run = None
    gc.collect()
    whole = replayed(data).steps
    start = len(header(json.dumps(configuration.validate(CONFIG)).encode()))
    shorter = 0
    for end in range(start, len(data), 7 if MICROPYTHON else 1):
        try:
            replay = replayed(data[:end])
            assert replay.steps < whole
            shorter += 1
        except BadRecording as error:
            assert "breaks off" in str(error)
    assert shorter <= whole + parts + 1, shorter  # it ends between two frames


def test_cut_off_in_the_header():
    data = Run().data
    for end in (0, 3, 4, 8, 9, len(data) - 1):
        raises(BadRecording, replayed, data[:end])


def test_wrong_magic_and_version():
    data = Run().story(2).data
    assert "V2GR" in str(raises(BadRecording, replayed, b"V2GX" + bytes(data[4:])))
    assert "version 9" in str(raises(BadRecording, replayed, bytes(data[:4]) + b"\x09" + bytes(data[5:])))


def test_garbage_instead_of_frames():
    start = bytes(Run().data)
    cases = (
        b"\x07",  # a kind that is none
        b"\x02\x00\x00\x00\x00",  # a step and no snapshot
        b"\x03\x01\x05\x03",  # a snapshot of another firmware
        b"\x03\x01\x45\x03",  # before the beginning of time
        b"\x03\x01" + b"\xff" * 40,  # a number without end
        b"\x04\x01\x05",  # a part of nothing
    )
    for frames in cases:
        raises(BadRecording, replayed, start + frames)
    start = frames = cases = None
    run = Run().story(20)
    assert replayed(run.data).steps == 20
    good = bytes(run.data)
    cases = (
        b"\x02\xa4\x01\xbf\x7f\x00\x00\x00\x00",  # no such input
        b"\x02\xa4\x01\x00\xbf\x7f\x06\x05\x00\x00",  # no such lease
        b"\x02\xa4\x01\x00\x00\xbf\x7f\x05\x00",  # no such result
    )
    for frames in cases:
        assert "unknown" in str(raises(BadRecording, replayed, good + frames))
