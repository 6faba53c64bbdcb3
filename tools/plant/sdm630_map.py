"""Register face of the grid meter: Eastron SDM630-V2, with the addresses that mbmd and EVerest use.

FC 04 only; IEEE float32, high word first, two registers per value. Reserved places inside a block read as
0.0. From general knowledge: a start address or a count that is odd is refused (exception 02), as are more
than 80 registers (03), and the addresses of apparent and reactive power, averages and line voltages.
"""

import math
import struct

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
MAX_REGISTERS = 80
WINDOWS = ((0x0000, 0x58), (0x00C8, 0x08), (0x0156, 0x10))  # first address, registers


def _signed_one(watts):
    return -1.0 if watts < 0 else 1.0


def _values(reading):
    """(address, value) of everything that the meter measures; without reactive power S = |P| and PF = +-1."""
    volts, watts = reading.voltage_v, reading.phase_w
    amps = [abs(p) / u if u else 0.0 for p, u in zip(watts, volts)]
    total_w = sum(watts)
    lines_v = [math.sqrt(a * a + b * b + a * b) for a, b in zip(volts, volts[1:] + volts[:1])]
    for i in range(3):
        yield 0x00 + 2 * i, volts[i]
        yield 0x06 + 2 * i, amps[i]
        yield 0x0C + 2 * i, watts[i]
        yield 0x12 + 2 * i, abs(watts[i])
        yield 0x1E + 2 * i, _signed_one(watts[i])
        yield 0xC8 + 2 * i, lines_v[i]
        yield 0x15A + 2 * i, reading.phase_import_wh[i] / 1000
        yield 0x160 + 2 * i, reading.phase_export_wh[i] / 1000
    yield 0x2A, sum(volts) / 3
    yield 0x2E, sum(amps) / 3
    yield 0x30, sum(amps)
    yield 0x34, total_w
    yield 0x38, abs(total_w)
    yield 0x3E, _signed_one(total_w)
    yield 0x46, reading.frequency_hz
    yield 0x48, reading.import_wh / 1000
    yield 0x4A, reading.export_wh / 1000
    yield 0xCE, sum(lines_v) / 3
    yield 0x156, (reading.import_wh + reading.export_wh) / 1000


class Sdm630Map:
    """`read`/`write` over the plant's meter; `truth` = the instant's values, not the last sample."""

    windows = WINDOWS

    def __init__(self, plant, truth=False):
        self._plant = plant
        self._truth = truth

    def read(self, fc, address, count):
        """List of `count` registers, or an exception code."""
        if fc != 4:
            return ILLEGAL_FUNCTION
        if not 0 < count <= MAX_REGISTERS:
            return ILLEGAL_VALUE
        if address % 2 or count % 2 or not any(a <= address and address + count <= a + n for a, n in WINDOWS):
            return ILLEGAL_ADDRESS
        meter = self._plant.meter
        reading = meter.truth(self._plant.grid) if self._truth else meter.sampled
        registers = [0] * count
        for at, value in _values(reading):
            if address <= at < address + count:
                registers[at - address : at - address + 2] = struct.unpack(">HH", struct.pack(">f", value))
        return registers

    def write(self, address, values):
        """The meter's settings are not part of the plant: always exception 01."""
        return ILLEGAL_FUNCTION

    def hears(self):
        """False while a request is lost."""
        return self._truth or not self._plant.meter.silent

    def answers(self):
        """False while an answer is lost."""
        return True
