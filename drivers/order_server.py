"""The order port's connections, over TCP or on a serial line: moves octets between them and the sans-IO links
of protocols/orderport, and orders between those and their endpoint.

It has the face of a bus, so that the loop serves it as one: at once when something has come, and after every
step, when answers that waited for the step leave. One order of a connection at a time, and at most
_ORDERS_A_TURN a turn. A connection without an authentic order ends after _STRANGER_MS, any silent one after
_IDLE_MS; a serial line begins anew instead.
"""

from protocols.orderport.station import StationLink
from protocols.ticks import ticks_add, ticks_diff

_READ_BYTES = 512
_ORDERS_A_TURN = 2
_STRANGER_MS = 30000
_IDLE_MS = 600000
_PERIOD_MS = 1000


class Connection:
    def __init__(self, port, link, peer, now):
        self.port = port
        self.link = link
        self.peer = peer
        self.heard_at = now
        self.waits = None  # of an order whose answer comes later


class OrderServer:
    """`listener` of TCP or None; `line`: a serial port or None. `told` hears refused(links, now)."""

    def __init__(self, listener, line, poller, mac, name, endpoint, random, max_links, told):
        self.listener = listener
        self.line = line
        self.poller = poller
        self.mac = mac
        self.name = name
        self.endpoint = endpoint
        self.random = random
        self.max_links = max_links
        self.told = told
        self.connections = []
        self.port = self  # for the loop and the poller
        self.ready = True
        self.wake_at = 0
        self.muted_until = 0
        self._buf = bytearray(_READ_BYTES)
        if listener is not None:
            poller.add(listener.sock, self)

    def service(self, now):
        self.ready = False
        self.wake_at = ticks_add(now, _PERIOD_MS)
        self.endpoint.update(now)
        if self.listener is not None:
            self._accept(now)
        else:
            self._serve_line(now)
        for connection in self.connections:
            self._serve(connection, now)
        self._sweep(now)

    def _accept(self, now):
        stream = self.listener.accept()
        if stream is None:
            return
        self.ready = True  # there may be more
        if len(self.connections) >= self.max_links:
            self.told.full(now)
            stream.close()
            return
        self.poller.add(stream.sock, self)
        self._open(stream, self.listener.peer, now)

    def _serve_line(self, now):
        self.line.service(now)
        if not self.connections and self.line.is_open and ticks_diff(now, self.muted_until) >= 0:
            self._open(self.line, "line", now)

    def _open(self, port, peer, now):
        link = StationLink(self.mac, self.name, self.endpoint.refusals, self.random)
        self.connections.append(Connection(port, link, peer, now))

    def _serve(self, connection, now):
        link = connection.link
        n = min(link.room(), _READ_BYTES)
        if n:
            view = self._buf if n == _READ_BYTES else memoryview(self._buf)[:n]
            n = connection.port.read_into(view)
        if n:
            connection.heard_at = now
            link.feed(self._buf, n)
            self.ready = True
        for _ in range(_ORDERS_A_TURN):
            if not self._carry_out(connection, now):
                break
        self._write(connection)

    def _carry_out(self, connection, now):
        """One order forward; False when there is none, or its answer has to wait."""
        link = connection.link
        if connection.waits is not None:
            answer = self.endpoint.ready(connection.waits, now)
        elif link.request is not None:
            answer, connection.waits = self.endpoint.handle(link.request, now)
        else:
            return False
        if answer is None:
            return False
        connection.waits = None
        link.answer(answer)
        link.work()
        return True

    def _write(self, connection):
        tx = connection.link.tx
        while tx.end > tx.start:
            sent = connection.port.write(tx.buf, tx.start, tx.end - tx.start)
            if sent == 0:
                return
            tx.consumed(sent)

    def _sweep(self, now):
        for connection in list(self.connections):
            link = connection.link
            quiet_ms = ticks_diff(now, connection.heard_at)
            if self.line is not None:
                over = link.is_closed or not self.line.is_open
            else:
                over = link.is_closed or not connection.port.is_open
                over = over or quiet_ms > (_IDLE_MS if link.is_known else _STRANGER_MS)
            if over:
                self._drop(connection, now)

    def _drop(self, connection, now):
        self.connections.remove(connection)
        if connection.link.refused:
            self.told.refused(connection.link.refused, now)
        if self.line is not None:
            self.muted_until = ticks_add(now, _PERIOD_MS)
            return
        self.poller.remove(connection.port.sock)
        connection.port.close()

    def is_told(self, value):
        """The loop asks devices whether they know their lease; here is none."""
        return True

    def panic(self):
        """Nothing here gives power."""

    def close(self):
        for connection in self.connections:
            if self.listener is not None:
                self.poller.remove(connection.port.sock)
            connection.port.close()
        self.connections = []
        if self.listener is not None:
            self.poller.remove(self.listener.sock)
            self.listener.close()
