"""Promises and capability over random days of policy, against the plant's batteries; `v2g bench policy` runs
the large numbers.
"""

import random

import pytest

from firmware.guard.capability import HORIZONS_S
from hil_tests.rig import days

CHUNKS = 10


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_feasible_target_is_missed(chunk):
    feasible, missed = 0, []
    for seed in range(chunk * 20, chunk * 20 + 20):
        count, texts = days.departures(seed)
        feasible += count
        missed += texts
    assert feasible > 10
    assert not missed


def test_what_is_called_comes():
    calls = [call for seed in range(60) for call in days.called_day(seed)]
    short = [(wanted, mean) for wanted, mean, _ in calls if mean < 0.98 * wanted]
    assert len(calls) > 100
    assert len(short) <= len(calls) / 100, short


def test_each_horizon_is_held_by_the_plant():
    rng = random.Random(6)
    for _ in range(25):
        day = days.station_at(rng)
        k = rng.randrange(1, len(HORIZONS_S))
        table = day.controller.guard.capability
        wanted_w = rng.choice((-table.discharge_w[k], table.charge_w[k]))
        powers = days.held(day, wanted_w, HORIZONS_S[k] // 60)
        assert min(abs(w) for w in powers) >= 0.98 * abs(wanted_w), (HORIZONS_S[k], wanted_w, powers)


def test_reported_energy_is_there():
    rng = random.Random(7)
    for _ in range(12):
        day = days.station_at(rng)
        station = day.image.station
        reported_wh, full_w = rng.choice(
            ((station.discharge_wh.value, -(10**6)), (station.charge_wh.value, 10**6))
        )
        came_wh = abs(sum(days.held(day, full_w, 16 * 60))) / 60
        assert came_wh >= 0.95 * reported_wh, (reported_wh, came_wh)
