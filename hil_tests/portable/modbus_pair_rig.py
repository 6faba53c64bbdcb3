"""Master and slave against each other over both framings, through a wire that passes one byte per
millisecond.
"""

from hil_tests.portable.modbus_support import START, FullStore
from protocols.modbus import master as mb
from protocols.modbus.full_master import FullMaster
from protocols.modbus.full_slave import FullSlave
from protocols.modbus.identity import Identity
from protocols.modbus.master import Master
from protocols.modbus.rtu import RtuFraming
from protocols.modbus.slave import Slave
from protocols.modbus.tcp import TcpFraming
from protocols.ticks import ticks_add

IDENTITY = {0: "Vendor", 1: "Code", 2: "1.0", 4: "Product", 0x81: "x" * 200, 0x82: "y" * 100}


class Rig:
    """Both ends and the wire between them; a byte passes each way per step of 1 ms."""

    def __init__(self, framing, units=(1, 9), full=False):
        self.store = FullStore(300, readonly=(50,))
        self.master = FullMaster(framing(), 300) if full else Master(framing(), 300)
        if full:
            self.slave = FullSlave(framing(), self.store, units, Identity(IDENTITY))
        else:
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
