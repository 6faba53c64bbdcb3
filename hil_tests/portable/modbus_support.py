"""What the portable Modbus tests share: frames from hexadecimal PDUs, a store of registers, feeding in
pieces."""

from hil_tests.portable.support import hx
from protocols.crc16 import crc16
from protocols.modbus.codec import ILLEGAL_DATA_ADDRESS
from protocols.ticks import TICKS_MASK

START = TICKS_MASK - 40  # the clock wraps within each test


def rtu(text):
    """A serial frame: the bytes and their CRC."""
    body = hx(text)
    crc = crc16(body, 0, len(body))
    return body + bytes((crc & 0xFF, crc >> 8))


def tcp(tid, text, protocol=0):
    """A TCP frame: MBAP header, then unit and PDU."""
    body = hx(text)
    return bytes((tid >> 8, tid & 0xFF, 0, protocol, len(body) >> 8, len(body) & 0xFF)) + body


class Store:
    """Registers 0..size-1, the same for every unit; `readonly` refuse writes; `fault` answers everything."""

    def __init__(self, size=200, readonly=()):
        self.values = [(i * 257 + 3) & 0xFFFF for i in range(size)]
        self.readonly = readonly
        self.fault = 0
        self.last_unit = -1
        self.reads = 0
        self.writes = 0

    def read(self, unit, fc, address, count, out, at):
        self.reads += 1
        self.last_unit = unit
        if self.fault:
            return self.fault
        if address + count > len(self.values):
            return ILLEGAL_DATA_ADDRESS
        for i in range(count):
            value = self.values[address + i]
            out[at + 2 * i] = value >> 8
            out[at + 2 * i + 1] = value & 0xFF
        return 0

    def write(self, unit, fc, address, count, data, at):
        self.writes += 1
        self.last_unit = unit
        if self.fault:
            return self.fault
        if address + count > len(self.values):
            return ILLEGAL_DATA_ADDRESS
        for register in self.readonly:
            if address <= register < address + count:
                return ILLEGAL_DATA_ADDRESS
        for i in range(count):
            self.values[address + i] = data[at + 2 * i] << 8 | data[at + 2 * i + 1]
        return 0


def drain(machine):
    """What the machine has to say, taken out of its output buffer."""
    tx = machine.tx
    said = bytes(tx.buf[tx.start : tx.end])
    tx.consumed(len(said))
    return said


def feed(machine, data, now):
    machine.feed(data, len(data), now)


def feed_slowly(machine, data, now):
    """Byte by byte at the same instant."""
    for i in range(len(data)):
        machine.feed(data[i : i + 1], 1, now)


class FullStore(Store):
    """As Store, with 2100 coils (1 where the number divides by 3); a discrete input is not its coil."""

    def __init__(self, size=200, readonly=()):
        super().__init__(size, readonly)
        self.coils = bytearray(2100)
        for i in range(0, 2100, 3):
            self.coils[i] = 1

    def read(self, unit, fc, address, count, out, at):
        if fc > 2:
            return Store.read(self, unit, fc, address, count, out, at)
        self.reads += 1
        if self.fault:
            return self.fault
        if address + count > len(self.coils):
            return ILLEGAL_DATA_ADDRESS
        for i in range((count + 7) // 8):
            out[at + i] = 0xFF  # what stands behind the last bit is the slave's business
        for i in range(count):
            if self.coils[address + i] == fc - 1:
                out[at + i // 8] ^= 1 << i % 8
        return 0

    def write(self, unit, fc, address, count, data, at):
        if fc != 5 and fc != 15:
            return Store.write(self, unit, fc, address, count, data, at)
        self.writes += 1
        self.last_unit = unit
        if self.fault:
            return self.fault
        if address + count > len(self.coils):
            return ILLEGAL_DATA_ADDRESS
        for i in range(count):
            self.coils[address + i] = data[at + i // 8] >> i % 8 & 1
        return 0
