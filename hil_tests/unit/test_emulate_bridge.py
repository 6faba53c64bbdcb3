"""The host's front end and the board's drivers on one wire, with real sockets behind: what a master and a
device see of a board that has no TCP.
"""

import asyncio
import socket

import pytest

from drivers.ports.front_end import FramedClient, FramedListener, FrontEnd
from hil_tests.portable.front_end_wire import ByteWork
from tools.emulate import bridge
from tools.up import free_port

pytestmark = pytest.mark.live

HOST = "127.0.0.1"


class SocketUart(ByteWork):
    """The board's end of the line."""

    def __init__(self, end):
        self.end = end
        self._inbox = b""

    def receive(self, buf, at, limit):
        try:
            self._inbox += self.end.recv(4096)
        except BlockingIOError:
            pass
        n = min(limit - at, len(self._inbox))
        buf[at : at + n], self._inbox = self._inbox[:n], self._inbox[n:]
        return at + n

    def write(self, buf, start, n):
        try:
            return self.end.send(bytes(buf[start : start + n]))
        except BlockingIOError:
            return 0


class Rig:
    """Both ends; `until(condition)` lets them work."""

    def __init__(self, record_path=None):
        self.record_path = record_path

    async def __aenter__(self):
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setblocking(False)
        loop = asyncio.get_running_loop()
        self.transport, self.host = await loop.create_connection(
            lambda: bridge.FrontEnd(self.record_path), sock=ours
        )
        self.line = theirs
        self.board = FrontEnd(SocketUart(theirs))
        return self

    async def __aexit__(self, *exception):
        self.host.close()
        self.transport.abort()
        self.line.close()

    async def until(self, condition, limit_s=3):
        deadline = asyncio.get_running_loop().time() + limit_s
        while not condition():
            assert asyncio.get_running_loop().time() < deadline, "nothing came of it"
            self.board.pump()
            await asyncio.sleep(0.002)


def run(coroutine):
    asyncio.run(asyncio.wait_for(coroutine, 20))


def read_all(link):
    buf = bytearray(64)
    return bytes(buf[: link.read_into(buf)])


def test_a_master_dials_in_and_both_talk():
    async def story():
        async with Rig() as rig:
            port = free_port()
            listener = FramedListener(rig.board, HOST, port)
            await rig.until(lambda: listener.is_open)
            reader, writer = await asyncio.open_connection(HOST, port)
            await rig.until(lambda: listener.ready)
            link = listener.accept()
            assert listener.peer == HOST
            writer.write(b"from the master")
            await rig.until(lambda: rig.board.line.waiting)
            assert read_all(link) == b"from the master"
            assert link.write(b"from the board", 0, 14) == 14
            rig.board.pump()
            assert await reader.readexactly(14) == b"from the board"
            writer.close()
            await rig.until(lambda: link.is_over)

    run(story())


def test_a_port_in_use_is_told():
    async def story():
        with socket.socket() as taken:
            taken.bind((HOST, 0))
            taken.listen()
            async with Rig() as rig:
                listener = FramedListener(rig.board, HOST, taken.getsockname()[1])
                await rig.until(lambda: listener.refusal is not None)
                assert not listener.is_open and "in use" in listener.refusal

    run(story())


def test_the_board_dials_out_and_dials_again():
    async def story():
        async with Rig() as rig:
            peers = []

            async def serve(reader, writer):
                peers.append(writer)
                writer.write(await reader.readexactly(4))

            server = await asyncio.start_server(serve, HOST, 0)
            port = server.sockets[0].getsockname()[1]
            client = FramedClient(rig.board, "%s:%d" % (HOST, port))
            client.service(0)
            await rig.until(lambda: client.is_open)
            client.write(b"ping", 0, 4)
            await rig.until(lambda: client.ready and rig.board.line.waiting)
            assert read_all(client) == b"ping"
            peers[0].close()
            await rig.until(lambda: client.is_over)
            client.service(1000)
            client.service(1300)
            await rig.until(lambda: client.is_open)
            assert client.generation == 2
            client.close()
            server.close()

    run(story())


def test_nobody_there():
    async def story():
        async with Rig() as rig:
            client = FramedClient(rig.board, "%s:%d" % (HOST, free_port()))
            client.service(0)
            await rig.until(lambda: client.is_over)

    run(story())


def test_a_board_that_starts_again_finds_a_clean_table():
    async def story():
        async with Rig() as rig:
            port = free_port()
            listener = FramedListener(rig.board, HOST, port)
            await rig.until(lambda: listener.is_open)
            reader, _ = await asyncio.open_connection(HOST, port)
            await rig.until(lambda: listener.ready)
            rig.board = FrontEnd(SocketUart(rig.line))
            again = FramedListener(rig.board, HOST, port)
            await rig.until(lambda: again.is_open)
            assert await reader.read() == b""
            assert not rig.host.faults

    run(story())


@pytest.mark.parametrize("kept", [True, False])
def test_the_recording_goes_to_its_file_and_nowhere_else(kept, tmp_path):
    async def story():
        path = tmp_path / "record.v2gr"
        async with Rig(path if kept else None) as rig:
            link = FramedClient(rig.board, "record")
            link.service(0)
            await rig.until(lambda: link.is_open or link.is_over)
            assert link.is_open == kept
            if kept:
                link.write(b"V2GR", 0, 4)
                link.close()
                rig.board.pump()
                await rig.until(lambda: path.is_file() and path.read_bytes() == b"V2GR")

    run(story())
