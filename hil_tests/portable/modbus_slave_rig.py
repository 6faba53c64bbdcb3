"""One of our slaves over a store of registers, for tests that play the master by hand: RTU at 9600 baud."""

from hil_tests.portable.modbus_support import START, FullStore, Store, drain, feed, rtu
from protocols.modbus.full_slave import FullSlave
from protocols.modbus.identity import Identity
from protocols.modbus.rtu import RtuFraming
from protocols.modbus.slave import Slave
from protocols.modbus.tcp import TcpFraming
from protocols.ticks import ticks_add

QUIET = 6  # ms at 9600 baud, 11 bits: T3.5 is 4.01 ms, one more for the clock's grain, rounded up
READ_0 = rtu("01 03 0000 0001")
REPLY_0 = rtu("01 03 02 0003")
IDENTITY = {0: "V", 1: "P1", 2: "0.1"}


def serial(units=(1,), **options):
    store = Store(readonly=(50,))
    return Slave(RtuFraming(9600, 11, **options), store, units), store


def network(units=(1,)):
    store = Store(readonly=(50,))
    return Slave(TcpFraming(), store, units), store


def full_serial(units=(1,), **options):
    store = FullStore(readonly=(50,))
    return FullSlave(RtuFraming(9600, 11, **options), store, units, Identity(IDENTITY)), store


def full_network(units=(1,)):
    store = FullStore(readonly=(50,))
    return FullSlave(TcpFraming(), store, units, Identity(IDENTITY)), store


def after_silence(slave, now, silence=QUIET):
    slave.tick(ticks_add(now, silence))
    return drain(slave)


def ask(slave, data, now=START):
    feed(slave, data, now)
    return after_silence(slave, now)
