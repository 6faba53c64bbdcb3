"""IEC 104 over TCP: accepts masters, moves bytes between their sockets and the links of a sans-IO
outstation, closes what the outstation closes.

Who may connect and who may command is the outstation's decision; this file only knows sockets. Between two
steps a turn with an order costs no more than reading, answering and writing: timers run in tick(), which the
loop calls after every step.
"""

from protocols.iec104.const import MAX_APDU
from protocols.ticks import ticks_add, ticks_diff

_READ_BYTES = 256
_READS_A_TURN = 4  # a flooding master does not hold up the others
_LONGEST_WAIT_MS = 1000
_RETRY_MS = 10
_SPARE = 24  # octets of a link's `tx` that only S and U frames may use


class Iec104Server:
    def __init__(self, listeners, station, poller, told):
        """`listeners`: plain or with TLS, all with TcpListener's face. `told` hears of links:
        opened(peer, now), refused(peer, now), closed(peer, reason, now).
        """
        self.listeners = listeners
        self.station = station
        self.poller = poller
        self.told = told
        self.ports = []
        self.links = []
        self.due_at = 0  # when tick() is to run
        self._buf = bytearray(_READ_BYTES)
        for listener in listeners:
            poller.add(listener.sock, listener)

    def service(self, now):
        """Read, answer, accept; every confirmation is on its way when this returns. True when somebody was
        served.
        """
        busy = False
        for i in range(len(self.ports)):
            if self.ports[i].ready:
                self._receive(self.ports[i], self.links[i], now)
                busy = True
        if ticks_diff(now, self.due_at) >= 0:
            self.tick(now)
            busy = True
        for listener in self.listeners:
            if listener.ready:
                self._clear_away(now)
                self._accept(listener, now)
                busy = True
        return busy

    def _clear_away(self, now):
        """A master that comes back finds its own place free: the end of its old connection may stand behind
        the octets read last.
        """
        for i in range(len(self.ports)):
            self._receive(self.ports[i], self.links[i], now)
        if ticks_diff(now, self.due_at) >= 0:
            self.tick(now)

    def tick(self, now):
        """Run timers, send events and cyclic data, close what has ended; due after a step, or at `due_at`."""
        self.station.tick(now)
        self._flush()
        self._sweep(now)
        self._plan(now)

    def _plan(self, now):
        """When tick() is due: a timer, something to send, or a link that has ended."""
        ms = self.station.next_deadline(now)
        if ms < 0 or ms > _LONGEST_WAIT_MS:
            ms = _LONGEST_WAIT_MS
        for i in range(len(self.ports)):
            link = self.links[i]
            if link.is_closed or not self.ports[i].is_open:
                ms = 0
            elif link.tx.end > link.tx.start and ms > _RETRY_MS:
                ms = _RETRY_MS  # the socket is full: nothing tells when it has room again
        self.due_at = ticks_add(now, ms)

    def _accept(self, listener, now):
        port = listener.accept()
        while port is not None:
            peer = listener.peer
            link = self.station.open_link(peer, now)
            if link is None:
                port.close()
                self.told.refused(peer, now)
            else:
                self.ports.append(port)
                self.links.append(link)
                self.poller.add(port.sock, port)
                self.told.opened(peer, now)
            self.due_at = now
            port = listener.accept()
        if listener.ready and ticks_diff(self.due_at, now) > _RETRY_MS:
            self.due_at = ticks_add(now, _RETRY_MS)  # handshakes are under way

    def _receive(self, port, link, now):
        state = link.state
        for _ in range(_READS_A_TURN):
            n = port.read_into(self._buf)
            if n == 0:
                break
            link.feed(self._buf, n, now)
            if link.tx.end + MAX_APDU + _SPARE > len(link.tx.buf):
                self.due_at = now  # an answer may wait for room in `tx`
            self._write(port, link.tx)
            if link.is_closed or not port.ready:
                break
        if link.is_closed or link.state != state or not port.is_open or link.tx.end > link.tx.start:
            self.due_at = now  # started, stopped, ended; or the socket is full

    def _write(self, port, tx):
        while tx.end > tx.start:
            sent = port.write(tx.buf, tx.start, tx.end - tx.start)
            if sent == 0:
                return
            tx.consumed(sent)

    def _flush(self):
        for i in range(len(self.ports)):
            tx = self.links[i].tx
            if tx.end > tx.start:
                self._write(self.ports[i], tx)

    def _sweep(self, now):
        i = len(self.ports) - 1
        while i >= 0:
            if self.links[i].is_closed or not self.ports[i].is_open:
                self._drop(i, now)
            i -= 1

    def _drop(self, i, now):
        port = self.ports.pop(i)
        link = self.links.pop(i)
        self.poller.remove(port.sock)
        port.close()
        self.told.closed(link.peer, link.closed_reason, now)
        self.station.close_link(link)

    def next_deadline(self, now):
        """Milliseconds until a timer of a link or a cyclic point is due, 0 = now."""
        for port in self.ports:
            if port.ready:
                return 0
        return max(0, ticks_diff(self.due_at, now))

    def close(self, now):
        while self.ports:
            self._drop(len(self.ports) - 1, now)
        for listener in self.listeners:
            self.poller.remove(listener.sock)
            listener.close()
