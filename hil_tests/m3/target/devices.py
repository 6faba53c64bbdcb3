"""Simulated devices that live on the board beside the firmware: a meter and converters that do as they
are told.

No plant and no physics: they answer in no time, so that what is measured is the firmware's own. Their
register maps are written down here anew.
"""

from array import array

_BASE = 40000
_CHAIN = ((1, 66), (701, 153), (704, 65), (713, 7), (714, 43), (715, 7))  # SunSpec model, length
_END = 0xFFFF
_ILLEGAL_ADDRESS = 2


class Store:
    """Registers from `base` up, for protocols.modbus.slave."""

    def __init__(self, base, count):
        self.base = base
        self.registers = array("H", bytes(2 * count))

    def read(self, unit, fc, address, count, out, at):
        first = address - self.base
        if first < 0 or first + count > len(self.registers):
            return _ILLEGAL_ADDRESS
        for i in range(first, first + count):
            out[at] = self.registers[i] >> 8
            out[at + 1] = self.registers[i] & 0xFF
            at += 2
        return 0

    def write(self, unit, fc, address, count, data, at):
        first = address - self.base
        for i in range(count):
            self.registers[first + i] = data[at + 2 * i] << 8 | data[at + 2 * i + 1]
        self.written()
        return 0

    def written(self):
        """Somebody wrote."""


class Converter(Store):
    """A SunSpec inverter whose power is its set-point."""

    def __init__(self):
        super().__init__(_BASE, 400)
        self.at = {}
        registers = self.registers
        registers[0], registers[1] = 0x5375, 0x6E53
        cursor = 2
        for model, length in _CHAIN:
            registers[cursor], registers[cursor + 1] = model, length
            self.at[model] = cursor
            cursor += 2 + length
        registers[cursor] = _END
        registers[self.at[701] + 3] = 1  # St: on
        registers[self.at[701] + 4] = 3  # InvSt: running
        registers[self.at[713] + 4] = 50  # SoC, %

    def written(self):
        wset = self.at[704] + 24
        self.registers[self.at[701] + 10] = self.registers[wset + 1]


class Meter(Store):
    """An SDM630 that reads nothing but zeros."""

    def __init__(self):
        super().__init__(0, 0x80)
