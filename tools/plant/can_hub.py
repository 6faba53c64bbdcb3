"""A simulated CAN bus: nodes in the process, and slcan adapters over TCP for everybody else.

Each TCP connection is one slcan adapter on the bus (firmware, python-can, a technician's laptop); what one
sends all others hear. The frames are written to a log in candump's format, which python-can and can-utils
read. Pace: a frame occupies the bus for its bits (CAN 2.0B, general knowledge: 67 + 8n bits extended, 47 + 8n
standard, a fifth more for stuffing); a frame that finds the bus busy waits.
"""

import asyncio
import heapq

from protocols.can import CanFrame
from protocols.slcan import COMMAND, FRAME, NOTHING, SlcanReader, encode

EXTENDED_BITS, STANDARD_BITS, STUFFING = 67, 47, 1.2


class CanHub:
    """`hear(frame, now_ms)` of every node is called for the others' frames."""

    def __init__(self, name, bitrate, now_ms, log=None):
        """`now_ms()`: plant time; `log(name, now_ms, frame)` hears every frame."""
        self.name = name
        self.bitrate = bitrate
        self.nodes = []
        self.frames = 0
        self.silent = False  # a cut bus: nothing arrives
        self._now_ms = now_ms
        self._log = log
        self._waiting = []  # (id, order, sender, frame): the lowest identifier goes first
        self._order = 0
        self._free_ms = 0.0
        self._adapters = set()
        self._server = None

    def send(self, sender, can_id, data, extended=True):
        """A frame from a node or an adapter; it leaves with advance()."""
        frame = CanFrame()
        frame.set(can_id, extended, data, len(data))
        self._queue(sender, frame)

    def _queue(self, sender, frame):
        key = frame.id << (0 if frame.extended else 18)
        self._order += 1
        heapq.heappush(self._waiting, (key, self._order, sender, frame))
        self.advance()

    def advance(self):
        """Let through what fits until now."""
        now_ms = self._now_ms()
        self._free_ms = max(self._free_ms, now_ms - 50.0)
        while self._waiting and self._free_ms <= now_ms:
            _, _, sender, frame = heapq.heappop(self._waiting)
            bits = ((EXTENDED_BITS if frame.extended else STANDARD_BITS) + 8 * frame.n) * STUFFING
            self._free_ms += 1000.0 * bits / self.bitrate
            self._deliver(sender, frame, now_ms)

    def _deliver(self, sender, frame, now_ms):
        if self.silent:
            return
        self.frames += 1
        if self._log is not None:
            self._log(self.name, now_ms, frame)
        for node in self.nodes:
            if node is not sender:
                node.hear(frame, now_ms)
        for adapter in self._adapters:
            if adapter is not sender:
                adapter.hear(frame)

    async def start(self, host, port):
        """Listen for slcan connections; the address as HOST:PORT."""
        self._server = await asyncio.start_server(self._serve, host, port)
        return f"{host}:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self):
        """Close the listener and every connection."""
        if self._server is None:
            return
        self._server.close()
        for adapter in list(self._adapters):
            adapter.writer.close()
        await self._server.wait_closed()

    async def _serve(self, reader, writer):
        adapter = Adapter(self, writer)
        self._adapters.add(adapter)
        try:
            while data := await reader.read(4096):
                adapter.feed(data)
                await writer.drain()
        except ConnectionError:
            pass  # the peer went away
        finally:
            self._adapters.discard(adapter)
            writer.close()


class Adapter:
    """The slcan adapter behind one connection; it hears and sends while its channel is open."""

    def __init__(self, hub, writer):
        self.writer = writer
        self.is_open = False
        self._hub = hub
        self._reader = SlcanReader(8192)
        self._frame = CanFrame()
        self._text = bytearray(32)

    def feed(self, data):
        self._reader.feed(data, len(data))
        while (kind := self._reader.take(self._frame)) != NOTHING:
            if kind == FRAME:
                self._sent()
            elif kind == COMMAND:
                self._command(bytes(self._reader.word[: self._reader.length]))
                self._reader.next_word()

    def _sent(self):
        if not self.is_open:
            self.writer.write(b"\a")
            return
        frame = CanFrame()
        frame.copy(self._frame)
        self.writer.write(b"Z\r" if frame.extended else b"z\r")
        self._hub._queue(self, frame)

    def _command(self, word):
        if word in (b"O", b"L"):
            self.is_open = True
        elif word == b"C":
            self.is_open = False
        self.writer.write({b"V": b"V1013\r", b"N": b"NSIM1\r", b"F": b"F00\r"}.get(word, b"\r"))

    def hear(self, frame):
        if self.is_open and self.writer.transport.get_write_buffer_size() < 1 << 20:
            self.writer.write(bytes(self._text[: encode(frame, self._text, 0)]))
