"""Cycle counting as the values come: the golden vector, plateaus, and a stack that stays bounded."""

from firmware.guard.rainflow import Rainflow
from hil_tests.portable.support import no_heap


class Cycles:
    def __init__(self):
        self.found = {}  # range: halves
        self.halves = 0

    def cycle(self, low, high, halves):
        self.found[high - low] = self.found.get(high - low, 0) + halves
        self.halves += halves


class Nothing:
    def cycle(self, low, high, halves):
        pass


def counted(series, size=64):
    cycles = Cycles()
    flow = Rainflow(cycles, size)
    for value in series:
        flow.push(value)
    flow.finish()
    cycles.overflows = flow.overflows
    return cycles


def test_golden_vector():
    found = counted((-2, 1, -3, 5, -1, 3, -4, 4, -2)).found
    assert found == {3: 1, 4: 3, 6: 1, 8: 2, 9: 1}


def test_plateaus_and_single_values():
    assert counted(()).found == counted((5,)).found == counted((5, 5, 5)).found == {}
    assert counted((1, 1, 4, 4, 4, 2, 2, 6)).found == counted((1, 4, 2, 6)).found
    assert counted((1, 2, 3, 7)).found == {6: 1}


def test_equal_days_are_full_cycles():
    found = counted([8000, 6000] * 30 + [8000]).found
    assert found == {2000: 60}


def test_a_series_may_follow_another():
    cycles = Cycles()
    flow = Rainflow(cycles)
    for _ in range(2):
        for value in (0, 10, 5, 20):
            flow.push(value)
        flow.finish()
    assert cycles.found == {5: 4, 20: 2}


def test_a_shrinking_series_overflows_and_loses_no_large_range():
    series = []
    for i in range(60):
        series += [1000 - 8 * i, 8 * i]
    cycles = counted(series, 16)
    assert cycles.overflows > 0
    assert cycles.found[1000] == 1


def test_it_takes_no_memory():
    flow = Rainflow(Nothing())
    seed = 1
    for _ in range(400):
        seed = (seed * 1103 + 12345) % 65536
        no_heap(flow.push, seed % 10001)
    assert flow.overflows == 0
