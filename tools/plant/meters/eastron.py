"""Eastron SDM630-V2 and the plain SDM72, with the addresses that mbmd and EVerest use.

FC 04 only; float32, high word first. Reserved places inside a block read as 0.0. From general knowledge:
a start address or a count that is odd is refused (exception 02), as are more than 80 registers (03).
"""

import math

from tools.plant.meters.registers import ILLEGAL_ADDRESS, RegisterTwin, f32


class Sdm630(RegisterTwin):
    function = 4
    most = 80
    windows = ((0x0000, 0x58), (0x00C8, 0x08), (0x0156, 0x10))

    def read(self, fc, address, count):
        """As any, and never half a value."""
        if fc == self.function and (address % 2 or count % 2):
            return ILLEGAL_ADDRESS
        return super().read(fc, address, count)

    def values(self):
        t = self.truth
        volts, amps = t.voltage_v, t.current_a
        lines = [math.sqrt(a * a + b * b + a * b) for a, b in zip(volts, volts[1:] + volts[:1])]
        rows = ((0x00, volts), (0x06, amps), (0x0C, t.phase_w), (0x12, t.phase_va()), (0x18, t.phase_var),
                (0x1E, t.power_factors()), (0xC8, lines), (0x15A, [wh / 1000 for wh in t.phase_import_wh]),
                (0x160, [wh / 1000 for wh in t.phase_export_wh]))
        for first, triple in rows:
            for i, value in enumerate(triple):
                yield first + 2 * i, f32(value)
        yield 0x2A, f32(sum(volts) / 3)
        yield 0x2E, f32(sum(amps) / 3)
        yield 0x30, f32(sum(amps))
        yield 0x34, f32(t.total_w())
        yield 0x38, f32(sum(t.phase_va()))
        yield 0x3C, f32(sum(t.phase_var))
        yield 0x3E, f32(t.power_factor())
        yield 0x46, f32(t.frequency_hz)
        yield 0x48, f32(t.import_wh / 1000)
        yield 0x4A, f32(t.export_wh / 1000)
        yield 0xCE, f32(sum(lines) / 3)
        yield 0x156, f32((t.import_wh + t.export_wh) / 1000)


class Sdm72(Sdm630):
    """Without the -V2: total power and energies, and nothing else."""

    windows = ((0x34, 2), (0x48, 4), (0x156, 2))
