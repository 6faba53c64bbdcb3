"""Our Modbus ends on real sockets and ptys, and pymodbus servers to talk to: what the interop tests share."""

import asyncio
import contextlib
import os
import select
import socket
import threading
import time
import tty

from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.framer import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from protocols.modbus.master import WAITING
from protocols.ticks import TICKS_MASK

BAUD = 115200
SIZE = 200
VALUES = [(i * 257 + 3) & 0xFFFF for i in range(SIZE)]
LIMIT_S = 20


def now_ms():
    return int(time.monotonic() * 1000) & TICKS_MASK


class Pump:
    """Moves bytes between a sans-IO machine and a file descriptor; keeps a copy of both directions."""

    def __init__(self, machine, fd):
        self.machine = machine
        self.fd = fd
        self.sent = []
        self.received = []
        self.is_open = True
        self._buf = bytearray(512)
        os.set_blocking(fd, False)

    def turn(self, most_ms=20):
        """Wait for bytes or the machine's deadline, then give the machine its turn."""
        machine = self.machine
        wait_ms = machine.next_deadline(now_ms())
        wait_ms = most_ms if wait_ms < 0 else min(wait_ms, most_ms)
        writers = [self.fd] if machine.tx.pending() else []
        readable, _, _ = select.select([self.fd], writers, [], 0 if writers else wait_ms / 1000)
        if readable:
            self._read()
        machine.tick(now_ms())
        self._write()

    def _read(self):
        try:
            n = os.readv(self.fd, [self._buf])
        except OSError:
            n = 0
        if n == 0:
            self.is_open = False
            return
        self.received.append(bytes(self._buf[:n]))
        self.machine.feed(self._buf, n, now_ms())

    def _write(self):
        tx = self.machine.tx
        while tx.pending():
            try:
                n = os.write(self.fd, tx.buf[tx.start : tx.end])
            except BlockingIOError:
                return
            except OSError:
                self.is_open = False
                return
            self.sent.append(bytes(tx.buf[tx.start : tx.start + n]))
            tx.consumed(n)

    def until_done(self):
        """Run the master's request to its end and the line to readiness; the state."""
        master = self.machine
        limit = time.monotonic() + LIMIT_S
        while master.state == WAITING or not master.ready(now_ms()):
            assert time.monotonic() < limit and self.is_open, "the request did not end"
            self.turn()
        return master.state


class SlaveThread(threading.Thread):
    """Runs one of our slaves: on a pty's end, or on every connection to a listening socket in turn."""

    def __init__(self, slave, fd=None, listener=None):
        super().__init__(daemon=True)
        self.slave = slave
        self.fd = fd
        self.listener = listener
        self.stopping = threading.Event()
        self.sent = []

    def run(self):
        if self.fd is not None:
            self._serve(self.fd)
            return
        self.listener.settimeout(0.05)
        while not self.stopping.is_set():
            try:
                connection, _ = self.listener.accept()
            except TimeoutError:
                continue
            with connection:
                self._serve(connection.fileno())
            self.slave.link_lost()

    def _serve(self, fd):
        pump = Pump(self.slave, fd)
        while pump.is_open and not self.slave.is_closed and not self.stopping.is_set():
            pump.turn()
        self.sent += pump.sent

    def stop(self):
        self.stopping.set()
        self.join(LIMIT_S)


@contextlib.contextmanager
def running(slave, fd=None, listener=None):
    """One of our slaves, served in the background."""
    thread = SlaveThread(slave, fd, listener)
    thread.start()
    try:
        yield thread
    finally:
        thread.stop()


@contextlib.contextmanager
def listening():
    """A listening socket on a free port of this host."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener, listener.getsockname()[1]


@contextlib.contextmanager
def pty_pair():
    """A pty: the descriptor of our end and the path of the other."""
    ours, theirs = os.openpty()
    tty.setraw(ours)
    tty.setraw(theirs)
    try:
        yield ours, os.ttyname(theirs)
    finally:
        os.close(ours)
        os.close(theirs)


def _devices(action=None):
    data = [SimData(0, values=list(VALUES), datatype=DataType.REGISTERS)]
    return [SimDevice(1, simdata=data, action=action)]


@contextlib.contextmanager
def background(make):
    """The asyncio server that `make()` builds inside its own loop, in a thread."""
    loop = asyncio.new_event_loop()
    started = threading.Event()
    box = []

    async def start():
        box.append(make())
        await box[0].serve_forever(background=True)
        started.set()

    def run():
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(LIMIT_S), "pymodbus did not start"
    try:
        yield box[0]
    finally:
        asyncio.run_coroutine_threadsafe(box[0].shutdown(), loop).result(LIMIT_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(LIMIT_S)
        loop.close()


@contextlib.contextmanager
def pymodbus_tcp_server(action=None):
    """A pymodbus TCP server with VALUES in unit 1; its port."""
    with background(lambda: ModbusTcpServer(_devices(action), address=("127.0.0.1", 0))) as server:
        yield server.transport.sockets[0].getsockname()[1]


@contextlib.contextmanager
def pymodbus_rtu_server(path, action=None):
    """A pymodbus RTU server with VALUES in unit 1 on a serial device."""

    def make():
        return ModbusSerialServer(_devices(action), port=path, framer=FramerType.RTU, baudrate=BAUD)

    with background(make):
        yield


def tcp_client(port):
    return ModbusTcpClient("127.0.0.1", port=port, timeout=5, retries=0)


def rtu_client(path):
    return ModbusSerialClient(path, framer=FramerType.RTU, baudrate=BAUD, timeout=5, retries=0)
