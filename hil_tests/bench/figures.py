"""Figures of a run: a value with its unit and, where there is one, the target that it should reach.

Times are medians and 99th percentiles of interleaved rounds: the machine may be busy with other work, and a
ratio between two things measured in turn survives that where an absolute time does not.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`sense` says on which side of `target` the value should lie: "<=", ">=" or "=="."""

    measure: str
    name: str
    value: float
    unit: str = ""
    target: float | None = None
    sense: str = "<="
    note: str = ""

    @property
    def reached(self):
        """None where there is no target."""
        if self.target is None:
            return None
        if self.sense == "<=":
            return self.value <= self.target
        if self.sense == ">=":
            return self.value >= self.target
        return self.value == self.target

    def as_dict(self):
        """For JSON."""
        return {
            "measure": self.measure,
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "target": self.target,
            "sense": self.sense if self.target is not None else "",
            "reached": None if self.reached is None else bool(self.reached),
            "note": self.note,
        }


def quantile(values, share):
    """The smallest value that `share` (0..1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(values):
    return quantile(values, 0.5)


def spread(values):
    """"low .. high" of the rounds, for a note."""
    return "%.3g .. %.3g" % (min(values), max(values))
