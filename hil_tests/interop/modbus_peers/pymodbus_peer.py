"""pymodbus: its asyncio server, its synchronous and its asyncio client."""

import asyncio
import contextlib
from importlib.metadata import version

from pymodbus.client import (
    AsyncModbusSerialClient,
    AsyncModbusTcpClient,
    ModbusSerialClient,
    ModbusTcpClient,
)
from pymodbus.framer import FramerType
from pymodbus.pdu.device import ModbusDeviceIdentification
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from hil_tests.interop import modbus_peers as task
from hil_tests.interop.modbus_support import background

VERSION = version("pymodbus")
SERVES = (1, 2, 3, 4, 5, 6, 8, 15, 16, 22, 23, 43)
ASKS = SERVES
SYNC, ASYNC = "sync", "async"


def _device():
    def bits(values):
        return [SimData(0, values=[bool(v) for v in values], datatype=DataType.BITS)]

    def registers():
        return [SimData(0, values=list(task.VALUES), datatype=DataType.REGISTERS)]

    return SimDevice(task.UNIT, simdata=(bits(task.COILS), bits(task.INPUTS), registers(), registers()))


@contextlib.contextmanager
def server(link, path):
    said = ModbusDeviceIdentification(
        info_name={"VendorName": "Vendor", "ProductCode": "Code", "MajorMinorRevision": "1.0"}
    )

    def make():
        if link == task.TCP:
            return ModbusTcpServer([_device()], address=("127.0.0.1", 0), identity=said)
        line = {"port": path, "framer": FramerType.RTU, "baudrate": task.BAUD}
        return ModbusSerialServer([_device()], **line, identity=said)

    with background(make) as running:
        yield running.transport.sockets[0].getsockname()[1] if link == task.TCP else None


@contextlib.contextmanager
def client(link, where, kind=SYNC):
    if kind == SYNC:
        with _make(ModbusTcpClient, ModbusSerialClient, link, where) as connected:
            yield _calls(connected, lambda reply: reply)
        return
    loop = asyncio.new_event_loop()
    connected = loop.run_until_complete(_connected(link, where))
    yield _calls(connected, loop.run_until_complete)
    loop.call_soon(connected.close)
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


async def _connected(link, where):
    connected = _make(AsyncModbusTcpClient, AsyncModbusSerialClient, link, where)
    assert await connected.connect()
    return connected


def _make(tcp, serial, link, where):
    if link == task.TCP:
        return tcp("127.0.0.1", port=where, timeout=5, retries=0)
    return serial(where, framer=FramerType.RTU, baudrate=task.BAUD, timeout=5, retries=0)


def _calls(c, wait):
    """`wait` turns what a method gives into the reply."""
    one = {"device_id": task.UNIT}

    def bits(method):
        address, count = task.READ_BITS
        return [int(bit) for bit in wait(method(address, count=count, **one)).bits[:count]]

    def registers(method):
        address, count = task.READ_REGISTERS
        return wait(method(address, count=count, **one)).registers

    def done(reply):
        assert not wait(reply).isError()

    address, count, write_address, values = task.READ_WRITE
    mask = {"address": task.MASK[0], "and_mask": task.MASK[1], "or_mask": task.MASK[2]}
    both = {"read_address": address, "read_count": count, "write_address": write_address, "values": values}
    beyond, two = task.BEYOND
    return {
        1: lambda: bits(c.read_coils),
        2: lambda: bits(c.read_discrete_inputs),
        3: lambda: registers(c.read_holding_registers),
        4: lambda: registers(c.read_input_registers),
        5: lambda: done(c.write_coil(task.COIL[0], bool(task.COIL[1]), **one)),
        6: lambda: done(c.write_register(*task.REGISTER, **one)),
        8: lambda: wait(c.diag_query_data(task.LOOP, **one)).message,
        15: lambda: done(c.write_coils(task.WRITTEN_COILS[0], list(map(bool, task.WRITTEN_COILS[1])), **one)),
        16: lambda: done(c.write_registers(*task.WRITTEN_REGISTERS, **one)),
        22: lambda: done(c.mask_write_register(**mask, **one)),
        23: lambda: wait(c.readwrite_registers(**both, **one)).registers,
        43: lambda: wait(c.read_device_information(read_code=3, object_id=0, **one)).information,
        "refused": lambda: wait(c.read_holding_registers(beyond, count=two, **one)).exception_code,
    }
