"""What the dispatcher plays: steps, then a signal like an AGC's; or the user's own CSV file.

A plan is a list of (t_s, kW) as on the wire, here in generator's sign: + = into the grid. The synthetic
signal is the same in every run (seeded), and no utility's recording.
"""

import csv
import math
import random
from typing import NamedTuple

from tools.catalogue import Failure
from tools.catalogue_host import SIGNAL_FILE

STEP_SHARES = (0.4, -0.25, 1.0, -1.0, 0.5)
SHORTEST_STEP_S = 6
LONGEST_STEP_S = 40
STEPS_PART = 0.58
AGC_PERIOD_S = 2
AGC_MEAN = 0.3
AGC_WAVES = ((0.35, 31), (0.2, 13), (0.1, 7))  # (share of the rating, period s)
QUIET_S = 2
SEED = 104


class Plan(NamedTuple):
    """Set-points, the end of the part that is scored as steps, and the whole length in s."""

    setpoints: list
    steps_end_s: float
    seconds: float
    title: str


def synthetic(seconds, rating_kw):
    """Steps, then a signal; 0 kW at both ends."""
    span = seconds * STEPS_PART
    count = min(len(STEP_SHARES), max(1, int(span / SHORTEST_STEP_S)))
    step_s = min(LONGEST_STEP_S, span / count)
    setpoints = [(0.0, 0.0)]
    setpoints += [(1 + i * step_s, STEP_SHARES[i] * rating_kw) for i in range(count)]
    steps_end_s = 1 + count * step_s
    t = steps_end_s
    while t < seconds - QUIET_S - 1:
        setpoints.append((t, agc_share(t) * rating_kw))
        t += AGC_PERIOD_S
    setpoints.append((seconds - QUIET_S, 0.0))
    return Plan(_rounded(setpoints), steps_end_s, seconds, "steps, then a synthetic AGC signal")


def agc_share(t_s):
    """The synthetic signal at a time, as a share of the rating, -1..1."""
    phases = random.Random(SEED)
    share = AGC_MEAN
    for amplitude, period_s in AGC_WAVES:
        share += amplitude * math.sin(2 * math.pi * (t_s / period_s + phases.random()))
    return min(1.0, max(-1.0, share))


def _rounded(setpoints):
    return [(round(t, 3), round(kw, 3)) for t, kw in setpoints]


def from_csv(path, seconds):
    """The user's signal: lines `t_s,kW` with rising times, perhaps with a heading; cut at `seconds`."""
    setpoints = []
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            for number, row in enumerate(csv.reader(file), 1):
                if row and not (number == 1 and _is_heading(row)):
                    setpoints.append(_point(path, number, row, setpoints))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Failure(SIGNAL_FILE, "%s: %s" % (path, error)) from None
    setpoints = [(t, kw) for t, kw in setpoints if t <= seconds]
    if not setpoints:
        raise Failure(SIGNAL_FILE, "%s: no set-point within the first %g s" % (path, seconds))
    return Plan(_rounded(setpoints), seconds, seconds, str(path))


def _is_heading(row):
    try:
        float(row[0])
    except ValueError:
        return True
    return False


def _point(path, number, row, before):
    where = "%s, line %d: %s" % (path, number, ",".join(row))
    try:
        t, kw = float(row[0]), float(row[1])
    except (ValueError, IndexError):
        raise Failure(SIGNAL_FILE, where) from None
    if not (math.isfinite(t) and math.isfinite(kw)) or t < 0 or (before and t <= before[-1][0]):
        raise Failure(SIGNAL_FILE, where)
    return t, kw
