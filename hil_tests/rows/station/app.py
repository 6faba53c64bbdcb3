"""The station's application: takes orders, keeps what a row wants to know, and does what a row tells it.

`do(request)` serves one request of the control connection: a dictionary with "do", answered with one. Values
of points are raw integers (measurands 0.001).
"""

import gc

from boards.sim.board import Board
from drivers.iec104_server import Iec104Server
from drivers.ports import admission
from drivers.ports.tcp import TcpListener
from firmware.eventlog import EventLog
from firmware.wallclock import WallClock
from hil_tests.rows.station import points as p
from protocols.errors import LocalError
from protocols.iec104.const import ACCEPTED, COI_REMOTE_RESET, COUNT_NAMES
from protocols.iec104.outstation import Outstation
from protocols.iec104.params import Params
from protocols.ticks import TICKS_MASK, ticks_diff, ticks_sub

CYCLE_MS = 20  # of what the firmware does after each step: timers, events
_KEEP = 50  # orders and log entries that are kept whole
_OWN = ("many_binary", "many_measured", "cyclic_ms", "clock_valid_ms", "acquired", "tls")


class VirtualTime:
    """The board's ticks, moved at will."""

    def __init__(self, board):
        self.board = board
        self.offset = 0

    def now(self):
        return self.board.now() + self.offset & TICKS_MASK

    def skip(self, ms):
        self.offset = self.offset + ms & TICKS_MASK


def _make_params(settings):
    params = Params()
    for name in settings:
        if name in _OWN:
            continue
        if not hasattr(params, name):
            raise LocalError("no parameter %s" % name)
        value = settings[name]
        if name == "groups":
            value = tuple([tuple(group) for group in value])
        elif isinstance(value, list):
            value = tuple(value)
        setattr(params, name, value)
    return params


class App:
    def __init__(self, write_line):
        self.board = Board(write_line)
        self.time = VirtualTime(self.board)
        self.server = None
        self.request = None
        self.restarts = 0
        self.due_restart = False
        self.pace_ms = 0
        self.cycle_at = self.board.now()

    # the station

    def make(self, port, settings, cause=0):
        """A station with these parameters, from its start; the one before ends."""
        self.close()
        params = _make_params(settings)
        params.cause_of_initialisation = cause
        self.clock = WallClock(settings.get("clock_valid_ms", 0))
        self.station = station = Outstation(params, self.clock)
        cyclic_ms = settings.get("cyclic_ms", 0)
        many = settings.get("many_binary", 0), settings.get("many_measured", 0)
        self.echo, station.overflow_point = p.add_points(station, many[0], many[1], cyclic_ms)
        for ioa, types, select, terminates in p.COMMANDS:
            station.add_command(ioa, types, self, select, terminates)
        station.on_command = self.on_command
        station.on_reset = self.on_reset
        if settings.get("acquired", True):
            p.acquire(station)
        self.local = False
        self.orders = []
        self.order_count = 0
        self.log = []
        self.pace_ms = 0
        self.request = (port, settings)
        listener = self.listen(port, settings)
        self.server = Iec104Server([listener], station, self.board.poller, self)
        return params

    def listen(self, port, settings):
        """Plain, or TLS after the settings' section "tls" (as telecontrol.tls of a configuration)."""
        self.tls = None
        listener = TcpListener("127.0.0.1", port)
        if "tls" in settings:
            from boards import tls

            log = EventLog(64)
            listener = tls.listen(self.board, listener, settings["tls"], settings.get("allow", ()), (), log)
            self.tls = (listener, log)
        return listener

    def close(self):
        if self.server is not None:
            self.server.close(self.time.now())
            self.server = None

    def turn(self):
        """Once around."""
        left_ms = CYCLE_MS - ticks_diff(self.board.now(), self.cycle_at)
        if self.server is None:
            self.board.wait(CYCLE_MS)
            return
        self.board.wait(max(0, min(left_ms, self.server.next_deadline(self.time.now()))))
        self.server.service(self.time.now())
        if ticks_diff(self.board.now(), self.cycle_at) >= CYCLE_MS:
            self.cycle_at = self.board.now()
            self.server.tick(self.time.now())
        if self.due_restart:
            self.due_restart = False
            self.restarts += 1
            self.make(self.request[0], self.request[1], COI_REMOTE_RESET)

    # what the outstation tells

    def operate(self, cmd, type_id, value, link, now):
        if self.local or abs(value) > p.LIMIT:
            return False
        self.order_count += 1
        if len(self.orders) < _KEEP:
            self.orders.append([cmd.ioa, type_id, value])
        if cmd.ioa == p.SETPOINT:
            self.echo.returned(round(value * 1000), 0, now)
        return True

    def on_command(self, link, cmd, type_id, value, result):
        station = self.station
        if len(self.log) < _KEEP:
            # NaN and infinity are no JSON
            shown = None if value is None or not -1e38 < value < 1e38 else value
            header = [station.order_oa, station.order_ca, station.order_ioa]
            self.log.append([link.peer] + header + [type_id, shown, COUNT_NAMES[result]])
        if self.pace_ms and result == ACCEPTED:
            self.time.skip(self.pace_ms)

    def on_reset(self, link, now):
        self.due_restart = True
        return True

    def opened(self, peer, now):
        pass

    def refused(self, peer, now):
        pass

    def closed(self, peer, reason, now):
        pass

    # what a row tells

    def do(self, request):
        what = request["do"]
        if what == "station":
            return self._do_station(request)
        now = self.time.now()
        if what == "update":
            for ioa, value, quality in request["points"]:
                self.station.point_at(ioa).update(value, quality, now)
            self.server.tick(now)
        elif what == "local":
            self.local = request["on"]
        elif what == "finish":
            self.station.terminate(self.station.commands[request["ioa"]], now)
            self.server.tick(now)
        elif what == "skip":
            self._do_skip(request)
        elif what == "pace":
            self.pace_ms = request["ms"]
        return self.state() if what == "state" else {}

    def _do_station(self, request):
        try:
            params = self.make(request["port"], request["settings"])
        except LocalError as error:
            return {"error": str(error)}
        return {"warnings": params.warnings}

    def _do_skip(self, request):
        """Let virtual time pass, or bring it to a number of ms before the wrap of the ticks."""
        if "before_wrap" in request:
            self.time.skip(ticks_sub(ticks_sub(0, request["before_wrap"]), self.time.now()))
        else:
            self.time.skip(request["ms"])
        self.server.tick(self.time.now())

    def state(self):
        """All that a row may want to know."""
        now = self.time.now()
        self.clock.sample(now)
        gc.collect()
        return {
            "orders": self.orders,
            "order_count": self.order_count,
            "log": self.log,
            "restarts": self.restarts,
            "links": len(self.station.links),
            "lost": self.station.events_lost(),
            "clock": [self.clock.day, self.clock.ms, self.clock.valid],
            "memory": gc.mem_alloc() if hasattr(gc, "mem_alloc") else len(gc.get_objects()),
            "now": now,
            "tls": self.tls_state(),
        }

    def tls_state(self):
        """Ends of handshakes by kind, and the codes that were logged."""
        if self.tls is None:
            return None
        listener, log = self.tls
        counts = {}
        for i in range(len(admission.KINDS)):
            if listener.admission.counts[i]:
                counts[admission.KINDS[i]] = listener.admission.counts[i]
        logged = [log.codes[(log.first + i) % log.size] for i in range(log.count)]
        return {"counts": counts, "codes": logged}
