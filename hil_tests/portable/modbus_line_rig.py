"""Several Modbus slaves on one line behind a ModbusBus, in virtual time; a slave may be dead."""

from drivers.modbus_bus import ModbusBus
from drivers.ports.memory import pair
from hil_tests.portable.modbus_support import START
from protocols.modbus.master import Master
from protocols.modbus.rtu import RtuFraming
from protocols.modbus.slave import Slave
from protocols.modbus.tcp import TcpFraming
from protocols.ticks import ticks_add, ticks_diff

_BUF = bytearray(300)
_MOST_FRAMES = 60


class Line:
    """`stores`: {unit: what the slave of that unit holds}; `dead`: units that hear nothing. Every frame takes
    its time on the wire of a serial line.
    """

    def __init__(self, stores, is_serial=True, timeout_ms=100):
        ours, self.port = pair()
        self._framing = RtuFraming(9600) if is_serial else TcpFraming()
        self.bus = ModbusBus("m", ours, Master(RtuFraming(9600) if is_serial else TcpFraming(), timeout_ms))
        self.slaves = []
        for unit in sorted(stores):
            framing = RtuFraming(9600) if is_serial else TcpFraming()
            self.slaves.append(Slave(framing, stores[unit], (unit,)))
        self.dead = ()
        self.frames = []  # what the master sent at first
        self.now = START
        self.free_at = START  # when the frame on the wire has passed

    def run(self, ms):
        end = ticks_add(self.now, ms)
        while ticks_diff(end, self.now) > 0:
            self.now = ticks_add(self.now, self._step(ticks_diff(end, self.now)))
            self.bus.service(self.now)
            n = self.port.read_into(_BUF)
            if n:
                if len(self.frames) < _MOST_FRAMES:
                    self.frames.append(bytes(_BUF[:n]))
                self.free_at = ticks_add(self.now, self._framing.wire_ms(n))
            for slave in self.slaves:
                if n and slave._units[0] not in self.dead:
                    slave.feed(_BUF, n, self.now)
                slave.tick(self.now)
                self._answer(slave.tx)

    def _step(self, most):
        """Milliseconds until somebody has something to do."""
        if self.bus.port.ready:
            return 1
        step = ticks_diff(self.bus.wake_at, self.now)
        for slave in self.slaves:
            if slave.tx.pending():
                return 1
            left = slave.next_deadline(self.now)
            if 0 <= left < step:
                step = left
        return min(max(step, 1), most)

    def _answer(self, tx):
        if tx.pending() and ticks_diff(self.now, self.free_at) >= self._framing.wire_ms(tx.pending()):
            self.port.write(tx.buf, tx.start, tx.pending())
            tx.clear()


class Words:
    """A store of {address: word}; `fault` answers everything; `reads` and `writes` are noted."""

    def __init__(self, words):
        self.words = words
        self.fault = 0
        self.reads = 0
        self.writes = []

    def read(self, unit, fc, address, count, out, at):
        self.reads += 1
        for i in range(count):
            word = self.words.get(address + i, 0)
            out[at + 2 * i] = word >> 8
            out[at + 2 * i + 1] = word & 0xFF
        return self.fault

    def write(self, unit, fc, address, count, data, at):
        if self.fault:
            return self.fault
        for i in range(count):
            self.words[address + i] = data[at + 2 * i] << 8 | data[at + 2 * i + 1]
            self.writes.append((address + i, self.words[address + i]))
        return 0
