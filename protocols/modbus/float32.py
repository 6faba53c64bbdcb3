"""An IEEE 754 single in two registers, scaled to an integer without ever being a float.

The result is round(value * factor), ties to even, the same bits on every interpreter: where floats
themselves are singles, the product `value * factor` would already be rounded once. No intermediate passes
2**30, so nothing is allocated.

lint: hot, integer
"""

from protocols.errors import LocalError


def scaled(high, low, factor):
    """round(single * factor) for 1 <= factor < 2**15; None for NaN, infinity and results of 2**30 or more."""
    if not 1 <= factor < 0x8000:
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
    if shift <= 12:
        if shift <= -18 or a >> 18 + shift:
            return None
        value = _left(a, b, shift)
    else:
        value = _right(a, b, shift - 12)
    return -value if high & 0x8000 else value


def _left(a, b, shift):
    if shift <= 0:
        return (a << 12 - shift) + (b << -shift)
    return _rounded((a << 12 - shift) + (b >> shift), b & (1 << shift) - 1, 1 << shift - 1, 0)


def _right(a, b, shift):
    if shift > 28:
        return 0
    return _rounded(a >> shift, a & (1 << shift) - 1, 1 << shift - 1, b)


def _rounded(value, rest, half, below):
    if rest > half or rest == half and (below or value & 1):
        return value + 1
    return value
