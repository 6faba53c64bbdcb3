"""Records the step's inputs and outputs into a preallocated ring, so that a run can be replayed bit for
bit (design §5).

File: "V2GR", version byte, length of the configuration (4 bytes, big-endian), the configuration as JSON,
then frames: a kind byte, then numbers. A number is one byte or more, low bits first, bit 7 = more follows;
in the first byte bit 6 = it is negative.
  STEP   dt, then three lists of what changed: inputs, leases and judged results, results. An entry: distance
         from the entry before it in the list of all signals of these kinds (0 = the list ends here);
         flags: bits 0-1 quality, bit 2 = a value follows, bit 3 = an age in ms follows (otherwise as old as
         the entry before it). A plain result has a value and no flags.
  BEGIN  a snapshot: 1 = frames before it are missing (0 = not); tick of the step before it; how many numbers
  PART   how many numbers, and the next ones of the snapshot: every number of firmware/snapshot.py
A snapshot is taken in one go and written a part a step, so a reader who starts at one keeps the steps in
between until it is complete. A frame that does not fit into the ring is dropped, and nothing is written until
the next snapshot begins.

lint: hot
"""

from firmware.image import INPUTS, JUDGED, LEASE, RESULT
from firmware.snapshot import Snapshot
from protocols.ticks import TICKS_MASK, ticks_diff
from protocols.upy import const

MAGIC = b"V2GR"
VERSION = 2
STEP, BEGIN, PART = 2, 3, 4
QUALITY_MASK, HAS_VALUE, HAS_AGE = 3, 4, 8
FLAGGED = (LEASE, JUDGED)
_PART_NUMBERS = const(32)
_NUMBER_BYTES = const(5)
_HEAD_BYTES = const(12)  # kind, dt or count, ends of lists
_INPUT_BYTES = const(13)
_OUTPUT_BYTES = const(8)


class Recorder:
    """`ring[start:start + pending()]` is to be written to the file; consumed() says how much was."""

    def __init__(self, image, ring_bytes, snapshot_steps):
        self.ring = bytearray(ring_bytes)
        self.start = 0
        self.gaps = 0
        self.snapshot_steps = snapshot_steps
        self._end = 0  # of complete frames
        self._wrap = 0  # where the bytes end that lie behind `start`, when later ones begin at 0 again
        self._at = -1  # of the step's frame that is being written, -1 = none
        self._steps = 0  # since the last snapshot began
        self._is_lost = True  # a reader does not know the state
        self._snapshot = Snapshot(image)
        self._sent = self._snapshot.count  # numbers of the snapshot that are written
        self._inputs = image.of_kinds(INPUTS)
        self._flagged = image.of_kinds(FLAGGED)
        self._results = image.of_kinds((RESULT,))
        self._longest = _HEAD_BYTES + _INPUT_BYTES * len(self._inputs)
        self._longest += _OUTPUT_BYTES * (len(self._flagged) + len(self._results))
        self._values = [0] * len(self._inputs)  # as a reader knows them
        self._qualities = [0] * len(self._inputs)
        self._times = [0] * len(self._inputs)
        self._flagged_values = [0] * len(self._flagged)
        self._flagged_qualities = [0] * len(self._flagged)
        self._result_values = [0] * len(self._results)

    def before(self, last, now):
        """The inputs that the step at `now` will see; `last` is the tick of the step before it."""
        self._at = -1
        if self._sent < self._snapshot.count:
            self._write_part()
        elif self._is_lost or self._steps >= self.snapshot_steps:
            self._begin(last)
        at = -1 if self._is_lost else self._room(self._longest)
        if at < 0:
            self._is_lost = True
            self._sent = self._snapshot.count  # what is left of a snapshot is worth nothing now
            self.gaps += 1
            return
        self._steps += 1
        self.ring[at] = STEP
        at = _put(self.ring, at + 1, max(0, ticks_diff(now, last)))
        self._at = self._put_inputs(at, now)

    def after(self, now):
        """The outputs of that step."""
        if self._at >= 0:
            self._end = self._put_results(self._put_flagged(self._at))

    def _put_inputs(self, at, now):
        ring = self.ring
        values = self._values
        qualities = self._qualities
        times = self._times
        i = -1
        entry = -1
        age_ms = 0
        for signal in self._inputs:
            i += 1
            value = signal.value
            quality = signal.quality
            time = signal.time
            if time == times[i] and value == values[i] and quality == qualities[i]:
                continue
            at = _put(ring, at, i - entry)
            flags = at
            ring[at] = quality
            at += 1
            if value != values[i]:
                ring[flags] |= HAS_VALUE
                at = _put(ring, at, value)
                values[i] = value
            if (now - time) & TICKS_MASK != age_ms or entry < 0:
                age_ms = (now - time) & TICKS_MASK
                ring[flags] |= HAS_AGE
                at = _put(ring, at, age_ms)
            qualities[i] = quality
            times[i] = time
            entry = i
        ring[at] = 0
        return at + 1

    def _put_flagged(self, at):
        ring = self.ring
        values = self._flagged_values
        qualities = self._flagged_qualities
        i = -1
        entry = -1
        for signal in self._flagged:
            i += 1
            value = signal.value
            quality = signal.quality
            if value != values[i] or quality != qualities[i]:
                at = _put(ring, at, i - entry)
                ring[at] = quality | HAS_VALUE
                at = _put(ring, at + 1, value)
                values[i] = value
                qualities[i] = quality
                entry = i
        ring[at] = 0
        return at + 1

    def _put_results(self, at):
        ring = self.ring
        values = self._result_values
        i = -1
        entry = -1
        for signal in self._results:
            i += 1
            value = signal.value
            if value != values[i]:
                at = _put(ring, at, i - entry)
                at = _put(ring, at, value)
                values[i] = value
                entry = i
        ring[at] = 0
        return at + 1

    def _begin(self, last):
        """Take a snapshot, if there is room to say so."""
        snapshot = self._snapshot
        at = self._room(_HEAD_BYTES + _NUMBER_BYTES)
        if at < 0:
            return
        snapshot.take()
        ring = self.ring
        ring[at] = BEGIN
        ring[at + 1] = 1 if self._is_lost else 0
        self._end = _put(ring, _put(ring, at + 2, last), snapshot.count)
        if self._is_lost:
            self._learn()
        self._is_lost = False
        self._steps = 0
        self._sent = 0

    def _learn(self):
        """What a reader knows who begins here. One who came so far has not seen the inputs since the last
        step: the next frame tells him, and whoever begins here once more.
        """
        numbers = self._snapshot.numbers
        at = 0
        for i in range(len(self._inputs)):
            self._values[i] = numbers[at]
            self._qualities[i] = numbers[at + 1]
            self._times[i] = numbers[at + 2]
            at += 3
        for i in range(len(self._flagged)):
            self._flagged_values[i] = self._flagged[i].value
            self._flagged_qualities[i] = self._flagged[i].quality
        for i in range(len(self._results)):
            self._result_values[i] = self._results[i].value

    def _write_part(self):
        """The next numbers of the snapshot, if there is room for them."""
        n = min(self._snapshot.count - self._sent, _PART_NUMBERS)
        at = self._room(_HEAD_BYTES + _NUMBER_BYTES * n)
        if at < 0:
            return
        ring = self.ring
        ring[at] = PART
        at = _put(ring, at + 1, n)
        numbers = self._snapshot.numbers
        for i in range(self._sent, self._sent + n):
            at = _put(ring, at, numbers[i])
        self._sent += n
        self._end = at

    def _room(self, n):
        """Where a frame of up to n bytes may be written, or -1."""
        if self._wrap:
            return self._end if self.start - self._end > n else -1
        if len(self.ring) - self._end >= n:
            return self._end
        if self.start <= n:
            return -1
        self._wrap = self._end
        self._end = 0
        return 0

    def pending(self):
        """Bytes of complete frames from `start` on; others may come behind them."""
        return (self._wrap if self._wrap else self._end) - self.start

    def consumed(self, n):
        """So many bytes were written to the file."""
        self.start += n
        if self._wrap and self.start == self._wrap:
            self.start = self._wrap = 0
        if not self._wrap and self.start == self._end:
            self.start = self._end = 0


def _put(ring, at, number):
    """Write a number; the offset behind it."""
    first = 0
    if number < 0:
        number = -number
        first = 0x40
    if number < 0x40:
        ring[at] = first | number
        return at + 1
    ring[at] = first | 0x80 | number & 0x3F
    number >>= 6
    at += 1
    while number > 0x7F:
        ring[at] = number & 0x7F | 0x80
        number >>= 7
        at += 1
    ring[at] = number
    return at + 1


def start_of_header(length):  # lint: cold
    """How a recording's file begins; `length` bytes of configuration as JSON follow."""
    return MAGIC + bytes([VERSION]) + length.to_bytes(4, "big")


def header(config_text):  # lint: cold
    """The start of a recording's file, for a configuration as JSON bytes."""
    return start_of_header(len(config_text)) + config_text
