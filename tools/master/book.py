"""Names of a station's objects: from firmware/pointtable.py, as a configuration changes it. What has no name
is called by its address, in any base that Python reads (0x4001, 16385).
"""

from typing import NamedTuple

from firmware import phases, pointtable
from protocols.iec104.const import COUNT_NAMES, M_IT_NA_1
from tools.master.labels import LABELS, REFUSALS

SIGN = {"generator": "+ = into the grid | 送电网为正", "load": "+ = charging | 充电为正"}
# (end of a signal's name, divisor) -> unit on the wire
_UNITS = {
    ("_w", 1): "W", ("_w", 1000): "kW", ("_w", 1000000): "MW", ("_wh", 1000): "kWh", ("_dv", 10): "V",
    ("_da", 10): "A", ("_mhz", 1000): "Hz", ("_bp", 100): "%", ("_s", 60): "min", ("_s", 1): "s",
    ("ramp_up", 1000): "kW/min", ("ramp_down", 1000): "kW/min",
}  # fmt: skip


class Entry(NamedTuple):
    """One object; `types`: those of an order, the first by preference, else ()."""

    name: str
    ioa: int
    unit: str = ""
    label: str = ""
    types: tuple = ()
    select: bool = False


class Book:
    """Entries by address and by name; `tele` is the checked section `telecontrol` of a configuration."""

    def __init__(self, tele):
        self.by_ioa = {}
        self.by_name = {}
        self.sign = SIGN[tele["power_sign"]]
        for name, ioa, divisor in _points(tele):
            self._add(Entry(name, ioa, _unit(name, divisor), LABELS.get(name, "")))
        for name, ioa, types, select in pointtable.orders(tele):
            unit = _order_unit(name, tele["setpoint_divisor"])
            preferred = tuple(sorted(types, key=lambda t: (t > 51, t != 50, t)))
            self._add(Entry(name, ioa, unit, LABELS.get(name, ""), preferred, select))
        for i, kind in enumerate(COUNT_NAMES):
            self._add(Entry("count." + kind, pointtable.TALLY_IOA + i, "", REFUSALS[kind][1]))

    def _add(self, entry):
        self.by_ioa[entry.ioa] = entry
        self.by_name[entry.name] = entry

    def find(self, word):
        """The entry of a name or an address; None when it is neither."""
        if word in self.by_name:
            return self.by_name[word]
        try:
            ioa = int(word, 0)
        except ValueError:
            return None
        return self.at(ioa) if 0 <= ioa <= 0xFFFFFF else None

    def at(self, ioa):
        return self.by_ioa.get(ioa) or Entry("0x%04X" % ioa, ioa)

    def names(self):
        return sorted(self.by_name)

    def orders(self):
        return [entry for entry in self.by_name.values() if entry.types]


def _points(tele):
    if tele["points"]:
        return [(row["signal"], row["ioa"], row["divisor"]) for row in tele["points"]]
    return [row[:2] + (row[3],) for row in pointtable.POINTS + pointtable.GUARD_POINTS + phases.POINTS]


def _unit(name, divisor):
    return next((unit for (end, by), unit in _UNITS.items() if name.endswith(end) and by == divisor), "")


def _order_unit(name, divisor):
    if name not in ("setpoint", "ramp", "deadband"):
        return ""
    return _UNITS.get(("_w", divisor), "") + ("/min" if name == "ramp" else "")


def is_tally(type_id, ioa):
    """Whether this object is one of the station's counts of refusals."""
    return type_id == M_IT_NA_1 and 0 <= ioa - pointtable.TALLY_IOA < len(COUNT_NAMES)
