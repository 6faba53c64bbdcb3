"""Our master against every peer's slave and our slave against every peer's master, on TCP and on a pty, with
each function code that the peer has. The matrix itself stands in modbus_matrix.py.
"""

import contextlib
import socket
from pathlib import Path

import pytest

from hil_tests.interop import modbus_peers as task
from hil_tests.interop.modbus_matrix import MASTER, SLAVE, cases, codes, kind, markdown, peer
from hil_tests.interop.modbus_support import Pump, listening, now_ms, pty_pair, running
from hil_tests.portable.modbus_support import FullStore
from protocols.modbus import master as mb
from protocols.modbus.full_master import FullMaster
from protocols.modbus.full_slave import FullSlave
from protocols.modbus.identity import Identity
from protocols.modbus.rtu import RtuFraming
from protocols.modbus.tcp import TcpFraming

OF_MODBUS_TK = pytest.mark.filterwarnings("ignore:isSet:DeprecationWarning")
pytestmark = [pytest.mark.live, OF_MODBUS_TK]
TIMEOUT_MS = 3000
IDENTITY = {0: "Vendor", 1: "Code", 2: "1.0", 0x80: "more"}


@contextlib.contextmanager
def our_master(link, peer):
    """A pump around our master, connected to the peer's server."""
    if link == task.TCP:
        with peer.server(link, None) as port, socket.create_connection(("127.0.0.1", port)) as sock:
            yield Pump(FullMaster(TcpFraming(), TIMEOUT_MS), sock.fileno())
    else:
        with pty_pair() as (fd, path), peer.server(link, path):
            yield Pump(FullMaster(RtuFraming(task.BAUD, 10), TIMEOUT_MS), fd)


@contextlib.contextmanager
def our_slave(link):
    """The store of our slave, and where a client finds it."""
    store = FullStore(task.SIZE)
    if link == task.TCP:
        slave = FullSlave(TcpFraming(), store, (task.UNIT,), Identity(IDENTITY))
        with listening() as (listener, port), running(slave, listener=listener):
            yield store, port
    else:
        slave = FullSlave(RtuFraming(task.BAUD, 10), store, (task.UNIT,), Identity(IDENTITY))
        with pty_pair() as (fd, path), running(slave, fd=fd):
            yield store, path


class Asker:
    """Our master doing what modbus_peers says, and reading back what it wrote."""

    def __init__(self, pump):
        self.pump = pump
        self.master = pump.machine

    def done(self):
        assert self.pump.until_done() == mb.DONE, (self.master.error, self.master.exception_code)

    def bits(self, fc, address, count):
        self.master.read_bits(task.UNIT, fc, address, count, now_ms())
        self.done()
        return [self.master.bit(i) for i in range(count)]

    def registers(self, fc, address, count):
        self.master.read(task.UNIT, fc, address, count, now_ms())
        self.done()
        return [self.master.register(i) for i in range(count)]

    def ask(self, fc):
        if fc <= 2:
            return self.bits(fc, *task.READ_BITS)
        if fc <= 4:
            return self.registers(fc, *task.READ_REGISTERS)
        return getattr(self, "ask_%d" % fc)()

    def ask_5(self):
        self.master.write_coil(task.UNIT, *task.COIL, now_ms())
        self.done()
        assert self.bits(1, task.COIL[0], 1) == [task.COIL[1]]

    def ask_6(self):
        self.master.write_register(task.UNIT, *task.REGISTER, now_ms())
        self.done()
        assert self.registers(3, task.REGISTER[0], 1) == [task.REGISTER[1]]

    def ask_8(self):
        self.master.loop_back(task.UNIT, task.LOOP, len(task.LOOP), now_ms())
        self.done()
        return task.LOOP

    def ask_15(self):
        address, values = task.WRITTEN_COILS
        self.master.write_coils(task.UNIT, address, values, len(values), now_ms())
        self.done()
        assert self.bits(1, address, len(values)) == values

    def ask_16(self):
        address, values = task.WRITTEN_REGISTERS
        self.master.write_registers(task.UNIT, address, values, len(values), now_ms())
        self.done()
        assert self.registers(3, address, len(values)) == values

    def ask_22(self):
        self.master.mask_write(task.UNIT, *task.MASK, now_ms())
        self.done()
        assert self.registers(3, task.MASK[0], 1) == [task.masked(task.VALUES[task.MASK[0]])]

    def ask_23(self):
        address, count, write_address, values = task.READ_WRITE
        self.master.read_write(task.UNIT, address, count, write_address, values, len(values), now_ms())
        self.done()
        return [self.master.register(i) for i in range(count)]

    def ask_43(self):
        self.master.identify(task.UNIT, 1, 0, now_ms())
        self.done()
        assert [number for number, _ in self.master.objects()] == [0, 1, 2]


@pytest.mark.needs("mbpoll")
@pytest.mark.parametrize("name,link", cases(SLAVE))
def test_our_master_and_their_slave(name, link):
    with our_master(link, peer(name)) as pump:
        asker = Asker(pump)
        for fc in codes(name, SLAVE, link):
            found = asker.ask(fc)
            assert fc not in task.EXPECTED or found == task.EXPECTED[fc], fc
        master = pump.machine
        assert master.timeouts == master.crc_errors == master.mismatches == master.exceptions == 0
        master.read(task.UNIT, 3, *task.BEYOND, now_ms())
        assert pump.until_done() == mb.FAILED and (master.error, master.exception_code) == (mb.EXCEPTION, 2)


@pytest.mark.parametrize("link", (task.TCP, task.RTU))
def test_modbus_tk_s_slave_still_reads_before_it_writes(link):
    with our_master(link, peer("modbus-tk")) as pump:
        asker = Asker(pump)
        address, count, write_address, values = task.READ_WRITE
        assert asker.ask(23) == task.VALUES[address : address + count]
        assert asker.registers(3, write_address, len(values)) == values


def changes(store):
    """What the writing calls must have done to our store."""
    coils = list(store.coils)
    address, values = task.WRITTEN_COILS
    return {
        5: coils[task.COIL[0]] == task.COIL[1],
        6: store.values[task.REGISTER[0]] == task.REGISTER[1],
        15: coils[address : address + len(values)] == values,
        16: store.values[60:64] == task.WRITTEN_REGISTERS[1],
        22: store.values[task.MASK[0]] == task.masked(task.VALUES[task.MASK[0]]),
    }


def is_identity(found):
    """Clients give text or octets."""
    return {n: v.decode() if isinstance(v, bytes) else v for n, v in found.items()} == IDENTITY


@pytest.mark.needs("mbpoll")
@pytest.mark.parametrize("name,link", cases(MASTER))
def test_our_slave_and_their_master(name, link):
    with our_slave(link) as (store, where), peer(name).client(link, where, *kind(name)) as calls:
        for fc in codes(name, MASTER, link):
            found = calls[fc]()
            if fc in task.EXPECTED:
                assert found == task.EXPECTED[fc], fc
            elif fc == 43:
                assert is_identity(found), found
            else:
                assert changes(store)[fc], fc
        assert calls["refused"]() == 2


def test_the_readme_has_this_matrix():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert markdown() in readme, "paste what `python -m hil_tests.interop.modbus_matrix` prints"
