"""Master and slave against each other over both framings, through a wire that passes one byte per
millisecond; and their heap."""

from hil_tests.portable.modbus_support import START, Store
from hil_tests.portable.support import no_heap
from protocols.modbus import master as mb
from protocols.modbus.master import Master
from protocols.modbus.rtu import RtuFraming
from protocols.modbus.slave import Slave
from protocols.modbus.tcp import TcpFraming
from protocols.ticks import ticks_add


class Rig:
    """Both ends and the wire between them; a byte passes each way per step of 1 ms."""

    def __init__(self, framing, units=(1, 9)):
        self.store = Store(300, readonly=(50,))
        self.master = Master(framing(), 300)
        self.slave = Slave(framing(), self.store, units)
        self.now = START
        self.byte = bytearray(1)

    def carry(self, source, target):
        tx = source.tx
        if tx.end > tx.start:
            self.byte[0] = tx.buf[tx.start]
            tx.consumed(1)
            target.feed(self.byte, 1, self.now)

    def step(self):
        self.now = ticks_add(self.now, 1)
        self.carry(self.master, self.slave)
        self.slave.tick(self.now)
        self.carry(self.slave, self.master)
        self.master.tick(self.now)

    def until_done(self):
        master = self.master
        for _ in range(2000):
            if master.state != mb.WAITING:
                break
            self.step()
        for _ in range(1000):
            if master.ready(self.now):
                return master.state
            self.step()
        return -1

    def read(self, unit, fc, address, count):
        self.master.read(unit, fc, address, count, self.now)
        return self.until_done()


def rtu_framing():
    return RtuFraming(9600, 11)


FRAMINGS = (rtu_framing, TcpFraming)


def test_every_function_code():
    for framing in FRAMINGS:
        rig = Rig(framing)
        master = rig.master
        assert rig.read(1, 3, 10, 4) == mb.DONE
        assert [master.register(i) for i in range(4)] == rig.store.values[10:14]
        assert rig.read(9, 4, 0, 125) == mb.DONE and rig.store.last_unit == 9
        assert [master.register(i) for i in range(125)] == rig.store.values[:125]
        master.write_register(1, 7, 0xFEED, rig.now)
        assert rig.until_done() == mb.DONE and rig.store.values[7] == 0xFEED
        values = [(i * 511) & 0xFFFF for i in range(123)]
        master.write_registers(1, 100, values, 123, rig.now)
        assert rig.until_done() == mb.DONE and rig.store.values[100:223] == values
        assert (master.requests, master.replies, rig.slave.requests, rig.slave.replies) == (4, 4, 4, 4)
        assert master.crc_errors == master.mismatches == rig.slave.crc_errors == rig.slave.foreign == 0


def test_exceptions_come_back():
    for framing in FRAMINGS:
        rig = Rig(framing)
        master = rig.master
        for call in (
            lambda m, now: m.read(1, 3, 299, 2, now),
            lambda m, now: m.write_register(1, 50, 1, now),
            lambda m, now: m.write_registers(1, 49, (1, 2), 2, now),
        ):
            call(master, rig.now)
            assert rig.until_done() == mb.FAILED
            assert (master.error, master.exception_code) == (mb.EXCEPTION, 2)
        for code in (4, 5, 6):
            rig.store.fault = code
            assert rig.read(1, 3, 0, 1) == mb.FAILED and master.exception_code == code


def test_missing_unit():
    rig = Rig(rtu_framing)
    assert rig.read(2, 3, 0, 1) == mb.FAILED and rig.master.error == mb.TIMEOUT
    assert rig.slave.foreign == 1
    assert rig.read(1, 3, 0, 1) == mb.DONE
    rig = Rig(TcpFraming)
    assert rig.read(2, 3, 0, 1) == mb.FAILED and rig.master.exception_code == 0x0B


def test_broadcast_write_reaches_every_unit():
    rig = Rig(rtu_framing)
    rig.master.write_registers(0, 3, (1, 2), 2, rig.now)
    assert rig.until_done() == mb.DONE and rig.store.values[3:5] == [1, 2]
    assert rig.store.writes == 2 and rig.slave.replies == 0
    assert rig.read(1, 3, 3, 2) == mb.DONE and rig.master.register(1) == 2


def test_row_42_both_halves_of_a_32_bit_value_from_one_snapshot():
    for framing in FRAMINGS:
        rig = Rig(framing)
        for k in range(20):
            rig.store.values[0:2] = [k, k]
            rig.master.read(1, 3, 0, 2, rig.now)
            for _ in range(200):
                if rig.slave.requests > k:
                    rig.store.values[0:2] = [k + 100, k + 100]
                if rig.master.state != mb.WAITING:
                    break
                rig.step()
            assert rig.until_done() == mb.DONE
            assert rig.master.register(0) == rig.master.register(1)


def test_many_transactions_in_a_row_across_the_wrap():
    for framing in FRAMINGS:
        rig = Rig(framing)
        for k in range(60):
            rig.store.values[5] = k
            assert rig.read(1, 3, 5, 1) == mb.DONE and rig.master.register(0) == k
        assert rig.master.replies == 60 and rig.master.timeouts == 0


def read_cycle(rig):
    rig.read(1, 3, 0, 40)


def write_cycle(rig, values):
    rig.master.write_registers(1, 100, values, 20, rig.now)
    rig.until_done()
    rig.master.write_register(9, 100, 5, rig.now)
    rig.until_done()


def look(rig):
    master = rig.master
    master.next_deadline(rig.now)
    rig.slave.next_deadline(rig.now)
    return master.register(0) + master.s16(1) + master.s32(2) + master.u32(4) + master.scaled(6, 1000)


def fail_cycle(rig):
    rig.read(7, 3, 0, 1)
    rig.read(1, 3, 299, 9)
    rig.master.clear()


def test_a_cycle_takes_no_heap():
    for framing in FRAMINGS:
        rig = Rig(framing)
        rig.store.values[2:8] = [0xFFFF, 7, 0x1000, 7, 0x4248, 0]
        values = [k for k in range(20)]
        for _ in range(2):
            no_heap(read_cycle, rig)
            assert rig.master.state == mb.DONE
            no_heap(look, rig)
            no_heap(write_cycle, rig, values)
            assert rig.master.state == mb.DONE
            no_heap(fail_cycle, rig)


def garbage(rig, data):
    rig.now = ticks_add(rig.now, 40)
    rig.slave.feed(data, len(data), rig.now)
    rig.master.feed(data, len(data), rig.now)
    rig.now = ticks_add(rig.now, 40)
    rig.slave.tick(rig.now)
    rig.master.tick(rig.now)


def test_garbage_takes_no_heap():
    rig = Rig(rtu_framing)
    for data in (
        b"\x01\x03\x00",
        bytes(300),
        b"\x05\x03\x02\x00\x00\x11\x22\x01\x03\x00\x00\x00\x01\x84\x0a",
    ):
        garbage(rig, data)
        no_heap(garbage, rig, data)
    rig = Rig(TcpFraming)
    data = b"\x00\x09\x00\x00\x00\x06\x01\x03\x00\x00\x00\x01" * 100
    no_heap(garbage, rig, data)
    rig = Rig(TcpFraming)
    no_heap(garbage, rig, b"\x00\x09\x00\x00\x00\x00\x01\x03")
