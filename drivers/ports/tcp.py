"""TCP on sockets as CPython and MicroPython share them: a client that keeps itself connected, a
listener, and the stream of an accepted peer.

Everything is non-blocking. A port never raises for what the peer or the network does: it turns `is_open`
to False and says why in `error`. `ready` is the board's hint that reading is worth while; it stays True
where a board has no poller.
"""

import errno
import socket
import struct

from protocols.ticks import ticks_add, ticks_diff

_AGAIN = (errno.EAGAIN, errno.EINPROGRESS, 115, 114)
_TCP_NODELAY = 1  # MicroPython has no name for it
_IPPROTO_TCP = 6
_BACKOFF_FIRST_MS = 200
_BACKOFF_LAST_MS = 5000
_ON_CPYTHON = hasattr(socket.socket, "recv_into")


def resolve(host, port):
    """The address that bind() and connect() take on this interpreter."""
    return socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0][-1]


def address_text(address):
    """Dotted text of a peer's address: CPython gives a tuple, MicroPython/unix a packed sockaddr."""
    if isinstance(address, tuple):
        return address[0]
    return "%d.%d.%d.%d" % struct.unpack_from("BBBB", address, 4)


class TcpStream:
    """A connected socket."""

    def __init__(self, sock):
        self.sock = sock
        self.ready = True
        self.is_open = True
        self.error = 0
        sock.setblocking(False)
        sock.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)

    def read_into(self, buf):
        """Bytes read into `buf`, 0 when there are none."""
        if not self.is_open:
            return 0
        self.ready = False
        try:
            n = self.sock.recv_into(buf) if _ON_CPYTHON else self.sock.readinto(buf)
        except OSError as error:
            self._failed(error.errno)
            return 0
        if n is None:
            return 0
        if n == 0:
            self._failed(errno.ECONNRESET)
        elif n == len(buf):
            self.ready = True  # there may be more
        return n

    def write(self, buf, start, n):
        """Bytes of buf[start:start+n] that the socket took."""
        if not self.is_open:
            return 0
        try:
            if _ON_CPYTHON:
                sent = self.sock.send(memoryview(buf)[start : start + n])
            else:
                sent = self.sock.write(buf, start, n)
        except OSError as error:
            self._failed(error.errno)
            return 0
        return sent or 0

    def _failed(self, code):
        if code not in _AGAIN:
            self.error = code
            self.is_open = False

    def close(self):
        self.is_open = False
        self.sock.close()


class TcpListener:
    """Accepts peers on host:port; OSError from __init__ when the port is taken."""

    def __init__(self, host, port):
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self.sock.bind(resolve(host, port))
            self.sock.listen(4)
        except OSError:
            self.sock.close()
            raise
        self.sock.setblocking(False)
        self.ready = True
        self.is_open = True
        self.peer = ""

    def accept(self):
        """A TcpStream, its address in self.peer, or None."""
        self.ready = False
        try:
            sock, address = self.sock.accept()
        except OSError:
            return None
        self.ready = True  # there may be more
        self.peer = address_text(address)
        return TcpStream(sock)

    def close(self):
        self.is_open = False
        self.sock.close()


class TcpClient:
    """A stream to host:port that reconnects by itself, with back-off. `generation` counts connections; 0
    = never connected.
    """

    is_buffered = True  # what was written may reach the peer long after

    def __init__(self, host, port, poller):
        self.address = resolve(host, port)
        self.poller = poller
        self.stream = None
        self.connecting = False
        self.retry_at = -1
        self.backoff_ms = _BACKOFF_FIRST_MS
        self.generation = 0
        self.is_open = False
        self.ready = True
        self.error = 0

    def service(self, now):
        """Connect, finish connecting, or notice the loss; call it every cycle."""
        if self.stream is None:
            if self.retry_at < 0 or ticks_diff(now, self.retry_at) >= 0:
                self._connect(now)
        elif not self.stream.is_open:
            self._lost(now)
        elif self.connecting and self.ready:
            self._probe(now)

    def _connect(self, now):
        sock = socket.socket()
        self.stream = TcpStream(sock)
        self.ready = False
        self.connecting = True
        self.retry_at = ticks_add(now, self.backoff_ms)
        try:
            sock.connect(self.address)
        except OSError as error:
            if error.errno not in _AGAIN:
                self.stream.error = error.errno
                self._lost(now)
                return
        self.poller.add(sock, self, True)

    def _probe(self, now):
        """The poller woke us: an empty write tells whether the connection stands."""
        self.stream.write(b"", 0, 0)
        if not self.stream.is_open:
            self._lost(now)
            return
        self.connecting = False
        self.poller.reading_only(self.stream.sock)
        self.backoff_ms = _BACKOFF_FIRST_MS
        self.generation += 1
        self.is_open = True

    def _lost(self, now):
        self.error = self.stream.error
        self.poller.remove(self.stream.sock)
        self.stream.close()
        self.stream = None
        self.connecting = False
        self.is_open = False
        self.retry_at = ticks_add(now, self.backoff_ms)
        self.backoff_ms = min(2 * self.backoff_ms, _BACKOFF_LAST_MS)

    def read_into(self, buf):
        if not self.is_open:
            self.ready = False
            return 0
        n = self.stream.read_into(buf)
        self.ready = self.stream.ready
        self.is_open = self.stream.is_open
        return n

    def write(self, buf, start, n):
        if not self.is_open:
            return 0
        sent = self.stream.write(buf, start, n)
        self.is_open = self.stream.is_open
        return sent

    def drop(self):
        """Give this connection up and make a new one."""
        if self.stream is not None:
            self.stream.is_open = False
        self.is_open = False

    def close(self):
        if self.stream is not None:
            self.poller.remove(self.stream.sock)
            self.stream.close()
        self.is_open = False
