"""One client behind the front: its TLS stream and a connection to the station of its own, octets both ways.

Rules. Nothing blocks and nothing is interpreted, but that towards the client only whole APDUs go,
one a record (drivers/ports/tls.py). When one side ends, what it sent before still goes to the
other, for `_DRAIN_MS` at most; then that one is closed too, the client's with close_notify. A side
that does not read makes us stop reading the other: the pressure goes back to whoever sends.
"""

import socket

from drivers.ports.tcp import TcpStream, resolve
from protocols.ticks import ticks_add, ticks_diff

_ROOM = 4096
_START = 0x68
_CONNECT_MS = 5000
_DRAIN_MS = 2000


class Way:
    """Octets from one port to the other."""

    def __init__(self, source, sink, is_whole=False):
        self.source = source
        self.sink = sink
        self.is_whole = is_whole  # APDUs only
        self.buf = bytearray(_ROOM)
        self.start = 0
        self.end = 0
        self.moved = 0

    def pump(self):
        """Read what there is and write what goes."""
        if self.source.ready and self.end < _ROOM:
            self.end += self.source.read_into(memoryview(self.buf)[self.end :])
        while self._goes():
            n = self.sink.write(self.buf, self.start, self.end - self.start)
            if n == 0:
                break
            self.start += n
            self.moved += n
        if self.start:
            rest = self.end - self.start
            self.buf[:rest] = self.buf[self.start : self.end]
            self.start, self.end = 0, rest

    def _goes(self):
        n = self.end - self.start
        if not self.is_whole or n == 0 or self.buf[self.start] != _START:
            return n > 0
        return n > 1 and n >= self.buf[self.start + 1] + 2


class Link:
    """`reason` says why it ended: "client", "station", "unreachable", "stopped"."""

    def __init__(self, stream, peer, station, bind, now):
        """OSError when `bind` is no address of ours."""
        self.stream = stream
        self.peer = peer
        self.reason = ""
        self.is_connected = False
        sock = socket.socket()
        self.plain = TcpStream(sock)
        try:
            if bind:
                sock.bind((bind, 0))
            sock.connect(station)
        except BlockingIOError:
            pass
        except OSError:
            sock.close()
            raise
        self.up = Way(stream, self.plain)
        self.down = Way(self.plain, stream, True)
        self.until = ticks_add(now, _CONNECT_MS)

    def service(self, now):
        """False once both sides are closed."""
        if not self.is_connected and not self._connect(now):
            return False
        self.up.pump()
        self.down.pump()
        if not self.reason and not (self.stream.is_open and self.plain.is_open):
            self.reason = "station" if self.stream.is_open else "client"
            self.until = ticks_add(now, _DRAIN_MS)
        if not self.reason:
            return True
        rest = self.down if self.reason == "station" else self.up
        if rest.end and rest.sink.is_open and ticks_diff(now, self.until) < 0:
            return True
        self.close(self.reason)
        return False

    def _connect(self, now):
        """True when the station has answered, or still may."""
        code = self.plain.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        try:
            self.plain.sock.getpeername()
            self.is_connected = True
            return True
        except OSError:
            pass
        if code or ticks_diff(now, self.until) >= 0 or not self.stream.is_open:
            self.close("unreachable")
            return False
        return True

    def wants_room(self):
        """Whether octets wait for a side that does not take them now."""
        return not self.is_connected or self.up.end > 0 or self.down.end > 0 or bool(self.reason)

    def close(self, reason):
        self.reason = self.reason or reason
        self.stream.close()
        self.plain.close()


def station_address(settings):
    return resolve(settings["host"], settings["port"])
