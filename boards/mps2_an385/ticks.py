"""`time` for a port that has none: milliseconds modulo 2**30 from the FPGAIO counter, read without allocation.

Frozen as `time` where MicroPython's port does not bring that module. A 32-bit read of a counter above 2**30 would
allocate, so it is read in two halves, the upper one twice.
"""

from machine import mem16, mem32

from protocols.upy import const

_PRESCALE = const(0x4002801C)
_COUNTER = const(0x40028018)
_COUNTER_HIGH = const(0x4002801A)
_CLOCKS_A_MS = const(25000)
_MASK = const(0x3FFFFFFF)
_HALF = const(0x20000000)

mem32[_PRESCALE] = _CLOCKS_A_MS - 1


def ticks_ms():
    high = mem16[_COUNTER_HIGH]
    low = mem16[_COUNTER]
    if mem16[_COUNTER_HIGH] != high:
        high = mem16[_COUNTER_HIGH]
        low = mem16[_COUNTER]
    return (high & 0x3FFF) << 16 | low


def ticks_add(ticks, delta):
    return (ticks + delta) & _MASK


def ticks_diff(later, earlier):
    return ((later - earlier + _HALF) & _MASK) - _HALF


def sleep_ms(ms):
    began = ticks_ms()
    while ticks_diff(ticks_ms(), began) < ms:
        pass
