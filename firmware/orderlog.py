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

_NO_VALUE = 1 << 7  # in a result's octet: the order was refused before its value was read


class OrderLog:
    def __init__(self, size, only_refused=False):
        self.size = size
        self.only_refused = only_refused
        self.codes = array("h", [0] * size)
        self.types = bytearray(size)
        self.flags = bytearray(size)
        self.originators = bytearray(size)
        self.stations = array("H", [0] * size)
        self.objects = array("i", [0] * size)
        self.values = array("f", [0] * size)
        self.counts = array("i", [0] * size)
        self.times = array("i", [0] * size)
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
        self.codes[at] = code
        self.types[at] = type_id
        self.flags[at] = _NO_VALUE if value is None else 0
        self.values[at] = 0 if value is None else value
        self.originators[at] = station.order_oa
        self.stations[at] = station.order_ca
        self.objects[at] = station.order_ioa
        self.counts[at] = count
        self.times[at] = now
        self.peers[at] = peer
        self.count += 1

    def drop_first(self):
        """The entry at `first` has been read."""
        self.first = (self.first + 1) % self.size
        self.count -= 1

    def line(self, clock, now):  # lint: cold
        """The oldest entry as a line for the console; it is dropped."""
        at = self.first
        code = self.codes[at]
        value = "none" if self.flags[at] else "%g" % self.values[at]
        where = (self.originators[at], self.stations[at], self.objects[at], self.types[at])
        line = "#V%03d %s: " % (code, codes.text(code))
        line += _time_of(clock, self.times[at], now) + self.peers[at]
        line += " OA %d CA %d IOA %d type %d" % where
        line += " value %s (%d)" % (value, self.counts[at])
        self.drop_first()
        return line


def _time_of(clock, tick, now):  # lint: cold
    """Time of day (UTC) of a tick as "hh:mm:ss.mmm ", "" while nobody has told it."""
    clock.sample(now)
    if not clock.valid:
        return ""
    ms = (clock.ms - ticks_diff(now, tick)) % 86400000
    return "%02d:%02d:%02d.%03d " % (ms // 3600000, ms // 60000 % 60, ms // 1000 % 60, ms % 1000)
