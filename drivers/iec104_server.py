"""IEC 104 over TCP: accepts masters, moves bytes between their sockets and the links of a sans-IO
outstation, closes what the outstation closes.

Who may connect and who may command is the outstation's decision; this file only knows sockets.
"""

_READ_BYTES = 512
_READS_A_TURN = 4  # a flooding master does not hold up the others


class Iec104Server:
    def __init__(self, listener, station, poller, told):
        """`told` hears of links: opened(peer, now), refused(peer, now), closed(peer, reason, now)."""
        self.listener = listener
        self.station = station
        self.poller = poller
        self.told = told
        self.ports = []
        self.links = []
        self._buf = bytearray(_READ_BYTES)
        poller.add(listener.sock, listener)

    def service(self, now):
        """Accept, read, answer; every confirmation is on its way when this returns."""
        if self.listener.ready:
            self._accept(now)
        for i in range(len(self.ports)):
            if self.ports[i].ready:
                self._receive(self.ports[i], self.links[i], now)
        self.station.tick(now)
        self._flush()
        self._sweep(now)

    def _accept(self, now):
        port = self.listener.accept()
        while port is not None:
            peer = self.listener.peer
            link = self.station.open_link(peer, now)
            if link is None:
                port.close()
                self.told.refused(peer, now)
            else:
                self.ports.append(port)
                self.links.append(link)
                self.poller.add(port.sock, port)
                self.told.opened(peer, now)
            port = self.listener.accept()

    def _receive(self, port, link, now):
        for _ in range(_READS_A_TURN):
            n = port.read_into(self._buf)
            if n == 0:
                return
            link.feed(self._buf, n, now)
            self._write(port, link.tx)
            if link.is_closed or not port.ready:
                return

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
        """Milliseconds until a timer of a link or a cyclic point is due; -1 for none."""
        for port in self.ports:
            if port.ready:
                return 0
        return self.station.next_deadline(now)

    def close(self, now):
        while self.ports:
            self._drop(len(self.ports) - 1, now)
        self.poller.remove(self.listener.sock)
        self.listener.close()
