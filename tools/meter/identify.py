"""Which model answers: each table's own registers are read and judged by what a meter can show.

Signs, each told: the frequency is one of a grid; voltages are possible; the phases' powers add up to the
total; no phase carries more than voltage times current. A table of which a needed register is refused or
impossible is out. Confidence: certain = grid frequency, voltages and a sum of powers that flow all
agree; likely = two of them; possible = less. Registers that only one of two alike models has (TELLS)
decide between them.
"""

from typing import NamedTuple

from drivers import meter_plan
from tools.meter.line import ANSWER, REFUSED
from tools.meter.reading import MODBUS_MODELS, number, ratios, table_of

CERTAIN, LIKELY, POSSIBLE = "certain", "likely", "possible"
_NEEDED = ("voltage", "frequency", "power")
# model: ((first register, registers, what the meter must do), ...)
TELLS = {
    "sdm72": ((0x00, 2, REFUSED),),
    "djsf1352": ((0, 2, ANSWER),),
    "djsf1352_rn6": ((0, 2, REFUSED),),
}
NOTES = {
    "em24": "import register disputed: compare with the display, else use em24_42",
    "sdm630": "SDM630-V2, or SDM72D-M-V2 when phase energies are refused",
    "dtsd1352": "an ADL400 shows the same integers",
}
_LEFT_TO_NOTES = ("em24_42",)  # nothing but the display tells it from em24


class Candidate(NamedTuple):
    """A model that fits, the signs for it, and how sure that makes us."""

    model: str
    confidence: str
    signs: tuple


class Cache:
    """Asks each question once."""

    def __init__(self, read):
        self._read = read
        self._heard = {}

    def __call__(self, function, address, count):
        key = (function, address, count)
        if key not in self._heard:
            self._heard[key] = self._read(function, address, count)
        return self._heard[key]


def identify(read, told=lambda model: None):
    """Candidates, the surest first; `read(function, address, count)` gives a Heard, `told` hears each
    model.
    """
    read = Cache(read)
    found = []
    for model in MODBUS_MODELS:
        if model not in _LEFT_TO_NOTES:
            told(model)
            candidate = judge(model, read)
            if candidate is not None:
                found.append(candidate)
    order = (CERTAIN, LIKELY, POSSIBLE)
    return sorted(found, key=lambda c: order.index(c.confidence))


def judge(model, read):
    """A Candidate, or None when the registers speak against the model."""
    table = table_of(model)
    for first, count, must in TELLS.get(model, ()):
        if read(table.FUNCTION, first, count).kind != must:
            return None
    values = {}
    pt, ct = ratios(read, table, 0, 0)
    if not pt or not ct:
        return None
    for point in table.POINTS:
        if point[2] in (*_NEEDED, "current"):
            shown = _values(read, table, point)
            if shown is None:
                if point[2] in _NEEDED and point[4] == 1 or point[2] == "voltage":
                    return None
                continue
            values[point[2], point[4]] = shown
    signs = _signs(values)
    if signs is None:
        return None
    if pt * ct > 1:
        signs[-1] += " (secondary side; PT %d, CT %d)" % (pt, ct)
    confidence = CERTAIN if len(signs) >= 3 else LIKELY if len(signs) == 2 else POSSIBLE
    return Candidate(model, confidence, tuple(signs))


def _values(read, table, point):
    """The point's values in base units, secondary side; None when refused or no value."""
    address, kind, _, exponent, n = point
    width = meter_plan.width(meter_plan.kind_of(table, kind))
    heard = read(table.FUNCTION, address, n * width)
    if heard.kind != ANSWER:
        return None
    raw = [number(heard.registers[i * width : (i + 1) * width], kind, table.LOW_WORD_FIRST) for i in range(n)]
    return None if None in raw else [float(r) * 10.0**exponent for r in raw]


def _signs(values):
    """Signs for the model; None when something is impossible."""
    signs = []
    frequency = values.get(("frequency", 1))
    if frequency is not None:
        if not 45 <= frequency[0] <= 65:
            return None
        signs.append("frequency %.2f Hz" % frequency[0])
    volts = values.get(("voltage", 3)) or values.get(("voltage", 1))
    if volts is not None:
        low, high = (40, 500) if len(volts) == 3 else (1, 1500)
        if not all(v == 0 or low <= v <= high for v in volts) or not any(volts):
            return None
        signs.append("voltage " + ", ".join("%.1f" % v for v in volts) + " V")
    total = values.get(("power", 1))
    if total is not None and not abs(total[0]) <= 5e6:
        return None
    return _powers(values, volts, total, signs)


def _powers(values, volts, total, signs):
    phases = values.get(("power", 3))
    if phases and total:
        if abs(sum(phases) - total[0]) > 5 + 0.02 * max(abs(p) for p in phases):
            return None
        if any(phases):
            signs.append("phase powers add up to the total %.0f W" % total[0])
    amps = values.get(("current", 3)) or values.get(("current", 1))
    watts = phases if amps and len(amps) == 3 else total
    if volts and amps and watts and len(volts) == len(watts) == len(amps) and any(watts):
        if any(abs(p) > 1.05 * abs(u * i) + 20 for p, u, i in zip(watts, volts, amps)):
            return None
        signs.append("no power above voltage times current")
    return signs
