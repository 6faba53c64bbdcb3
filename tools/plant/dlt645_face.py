"""Our DL/T 645 meter's side behind a pty's device end and behind TCP, run by an asyncio loop."""

import asyncio
import os
import time

from protocols.dlt645.slave import Slave
from protocols.ticks import TICKS_MASK

_READ_BYTES = 512


def now_ms():
    return time.monotonic_ns() // 1_000_000 & TICKS_MASK


class Dlt645Serial:
    """Serves one simulated meter on an open descriptor of a line."""

    def __init__(self, loop, path, twin):
        self._loop = loop
        self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._slave = Slave(twin.address, twin)
        loop.add_reader(self._fd, self._receive)

    def _receive(self):
        data = os.read(self._fd, _READ_BYTES)
        self._slave.feed(data, len(data), now_ms())
        wait_ms = self._slave.next_deadline(now_ms())
        if wait_ms >= 0:
            self._loop.call_later(wait_ms / 1000, self._answer)

    def _answer(self):
        if self._fd >= 0:
            os.write(self._fd, taken(self._slave))

    async def shutdown(self):
        self._loop.remove_reader(self._fd)
        os.close(self._fd)
        self._fd = -1


def taken(slave):
    """What the slave has to say now."""
    slave.tick(now_ms())
    data = bytes(slave.tx.buf[slave.tx.start : slave.tx.end])
    slave.tx.clear()
    return data


async def serve_tcp(twin):
    """(asyncio server, HOST:PORT) of the same meter behind a serial server."""

    async def talk(reader, writer):
        slave = Slave(twin.address, twin)
        while data := await reader.read(_READ_BYTES):
            slave.feed(data, len(data), now_ms())
            wait_ms = slave.next_deadline(now_ms())
            if wait_ms >= 0:
                await asyncio.sleep(wait_ms / 1000)
                writer.write(taken(slave))
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    return server, "127.0.0.1:%d" % server.sockets[0].getsockname()[1]
