"""Who runs what when pytest-xdist has several processes (`--dist loadfile`).

The tests that run in real time, whole files with `pytestmark = pytest.mark.live`, are the last process's, one
after the other: two of them never run at once, and nothing else runs there before they are through. All other
tests compute, in the other processes and with less priority, so that they fill the time in which live tests
wait, and give way when those do not. A process that only computes is never given a live test.

A unit is a file; on the Cortex-M3, where each portable file is a run of its own, a portable file. Long units
first (RANKS: few, long tests before many short ones), so that no process is idle at the end.
"""

import functools
import os

from xdist.scheduler import LoadScopeScheduling

from tools.mpy import ROOT

MARK = "pytest.mark.live"
NICER = 5
RANKS = (
    "hil_tests/m3/test_bignum.py",  # builds the image, which the others of its folder would wait for
    "hil_tests/scenarios/",
    "hil_tests/unit/test_bench_quick.py",
    "hil_tests/interop/",
    "hil_tests/faults/",
    "hil_tests/m3/",
    "hil_tests/unit/",
    "hil_tests/static/",
    "hil_tests/portable/",
)
ON_M3 = "hil_tests/m3/test_portable.py::"


def unit_of(nodeid):
    """The name of the unit to which a test belongs; it begins with the file's."""
    if nodeid.startswith(ON_M3):
        return nodeid.rpartition("::")[0]
    return nodeid.partition("::")[0]


def rank(unit):
    """Sorts units: the smaller, the earlier."""
    return next((i for i, prefix in enumerate(RANKS) if unit.startswith(prefix)), len(RANKS))


@functools.cache
def is_live(unit, root=ROOT):
    """Whether the unit's file says that it is."""
    path = root / unit.partition("::")[0]
    return path.is_file() and MARK in path.read_text(encoding="utf-8")


def choose(units, is_last, root=ROOT):
    """The unit that a process gets next, of those that nobody has; None: there is none for it."""
    live = [unit for unit in units if is_live(unit, root)]
    others = [unit for unit in units if unit not in live]
    own = live or others if is_last else others
    return min(own, key=rank, default=None)


def number(process):
    """gw0, gw1, ... are the names that pytest-xdist gives."""
    return int(process[2:])


def give_way(config):
    """In a process that only computes: less priority, for it and for what it starts."""
    known = getattr(config, "workerinput", None)
    if known and number(known["workerid"]) < known["workercount"] - 1:
        os.nice(NICER)


class Scheduling(LoadScopeScheduling):
    """pytest-xdist's own, with another choice of the next unit."""

    def _split_scope(self, nodeid):
        return unit_of(nodeid)

    def _next(self, node):
        last = max([number(other.gateway.id) for other in self.nodes])
        return choose(self.workqueue, number(node.gateway.id) == last, self.config.rootpath)

    def _assign_work_unit(self, node):
        chosen = self._next(node)
        if chosen is None:
            node.shutdown()
            return
        self.workqueue.move_to_end(chosen, last=False)
        super()._assign_work_unit(node)
