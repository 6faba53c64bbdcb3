"""The network front end of a board without TCP: one framed line on one side, sockets on the other.

What the board asks for is done, nothing else: it listens where the board's configuration says, connects where
it says, and writes the one recording that it was given a path for. A peer that is too slow to take its data
is cut off; a board that is slow holds its peers back through TCP.
"""

import asyncio

from tools.emulate.frames import ANSWER, ASK, LONGEST, Decoder, Kind, encode

LAST_OWN_LINK = 127
CONNECT_S = 4
BACKLOG_BYTES = 256 * 1024  # of a peer that does not read
RECORD = "record"


class Peer(asyncio.Protocol):
    """A socket behind a link."""

    def __init__(self, front_end, number=0):
        self.front_end = front_end
        self.number = number
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport
        if self.number:
            self.front_end.connected(self)
        else:
            self.front_end.accepted(self)

    def data_received(self, data):
        for at in range(0, len(data), LONGEST):
            self.front_end.send(self.number, Kind.DATA, data[at : at + LONGEST])

    def connection_lost(self, exc):
        self.front_end.ended(self)

    def take(self, data):
        """Bytes from the board."""
        if self.transport.get_write_buffer_size() > BACKLOG_BYTES:
            self.transport.abort()
        else:
            self.transport.write(data)

    def close(self):
        self.number = 0
        self.transport.close()


class RecordFile:
    """The recording behind a link."""

    def __init__(self, number, file):
        self.number = number
        self._file = file

    def take(self, data):
        self._file.write(data)

    def close(self):
        self._file.close()


class FrontEnd(asyncio.Protocol):
    """One framed line; the protocol of its transport towards the board."""

    def __init__(self, record_path=None):
        self.faults = 0
        self._record_path = record_path
        self._decoder = Decoder()
        self._transport = None
        self._links = {}
        self._connecting = {}
        self._listening = self._server = None
        self._out = self._expected = 0
        self._deaf = False
        self._paused = False

    def connection_made(self, transport):
        self._transport = transport

    def connection_lost(self, exc):
        self.close()

    def close(self):
        """The board is gone."""
        self._drop_all()

    def pause_writing(self):
        self._pause(True)

    def resume_writing(self):
        self._pause(False)

    def _pause(self, paused):
        self._paused = paused
        for peer in self._peers():
            (peer.transport.pause_reading if paused else peer.transport.resume_reading)()

    def _peers(self):
        return [link for link in self._links.values() if isinstance(link, Peer)]

    def send(self, number, kind, payload=b""):
        """One frame to the board."""
        self._transport.write(encode(self._out, number, kind, payload))
        self._out = (self._out + 1) & 0xFF

    def _reset(self, what):
        self._drop_all()
        self._out = 0
        self.send(0, Kind.RESET, what)

    def _drop_all(self):
        for task in list(self._connecting.values()):
            task.cancel()
        for link in list(self._links.values()):
            link.close()
        self._links.clear()
        self._unlisten()

    def _unlisten(self):
        if self._listening is not None:
            self._listening.cancel()
            self._listening = None
        if self._server is not None:
            self._server.close()
            self._server = None

    def data_received(self, data):
        for frame in self._decoder.feed(data):
            self._frame(frame)

    def _frame(self, frame):
        if frame is not None and frame[2] is Kind.RESET:
            self._deaf = False
            if frame[3] == ASK:
                self._reset(ANSWER)
        elif self._deaf:
            return
        elif frame is None or frame[0] != self._expected:
            self.faults += 1
            self._deaf = True
            self._reset(ASK)
            return
        else:
            self._act(*frame[1:])
        self._expected = (frame[0] + 1) & 0xFF

    def _act(self, number, kind, payload):
        link = self._links.get(number)
        loop = asyncio.get_running_loop()
        if kind is Kind.LISTEN:
            self._unlisten()
            self._listening = loop.create_task(self._listen(payload.decode()))
        elif number == 0:
            self._unlisten()
        elif kind is Kind.OPEN and payload.decode() == RECORD:
            self._open_record(number)
        elif kind is Kind.OPEN:
            self._connecting[number] = loop.create_task(self._connect(number, payload.decode()))
        elif number in self._connecting:
            self._connecting[number].cancel()
        elif link is None:
            return  # closed on our side a moment ago
        elif kind is Kind.DATA:
            link.take(payload)
        else:
            del self._links[number]
            link.close()

    async def _listen(self, target):
        host, _, port = target.rpartition(":")
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: Peer(self), host, int(port))
        except OSError as error:
            self.send(0, Kind.CLOSE, (error.strerror or str(error)).encode()[:LONGEST])
        else:
            self.send(0, Kind.LISTEN)

    def accepted(self, peer):
        """A socket came to our listener: a link of our own."""
        number = next((n for n in range(1, LAST_OWN_LINK + 1) if n not in self._links), 0)
        if number == 0:
            peer.transport.abort()
            return
        peer.number = number
        self._add(peer)
        address = peer.transport.get_extra_info("peername")[0]
        self.send(number, Kind.OPEN, address.encode())

    def _add(self, peer):
        self._links[peer.number] = peer
        if self._paused:
            peer.transport.pause_reading()

    def _open_record(self, number):
        if self._record_path is None:
            self.send(number, Kind.CLOSE, b"no recording is kept here")
            return
        self._links[number] = RecordFile(number, open(self._record_path, "wb"))
        self.send(number, Kind.OPEN)

    async def _connect(self, number, target):
        host, _, port = target.rpartition(":")
        connecting = asyncio.get_running_loop().create_connection(lambda: Peer(self, number), host, int(port))
        try:
            await asyncio.wait_for(connecting, CONNECT_S)
        except (OSError, asyncio.TimeoutError) as error:
            self.send(number, Kind.CLOSE, str(error).encode()[:LONGEST])
        finally:
            self._connecting.pop(number, None)

    def connected(self, peer):
        """A socket that the board asked for stands."""
        self._add(peer)
        self.send(peer.number, Kind.OPEN)

    def ended(self, peer):
        """The socket of a link is gone."""
        if peer.number and self._links.pop(peer.number, None) is not None:
            self.send(peer.number, Kind.CLOSE)
