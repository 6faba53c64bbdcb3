"""Runs a recording through the same controller and compares every output, bit for bit (design §5).

Portable: any lane replays any lane.

The format stands in firmware/recorder.py. A recording that does not fit its own configuration or breaks
off in a frame is an error, not a match.
"""

from firmware import config as configuration
from firmware.assembly import make_image
from firmware.controller import Controller
from firmware.image import JUDGED, OUTPUTS, RESULT, STATE
from firmware.recorder import MAGIC, NEGATIVE, QUALITY_MASK, SNAPSHOT, STEP, VERSION, restore_time
from protocols.ticks import ticks_add

_LONGEST_SHIFT = 35  # no number of a recording needs more than five bytes


class BadRecording(ValueError):
    """The file is no recording, is cut off, or belongs to another version."""


class Reader:
    """Bytes and varints out of a file, without loading it whole."""

    def __init__(self, file):
        self.file = file
        self.buf = b""
        self.at = 0

    def byte(self):
        """The next byte; -1 at the end."""
        if self.at >= len(self.buf):
            self.buf = self.file.read(4096)
            self.at = 0
            if not self.buf:
                return -1
        self.at += 1
        return self.buf[self.at - 1]

    def number(self):
        value = shift = 0
        while True:
            byte = self.byte()
            if byte < 0:
                raise BadRecording("the recording breaks off inside a frame")
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > _LONGEST_SHIFT:
                raise BadRecording("a number without end")


class Replay:
    """`steps`, `compared` and `mismatches` [(step, signal name, recorded, replayed)], the first ones kept."""

    def __init__(self, file, keep=20):
        self.reader = Reader(file)
        self.config = configuration.parse(_read_header(file))
        self.image = make_image(self.config)
        self.controller = Controller(self.image, self.config)
        self.keep = keep
        self.steps = 0
        self.compared = 0
        self.snapshots = 0
        self.differing = 0
        self.mismatches = []
        self.signals = self.image.signals()
        self.kinds = self.image.kinds()
        self._before = [0] * len(self.signals)
        self._qualities = [0] * len(self.signals)

    def run(self):
        """Replay the whole file; returns the number of differing outputs."""
        while True:
            kind = self.reader.byte()
            if kind < 0:
                return self.differing
            if kind == SNAPSHOT:
                self._snapshot()
            elif kind == STEP:
                self._step()
            else:
                raise BadRecording("frame kind %d is unknown" % kind)

    def _snapshot(self):
        last = self.reader.number()
        count = self.reader.number()
        if count != len(self.signals):
            raise BadRecording(
                "the recording has %d signals, this firmware %d" % (count, len(self.signals))
            )
        for i in range(count):
            self._read_signal(i)
            self._read_time(i, last)
        self.controller.last = last
        self.snapshots += 1

    def _index(self):
        index = self.reader.number()
        if index >= len(self.signals):
            raise BadRecording("signal %d is unknown" % index)
        return index

    def _read_signal(self, index):
        flags = self.reader.byte()
        value = self.reader.number()
        signal = self.signals[index]
        signal.value = -value if flags & NEGATIVE else value
        if self.kinds[index] not in (STATE, RESULT):
            signal.quality = flags & QUALITY_MASK

    def _read_time(self, index, now):
        age_ms = self.reader.number()
        if self.kinds[index] not in (STATE, RESULT, JUDGED):
            self.signals[index].time = restore_time(now, age_ms)

    def _step(self):
        if not self.snapshots:
            raise BadRecording("the recording does not begin with a snapshot")
        now = ticks_add(self.controller.last, self.reader.number())
        for _ in range(self.reader.number()):
            index = self._index()
            self._read_signal(index)
            self._read_time(index, now)
        for i in range(len(self.signals)):
            self._before[i] = self.signals[i].value
            self._qualities[i] = self.signals[i].quality
        self.controller.step(now)
        self.steps += 1
        self._compare()

    def _compare(self):
        """Outputs that the recording does not name must not have changed."""
        expected = self._before
        qualities = self._qualities
        for _ in range(self.reader.number()):
            index = self._index()
            flags = self.reader.byte()
            value = self.reader.number()
            expected[index] = -value if flags & NEGATIVE else value
            qualities[index] = flags & QUALITY_MASK
        for i in range(len(self.signals)):
            if self.kinds[i] not in OUTPUTS:
                continue
            self.compared += 1
            signal = self.signals[i]
            if signal.value != expected[i] or signal.quality != qualities[i]:
                self._differs(i, expected[i])

    def _differs(self, i, recorded):
        self.differing += 1
        if len(self.mismatches) < self.keep:
            row = (self.steps, self.image.name_of(i), recorded, self.signals[i].value)
            self.mismatches.append(row)


def _read_header(file):
    head = file.read(9)
    if len(head) < 9 or head[:4] != MAGIC:
        raise BadRecording("not a recording: it does not begin with V2GR")
    if head[4] != VERSION:
        raise BadRecording("recording version %d, this firmware reads %d" % (head[4], VERSION))
    length = int.from_bytes(head[5:9], "big")
    text = file.read(length)
    if len(text) < length:
        raise BadRecording("the recording breaks off inside its configuration")
    return text.decode()


def main(arguments):
    """replay FILE: prints a line of figures and the first differences; 0 when nothing differs."""
    if len(arguments) != 1:
        print("usage: firmware.replay FILE")
        return 2
    try:
        with open(arguments[0], "rb") as file:
            replay = Replay(file)
            replay.run()
    except (OSError, BadRecording, configuration.ConfigError) as error:
        print("replay failed: %s" % error)
        return 2
    print(
        "replayed steps=%d snapshots=%d compared=%d differing=%d"
        % (replay.steps, replay.snapshots, replay.compared, replay.differing)
    )
    if not replay.steps:
        print("replay failed: the recording holds no step")
        return 2
    for step, name, recorded, replayed in replay.mismatches:
        print("step %d %s recorded %d replayed %d" % (step, name, recorded, replayed))
    return 1 if replay.differing else 0
