"""What a connection and a queued event of our station take: `main([])` prints bytes, collected, of the
ring slots of one binary and one other event, and of one more connection (started, nothing sent).
"""

import gc

from firmware.wallclock import WallClock
from protocols.iec104.outstation import Outstation
from protocols.iec104.params import Params

_LINKS = 4
_FEW, _MANY = 64, 1024
_TRIES = 4

try:
    import tracemalloc

    tracemalloc.start()
except ImportError:  # MicroPython counts by itself
    tracemalloc = None


def _held():
    gc.collect()
    return gc.mem_alloc() if tracemalloc is None else tracemalloc.get_traced_memory()[0]


def _station(slots, links):
    """A station with so many connections, all started."""
    station = Outstation(Params(event_slots=slots, max_links=links), WallClock(0))
    for i in range(links):
        link = station.open_link("10.0.0.%d" % i, 0)
        link.feed(bytearray(b"\x68\x04\x07\x00\x00\x00"), 6, 0)
    return station


def _taken(slots, links):
    """Bytes that one station takes, the least of some: the collector spares what looks like a pointer."""
    least = 1 << 29
    for _ in range(_TRIES):
        before = _held()
        station = _station(slots, links)
        _sweep(8)
        least = min(least, _held() - before)
        assert station
        station = None
    return least


def _sweep(depth):
    """Overwrite what is left of deeper frames."""
    if depth:
        _sweep(depth - 1)


def main(arguments):
    """Measure and print."""
    _taken(_FEW, 1)
    slots = (_taken(_MANY, 1) - _taken(_FEW, 1)) * 100 // (_MANY - _FEW)
    link = (_taken(_FEW, 1 + _LINKS) - _taken(_FEW, 1)) // _LINKS
    print("bench two_slots_by_100=%d link=%d" % (slots, link))
    return 0
