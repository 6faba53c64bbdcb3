"""Runs a recording through the same controller and compares every output, bit for bit (design §5).

Portable: any lane replays any lane.

The format stands in firmware/recorder.py. A recording that does not fit its own configuration or breaks
off in a frame is an error, not a match.
"""

from firmware import config as configuration
from firmware.assembly import make_image
from firmware.controller import Controller
from firmware.image import INPUTS, RESULT
from firmware.recorder import (
    BEGIN,
    FLAGGED,
    HAS_AGE,
    HAS_VALUE,
    MAGIC,
    PART,
    QUALITY_MASK,
    STEP,
    VERSION,
)
from firmware.snapshot import Snapshot, names
from protocols.ticks import ticks_add, ticks_sub

_LONGEST_SHIFT = 34  # no number of a recording needs more than five bytes
_READ_BYTES = 512


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
            self.buf = self.file.read(_READ_BYTES)
            self.at = 0
            if not self.buf:
                return -1
        self.at += 1
        return self.buf[self.at - 1]

    def more(self):
        """The next byte of a frame that has begun."""
        byte = self.byte()
        if byte < 0:
            raise BadRecording("the recording breaks off inside a frame")
        return byte

    def number(self):
        byte = self.more()
        sign = -1 if byte & 0x40 else 1
        value = byte & 0x3F
        shift = 6
        while byte & 0x80:
            if shift > _LONGEST_SHIFT:
                raise BadRecording("a number without end")
            byte = self.more()
            value |= (byte & 0x7F) << shift
            shift += 7
        return sign * value

    def count(self):
        """A number that is not negative."""
        number = self.number()
        if number < 0:
            raise BadRecording("a count of %d" % number)
        return number


class Frame:
    """One recorded step: entries as flat lists."""

    def __init__(self, reader):
        self.dt_ms = reader.count()
        self.inputs = []  # index, flags, value, age
        self.flagged = []  # index, flags, value
        self.results = []  # index, value
        age_ms = 0
        for index in _indices(reader):
            flags = reader.more()
            value = reader.number() if flags & HAS_VALUE else 0
            if flags & HAS_AGE:
                age_ms = reader.count()
            self.inputs += (index, flags, value, age_ms)
        for index in _indices(reader):
            flags = reader.more()
            self.flagged += (index, flags, reader.number())
        for index in _indices(reader):
            self.results += (index, reader.number())


def _indices(reader):
    """Places of the entries of one list; the entry itself is read in between."""
    index = -1
    distance = reader.count()
    while distance:
        index += distance
        yield index
        distance = reader.count()


class Replay:
    """`steps`, `compared` and `mismatches` [(step, signal name, recorded, replayed)], the first ones kept.

    A snapshot in the middle is compared with the state that the replay has come to by itself.
    """

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
        self._inputs = self.image.of_kinds(INPUTS)
        self._flagged = self.image.of_kinds(FLAGGED)
        self._results = self.image.of_kinds((RESULT,))
        self._snapshot = Snapshot(self.image)
        self._is_lost = True
        self._last = 0  # tick of the step before the snapshot that is being read
        self._numbers = None  # of it, so far; None = no snapshot is being read
        self._waiting = []  # frames of the steps since it was taken, while we are lost

    def run(self):
        """Replay the whole file; returns the number of differing outputs."""
        while True:
            kind = self.reader.byte()
            if kind < 0:
                return self.differing
            if kind == STEP:
                self._take_step(Frame(self.reader))
            elif kind == BEGIN:
                self._begin()
            elif kind == PART:
                self._part()
            else:
                raise BadRecording("frame kind %d is unknown" % kind)

    def _begin(self):
        if self.reader.more():
            self._is_lost = True
        self._last = self.reader.count()
        count = self.reader.count()
        if count != self._snapshot.count:
            text = "the recording's state has %d numbers, this firmware's %d"
            raise BadRecording(text % (count, self._snapshot.count))
        self._numbers = []
        self._waiting = []
        if not self._is_lost:
            self._snapshot.take()

    def _part(self):
        numbers = self._numbers
        if numbers is None:
            raise BadRecording("a part of no snapshot")
        for _ in range(self.reader.count()):
            numbers.append(self.reader.number())
        if len(numbers) > self._snapshot.count:
            raise BadRecording("a snapshot is too long")
        if len(numbers) == self._snapshot.count:
            self._numbers = None
            self.snapshots += 1
            if self._is_lost:
                self._start_from(numbers)
            else:
                self._compare_state(numbers)

    def _start_from(self, numbers):
        self._snapshot.numbers = numbers
        self._snapshot.give()
        self.controller.last = self._last
        self._is_lost = False
        for frame in self._waiting:
            self._step(frame)
        self._waiting = []

    def _compare_state(self, numbers):
        """All but the inputs, which may have come since the last step."""
        own = self._snapshot.numbers
        for i in range(self._snapshot.inputs_end, self._snapshot.count):
            self.compared += 1
            if own[i] != numbers[i]:
                self._differs(names(self.image)[i], numbers[i], own[i])

    def _take_step(self, frame):
        if not self._is_lost:
            self._step(frame)
        elif self._numbers is not None:
            self._waiting.append(frame)
        else:
            raise BadRecording("the recording does not begin with a snapshot")

    def _step(self, frame):
        now = ticks_add(self.controller.last, frame.dt_ms)
        entries = frame.inputs
        for i in range(0, len(entries), 4):
            signal = _at(self._inputs, entries[i])
            if entries[i + 1] & HAS_VALUE:
                signal.value = entries[i + 2]
            signal.quality = entries[i + 1] & QUALITY_MASK
            signal.time = ticks_sub(now, entries[i + 3])
        values = [signal.value for signal in self._flagged]
        qualities = [signal.quality for signal in self._flagged]
        results = [signal.value for signal in self._results]
        self.controller.step(now)
        self.steps += 1
        entries = frame.flagged
        for i in range(0, len(entries), 3):
            _set(values, entries[i], entries[i + 2])
            _set(qualities, entries[i], entries[i + 1] & QUALITY_MASK)
        entries = frame.results
        for i in range(0, len(entries), 2):
            _set(results, entries[i], entries[i + 1])
        self._compare(values, qualities, results)

    def _compare(self, values, qualities, results):
        """Outputs that the recording does not name must not have changed."""
        for i in range(len(values)):
            signal = self._flagged[i]
            if signal.value != values[i] or signal.quality != qualities[i]:
                self._differs(self.image.names_of(FLAGGED)[i], values[i], signal.value)
        for i in range(len(results)):
            if self._results[i].value != results[i]:
                self._differs(self.image.names_of((RESULT,))[i], results[i], self._results[i].value)
        self.compared += len(values) + len(results)

    def _differs(self, name, recorded, replayed):
        self.differing += 1
        if len(self.mismatches) < self.keep:
            self.mismatches.append((self.steps, name, recorded, replayed))


def _at(signals, index):
    if index >= len(signals):
        raise BadRecording("signal %d is unknown" % index)
    return signals[index]


def _set(values, index, value):
    if index >= len(values):
        raise BadRecording("signal %d is unknown" % index)
    values[index] = value


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
