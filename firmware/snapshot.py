"""The whole image as a row of numbers: what a step can be restarted from, bit for bit.

Order: inputs (value, quality, time each), leases and dated states (the same), judged results (value,
quality), other states and results (value), memory.

lint: hot
"""

from firmware.image import DATED, INPUTS, JUDGED, LEASE, MEMORY, RESULT, STATE

TIMED = (LEASE, DATED)
BARE = (STATE, RESULT)


class Snapshot:
    """`numbers` as of the last take(); `count` of them."""

    def __init__(self, image):
        self._timed = image.of_kinds(INPUTS) + image.of_kinds(TIMED)
        self._judged = image.of_kinds((JUDGED,))
        self._bare = image.of_kinds(BARE)
        memory = [(group, name) for group, _, name, kind in image.rows() if kind == MEMORY]
        self._groups = tuple([row[0] for row in memory])
        self._names = tuple([row[1] for row in memory])
        self.count = 3 * len(self._timed) + 2 * len(self._judged) + len(self._bare) + len(memory)
        self.inputs_end = 3 * len(image.of_kinds(INPUTS))
        self.numbers = [0] * self.count

    def take(self):
        """Copy the image; allocates nothing."""
        numbers = self.numbers
        at = 0
        for signal in self._timed:
            numbers[at] = signal.value
            numbers[at + 1] = signal.quality
            numbers[at + 2] = signal.time
            at += 3
        for signal in self._judged:
            numbers[at] = signal.value
            numbers[at + 1] = signal.quality
            at += 2
        for signal in self._bare:
            numbers[at] = signal.value
            at += 1
        for i in range(len(self._names)):
            numbers[at] = getattr(self._groups[i], self._names[i])
            at += 1

    def give(self):  # lint: cold
        """Put `numbers` back into the image."""
        numbers = self.numbers
        at = 0
        for signal in self._timed:
            signal.value = numbers[at]
            signal.quality = numbers[at + 1]
            signal.time = numbers[at + 2]
            at += 3
        for signal in self._judged:
            signal.value = numbers[at]
            signal.quality = numbers[at + 1]
            at += 2
        for signal in self._bare:
            signal.value = numbers[at]
            at += 1
        for i in range(len(self._names)):
            setattr(self._groups[i], self._names[i], numbers[at])
            at += 1


def names(image):  # lint: cold
    """What each number is, in their order."""
    found = []
    for kinds, parts in (
        (INPUTS, ("", " quality", " time")),
        (TIMED, ("", " quality", " time")),
        ((JUDGED,), ("", " quality")),
        (BARE, ("",)),
    ):
        for name in image.names_of(kinds):
            found += [name + part for part in parts]
    return found + image.names_of((MEMORY,))
