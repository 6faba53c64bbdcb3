"""The controlled station: its points, commands, refusals and time. Who its masters are stands in masters.py.

Objects are registered once, before the first link. tick() runs the timers of all links, starts the rounds of
cyclic data and of the background scan, and sends what waits; nothing is caught up when rounds were missed.
When events are lost the optional `overflow_point` reads 1 until half of the buffer is free again.
"""

from array import array

from protocols.errors import LocalError
from protocols.iec104 import const as c
from protocols.iec104.commands import Command
from protocols.iec104.cp56 import Stamp
from protocols.iec104.events import EventBuffer
from protocols.iec104.masters import Masters
from protocols.iec104.points import Kind, Point
from protocols.ticks import ticks_add, ticks_diff


class Cycle:
    """Points that are sent to every started link with one period."""

    def __init__(self, period_ms, points, cause):
        self.period_ms = period_ms
        self.points = points
        self.cause = cause
        self.due = -1  # tick of the next round, -1 = no round yet


class Outstation(Masters):
    def __init__(self, params, clock):
        params.check()
        self.params = params
        self.clock = clock
        self.common_address = params.common_address
        self.points = []  # sorted by type and address
        self.counters = []
        self.commands = {}
        self._selectable = []
        self.may_select = True  # the application's: False refuses what it would not execute either
        self.cycles = []
        self.events = EventBuffer(params.event_slots)
        self.stamp = Stamp(clock, params.utc_offset_min, params.is_summer)
        self.moment = [0, 0]
        self.scratch = bytearray(32)
        self.counts = array("i", [0] * len(c.COUNT_NAMES))
        self.on_command = None  # on_command(link, cmd, type_id, value, result), result: index into counts
        self.order_oa = 0  # for on_command, as received: originator, common address, object address (-1 none)
        self.order_ca = 0
        self.order_ioa = -1
        self.services = None  # of types beyond services.py: see parameters.py
        self.on_clock = None  # on_clock(accepted, now) after C_CS_NA_1
        self.on_reset = None  # on_reset(link, now) -> True when the process will restart
        self.overflow_point = None  # a binary point that tells that events were lost
        Masters.__init__(self, params, self.events)
        self._lost_seen = 0
        self._by_ioa = {}
        self._kinds = []
        if params.background_ms:
            self.cycles.append(Cycle(params.background_ms, self.points, c.COT_BACKGROUND))

    # points and commands

    def add_point(self, ioa, type_id, divisor=1, deadband=1, cyclic_ms=0, group=0, event_type=None):
        """A monitored point, reported as raw / divisor (a negative divisor turns the sign).

        Events use the time-tagged twin of `type_id`, or `event_type` (0 = no events). `group` 0: general
        interrogation, 1-16: that group too, -1: neither.
        """
        if self.point_at(ioa) is not None:
            raise LocalError("information object address %s is taken" % ioa)
        if type_id == c.M_IT_NA_1:
            divisor = 1
        kind = self._kind(Kind(self, type_id, event_type, divisor, group))
        if type_id == c.M_IT_NA_1:
            from protocols.iec104.counters import Counter  # many a station has none

            point = Counter(ioa, kind, deadband)
            _insert(self.counters, point)
        else:
            point = Point(ioa, kind, deadband)
            self.insert(point)
        self._by_ioa[ioa] = point
        if cyclic_ms:
            _insert(self._cycle(cyclic_ms), point)
        return point

    def insert(self, point):
        """A point made elsewhere; interrogations and C_RD show it under its kind's type."""
        if point.ioa in self._by_ioa:
            raise LocalError("information object address %s is taken" % point.ioa)
        _insert(self.points, point)
        self._by_ioa[point.ioa] = point

    def _kind(self, made):
        for kind in self._kinds:
            if kind.serves(made):
                return kind
        self._kinds.append(made)
        return made

    def _cycle(self, period_ms):
        for cycle in self.cycles:
            if cycle.period_ms == period_ms and cycle.cause == c.COT_CYCLIC:
                return cycle.points
        self.cycles.append(Cycle(period_ms, [], c.COT_CYCLIC))
        return self.cycles[-1].points

    def add_command(self, ioa, type_ids, handler, select=False, terminates=False, count=1):
        """An object that takes orders through handler.operate(cmd, type_id, value, link, now) -> accepted.

        `count` > 1: so many addresses from `ioa` on; `order_ioa` tells the handler which one it is.
        """
        if ioa in self.commands:
            raise LocalError("command address %s is taken" % ioa)
        cmd = Command(ioa, type_ids, handler, select, terminates)
        for i in range(count):
            self.commands[ioa + i] = cmd
        if select:
            self._selectable.append(cmd)
        return cmd

    def terminate(self, cmd, now):
        """The order of a command with `terminates` is done: ACT_TERM to the master that gave it."""
        cmd.finish(now)

    def point_at(self, ioa):
        return self._by_ioa.get(ioa)

    def store_event(self, point, flag, now):
        self.stamp.take(now)
        self.events.add(point, flag, self.stamp.buf)

    # refusals

    def count(self, kind):
        self.counts[kind] += 1

    def refuse(self, link, buf, at, n, kind, cause, now):
        """Count and answer a refusal: the mirrored ASDU with P/N = 1."""
        link.answer(buf, at, n, cause | c.NEGATIVE, now)
        self.judged(link, None, buf, at, n, None, kind)

    def judged(self, link, cmd, buf, at, n, value, result):
        """Count what became of the ASDU buf[at:at+n], and tell the application."""
        self.counts[result] += 1
        if self.on_command is not None:
            self.order_oa = buf[at + 3]
            self.order_ca = buf[at + 4] | buf[at + 5] << 8
            self.order_ioa = buf[at + 6] | buf[at + 7] << 8 | buf[at + 8] << 16 if n >= 9 else -1
            self.on_command(link, cmd, buf[at], value, result)

    def first_object(self, buf, at, n):
        """Put the ASDU's header and first object into `scratch`, with VSQ 1."""
        for i in range(n):
            self.scratch[i] = buf[at + i]
        self.scratch[1] = 1

    # time

    def tick(self, now):
        """Run timers, start rounds of cyclic data, send what waits."""
        for cycle in self.cycles:
            if not self.started:
                cycle.due = -1
            elif cycle.due < 0 or ticks_diff(now, cycle.due) >= 0:
                self._start_cycle(cycle, now)
        for cmd in self._selectable:
            cmd.expire(now, self.params.select_ms)
        for group in self._groups:
            group.settle()
        if self.overflow_point is not None:
            self._watch_overflow(now)
        for link in self.links:
            link.tick(now)

    def _start_cycle(self, cycle, now):
        if cycle.due < 0 or ticks_diff(now, cycle.due) >= cycle.period_ms:
            cycle.due = now  # the first round, or rounds were missed: no catching up
        cycle.due = ticks_add(cycle.due, cycle.period_ms)
        i = 2 + self.cycles.index(cycle)
        for link in self.started:
            link.scans[i].start(cycle.points, -1, cycle.cause)

    def _watch_overflow(self, now):
        lost = self.events_lost()
        if lost > self._lost_seen:
            self.overflow_point.update(1, c.QUALITY_GOOD, now)
        elif self.overflow_point.raw and self.event_room() * 2 > self.events.other.slots:
            self.overflow_point.update(0, c.QUALITY_GOOD, now)
        self._lost_seen = lost

    def next_deadline(self, now):
        """Milliseconds until tick() has something to do, 0 = now, -1 = not before something is received."""
        best = -1
        for link in self.links:
            ms = link.next_deadline(now)
            if ms >= 0 and (best < 0 or ms < best):
                best = ms
        if self.started:
            for cycle in self.cycles:
                ms = max(0, ticks_diff(cycle.due, now)) if cycle.due >= 0 else 0
                if best < 0 or ms < best:
                    best = ms
        return best


def _insert(points, point):
    """Keep `points` sorted by type and address."""
    i = 0
    while i < len(points) and (points[i].kind.type_id, points[i].ioa) < (point.kind.type_id, point.ioa):
        i += 1
    points.insert(i, point)
