"""hat-drivers: its slaves, whose application holds the data, and its masters."""

import asyncio
import contextlib
import threading
from importlib.metadata import version

from hat.drivers import modbus, net

from hil_tests.interop import modbus_peers as task

VERSION = version("hat-drivers")
SERVES = (1, 2, 3, 4, 5, 6, 15, 16, 22)
ASKS = SERVES
_KINDS = {task.TCP: modbus.ModbusType.TCP, task.RTU: modbus.ModbusType.RTU}


def _application():
    """The least that one must write around the library."""
    holds = {
        modbus.DataType.COIL: list(task.COILS),
        modbus.DataType.DISCRETE_INPUT: list(task.INPUTS),
        modbus.DataType.HOLDING_REGISTER: list(task.VALUES),
        modbus.DataType.INPUT_REGISTER: list(task.VALUES),
    }

    def answer(slave, request):
        if isinstance(request, modbus.WriteMaskReq):
            held = holds[modbus.DataType.HOLDING_REGISTER]
            held[request.address] = modbus.apply_mask(
                held[request.address], request.and_mask, request.or_mask
            )
            return modbus.Success()
        held = holds[request.data_type]
        first = request.start_address
        is_read = isinstance(request, modbus.ReadReq)
        end = first + (request.quantity if is_read else len(request.values))
        if end > len(held):
            return modbus.Error.INVALID_DATA_ADDRESS
        if is_read:
            return held[first:end]
        held[first:end] = request.values
        return modbus.Success()

    return answer


@contextlib.contextmanager
def _loop():
    """run(coroutine) -> its result, on a loop in a thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result(task.LIMIT_S)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(task.LIMIT_S)
    loop.close()


@contextlib.contextmanager
def server(link, path):
    with _loop() as run:
        kind = _KINDS[link]
        if link == task.TCP:
            port = task.free_port()
            address = net.TcpAddress("127.0.0.1", port)
            made = run(modbus.create_tcp_server(kind, address, request_cb=_application()))
        else:
            port = None
            made = run(
                modbus.create_serial_slave(kind, path, request_cb=_application(), baudrate=task.BAUD)
            )
        try:
            yield port
        finally:
            run(made.async_close())


@contextlib.contextmanager
def client(link, where):
    with _loop() as run:
        kind = _KINDS[link]
        if link == task.TCP:
            made = modbus.create_tcp_master(kind, net.TcpAddress("127.0.0.1", where), response_timeout=5)
        else:
            made = modbus.create_serial_master(kind, where, response_timeout=5, baudrate=task.BAUD)
        master = run(made)
        try:
            yield _calls(lambda request: run(master.send(request)))
        finally:
            run(master.async_close())


def _calls(send):
    def read(kind, address, count):
        return list(send(modbus.ReadReq(task.UNIT, kind, address, count)))

    def write(kind, address, values):
        assert isinstance(send(modbus.WriteReq(task.UNIT, kind, address, values)), modbus.Success)

    def mask():
        assert isinstance(send(modbus.WriteMaskReq(task.UNIT, *task.MASK)), modbus.Success)

    kinds = modbus.DataType
    return {
        1: lambda: read(kinds.COIL, *task.READ_BITS),
        2: lambda: read(kinds.DISCRETE_INPUT, *task.READ_BITS),
        3: lambda: read(kinds.HOLDING_REGISTER, *task.READ_REGISTERS),
        4: lambda: read(kinds.INPUT_REGISTER, *task.READ_REGISTERS),
        5: lambda: write(kinds.COIL, task.COIL[0], [task.COIL[1]]),
        6: lambda: write(kinds.HOLDING_REGISTER, task.REGISTER[0], [task.REGISTER[1]]),
        15: lambda: write(kinds.COIL, *task.WRITTEN_COILS),
        16: lambda: write(kinds.HOLDING_REGISTER, *task.WRITTEN_REGISTERS),
        22: mask,
        "refused": lambda: send(modbus.ReadReq(task.UNIT, kinds.HOLDING_REGISTER, *task.BEYOND)).value,
    }
