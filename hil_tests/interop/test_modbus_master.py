"""Our master against pymodbus servers, over a real TCP socket and over a pty."""

import asyncio
import contextlib
import select
import socket
import threading
import time

import pytest
from pymodbus.constants import ExcCodes

from hil_tests.interop.modbus_support import (
    BAUD,
    VALUES,
    Pump,
    now_ms,
    pty_pair,
    pymodbus_rtu_server,
    pymodbus_tcp_server,
)
from protocols.modbus import master as mb
from protocols.modbus.master import Master
from protocols.modbus.rtu import RtuFraming
from protocols.modbus.tcp import TcpFraming

pytestmark = pytest.mark.live

TIMEOUT_MS = 1000


@contextlib.contextmanager
def on_tcp(action=None, timeout_ms=TIMEOUT_MS):
    with pymodbus_tcp_server(action) as port, socket.create_connection(("127.0.0.1", port)) as sock:
        yield Pump(Master(TcpFraming(), timeout_ms), sock.fileno())


@contextlib.contextmanager
def on_rtu(action=None, timeout_ms=TIMEOUT_MS):
    with pty_pair() as (fd, path), pymodbus_rtu_server(path, action):
        yield Pump(Master(RtuFraming(BAUD, 10), timeout_ms), fd)


@pytest.mark.parametrize("link", [on_tcp, on_rtu])
def test_every_function_code(link):
    with link() as pump:
        master = pump.machine
        for fc in (3, 4):
            for address, count in ((0, 1), (10, 7), (0, 125), (75, 125)):
                master.read(1, fc, address, count, now_ms())
                assert pump.until_done() == mb.DONE
                assert [master.register(i) for i in range(count)] == VALUES[address : address + count]
        master.write_register(1, 5, 0xBEEF, now_ms())
        assert pump.until_done() == mb.DONE
        values = [(i * 999) & 0xFFFF for i in range(123)]
        master.write_registers(1, 20, values, 123, now_ms())
        assert pump.until_done() == mb.DONE
        master.read(1, 3, 5, 1, now_ms())
        assert pump.until_done() == mb.DONE and master.register(0) == 0xBEEF
        master.read(1, 3, 20, 123, now_ms())
        assert pump.until_done() == mb.DONE
        assert [master.register(i) for i in range(123)] == values
        assert master.timeouts == master.crc_errors == master.mismatches == 0


@pytest.mark.parametrize("link", [on_tcp, on_rtu])
def test_many_reads_in_a_row(link):
    with link() as pump:
        master = pump.machine
        for k in range(150):
            master.read(1, 3, k, 3, now_ms())
            assert pump.until_done() == mb.DONE
            assert master.register(2) == VALUES[k + 2]
        assert master.replies == master.requests == 150


@pytest.mark.parametrize("link", [on_tcp, on_rtu])
def test_exceptions(link):
    async def busy(_fc, _start, address, _count, _registers, _values):
        return ExcCodes.DEVICE_BUSY if address == 7 else None

    with link(busy) as pump:
        master = pump.machine
        for address, code in ((199, 2), (7, 6)):
            master.read(1, 3, address, 2, now_ms())
            assert pump.until_done() == mb.FAILED
            assert (master.error, master.exception_code) == (mb.EXCEPTION, code)


def late_server(listener):
    """Answers every read at once, that of address 30 after 0.45 s. pymodbus, asked so, puts the newest
    request's identifier on the old answer now and then.
    """
    sock, _ = listener.accept()
    late = []
    with sock:
        while True:
            readable, _, _ = select.select([sock], [], [], 0.01)
            request = sock.recv(12) if readable else b""
            if readable and len(request) < 12:
                return
            if request:
                address = int.from_bytes(request[8:10], "big")
                reply = request[:4] + b"\0\5" + request[6:8] + b"\2" + VALUES[address].to_bytes(2, "big")
                late.append((time.monotonic() + (0.45 if address == 30 else 0), reply))
            for due, reply in [item for item in late if item[0] <= time.monotonic()]:
                sock.sendall(reply)
                late.remove((due, reply))


@contextlib.contextmanager
def on_late_tcp(_, timeout_ms):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=late_server, args=(listener,), daemon=True)
        thread.start()
        with socket.create_connection(listener.getsockname()) as sock:
            yield Pump(Master(TcpFraming(), timeout_ms), sock.fileno())
        thread.join(5)


@pytest.mark.parametrize("link", [on_late_tcp, on_rtu])
def test_row_21_late_reply_is_not_the_next_reply(link):
    """The first answer takes 0.45 s, the time is 0.3 s: what is read meanwhile and after is right."""

    async def slow(_fc, _start, address, _count, _registers, _values):
        if address == 30:
            await asyncio.sleep(0.45)

    with link(slow, 300) as pump:
        master = pump.machine
        master.read(1, 3, 30, 1, now_ms())
        assert pump.until_done() == mb.FAILED and master.error == mb.TIMEOUT
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            for address in (31, 32):
                master.read(1, 3, address, 1, now_ms())
                assert pump.until_done() == mb.DONE
                assert master.register(0) == VALUES[address]
            time.sleep(0.01)
        assert master.timeouts == 1 and master.mismatches + master.strays == 1


def test_link_lost_when_the_server_goes():
    with pymodbus_tcp_server() as port:
        sock = socket.create_connection(("127.0.0.1", port))
        pump = Pump(Master(TcpFraming(), TIMEOUT_MS), sock.fileno())
        pump.machine.read(1, 3, 0, 1, now_ms())
        assert pump.until_done() == mb.DONE
    with sock:
        while pump.is_open:
            pump.turn()
        pump.machine.read(1, 3, 0, 1, now_ms())
        pump.machine.link_lost()
        assert (pump.machine.state, pump.machine.error) == (mb.FAILED, mb.LINK_LOST)
