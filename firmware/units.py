"""Integer arithmetic in the project's units (W, 0.1 V, 0.1 A, mHz, 0.01 %, ms); imports nothing.

Every intermediate stays below 2**30, so that no lane allocates and every lane gives the same bits.

lint: integer
"""

MAX_POWER_W = 10000000  # the largest power that the units are made for
FULL_BP = 10000
MS_PER_DAY = 86400000
WMS_PER_WH = 3600000  # one watt-hour in watt-milliseconds


def clip(value, lo, hi):
    """`value` moved into [lo, hi]."""
    if value < lo:
        return lo
    return hi if value > hi else value


def share(total, part, whole):
    """total * part // whole for total >= 0 and 0 <= part <= whole < 2**15, without the large product."""
    return total // whole * part + total % whole * part // whole


def scaled(total, part, whole):
    """total * part // whole for 0 <= part <= whole, total < 2**15 * whole; a large whole loses its
    lowest bits.
    """
    while whole >= 32768:
        whole >>= 1
        part >>= 1
    return share(total, part, whole)


def per_second(rate, dt_ms):
    """rate * dt_ms in thousandths, as whole units; the rest below one unit is per_second_rest()."""
    return rate * (dt_ms // 1000) + rate * (dt_ms % 1000) // 1000


def per_second_rest(rate, dt_ms):
    """What per_second() leaves over, in thousandths (0..999)."""
    return rate * (dt_ms % 1000) % 1000
