"""The simulated SDM630 as strangers see it: pymodbus on TCP and RTU, mbpoll and MicroPython on RTU."""

import subprocess
import time

import pytest
from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.exceptions import ModbusIOException

from tools import runtime
from tools.plant.config import default_plant
from tools.plant.process import PlantProcess

pytestmark = pytest.mark.live

BAUD = 19_200


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    section = default_plant(1)
    section["meter"].update(pty=str(tmp_path_factory.mktemp("line") / "meter"), baud=BAUD, reply_delay_ms=10)
    with PlantProcess(section) as process:
        process.section = section
        yield process


@pytest.fixture
def tcp(plant):
    host, port = plant.meter.rsplit(":", 1)
    with ModbusTcpClient(host, port=int(port), timeout=2) as client:
        yield client


@pytest.fixture
def rtu(plant):
    with ModbusSerialClient(plant.meter_pty, baudrate=BAUD, timeout=0.5, retries=0) as client:
        yield client


def floats(client, address, count=2, unit=1):
    answer = client.read_input_registers(address, count=count, device_id=unit)
    assert not answer.isError(), answer
    values = client.convert_from_registers(answer.registers, client.DATATYPE.FLOAT32)
    return values if isinstance(values, list) else [values]


def wait_until(condition, seconds=5):
    """Until the live plant shows it; the assertions that follow say what is wrong when it never does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not condition():
        time.sleep(0.02)


def test_tcp_shows_the_truth(plant, tcp):
    plant.control.inject("site_load", w=3210)
    plant.control.inject("frequency", mhz=50_020)
    wait_until(lambda: floats(tcp, 0x34) == pytest.approx([3210]))  # inputs act at the next substep
    assert sum(floats(tcp, 0x0C, 6)) == pytest.approx(3210, abs=1)
    assert floats(tcp, 0x34) == pytest.approx([3210])
    assert floats(tcp, 0x46) == pytest.approx([50.02])
    assert floats(tcp, 0x00, 6) == pytest.approx([230, 230, 230])


def test_any_unit_is_answered_on_tcp(plant, tcp):
    for unit in (1, 0xFF):
        assert len(floats(tcp, 0x46, unit=unit)) == 1


def test_energy_registers_count(plant, tcp):
    plant.control.inject("site_load", w=360_000)
    before_kwh, before = floats(tcp, 0x48)[0], time.monotonic()
    time.sleep(1.0)
    after_kwh, passed_s = floats(tcp, 0x48)[0], time.monotonic() - before
    assert after_kwh - before_kwh == pytest.approx(0.1 * passed_s, rel=0.1)
    plant.control.inject("site_load", w=3210)


def test_wrong_function_and_address_are_refused(tcp):
    assert tcp.read_holding_registers(0x34, count=2, device_id=1).exception_code == 1
    assert tcp.read_input_registers(0x35, count=2, device_id=1).exception_code == 2
    assert tcp.read_input_registers(0x1000, count=2, device_id=1).exception_code == 2
    assert tcp.write_register(0x34, 1, device_id=1).exception_code == 1


def test_rtu_gives_the_meter_s_values(plant, rtu):
    plant.control.inject("site_load", w=-1500)
    time.sleep(0.4)
    assert floats(rtu, 0x34) == pytest.approx([-1500])
    assert len(floats(rtu, 0, 80)) == 40


def test_rtu_takes_the_time_of_the_wire(rtu):
    floats(rtu, 0x34)
    started = time.monotonic()
    floats(rtu, 0, 80)
    wire_s = (8 + 165) * 11 / BAUD + 0.010
    assert time.monotonic() - started >= wire_s


def test_foreign_unit_and_broadcast_are_not_answered_on_rtu(rtu):
    for unit in (2, 0):
        with pytest.raises(ModbusIOException):
            rtu.read_input_registers(0x34, count=2, device_id=unit)
    assert len(floats(rtu, 0x34)) == 1


def test_silent_meter_leaves_the_truth_alone(plant, rtu, tcp):
    plant.control.inject("meter_silent")
    with pytest.raises(ModbusIOException):
        rtu.read_input_registers(0x34, count=2, device_id=1)
    assert len(floats(tcp, 0x34)) == 1
    plant.control.clear("meter_silent")
    assert len(floats(rtu, 0x34)) == 1


def test_frozen_meter_answers_with_old_values(plant, rtu, tcp):
    plant.control.inject("site_load", w=1000)
    time.sleep(0.4)
    plant.control.inject("meter_frozen")
    plant.control.inject("site_load", w=8000)
    time.sleep(0.4)
    assert floats(rtu, 0x34) == pytest.approx([1000])
    assert floats(tcp, 0x34) == pytest.approx([8000])
    plant.control.clear("meter_frozen")
    time.sleep(0.4)
    assert floats(rtu, 0x34) == pytest.approx([8000])


def test_tcp_can_be_the_meter_itself_with_its_faults():
    section = default_plant(1)
    section["meter"]["tcp_view"] = "meter"
    with PlantProcess(section) as process:
        host, port = process.meter.rsplit(":", 1)
        with ModbusTcpClient(host, port=int(port), timeout=0.4, retries=0) as client:
            assert floats(client, 0x34) == pytest.approx([2000])
            process.control.inject("meter_silent")
            with pytest.raises(ModbusIOException):
                client.read_input_registers(0x34, count=2, device_id=1)
            process.control.clear("meter_silent")
            assert floats(client, 0x34) == pytest.approx([2000])


@pytest.mark.needs("mbpoll")
def test_mbpoll_reads_the_line(plant):
    plant.control.inject("site_load", w=4321)
    time.sleep(0.3)
    command = ["mbpoll", "-m", "rtu", "-b", str(BAUD), "-P", "none", "-a", "1", "-0", "-r", str(0x34),
               "-c", "1", "-1", "-t", "3:float", "-B", plant.meter_pty]
    result = subprocess.run(command, capture_output=True, text=True, timeout=10)
    assert "[52]: \t4321" in result.stdout, result.stdout + result.stderr


READ_BACK = """
import time
port = open(%r, "r+b", buffering=0)
buf = bytearray(64)
started = time.ticks_ms()
assert not port.readinto(buf)
assert time.ticks_diff(time.ticks_ms(), started) < 100
port.write(bytes((1, 4, 0, 0x34, 0, 2, 0x30, 0x05)))
answer = b""
while len(answer) < 9 and time.ticks_diff(time.ticks_ms(), started) < 2000:
    n = port.readinto(buf)
    if n:
        answer += buf[:n]
    time.sleep_ms(2)
print(answer.hex())
"""


def test_micropython_reads_the_line_without_blocking(plant):
    plant.control.inject("site_load", w=1024)
    time.sleep(0.4)
    command = [runtime.micropython(), "-c", READ_BACK % plant.meter_pty]
    result = subprocess.run(command, capture_output=True, text=True, timeout=10)
    assert result.stdout.strip()[:14] == "01040444800000", result.stdout + result.stderr
