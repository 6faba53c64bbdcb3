"""umodbus: its TCP and RTU servers and its clients, which are functions that make and send requests."""

import contextlib
import socket
import socketserver
import threading
from importlib.metadata import version

import serial
from umodbus import exceptions
from umodbus.client import tcp
from umodbus.client.serial import rtu
from umodbus.server.serial import get_server as get_serial_server
from umodbus.server.serial.rtu import RTUServer
from umodbus.server.tcp import RequestHandler, get_server

from hil_tests.interop import modbus_peers as task

VERSION = version("umodbus")
SERVES = (1, 2, 3, 4, 5, 6, 15, 16)
ASKS = SERVES


class _Server(socketserver.TCPServer):
    allow_reuse_address = True


class _RtuServer(RTUServer):
    """serve_once() raises where it read nothing, or what it cannot answer."""

    stopping = False

    def run(self):
        while not self.stopping:
            with contextlib.suppress(ValueError):
                self.serve_once()


def _share(server):
    """Give the server what every peer holds."""
    holds = {1: list(task.COILS), 2: list(task.INPUTS), 3: list(task.VALUES), 4: list(task.VALUES)}

    def store(codes, kind):
        addresses = range(len(holds[kind]))

        @server.route(slave_ids=[task.UNIT], function_codes=codes[:1], addresses=addresses)
        def read(slave_id, function_code, address):
            return holds[kind][address]

        @server.route(slave_ids=[task.UNIT], function_codes=codes[1:], addresses=addresses)
        def write(slave_id, function_code, address, value):
            holds[kind][address] = value

    store([1, 5, 15], 1)
    store([2], 2)
    store([3, 6, 16], 3)
    store([4], 4)


@contextlib.contextmanager
def server(link, path):
    if link == task.TCP:
        made = get_server(_Server, ("127.0.0.1", 0), RequestHandler)
        run, stop = made.serve_forever, made.shutdown
    else:
        made = get_serial_server(_RtuServer, serial.Serial(path, 9600))
        run, stop = made.run, lambda: setattr(made, "stopping", True)
    _share(made)
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield made.server_address[1] if link == task.TCP else None
    finally:
        stop()
        thread.join(task.LIMIT_S)
        if link == task.TCP:
            made.server_close()
        else:
            made.serial_port.close()


@contextlib.contextmanager
def client(link, where):
    if link == task.TCP:
        with socket.create_connection(("127.0.0.1", where), 5) as sock:
            yield _calls(tcp, sock)
    else:
        with serial.Serial(where, task.BAUD, timeout=1) as port:
            yield _calls(rtu, port)


def _calls(make, line):
    def call(method, *arguments):
        return make.send_message(method(task.UNIT, *arguments), line)

    def refused():
        try:
            call(make.read_holding_registers, *task.BEYOND)
        except exceptions.ModbusError as error:
            return error.error_code
        return 0

    return {
        1: lambda: call(make.read_coils, *task.READ_BITS),
        2: lambda: call(make.read_discrete_inputs, *task.READ_BITS),
        3: lambda: call(make.read_holding_registers, *task.READ_REGISTERS),
        4: lambda: call(make.read_input_registers, *task.READ_REGISTERS),
        5: lambda: call(make.write_single_coil, *task.COIL),
        6: lambda: call(make.write_single_register, *task.REGISTER),
        15: lambda: call(make.write_multiple_coils, *task.WRITTEN_COILS),
        16: lambda: call(make.write_multiple_registers, *task.WRITTEN_REGISTERS),
        "refused": refused,
    }
