"""The controlled station: its points, commands, links, masters and time.

Masters and redundancy (IEC 60870-5-104 clause 10, general knowledge): a peer named in `params.groups` belongs to that redundancy group; any other peer address
is a master of its own, which finds its unsent events again when it reconnects. Of the links of one group only one is started: STARTDT on
another silences the first. A peer outside `params.allow` is refused before a byte is read; so is one beyond `max_links`, unless a link of
the same address has an un-answered TESTFR, which then gives way.
Control belongs to the links of `params.control_from`; without these, to the link that was started first, until it stops or closes. Orders
from others are refused (ACT_CON, P/N = 1). A reconnect from the same address overtakes a controlling link whose TESTFR is un-answered.
`master_seen` is the tick of the last valid frame on a started link, -1 before the first.
"""

from array import array

from protocols.errors import LocalError
from protocols.iec104 import const as c
from protocols.iec104.apci import STARTED
from protocols.iec104.codec import TAG_SIZE, TAGGED
from protocols.iec104.commands import Command
from protocols.iec104.counters import Counter
from protocols.iec104.cp56 import Stamp
from protocols.iec104.events import EventBuffer, Group
from protocols.iec104.link import Link
from protocols.iec104.points import Point
from protocols.ticks import ticks_add, ticks_diff

_CLOSED = {
    "framing": c.CLOSED_FRAMING, "sequence": c.CLOSED_SEQUENCE, "t1": c.CLOSED_T1, "not_started": c.CLOSED_NOT_STARTED,
    "overrun": c.CLOSED_OVERRUN, "replaced": c.CLOSED_REPLACED,
}


class Cycle:
    """Points that are sent to every started link with one period."""

    def __init__(self, period_ms, points, cause):
        self.period_ms = period_ms
        self.points = points
        self.cause = cause
        self.due = -1  # tick of the next round, -1 = no round yet


class Outstation:
    def __init__(self, params, clock):
        params.check()
        self.params = params
        self.clock = clock
        self.common_address = params.common_address
        self.points = []  # sorted by type and address
        self.counters = []
        self.commands = {}
        self.cycles = []
        self.events = EventBuffer(params.event_slots)
        self.stamp = Stamp(clock, params.utc_offset_min)
        self.moment = [0, 0]
        self.scratch = bytearray(32)
        self.counts = array("i", [0] * len(c.COUNT_NAMES))
        self.on_command = None  # on_command(link, cmd, type_id, value, result), result: index into counts
        self.on_reset = None  # on_reset(link, now) -> True when the process will restart
        self.overflow_point = None  # a binary point that tells that events were lost
        self.master_seen = -1
        self.control_link = None
        self.started_links = 0
        self.links = []  # open
        self._started = []  # in the order of STARTDT
        self._free = [Link(self) for _ in range(params.max_links)]
        self._groups = [Group(self.events, peers) for peers in params.groups]
        self._groups += [Group(self.events, ()) for _ in range(params.max_links)]
        self._uses = 0
        self._lost_seen = 0
        self._by_ioa = {}
        if params.background_ms:
            self.cycles.append(Cycle(params.background_ms, self.points, c.COT_BACKGROUND))

    # points and commands

    def add_point(self, ioa, type_id, divisor=1, deadband=1, cyclic_ms=0, group=0, event_type=None):
        """A monitored point; events use the time-tagged twin of `type_id` unless `event_type` says otherwise (0 = none).

        `divisor`: engineering = raw / divisor, negative to turn the sign; `group` 0: general interrogation, 1-16: that group too, -1: neither.
        """
        if self.point_at(ioa) is not None:
            raise LocalError("information object address %s is taken" % ioa)
        if event_type is None:
            event_type = TAGGED.get(type_id, type_id)
        elif event_type and event_type != type_id and TAGGED.get(type_id) != event_type:
            raise LocalError("type %s cannot carry the events of type %s" % (event_type, type_id))
        if type_id == c.M_IT_NA_1:
            point = Counter(self, ioa, event_type, deadband, group)
            _insert(self.counters, point)
        else:
            point = Point(self, ioa, type_id, event_type, divisor, deadband, group)
            _insert(self.points, point)
        self._by_ioa[ioa] = point
        if cyclic_ms:
            self._cycle(cyclic_ms).append(point)
        return point

    def _cycle(self, period_ms):
        for cycle in self.cycles:
            if cycle.period_ms == period_ms and cycle.cause == c.COT_CYCLIC:
                return cycle.points
        self.cycles.append(Cycle(period_ms, [], c.COT_CYCLIC))
        return self.cycles[-1].points

    def add_command(self, ioa, type_ids, handler, select=False, terminates=False):
        """An object that takes orders of these types through handler.operate(cmd, type_id, value, link, now) -> accepted."""
        if ioa in self.commands:
            raise LocalError("command address %s is taken" % ioa)
        cmd = Command(ioa, type_ids, handler, select, terminates)
        self.commands[ioa] = cmd
        return cmd

    def terminate(self, cmd, now):
        """The order of a command with `terminates` is done: ACT_TERM to the master that gave it."""
        cmd.finish(now)

    def point_at(self, ioa):
        return self._by_ioa.get(ioa)

    def store_event(self, point, flag, now):
        self.stamp.take(now)
        self.events.add(point.ring, point.event_type | flag, point, self.stamp.buf)

    def event_room(self):
        """Events of either kind that may be stored now without any master losing one: the started masters, else all that are known."""
        room = -1
        for group in self._groups:
            if group.link is not None and (room < 0 or group.room() < room):
                room = group.room()
        if room >= 0:
            return room
        room = min(self.events.binary.slots, self.events.other.slots)
        for group in self._groups:
            if group.last_use and group.room() < room:
                room = group.room()
        return room

    def events_lost(self):
        """Events lost by all masters together since each was first known."""
        lost = 0
        for group in self._groups:
            if group.last_use:
                lost += group.lost()
        return lost

    # links

    def open_link(self, peer, now):
        """A link for a new connection from `peer` (address without port), or None: close the connection."""
        params = self.params
        if params.allow and peer not in params.allow:
            self.count(c.REFUSED_PEER)
            return None
        if not self._free:
            self._replace_dead(peer)
            if not self._free:
                self.count(c.REFUSED_FULL)
                return None
        link = self._free.pop()
        group = self._group_of(peer)
        self._uses += 1
        group.last_use = self._uses
        group.held += 1
        link.open(peer, group, len(self.cycles), now)
        self.links.append(link)
        return link

    def _replace_dead(self, peer):
        for link in self.links:
            if link.peer == peer and link.is_testing:
                link.close("replaced")
                self._retire(link)
                # The driver still holds the old object: it must not be served again
                self._free.append(Link(self))
                return

    def close_link(self, link):
        """The connection is gone, or the driver has closed it after is_closed; may be called twice."""
        link.close("peer")
        if link in self.links:
            self._retire(link)
            self._free.append(link)

    def _retire(self, link):
        self.links.remove(link)
        link.group.held -= 1

    def _group_of(self, peer):
        """Redundancy group of the peer, else its own place, else the place that was unused for longest."""
        best = None
        for group in self._groups:
            if peer in group.peers:
                return group
            if group.peers or group.held:
                continue
            if best is None or _is_better(group, best, peer):
                best = group
        if best.peer != peer or not best.last_use:
            best.adopt(peer)
        return best

    def on_started(self, link):
        group = link.group
        if group.link is not None and group.link is not link:
            group.link.demote()
        group.link = link
        at = len(self._started)
        dead = self.control_link
        if dead is not None and dead.is_testing and dead.peer == link.peer:
            at = self._started.index(dead)
        self._started.insert(at, link)
        self._assign_control()

    def on_stopping(self, link):
        """Nothing more is started by this link; its un-acknowledged frames may still be acknowledged."""
        if link in self._started:
            self._started.remove(link)
        self._assign_control()
        for cmd in self.commands.values():
            cmd.forget(link)

    def on_stopped(self, link):
        self.on_stopping(link)
        group = link.group
        if group is not None and group.link is link:
            group.release()

    def on_link_closed(self, link, reason):
        if reason in _CLOSED:
            self.count(_CLOSED[reason])

    def _assign_control(self):
        control_from = self.params.control_from
        first = None
        for link in self.links:
            link.may_control = False
        for link in self._started:
            link.may_control = link.peer in control_from if control_from else first is None
            if link.may_control and first is None:
                first = link
        self.control_link = first
        self.started_links = len(self._started)

    # refusals

    def count(self, kind):
        self.counts[kind] += 1

    def refuse(self, link, buf, at, n, kind, cause, now):
        """Count and answer a refusal: the mirrored ASDU with P/N = 1."""
        self.counts[kind] += 1
        link.answer(buf, at, n, cause | c.NEGATIVE, now)
        if self.on_command is not None:
            self.on_command(link, None, buf[at], None, kind)

    def first_object(self, buf, at, n):
        """Put the ASDU's header and first object into `scratch`, with VSQ 1."""
        for i in range(n):
            self.scratch[i] = buf[at + i]
        self.scratch[1] = 1

    # time

    def tick(self, now):
        """Run timers, start rounds of cyclic data, send what waits."""
        for cycle in self.cycles:
            if self._started and (cycle.due < 0 or ticks_diff(now, cycle.due) >= 0):
                self._start_cycle(cycle, now)
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
        for link in self._started:
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
        if self._started:
            for cycle in self.cycles:
                ms = max(0, ticks_diff(cycle.due, now)) if cycle.due >= 0 else 0
                if best < 0 or ms < best:
                    best = ms
        return best


def _insert(points, point):
    """Keep `points` sorted by type and address."""
    i = 0
    while i < len(points) and (points[i].type_id, points[i].ioa) < (point.type_id, point.ioa):
        i += 1
    points.insert(i, point)


def _is_better(group, best, peer):
    """Whether free place `group` suits `peer` better than `best`: its own (the latest), else never used, else unused for longest."""
    if (group.peer == peer) != (best.peer == peer):
        return group.peer == peer
    if group.peer == peer:
        return group.last_use > best.last_use
    return group.last_use < best.last_use
