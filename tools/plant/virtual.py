"""Faces in the process, for virtual time: the store contract of `protocols.modbus.slave.Slave` over the
plant's register maps.

`now` is a function that gives plant ms; without it, the rig advances the plant itself before it feeds
the slave. Silence is not a store's to give: the rig asks `hears()` before it feeds a request, and
`answers()` before it lets an answer out.
"""

from tools.plant.converter_map import converter_map
from tools.plant.meter_map import MeterMap


class VirtualFace:
    """One device; any unit is served, as the slave filters units."""

    def __init__(self, plant, registers, now=None):
        self.plant = plant
        self.registers = registers
        self._now = now

    def read(self, unit, fc, address, count, out, at):
        """Big-endian registers into `out` from `at`; 0 or an exception code."""
        self._advance()
        values = self.registers.read(fc, address, count)
        if isinstance(values, int):
            return values
        for value in values:
            out[at] = value >> 8
            out[at + 1] = value & 0xFF
            at += 2
        return 0

    def write(self, unit, fc, address, count, data, at):
        """Big-endian registers in `data` from `at`, all or nothing; 0 or an exception code."""
        self._advance()
        values = [data[at + 2 * i] << 8 | data[at + 2 * i + 1] for i in range(count)]
        return self.registers.write(address, values)

    def hears(self):
        """False while a request must be dropped."""
        return self.registers.hears()

    def answers(self):
        """False while an answer must be dropped."""
        return self.registers.answers()

    def _advance(self):
        if self._now is not None:
            self.plant.advance(self._now())


def virtual_meter(plant, now=None, truth=False, model=None):
    """Face of the grid meter (`truth`: the instant's values, immune to meter faults), as another maker's
    too.
    """
    return VirtualFace(plant, MeterMap(plant, truth, model), now)


def virtual_converter(plant, bay, now=None):
    """Face of the converter of bay `bay`, from 0."""
    return VirtualFace(plant, converter_map(plant, bay), now)
