"""Plays set-points from a CSV file (t_s, value as on the wire): each at its time, each answer judged.

A set-point whose time comes before the last answer goes out at once behind it, and is counted as late.
"""

import time
from collections import Counter
from typing import NamedTuple

from tools.catalogue import Failure
from tools.catalogue_host import MASTER_REFUSED, MASTER_UNANSWERED

_LATE_S = 0.05


class Played(NamedTuple):
    """What became of them; latencies in ms."""

    counts: Counter
    latencies_ms: list

    def line(self):
        found = sorted(self.latencies_ms)
        text = ", ".join(
            "%d %s" % (self.counts[k], k) for k in ("sent", "confirmed", "refused", "unanswered", "late")
        )
        if found:
            text += "; ACT_CON median %.1f ms, worst %.1f ms" % (found[len(found) // 2], found[-1])
        return text


def play(setpoints, order, told, clock=time.monotonic, sleep=time.sleep):
    """`order(value)` sends one and returns ms, or raises Failure; told(t_s, value, what) hears of each."""
    counts, latencies = Counter(), []
    began = clock()
    for t_s, value in setpoints:
        left = began + t_s - clock()
        if left > 0:
            sleep(left)
        counts["late"] += left < -_LATE_S
        counts["sent"] += 1
        try:
            ms = order(value)
        except Failure as failure:
            if failure.code not in (MASTER_REFUSED, MASTER_UNANSWERED):
                raise
            counts["refused" if failure.code == MASTER_REFUSED else "unanswered"] += 1
            told(t_s, value, failure.detail)
        else:
            counts["confirmed"] += 1
            latencies.append(ms)
            told(t_s, value, "%.1f ms" % ms)
    return Played(counts, latencies)
