"""Room at the bottom of MicroPython's heap, taken by whoever imports this first.

MicroPython puts the frame of every larger call on the heap, at the first gap that is wide enough; behind
some hundred kilobytes of code and small gaps that search costs more than the call (measured: a fifth of the
time of an order). Taken before the other modules are loaded and given back when all is assembled, this room
is where frames and short-lived objects go from then on.
"""

import gc

BYTES = 32768  # twice the garbage after which the board collects

_room = [bytearray(BYTES) if hasattr(gc, "mem_alloc") else None]


def give_back():
    """All objects that stay have been made."""
    _room[0] = None
