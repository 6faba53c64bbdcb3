"""An IEEE 754 single in two registers, scaled to an integer without ever being a float.

The result is round(value * factor / divisor), rounded once, ties to even, the same bits on every
interpreter: where floats themselves are singles, the product `value * factor` would already be rounded.
Without a divisor no intermediate passes 2**30, so nothing is allocated; with one that holds for singles
below 2**23.

lint: hot, integer
"""

from protocols.errors import LocalError


def scaled(high, low, factor, divisor=1):
    """round(single * factor / divisor), both 1 to 2**15 - 1; None for NaN, infinity, results of 2**30 or
    more.
    """
    if not (1 <= factor < 0x8000 and 1 <= divisor < 0x8000):
        raise LocalError("factor out of range")
    exponent = high >> 7 & 0xFF
    if exponent == 0xFF:
        return None
    if exponent == 0:
        return 0
    # The product of mantissa and factor is a * 4096 + b; the value is that, shifted right by `shift`.
    b = (low & 0xFFF) * factor
    a = ((high & 0x7F | 0x80) << 4 | low >> 12) * factor + (b >> 12)
    b &= 0xFFF
    shift = 150 - exponent
    below = 0  # whether something is left under the last bit of b
    if divisor != 1:
        while shift < 1:  # a large number: rounding needs one bit under the point
            b <<= 1
            a = (a << 1) + (b >> 12)
            b &= 0xFFF
            shift += 1
        b += a % divisor << 12
        a //= divisor
        below = b % divisor
        b //= divisor
    if shift <= 12:
        if shift <= -18 or a >> 18 + shift:
            return None
        value = _left(a, b, shift, below)
    else:
        value = _right(a, b | below, shift - 12)
    return -value if high & 0x8000 else value


def _left(a, b, shift, below):
    if shift <= 0:
        return (a << 12 - shift) + (b << -shift)
    return _rounded((a << 12 - shift) + (b >> shift), b & (1 << shift) - 1, 1 << shift - 1, below)


def _right(a, below, shift):
    if shift > 28:
        return 0
    return _rounded(a >> shift, a & (1 << shift) - 1, 1 << shift - 1, below)


def _rounded(value, rest, half, below):
    if rest > half or rest == half and (below or value & 1):
        return value + 1
    return value
