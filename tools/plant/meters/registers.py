"""What every simulated Modbus meter does: one function code, a table of values, refusals as the maker's.

Checks: function code (01), quantity (03), address (02). A register inside `windows` that no value fills
reads as 0. `missing` takes registers away, as on a smaller model; `forced` puts words over a value: a
sentinel.
"""

import struct

from tools.plant.meters.truth import Truth

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3


def f32(value):
    """An IEEE 754 single, high word first."""
    return struct.unpack(">2H", struct.pack(">f", value))


def u16(value):
    """A whole number from 0 to 65535."""
    return (round(value),)


def s16(value):
    """A whole number in two's complement."""
    return (round(value) & 0xFFFF,)


def s32(value):
    """A whole number in two's complement, high word first."""
    value = round(value) & 0xFFFFFFFF
    return (value >> 16, value & 0xFFFF)


def s32_low_first(value):
    """A whole number in two's complement, low word first."""
    high, low = s32(value)
    return (low, high)


u32 = s32


class RegisterTwin:
    """`truth` may be changed at any time; `pt` and `ct` are the ratios of its transformers."""

    function = 3
    windows = ((0, 100),)  # first register, registers
    most = 125
    line = (9600, "N")

    def __init__(self, truth=None, pt=1, ct=1):
        self.truth = truth or Truth()
        self.pt = pt
        self.ct = ct
        self.missing = set()
        self.forced = {}

    def values(self):
        """(address, words) of everything that the meter shows."""
        raise NotImplementedError

    def read(self, fc, address, count):
        """List of `count` registers, or an exception code."""
        if fc != self.function:
            return ILLEGAL_FUNCTION
        if not 0 < count <= self.most:
            return ILLEGAL_VALUE
        end = address + count
        if not any(a <= address and end <= a + n for a, n in self.windows):
            return ILLEGAL_ADDRESS
        if not self.missing.isdisjoint(range(address, end)):
            return ILLEGAL_ADDRESS
        held = {}
        for at, words in self.values():
            held.update(enumerate(words, at))
        held.update(self.forced)
        return [held.get(at, 0) for at in range(address, end)]

    def write(self, address, values):
        """A meter's settings are not simulated."""
        return ILLEGAL_FUNCTION

    def hears(self):
        """False while a request is lost."""
        return True

    def answers(self):
        """False while an answer is lost."""
        return True
