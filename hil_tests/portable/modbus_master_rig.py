"""One of our masters and its clock, for tests that play the slave: timeout 300 ms, RTU at 9600 baud."""

from hil_tests.portable.modbus_support import START, drain, rtu
from protocols.modbus import master as mb
from protocols.modbus.full_master import FullMaster
from protocols.modbus.master import Master
from protocols.modbus.rtu import RtuFraming
from protocols.modbus.tcp import TcpFraming
from protocols.ticks import ticks_add

QUIET = 6  # ms at 9600 baud
TIMEOUT = 300
WIRE = 10 + 9  # ms for the 8 bytes of READ and the 7 of REPLY, each rounded up
READ = rtu("01 03 0000 0001")
REPLY = rtu("01 03 02 1234")


def serial(**options):
    return Master(RtuFraming(9600, 11, **options), TIMEOUT)


def network():
    return Master(TcpFraming(), TIMEOUT)


def full_serial(**options):
    return FullMaster(RtuFraming(9600, 11, **options), TIMEOUT)


def full_network():
    return FullMaster(TcpFraming(), TIMEOUT)


def later(ms):
    return ticks_add(START, ms)


def asking(master, now=START):
    """The master has sent READ (unit 1, FC 3, address 0, one register)."""
    master.read(1, 3, 0, 1, now)
    drain(master)
    return master


def wait(master, start, end):
    """Tick every millisecond of [start, end]."""
    for ms in range(start, end + 1):
        master.tick(later(ms))


def assert_failed(master, error, **counters):
    assert (master.state, master.error) == (mb.FAILED, error), (master.state, master.error)
    for name in counters:
        assert getattr(master, name) == counters[name], name
