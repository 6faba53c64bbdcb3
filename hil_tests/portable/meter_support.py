"""A meter's driver on a bus in memory, against one of our slaves over registers that the test wrote."""

from drivers.meter_modbus import MeterModbus
from drivers.modbus_bus import ModbusBus
from drivers.ports.memory import pair
from firmware.image import GOOD, Image
from hil_tests.portable.modbus_support import START
from protocols.modbus.codec import ILLEGAL_DATA_ADDRESS, ILLEGAL_FUNCTION
from protocols.modbus.master import Master
from protocols.modbus.rtu import RtuFraming
from protocols.modbus.slave import Slave
from protocols.ticks import ticks_add, ticks_diff

UNIT = 7


class Registers:
    """What one meter holds: {address: word}; everything else is refused, as is another function code."""

    def __init__(self, function, words):
        self.function = function
        self.words = words
        self.asked = []

    def read(self, unit, fc, address, count, out, at):
        if len(self.asked) < 200:
            self.asked.append((address, count))
        if fc != self.function:
            return ILLEGAL_FUNCTION
        for i in range(count):
            if address + i not in self.words:
                return ILLEGAL_DATA_ADDRESS
            word = self.words[address + i]
            out[at + 2 * i] = word >> 8
            out[at + 2 * i + 1] = word & 0xFF
        return 0

    def write(self, unit, fc, address, count, data, at):
        return ILLEGAL_FUNCTION


class Bench:
    """`run(ms)` lets bus and meter work; `get(name)` is a good signal's value, else None."""

    def __init__(self, table, words, sign=1, pt=0, ct=0, function=0):
        self.registers = Registers(function or table.FUNCTION, words)
        self.image = Image({}, [])
        self.driver = MeterModbus(UNIT, 200, sign, table, self.image.station, pt, ct)
        ours, self.port = pair()
        self.bus = ModbusBus("m", ours, Master(RtuFraming(9600), 100))
        self.bus.add(self.driver)
        self.slave = Slave(RtuFraming(9600), self.registers, (UNIT,))
        self.is_silent = False
        self.now = START
        self._buf = bytearray(300)

    def run(self, ms):
        end = ticks_add(self.now, ms)
        while self.now != end:
            step = next_step(self.bus, self.slave, self.now, ticks_diff(end, self.now))
            self.now = ticks_add(self.now, step)
            self.bus.service(self.now)
            n = self.port.read_into(self._buf)
            if n and not self.is_silent:
                self.slave.feed(self._buf, n, self.now)
            self.slave.tick(self.now)
            tx = self.slave.tx
            if tx.pending():
                self.port.write(tx.buf, tx.start, tx.pending())
                tx.clear()

    def get(self, name):
        signal = getattr(self.image.station, name)
        return signal.value if signal.quality == GOOD else None

    def shows(self, **expected):
        for name in sorted(expected):
            assert self.get(name) == expected[name], (name, self.get(name), expected[name])


def words(first, text):
    """{address: word} of hexadecimal words from `first` on."""
    return {first + i: int(word, 16) for i, word in enumerate(text.split())}


def all_words(*blocks):
    """One dictionary of several."""
    merged = {}
    for block in blocks:
        merged.update(block)
    return merged


def next_step(bus, slave, now, most):
    """Milliseconds to the next thing that bus or slave does by itself: time may jump there."""
    if bus.port.ready or slave.tx.pending():
        return 1
    step = ticks_diff(bus.wake_at, now)
    left = slave.next_deadline(now)
    if 0 <= left < step:
        step = left
    return min(max(step, 1), most)
