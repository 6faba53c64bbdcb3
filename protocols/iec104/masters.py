"""Masters, their links and who is in control (IEC 60870-5-104 clause 10, from general knowledge).

A peer named in `params.groups` belongs to that redundancy group; any other peer address is a master of
its own, which finds its unsent events again when it reconnects. Of the links of one group only one is
started: STARTDT on another silences the first. A peer outside `params.allow` is refused before a byte is
read; so is one beyond `max_links` (or beyond the memory that is left), unless a link of the same address
has an un-answered TESTFR, which then gives way.

Control belongs to the links of `params.control_from`; without these, to the link that was started first,
until it stops or closes. Orders from others are refused (ACT_CON, P/N = 1). A reconnect from the same
address overtakes a controlling link whose TESTFR is un-answered.
"""

from protocols.iec104 import const as c
from protocols.iec104.events import Group
from protocols.iec104.link import Link

_CLOSED = {
    "framing": c.CLOSED_FRAMING,
    "sequence": c.CLOSED_SEQUENCE,
    "t1": c.CLOSED_T1,
    "not_started": c.CLOSED_NOT_STARTED,
    "overrun": c.CLOSED_OVERRUN,
    "replaced": c.CLOSED_REPLACED,
}


class Masters:
    """The part of the outstation that knows its masters."""

    def __init__(self, params, events):
        self.links = []  # open
        self.started = []  # in the order of STARTDT
        self.control_link = None
        self.started_links = 0
        self.master_seen = -1  # tick of the last valid frame on a started link, -1 before the first
        self._free = [Link(self)]  # the first place is there from the start, others when masters come
        self._groups = [Group(events, peers) for peers in params.groups]
        self._groups += [Group(events, ()) for _ in range(params.max_links)]
        self._uses = 0

    def open_link(self, peer, now):
        """A link for a new connection from `peer` (address without port), or None: close the connection.
        """
        params = self.params
        if params.allow and peer not in params.allow:
            self.count(c.REFUSED_PEER)
            return None
        if not self._free:
            self._make_room(peer)
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

    def _make_room(self, peer):
        """One more link, up to `max_links` and while there is memory; then the place of a dead one."""
        if len(self.links) < self.params.max_links:
            try:
                self._free.append(Link(self))
            except MemoryError:
                pass  # the masters that are here go on
        else:
            self._replace_dead(peer)

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
        """Redundancy group of the peer, else its own place, else the place that was unused for longest.
        """
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

    def event_room(self):
        """Events of either kind that may be stored now without a master losing one.

        It counts the started masters; when there is none, all that are known.
        """
        room = min(self.events.binary.slots, self.events.other.slots)
        if self.started:
            for link in self.started:
                room = min(room, link.group.room())
            return room
        for group in self._groups:
            if group.last_use:
                room = min(room, group.room())
        return room

    def events_lost(self):
        """Events lost by all masters together since each was first known."""
        lost = 0
        for group in self._groups:
            if group.last_use:
                lost += group.lost()
        return lost

    def on_started(self, link):
        group = link.group
        if group.link is not None and group.link is not link:
            group.link.demote()
        group.link = link
        at = len(self.started)
        dead = self.control_link
        if dead is not None and dead.is_testing and dead.peer == link.peer:
            at = self.started.index(dead)
        self.started.insert(at, link)
        self._assign_control()

    def on_stopping(self, link):
        """Nothing more is started by this link; its un-acknowledged frames may still be acknowledged."""
        if link in self.started:
            self.started.remove(link)
        self._assign_control()
        for cmd in self.commands.values():  # any order
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
        for link in self.started:
            link.may_control = link.peer in control_from if control_from else first is None
            if link.may_control and first is None:
                first = link
        self.control_link = first
        self.started_links = len(self.started)


def _is_better(group, best, peer):
    """Whether a free place suits `peer` better: its own latest, else never used, else unused for
    longest.
    """
    if (group.peer == peer) != (best.peer == peer):
        return group.peer == peer
    if group.peer == peer:
        return group.last_use > best.last_use
    return group.last_use < best.last_use
