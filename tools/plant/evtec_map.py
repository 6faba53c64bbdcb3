"""Register face of one converter as an EVTEC-style charger (OpenEMS's list): FC 03 reads, FC 16 writes.

Floats with the high word first; + = charging; energies in Wh; a set-point is two registers written as
one. It has no lease: what was ordered last holds until the next order.
"""

from tools.plant.converter import RUNNING
from tools.plant.meters.registers import f32, u16, u32

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3


class EvtecMap:
    """`read`/`write` over one converter of the plant."""

    windows = ((0, 63), (600, 4))

    def __init__(self, plant, bay):
        self._plant = plant
        self._bay = bay
        self._converter = plant.converters[bay]
        self._order = [0, 0, 0, 0]

    def read(self, fc, address, count):
        """List of `count` registers, or an exception code."""
        if fc not in (3, 16):
            return ILLEGAL_FUNCTION
        if not any(a <= address and address + count <= a + n for a, n in self.windows):
            return ILLEGAL_ADDRESS
        held = dict(enumerate(self._order, 600))
        for at, words in self._values():
            held.update(enumerate(words, at))
        return [held.get(at, 0) for at in range(address, address + count)]

    def write(self, address, values):
        """0 when the set-point was taken as a whole, else an exception code."""
        if (address, len(values)) != (600, 2):
            return ILLEGAL_ADDRESS
        watts = values[0] << 16 | values[1]
        watts -= (watts & 0x80000000) << 1
        if abs(watts) > self._converter.rating_w:
            return ILLEGAL_VALUE
        self._order[:2] = values
        self._plant.write_converter(self._bay, {"WSet": float(-watts), "WSetEna": 1, "WSetMod": 1})
        return 0

    def hears(self):
        """False while a request is lost."""
        return self._bay not in self._plant.silent_bays

    def answers(self):
        """False while an answer is lost."""
        return self._bay not in self._plant.deaf_bays

    def _values(self):
        converter, battery = self._converter, self._converter.battery
        plugged = converter.plugged
        running = converter.state(self._plant.now_ms) == RUNNING
        yield 0, u16(1)
        yield 1, u16(2 if running and plugged else 1 if plugged else 0)
        yield 3, f32(battery.voltage_v if plugged else 0.0)
        yield 5, u32(abs(converter.ac_w))
        yield 7, f32(battery.current_a)
        yield 9, f32(converter.ac_w)
        yield 11, u16(battery.soc() * 1000 if plugged else 0)
        yield 13, u32(converter.rating_w)
        yield 15, u32(converter.rating_w)
        yield 19, u32(converter.absorbed_wh)
        yield 21, u32(converter.injected_wh)
        yield 57, u32(1 if converter.faulted else 0)
        yield 59, u32(battery.capacity_wh)
        yield 61, u32(battery.stored_wh)
