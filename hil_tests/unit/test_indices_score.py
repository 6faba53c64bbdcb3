"""The device's indices against tools/score on the same samples: one table of regions, one result.

Tolerance: T1, T2 within 2 ms; K2 and K3 (and every index that is no ratio) within 0.0002; a rate is known to
2 ms in the time and 2 W in the rise that it is measured over, and K with it.
"""

import math

import pytest

from firmware.regions import (
    ACCURACY,
    ONE_MINUS,
    RATE,
    RATIO,
    REGIONS,
    RESPONSE,
    TWO_MINUS,
    TWO_MINUS_INVERSE,
)
from firmware.schema import REGION_NAMES
from hil_tests.portable.indices_story import RATING_W, story
from hil_tests.portable.test_indices import indices_of
from protocols.ticks import ticks_add
from tools.score import agc, regions

KINDS = {regions.RATE: RATE, regions.ACCURACY: ACCURACY, regions.RESPONSE: RESPONSE}
FORMS = {
    "two_minus": TWO_MINUS,
    "two_minus_inverse": TWO_MINUS_INVERSE,
    "ratio": RATIO,
    "one_minus": ONE_MINUS,
}


def bp(share):
    return round(10000 * share) if share else 0


def device_row(profile):
    """A profile of the host as the device has it."""
    terms = []
    for term in profile.terms:
        norm = term.norm * (1000 if term.kind == regions.RESPONSE else 100)
        above = (bp(term.above[0]), bp(term.above[1])) if term.above else (0, 0)
        terms.append((KINDS[term.kind], FORMS[term.form], round(norm), bp(term.low), bp(term.high), *above))
    span = profile.rate_span or (0, 0)
    hundredths = (profile.new_command_pct, profile.leave_pct, profile.arrive_pct)
    seconds = (profile.leave_hold_s, profile.arrive_hold_s, profile.window_s or 0)
    return (
        profile.name,
        tuple(terms),
        tuple(bp(w) for w in profile.weights or ()),
        bp(profile.total_cap),
        *(round(100 * x) for x in hundredths),
        *(1000 * x for x in seconds),
        round(100 * span[0]),
        bp(span[1]),
        1000 * profile.min_duration_s,
        profile.max_rate_ratio or 0,
        round(100 * profile.reversal_bonus_pct),
    )


def test_both_tables_are_one():
    assert tuple(device_row(profile) for profile in regions.PROFILES) == REGIONS
    assert REGION_NAMES == ("none", *(profile.name for profile in regions.PROFILES))


def on_the_device(name, rows):
    """[(K1, K2, K3, K, counts, T1 s, T2 s, D W, W and ms of the rate)] of every command."""
    indices, _ = indices_of(name)
    found = []
    for ms, setpoint_w, power_w in [*rows, (rows[-1][0], None, 0)]:
        told = indices.told
        indices.sample(setpoint_w, power_w, ticks_add(0, ms))
        if indices.told != told:
            times = [t / 1000 if t >= 0 else math.nan for t in (indices.t1_ms, indices.t2_ms)]
            k = [k / 10000 for k in (*indices.k, indices.k_total)]
            found.append((*k, indices.counts, *times, indices.mileage, indices.rate_rise, indices.rate_ms))
    return found


@pytest.mark.parametrize("profile", regions.PROFILES, ids=lambda profile: profile.name)
def test_the_device_agrees_with_the_score(profile):
    rows = story()
    times_s, setpoints_w, powers_w = zip(*[(ms / 1000, s, p) for ms, s, p in rows])
    wanted = agc.commands(profile, times_s, setpoints_w, powers_w, RATING_W)
    found = on_the_device(profile.name, rows)
    assert len(found) == len(wanted) >= 20
    for want, got in zip(wanted, found):
        *k, k_total, counts, t1_s, t2_s, mileage_w, rise_w, rate_ms = got
        share = 2 / rate_ms + 2 / rise_w if rate_ms else 0  # of the rate, unknown
        for term, wanted_k, k_i in zip(profile.terms, want.k, k):
            loose = share * wanted_k if term.form == "ratio" else 0.0001
            assert k_i == pytest.approx(wanted_k, abs=0.0001 + loose)
        assert k_total == pytest.approx(want.k_total, abs=0.0006 + share * want.k_total)
        assert counts == want.counts
        for t_s, wanted_s in ((t1_s, want.t1_s - want.t0_s), (t2_s, want.t2_s - want.t0_s)):
            assert t_s == pytest.approx(wanted_s, abs=0.002, nan_ok=True)
        assert mileage_w == want.mileage_w
