"""Every order of a dispatcher and what became of it: address of the master, OA, CA, IOA, type, value, result
(row 116 of the outstation's rules).

A bounded ring that takes no memory when an order comes; the board prints it, one line a turn, so that a flood
of orders costs the loop no more than a slow one. When it is full the oldest entry is lost and counted: the
console says how many. Accepted orders may be left out (telecontrol.log_orders); refusals never are.

lint: hot
"""

from array import array

from firmware import codes
from protocols.ticks import ticks_diff
from protocols.upy import const

_WIDTH = const(7)  # code, type, OA, CA, IOA, count, tick
_NO_VALUE = const(256)  # added to the type: the order was refused before its value was read


class OrderLog:
    def __init__(self, size, only_refused=False):
        self.size = size
        self.only_refused = only_refused
        self.rows = array("i", [0] * (_WIDTH * size))
        self.values = array("f", [0] * size)
        self.peers = [""] * size
        self.first = 0
        self.count = 0
        self.lost = 0

    def add(self, code, peer, station, type_id, value, count, now):
        """One order as `station` (the outstation) has just judged it; the `count`-th with this result."""
        if self.count == self.size:
            self.drop_first()
            self.lost += 1
        at = (self.first + self.count) % self.size
        self.count += 1
        self.peers[at] = peer
        if value is None:
            type_id += _NO_VALUE
        else:
            self.values[at] = value
        rows = self.rows
        at *= _WIDTH
        rows[at] = code
        rows[at + 1] = type_id
        rows[at + 2] = station.order_oa
        rows[at + 3] = station.order_ca
        rows[at + 4] = station.order_ioa
        rows[at + 5] = count
        rows[at + 6] = now

    def drop_first(self):
        """The entry at `first` has been read."""
        self.first = (self.first + 1) % self.size
        self.count -= 1

    def line(self, clock, now):  # lint: cold
        """The oldest entry as a line for the console; it is dropped."""
        at = self.first
        code, type_id, oa, ca, ioa, count, tick = self.rows[_WIDTH * at : _WIDTH * at + _WIDTH]
        value = "none" if type_id >= _NO_VALUE else "%g" % self.values[at]
        head = "#V%03d %s: %s%s" % (code, codes.text(code), _time_of(clock, tick, now), self.peers[at])
        self.drop_first()
        order = (oa, ca, ioa, type_id % _NO_VALUE, value, count)
        return head + " OA %d CA %d IOA %d type %d value %s (%d)" % order


def _time_of(clock, tick, now):  # lint: cold
    """Time of day (UTC) of a tick as "hh:mm:ss.mmm ", "" while nobody has told it."""
    clock.sample(now)
    if not clock.valid:
        return ""
    ms = (clock.ms - ticks_diff(now, tick)) % 86400000
    return "%02d:%02d:%02d.%03d " % (ms // 3600000, ms // 60000 % 60, ms // 1000 % 60, ms % 1000)
