"""The front's loop: a TLS listener with the firmware's own admission, a link a client, and a log for the
technician: one line an event, with its code, in English and Chinese.
"""

import time

from boards import tls
from boards.sim.board import Board
from drivers.ports import admission as a
from drivers.ports.poller import Poller
from drivers.ports.tcp import TcpListener
from firmware import codes_tls
from protocols.ticks import TICKS_MASK, ticks_diff
from tools import catalogue
from tools.catalogue_host import FRONT_ENDED, FRONT_FULL, FRONT_LISTENS, FRONT_NO_STATION
from tools.front.link import Link, station_address

_QUIET_MS = 10000
_IDLE_MS = 200
_BUSY_MS = 5


class Log:
    """Prints; the face of the firmware's event log, and of a teller of handshakes."""

    def __init__(self, clients, write=print):
        self.clients = clients
        self.write = write
        self.admission = None
        self._quiet = {}

    def add(self, code, argument, now):
        self.say(code, str(argument))

    def say(self, code, detail):
        line = catalogue.message(code, detail).partition("\n")[0]
        self.write("%s %s" % (time.strftime("%Y-%m-%d %H:%M:%S"), line))

    def tls_ended(self, kind, peer, client, now):
        """Refusals of one kind from one address: at once, then one line in ten seconds with their number."""
        code = codes_tls.TLS_FIRST + kind
        if kind == a.ACCEPTED:
            self.say(code, "%s, %s" % (self.clients[client]["name"], peer))
            return
        told_at = self._quiet.get((kind, peer))
        if told_at is None or ticks_diff(now, told_at) >= _QUIET_MS:
            if len(self._quiet) > 1000:
                self._quiet.clear()
            self._quiet[kind, peer] = now
            self.say(code, "%s (%d)" % (peer, self.admission.counts[kind]))


class Front:
    """`settings` as tools/front/settings.py completes them; OSError, PortError when a port or file fails."""

    tls_stall_ms = 0  # no bay hangs on it
    rtc_day = Board.rtc_day

    def __init__(self, settings, write=print):
        self.settings = settings
        self.poller = Poller()
        self.links = []
        section = settings["tls"]
        self.log = Log(section["clients"], write)
        self.station = station_address(settings["station"])
        plain = TcpListener(section["listen"], section["port"])
        self.port = plain.sock.getsockname()[1]
        self.listener = tls.listen(self, plain, section, settings["allow"], (), self.log)
        self.listener.told = self.log
        self.log.admission = self.listener.admission
        self.poller.add(self.listener.sock, self.listener)
        where = (section["listen"], self.port, settings["station"]["host"], settings["station"]["port"])
        self.log.say(FRONT_LISTENS, "%s:%d -> %s:%d" % where)

    def now(self):
        return time.monotonic_ns() // 1000000 & TICKS_MASK

    def turn(self, longest_ms=_IDLE_MS):
        """Wait for something, then serve it."""
        busy = self.listener.ready or any(link.wants_room() or link.stream.ready for link in self.links)
        self.poller.wait(_BUSY_MS if busy else longest_ms)
        now = self.now()
        self._accept(now)
        for link in list(self.links):
            if not link.service(now):
                self._ended(link)

    def _accept(self, now):
        stream = self.listener.accept() if self.listener.ready else None
        while stream is not None:
            self._take(stream, self.listener.peer, now)
            stream = self.listener.accept()

    def _take(self, stream, peer, now):
        client = self.settings["tls"]["clients"][stream.client]
        if len(self.links) >= self.settings["max_links"]:
            stream.close()
            self.log.say(FRONT_FULL, "%s, %s" % (client["name"], peer))
            return
        try:
            link = Link(stream, peer, self.station, client["bind"], now)
        except OSError as error:
            stream.close()
            self.log.say(FRONT_NO_STATION, "%s, %s: %s" % (client["name"], peer, error.strerror))
            return
        link.name = client["name"]
        self.links.append(link)
        self.poller.add(stream.sock, stream)
        self.poller.add(link.plain.sock, link.plain)

    def _ended(self, link):
        self.links.remove(link)
        self.poller.remove(link.stream.sock)
        self.poller.remove(link.plain.sock)
        code = FRONT_NO_STATION if link.reason == "unreachable" else FRONT_ENDED
        moved = (link.name, link.peer, link.reason, link.up.moved, link.down.moved)
        self.log.say(code, "%s, %s: %s; %d / %d bytes" % moved)

    def close(self):
        for link in self.links:
            link.close("stopped")
        self.links = []
        self.poller.remove(self.listener.sock)
        self.listener.close()
