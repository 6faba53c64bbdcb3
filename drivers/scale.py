"""Decimal scale factors in integers.

lint: integer
"""

_TENS = (1, 10, 100, 1000, 10000, 100000, 1000000)


def power10(exponent):
    """10**exponent for exponent from 0 to 6."""
    return _TENS[exponent]


def scale10(value, exponent):
    """value * 10**exponent, rounded half up to a whole number; exponent from -6 to 6."""
    if exponent >= 0:
        return value * _TENS[exponent]
    divisor = _TENS[-exponent]
    return (value + divisor // 2) // divisor


def signed16(value):
    """Two's complement of a 16-bit register."""
    return value - 0x10000 if value & 0x8000 else value
