"""modbus-tk: its TCP and RTU servers and masters."""

import contextlib
from importlib.metadata import version

import serial
from modbus_tk import defines, modbus, modbus_rtu, modbus_tcp

from hil_tests.interop import modbus_peers as task

VERSION = version("modbus-tk")
SERVES = (1, 2, 3, 4, 5, 6, 15, 16, 22, 23)
ASKS = (1, 2, 3, 4, 5, 6, 8, 15, 16, 22, 23, 43)


@contextlib.contextmanager
def server(link, path):
    port = None
    if link == task.TCP:
        port = task.free_port()
        made = modbus_tcp.TcpServer(port=port, address="127.0.0.1")
    else:
        made = modbus_rtu.RtuServer(serial.Serial(path, 9600))
    slave = made.add_slave(task.UNIT)
    for name, kind, values in (
        ("coils", defines.COILS, task.COILS),
        ("inputs", defines.DISCRETE_INPUTS, task.INPUTS),
        ("holding", defines.HOLDING_REGISTERS, task.VALUES),
        ("input", defines.ANALOG_INPUTS, task.VALUES),
    ):
        slave.add_block(name, kind, 0, len(values))
        slave.set_values(name, 0, values)
    made.start()
    try:
        if port is not None:
            task.wait_for(port)
        yield port
    finally:
        made.stop()


@contextlib.contextmanager
def client(link, where):
    if link == task.TCP:
        master = modbus_tcp.TcpMaster("127.0.0.1", where, timeout_in_sec=5)
    else:
        master = modbus_rtu.RtuMaster(serial.Serial(where, task.BAUD))
        master.set_timeout(0.5)  # which it waits to the end where it does not know the reply's length
    try:
        yield _calls(master)
    finally:
        master.close()


def _calls(master):
    def call(fc, address, count=0, **more):
        return list(master.execute(task.UNIT, fc, address, count, **more))

    def loop():
        return bytes(call(8, 0, output_value=task.LOOP, data_format=">HBB")[1:])

    def identity():
        """{number: value} from the octets behind the function code."""
        octets = bytes(master.execute(task.UNIT, 43, 0, output_value=(3, 0)))
        found, at = {}, 6
        for _ in range(octets[5]):
            found[octets[at]] = octets[at + 2 : at + 2 + octets[at + 1]]
            at += 2 + octets[at + 1]
        return found

    def refused():
        try:
            call(3, *task.BEYOND)
        except modbus.ModbusError as error:
            return error.get_exception_code()
        return 0

    address, count, write_address, values = task.READ_WRITE
    return {
        1: lambda: call(1, *task.READ_BITS),
        2: lambda: call(2, *task.READ_BITS),
        3: lambda: call(3, *task.READ_REGISTERS),
        4: lambda: call(4, *task.READ_REGISTERS),
        5: lambda: call(5, task.COIL[0], output_value=task.COIL[1]),
        6: lambda: call(6, task.REGISTER[0], output_value=task.REGISTER[1]),
        8: loop,
        15: lambda: call(15, task.WRITTEN_COILS[0], output_value=task.WRITTEN_COILS[1]),
        16: lambda: call(16, task.WRITTEN_REGISTERS[0], output_value=task.WRITTEN_REGISTERS[1]),
        22: lambda: call(22, task.MASK[0], and_mask=task.MASK[1], or_mask=task.MASK[2]),
        23: lambda: call(23, address, count, output_value=values, write_starting_address_fc23=write_address),
        43: identity,
        "refused": refused,
    }
