"""A Modbus slave on TCP: accepts clients, moves bytes between their sockets and a slave each, and lets go of
those that are dead.

Rules. At most as many clients as there are slaves. A client is alive when it asks: one that has not had a
request answered for `idle_ms` is closed, whether its socket still stands or not (half-open: its end is
gone and nothing will ever tell us). When all places are taken, the client that has been silent longest gives
way to a new one, if that has been for `spare_ms`; else the new one is closed at once. So dead clients lock
nobody out, and a flood of connections drives out nobody who works.

Clause: MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 4.2 (connection management), from general
knowledge.
"""

from protocols.ticks import ticks_diff

_READS_A_TURN = 4  # a flooding client does not hold up the others


class ModbusServer:
    def __init__(self, listener, slaves, poller=None, idle_ms=60000, spare_ms=5000):
        """`listener` has TcpListener's face; `slaves`: one Slave per client that may be connected, all on
        the same store; `poller` (add, remove) where the board has one.
        """
        self.listener = listener
        self.slaves = slaves
        self.ports = [None] * len(slaves)
        self.asked_at = [0] * len(slaves)
        self.poller = poller
        self.idle_ms = idle_ms
        self.spare_ms = spare_ms
        self.accepted = 0
        self.refused = 0
        self.idled = 0
        self.replaced = 0
        self._buf = bytearray(300)
        if poller is not None:
            poller.add(listener.sock, listener)

    def connected(self):
        """Clients that hold a place."""
        return len(self.ports) - self.ports.count(None)

    def service(self, now):
        """Read, answer, close what has ended or is dead, accept."""
        for i in range(len(self.ports)):
            if self.ports[i] is not None:
                self._serve(i, now)
        if self.listener.ready:
            port = self.listener.accept()
            while port is not None:
                self._place(port, now)
                port = self.listener.accept()

    def _serve(self, i, now):
        port = self.ports[i]
        slave = self.slaves[i]
        requests = slave.requests
        for _ in range(_READS_A_TURN):
            n = port.read_into(self._buf) if port.ready else 0
            if n == 0:
                break
            slave.feed(self._buf, n, now)
        slave.tick(now)
        tx = slave.tx
        if tx.end > tx.start:
            tx.consumed(port.write(tx.buf, tx.start, tx.end - tx.start))
        if slave.requests != requests:
            self.asked_at[i] = now
        if slave.is_closed or not port.is_open:
            self._close(i)
        elif ticks_diff(now, self.asked_at[i]) >= self.idle_ms:
            self.idled += 1
            self._close(i)

    def _place(self, port, now):
        i = self._free_place(now)
        if i < 0:
            self.refused += 1
            port.close()
            return
        self.accepted += 1
        self.ports[i] = port
        self.asked_at[i] = now
        if self.poller is not None:
            self.poller.add(port.sock, port)

    def _free_place(self, now):
        """A place for a new client, made free if need be; -1 when all are in use."""
        oldest = -1
        silent_ms = self.spare_ms - 1
        for i in range(len(self.ports)):
            if self.ports[i] is None:
                return i
            since_ms = ticks_diff(now, self.asked_at[i])
            if since_ms > silent_ms:
                silent_ms = since_ms
                oldest = i
        if oldest >= 0:
            self.replaced += 1
            self._close(oldest)
        return oldest

    def _close(self, i):
        port = self.ports[i]
        self.ports[i] = None
        self.slaves[i].link_lost()
        if self.poller is not None:
            self.poller.remove(port.sock)
        port.close()

    def close(self):
        """End every connection and listen no more."""
        for i in range(len(self.ports)):
            if self.ports[i] is not None:
                self._close(i)
        if self.poller is not None:
            self.poller.remove(self.listener.sock)
        self.listener.close()
