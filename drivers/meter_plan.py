"""From a meter's table (drivers/maps/) to requests and to integers.

A table is a module of constants: TITLE; FUNCTION (3 or 4); LOW_WORD_FIRST; MOST registers in one
request; GAP, where there is one: registers between two values that the meter has and that may be read
along with them; LINE as delivered; SECONDARY, whether values stand on the secondary side of transformers;
RATIO = (register, place of PT, place of CT), two u16 registers that tell their ratios, or (); POINTS, rows
of (register, kind, quantity, exponent, n): the value is raw * 10**exponent in V, A, W, var, VA, Hz, Wh, and
n is 1 for a total or 3 for L1, L2, L3 in registers that follow each other. Registers are 0-based PDU
addresses.

Sentinels of the makers are no values: NaN and infinity; FFFF of a u16; 8000 and 7FFF of an s16; every
32-bit integer outside +-2**30, which FFFFFFFF, 80000000 and 7FFFFFFF are too.

lint: integer
"""

from drivers.scale import power10
from protocols.errors import LocalError
from protocols.modbus.float32 import scaled

U16, S16, U32, S32, F32, U32_LOW, S32_LOW, F32_LOW = 0, 1, 2, 3, 4, 5, 6, 7
_KINDS = {"u16": U16, "s16": S16, "u32": U32, "s32": S32, "f32": F32}
_LARGEST = 0x3FFFFFFF
# What a station wants of its meter: (quantity, exponent of the signal's unit, signal, signal for the Wh of an
# energy). Power is read every period, the others every SLOWLY-th.
STATION = (
    ("power", 0, "grid_power_w", ""),
    ("voltage", 1, "grid_voltage_dv", ""),
    ("frequency", 3, "frequency_mhz", ""),
    ("import", 0, "import_kwh", "import_wh"),
    ("export", 0, "export_kwh", "export_wh"),
)
SLOWLY = 5
FIRST_BACKOFF_MS = 1000  # of a silent meter, where its period is not longer; also in meter_sdm630.py
LAST_BACKOFF_MS = 5000
PATIENCE = 4  # as in modbus_bus.py
SWAPPED = {"import": "export", "export": "import"}  # where the current transformers are reversed

_RATIO_KINDS = {"voltage": 1, "current": 2, "power_factor": 0, "frequency": 0}


def kind_of(table, name):
    """Number of a point's kind, word order included."""
    kind = _KINDS[name]
    return kind + 3 if table.LOW_WORD_FIRST and kind >= U32 else kind


def width(kind):
    """Registers of a value."""
    return 1 if kind < U32 else 2


def merged(spans, most, gap=0):
    """[[first, count], ...]: spans that adjoin, overlap or lie at most `gap` registers apart in one request
    of at most `most`; none is ever cut.
    """
    requests = []
    for first, count in sorted(spans):
        last = requests[-1] if requests else None
        end = first + count
        if last is not None and first <= last[0] + last[1] + gap and end - last[0] <= most:
            last[1] = max(last[1], end - last[0])
        else:
            requests.append([first, count])
    return requests


def phases_of(table):
    """The power of L1, L2 and L3, as three points of a table; LocalError where it has only the total."""
    for register, kind, quantity, exponent, n in table.POINTS:
        if quantity == "power" and n == 3:
            step = width(_KINDS[kind])
            return [(register + i * step, kind, quantity, exponent, 1) for i in range(3)]
    raise LocalError("this meter tells no power of each phase")


def ratio_of(table, quantity, pt, ct):
    """What transformers multiply this quantity by."""
    if not table.SECONDARY:
        return 1
    kind = _RATIO_KINDS.get(quantity, 3)
    return (pt if kind & 1 else 1) * (ct if kind & 2 else 1)


def fraction(exponent, ratio):
    """[numerator, denominator] of 10**exponent * ratio, both below 2**15; LocalError where they are not."""
    numerator = ratio
    denominator = 1
    if exponent > 0:
        numerator *= power10(exponent)
    else:
        denominator = power10(-exponent)
    a, b = numerator, denominator
    while b:
        a, b = b, a % b
    numerator //= a
    denominator //= a
    if numerator > 0x7FFF or denominator > 0x7FFF:
        raise LocalError("transformer ratio is too large for this table")
    return [numerator, denominator]


def integer(words, i, kind):
    """The integer at register `i` of words (with a register(i) method); None for a sentinel."""
    if kind < U32:
        value = words.register(i)
        if kind == U16:
            return None if value == 0xFFFF else value
        return None if value == 0x8000 or value == 0x7FFF else (value ^ 0x8000) - 0x8000
    low = kind >= U32_LOW
    high_word = words.register(i + 1 if low else i)
    low_word = words.register(i if low else i + 1)
    if kind == S32 or kind == S32_LOW:
        high_word = (high_word ^ 0x8000) - 0x8000
    if not -0x4000 <= high_word < 0x4000:
        return None
    return (high_word << 16) + low_word


def value(words, i, kind, numerator, denominator):
    """The value at register `i`, times numerator / denominator, rounded once; None where there is none."""
    if kind == F32:
        return scaled(words.register(i), words.register(i + 1), numerator, denominator)
    if kind == F32_LOW:
        return scaled(words.register(i + 1), words.register(i), numerator, denominator)
    raw = integer(words, i, kind)
    return None if raw is None else times(raw, numerator, denominator)


def times(raw, numerator, denominator):
    """raw * numerator / denominator, rounded half up, without an intermediate of 2**30; None beyond
    that.
    """
    whole = raw // denominator
    if not -_LARGEST <= whole * numerator <= _LARGEST:
        return None
    return whole * numerator + (raw % denominator * numerator + (denominator >> 1)) // denominator
