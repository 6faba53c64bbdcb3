"""Monotonic time as every lane sees it: milliseconds modulo 2**30.

The period is that of MicroPython's 32-bit boards (12.4 days), on all lanes, so that a wrap on the host
is a wrap on the board.
Every intermediate stays inside a 31-bit small integer: on a microcontroller a larger one is allocated on
the heap.
"""

from protocols.upy import const

TICKS_MASK = 0x3FFFFFFF
_MASK = const(0x3FFFFFFF)
_HALF = const(0x20000000)


def ticks_diff(later, earlier):
    """Signed milliseconds from `earlier` to `later`; valid for +-6.2 days."""
    d = (later - earlier) & _MASK
    return d if d < _HALF else d - _MASK - 1


def ticks_add(ticks, delta_ms):
    """`ticks` moved by `delta_ms` (0 <= delta_ms < 2**30), without passing 2**30 on the way."""
    return (ticks - (_MASK - delta_ms) - 1) & _MASK


def ticks_sub(ticks, delta_ms):
    """`ticks` moved back by `delta_ms` (0 <= delta_ms < 2**30)."""
    return (ticks - delta_ms) & _MASK


def sooner(a_ms, b_ms):
    """The earlier of two `next_deadline` answers, where -1 means that there is none."""
    if a_ms < 0:
        return b_ms
    if b_ms < 0 or a_ms < b_ms:
        return a_ms
    return b_ms
