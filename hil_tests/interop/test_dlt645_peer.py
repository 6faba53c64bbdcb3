"""DL/T 645-2007 against PyPI's dlt645 as meter and as master, over TCP; our driver on both interpreters."""

import select
import socket
import subprocess
import threading

import pytest
from dlt645 import MeterClientService, MeterServerService
from loguru import logger

from hil_tests.interop.modbus_support import now_ms
from protocols.dlt645.codec import address_of, put_bcd
from protocols.dlt645.slave import Slave
from tools import runtime

pytestmark = pytest.mark.live

ADDRESS = "123456789012"
ON_THE_WIRE = "129078563412"


@pytest.fixture(scope="module", autouse=True)
def quiet():
    logger.disable("dlt645")


@pytest.fixture
def meter():
    service = MeterServerService.new_tcp_server("127.0.0.1", 0, 5)
    service.set_address(ON_THE_WIRE)
    service.set_00(0x00010000, 12345.67)
    service.set_00(0x00020000, 0.89)
    for di, value in ((0x02030000, -1.2345), (0x02010100, 230.1), (0x02800002, 50.02)):
        service.set_02(di, value)
    assert service.start()
    yield "127.0.0.1:%d" % service.server.port
    service.stop()


def reading(interpreter, where, address):
    arguments = ["dlt645", where, address, 1, 0, 0]
    argv, env = runtime.command(interpreter, "hil_tests.portable.meter_station", arguments)
    result = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr
    return dict(line.split() for line in result.stdout.splitlines())


@pytest.mark.parametrize("interpreter", runtime.INTERPRETERS)
def test_our_driver_reads_their_meter(meter, interpreter):
    shown = reading(interpreter, meter, ADDRESS)
    assert (shown["grid_power_w"], shown["grid_voltage_dv"]) == ("-1234", "2301")
    assert (shown["frequency_mhz"], shown["import_kwh"], shown["import_wh"]) == ("50020", "12345", "670")
    assert (shown["export_kwh"], shown["export_wh"]) == ("0", "890")


def test_our_driver_hears_nothing_from_another_address(meter):
    assert set(reading(runtime.CPYTHON, meter, "7").values()) == {"-"}


class Store:
    """(BCD bytes, value) by identifier."""

    held = {0x00010000: (4, 1234567), 0x02030000: (3, -12345), 0x02010100: (2, 2301), 0x02800002: (2, 5002)}

    def read(self, di, out):
        if di not in self.held:
            return -1
        n, value = self.held[di]
        put_bcd(out, 0, n, value)
        return n


def serve(listener, slave):
    """One connection to our meter's side, until the peer goes."""
    connection, _ = listener.accept()
    with connection:
        while True:
            if select.select([connection], [], [], 0.005)[0]:
                data = connection.recv(300)
                if not data:
                    return
                slave.feed(data, len(data), now_ms())
            slave.tick(now_ms())
            if slave.tx.pending():
                connection.sendall(bytes(slave.tx.buf[slave.tx.start : slave.tx.end]))
                slave.tx.clear()


def test_their_master_reads_our_meter():
    slave = Slave(address_of(ADDRESS), Store())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener, slave), daemon=True)
        thread.start()
        client = MeterClientService.new_tcp_client("127.0.0.1", listener.getsockname()[1], 3)
        client.set_address(ON_THE_WIRE)
        assert client.connect()
        try:
            assert client.read_00(0x00010000).value == pytest.approx(12345.67)
            assert client.read_02(0x02030000).value == pytest.approx(-1.2345)
            assert client.read_02(0x02010100).value == pytest.approx(230.1)
            assert client.read_02(0x02800002).value == pytest.approx(50.02)
            assert slave.refusals == 0
            client.read_02(0x02010200)
            assert slave.refusals == 1
        finally:
            client.disconnect()
        thread.join(10)
