"""`time` for a port that has none: milliseconds modulo 2**30 from the FPGAIO counter.

Frozen as `time` where MicroPython's port does not bring that module. A reading above 2**30 would be a big
integer, so the 32-bit counter is set back whenever it gets there, once in 12.4 days; reading it in two halves
does not work, for QEMU's device answers 0 to the upper one.
"""

from machine import mem32

from protocols.upy import const

_COUNTER = const(0x40028018)
_PRESCALE = const(0x4002801C)
_CLOCKS_A_MS = const(25000)
_MASK = const(0x3FFFFFFF)
_HALF = const(0x20000000)

mem32[_PRESCALE] = _CLOCKS_A_MS - 1


def ticks_ms():
    count = mem32[_COUNTER]
    if count > _MASK:
        count &= _MASK
        mem32[_COUNTER] = count
    return count


def ticks_add(ticks, delta):
    return (ticks + delta) & _MASK


def ticks_diff(later, earlier):
    difference = (later - earlier) & _MASK
    return difference if difference < _HALF else difference - _MASK - 1


def sleep_ms(ms):
    began = ticks_ms()
    while ticks_diff(ticks_ms(), began) < ms:
        pass
