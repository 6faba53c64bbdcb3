"""Records the step's inputs and outputs into a preallocated ring, so that a run can be replayed bit for
bit (design §5).
File: "V2GR", version byte, length of the configuration (4 bytes, big-endian), the configuration as JSON,
then frames.
Frame: kind byte, then numbers as varints (7 bits a byte, low first, bit 7 = more follows).
  SNAPSHOT  tick of the step before it, number of signals, for each: flags, value, age in ms
  STEP      dt, changed inputs (count; index, flags, value, age), changed outputs (count; index, flags, value)
flags: bits 0-1 quality, bit 2 = value is negative (its magnitude is stored), bit 3 = stamped by this
very step (LEASE).
A frame that does not fit into the ring is dropped; the next one that fits is a snapshot, so a reader
never goes on from a gap.

lint: hot
"""

from firmware.image import INPUTS, LEASE, OUTPUTS
from protocols.ticks import TICKS_MASK, ticks_diff

MAGIC = b"V2GR"
VERSION = 1
SNAPSHOT, STEP = 1, 2
NEGATIVE, QUALITY_MASK = 4, 3
_LONGEST_AGE_MS = 0x0FFFFFFF


class Recorder:
    def __init__(self, image, ring_bytes, snapshot_steps):
        self.image = image
        self.ring = bytearray(ring_bytes)
        self.size = ring_bytes
        self.read_at = 0
        self.used = 0
        self.gaps = 0
        self.snapshot_steps = snapshot_steps
        self._left = 0  # steps until the next snapshot; 0 = write one before the next step
        self._fits = True
        self._mark = 0
        self._signals = image.signals()
        self._kinds = image.kinds()
        count = len(self._signals)
        self._inputs = bytearray(count)  # 1 = is one
        self._outputs = bytearray(count)
        for i in range(count):
            self._inputs[i] = self._kinds[i] in INPUTS
            self._outputs[i] = self._kinds[i] in OUTPUTS
        self._values = [0] * count
        self._qualities = [0] * count
        self._times = [0] * count

    def before(self, last, now):
        """The inputs that the step at `now` will see; `last` is the tick of the step before it."""
        self._mark = self.used
        self._fits = True
        if self._left == 0:
            self._snapshot(last)
        self._left -= 1
        self._byte(STEP)
        self._number(max(0, ticks_diff(now, last)))
        self._changes(self._inputs, now)

    def after(self, now):
        """The outputs of that step."""
        self._changes(self._outputs, now)
        if not self._fits:
            self.used = self._mark
            self.gaps += 1
            self._left = 0

    def _snapshot(self, last):
        self._left = self.snapshot_steps
        self._byte(SNAPSHOT)
        self._number(last)
        signals = self._signals
        self._number(len(signals))
        for i in range(len(signals)):
            signal = signals[i]
            self._signal(signal)
            self._age(signal, last)
            self._remember(i)
            if self._kinds[i] < LEASE and ticks_diff(last, signal.time) < 0:
                self._times[i] = -1  # came after that step: the frame of the next one tells when

    def _changes(self, chosen, now):
        count = 0
        for i in range(len(chosen)):
            if chosen[i] and self._changed(i):
                count += 1
        self._number(count)
        for i in range(len(chosen)):
            if chosen[i] and self._changed(i):
                self._number(i)
                self._signal(self._signals[i])
                if self._kinds[i] < LEASE:
                    self._age(self._signals[i], now)
                self._remember(i)

    def _changed(self, i):
        signal = self._signals[i]
        return (
            signal.value != self._values[i]
            or signal.quality != self._qualities[i]
            or (self._kinds[i] < LEASE and signal.time != self._times[i])
        )

    def _remember(self, i):
        signal = self._signals[i]
        self._values[i] = signal.value
        self._qualities[i] = signal.quality
        self._times[i] = signal.time

    def _signal(self, signal):
        value = signal.value
        if value < 0:
            self._byte(signal.quality | NEGATIVE)
            self._number(-value)
        else:
            self._byte(signal.quality)
            self._number(value)

    def _age(self, signal, now):
        age_ms = ticks_diff(now, signal.time)
        if age_ms < 0 or age_ms > _LONGEST_AGE_MS:
            age_ms = _LONGEST_AGE_MS
        self._number(age_ms)

    def _number(self, value):
        while value > 0x7F:
            self._byte(value & 0x7F | 0x80)
            value >>= 7
        self._byte(value)

    def _byte(self, value):
        if self.used >= self.size:
            self._fits = False
            return
        self.ring[(self.read_at + self.used) % self.size] = value
        self.used += 1

    def drain_into(self, buf):
        """Move up to len(buf) bytes of complete frames out of the ring; outside the step."""
        n = min(self.used, len(buf))
        for i in range(n):
            buf[i] = self.ring[(self.read_at + i) % self.size]
        self.read_at = (self.read_at + n) % self.size
        self.used -= n
        return n


def header(config_text):  # lint: cold
    """The start of a recording's file, for a configuration as JSON bytes."""
    return MAGIC + bytes([VERSION]) + len(config_text).to_bytes(4, "big") + config_text


def restore_time(now, age_ms):
    """The tick of a signal that was `age_ms` old at `now`."""
    return (now - age_ms) & TICKS_MASK
