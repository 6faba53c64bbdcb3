"""Our slave against pymodbus clients and mbpoll (libmodbus), over TCP and over a pty."""

import contextlib
import re
import socket
import subprocess
import threading
import time

import pytest

from drivers.modbus_server import ModbusServer
from drivers.ports.tcp import TcpListener
from hil_tests.interop.modbus_support import (
    BAUD,
    SIZE,
    VALUES,
    listening,
    now_ms,
    pty_pair,
    rtu_client,
    running,
    tcp_client,
)
from hil_tests.portable.modbus_support import Store
from protocols.modbus.rtu import RtuFraming
from protocols.modbus.slave import Slave
from protocols.modbus.tcp import TcpFraming

pytestmark = pytest.mark.live


@contextlib.contextmanager
def on_tcp():
    store = Store(SIZE, readonly=(50,))
    with listening() as (listener, port), running(Slave(TcpFraming(), store, (1, 9)), listener=listener):
        yield store, ["-m", "tcp", "-p", str(port), "127.0.0.1"], lambda: tcp_client(port)


@contextlib.contextmanager
def on_rtu():
    store = Store(SIZE, readonly=(50,))
    with pty_pair() as (fd, path), running(Slave(RtuFraming(BAUD, 10), store, (1, 9)), fd=fd):
        yield store, ["-m", "rtu", "-b", str(BAUD), "-P", "none", path], lambda: rtu_client(path)


LINKS = [on_tcp, on_rtu]


@pytest.mark.parametrize("link", LINKS)
def test_pymodbus_client(link):
    with link() as (store, _, connect), connect() as client:
        for address, count in ((0, 1), (7, 50), (75, 125)):
            reply = client.read_holding_registers(address, count=count, device_id=1)
            assert reply.registers == VALUES[address : address + count]
            assert client.read_input_registers(address, count=count, device_id=9).registers == reply.registers
        assert not client.write_register(3, 0xCAFE, device_id=1).isError()
        assert not client.write_registers(60, [7] * 123, device_id=1).isError()
        assert store.values[3] == 0xCAFE and store.values[60:183] == [7] * 123


@pytest.mark.parametrize("link", LINKS)
def test_pymodbus_client_gets_exceptions(link):
    with link() as (store, _, connect), connect() as client:
        assert client.read_holding_registers(SIZE - 1, count=2, device_id=1).exception_code == 2
        assert client.write_registers(49, [1, 2, 3], device_id=1).exception_code == 2
        assert client.read_coils(0, count=1, device_id=1).exception_code == 1
        store.fault = 6
        assert client.read_holding_registers(0, count=1, device_id=1).exception_code == 6
        assert store.values == VALUES


def test_pymodbus_client_asks_a_missing_unit():
    with on_tcp() as (_, _, connect), connect() as client:
        assert client.read_holding_registers(0, count=1, device_id=2).exception_code == 0x0B
        assert client.read_holding_registers(0, count=1, device_id=0xFF).registers == VALUES[:1]


def test_one_connection_after_another():
    with on_tcp() as (_, _, connect):
        for _ in range(3):
            with connect() as client:
                assert client.read_holding_registers(0, count=2, device_id=1).registers == VALUES[:2]


@contextlib.contextmanager
def served(most, idle_ms, spare_ms):
    """Our server on a real listener, in a thread; its port and itself."""
    listener = TcpListener("127.0.0.1", 0)
    slaves = [Slave(TcpFraming(), Store(SIZE), (1,)) for _ in range(most)]
    server = ModbusServer(listener, slaves, None, idle_ms, spare_ms)
    stopping = threading.Event()

    def run():
        while not stopping.wait(0.001):
            listener.ready = True  # no poller here
            for port in server.ports:
                if port is not None:
                    port.ready = True
            server.service(now_ms())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield listener.sock.getsockname()[1], server
    finally:
        stopping.set()
        thread.join(20)
        server.close()


def is_alive(client):
    reply = client.read_holding_registers(0, count=2, device_id=1)
    return not reply.isError() and reply.registers == VALUES[:2]


def test_row_48_half_open_clients_lock_nobody_out():
    """The first two say nothing more, as if their cable had been cut; the third gets a place."""
    with served(2, 60000, 0) as (port, server):
        with tcp_client(port) as first, tcp_client(port) as second:
            assert is_alive(first) and is_alive(second)
            with tcp_client(port) as third:
                assert is_alive(third)
            assert server.replaced == 1 and server.refused == 0


def test_row_48_a_full_house_refuses_and_idle_clients_are_closed():
    with served(1, 500, 500) as (port, server):
        with tcp_client(port) as first:
            assert is_alive(first)
            with socket.create_connection(("127.0.0.1", port)) as second:
                second.settimeout(20)
                assert second.recv(1) == b"" and server.refused == 1
            while server.connected():
                time.sleep(0.01)
            assert server.idled == 1
        with tcp_client(port) as later:
            assert is_alive(later)


def mbpoll(target, *arguments, values=()):
    """Exit status and text of one mbpoll run."""
    *options, device = target
    argv = ["mbpoll", "-1", "-0", "-o", "2", *options, *arguments, device, *values]
    result = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    return result.returncode, result.stdout + result.stderr


def registers(text):
    """{address: value} of the lines `[7]: 	1802 (-63734)`; 16-bit values from 8000 on are shown twice."""
    return {int(a): int(v) for a, v in re.findall(r"^\[(\d+)\]:\s*(\d+)", text, re.MULTILINE)}


@pytest.mark.needs("mbpoll")
@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("table", ["3", "4"])
def test_mbpoll_reads(link, table):
    with link() as (_, target, _):
        status, text = mbpoll(target, "-a", "1", "-t", table, "-r", "5", "-c", "120")
        assert status == 0, text
        assert registers(text) == {i: VALUES[i] for i in range(5, 125)}


@pytest.mark.needs("mbpoll")
@pytest.mark.parametrize("link", LINKS)
def test_mbpoll_writes(link):
    with link() as (store, target, _):
        status, text = mbpoll(target, "-a", "9", "-t", "4", "-r", "3", values=["4660"])
        assert status == 0 and store.values[3] == 0x1234, text
        status, text = mbpoll(target, "-a", "1", "-t", "4", "-r", "60", values=["1", "2", "65535"])
        assert status == 0 and store.values[60:63] == [1, 2, 0xFFFF], text


@pytest.mark.needs("mbpoll")
@pytest.mark.parametrize("link", LINKS)
def test_mbpoll_gets_exceptions(link):
    with link() as (store, target, _):
        for arguments, values, words in (
            (["-t", "4", "-r", str(SIZE - 1), "-c", "2"], [], "Illegal data address"),
            (["-t", "4", "-r", "49"], ["1", "2", "3"], "Illegal data address"),
            (["-t", "0", "-r", "0"], [], "Illegal function"),
        ):
            status, text = mbpoll(target, "-a", "1", *arguments, values=values)
            assert words in text, (status, text)
        assert store.values == VALUES
