"""PJM's score against golden vectors that were computed by another program on the same 2 s grid."""

import numpy as np
import pytest

from tools.score.pjm import pjm_score, resample

STEP_S = 2
TIMES_S = np.arange(1951) * STEP_S


def golden_signal():
    t = TIMES_S
    return np.clip(
        0.55 * np.sin(2 * np.pi * t / 420)
        + 0.35 * np.sin(2 * np.pi * t / 97 + 1)
        + 0.2 * np.sin(2 * np.pi * t / 41 + 2),
        -1,
        1,
    )


def delayed(signal, seconds):
    n = seconds // STEP_S
    return np.concatenate([np.zeros(n), signal[: len(signal) - n]])


def lagged(signal, tau_s):
    out, y = np.zeros(len(signal)), 0.0
    share = 1 - np.exp(-STEP_S / tau_s)
    for i, u in enumerate(signal):
        y += (u - y) * share
        out[i] = y
    return out


def ramped(signal, per_s):
    out, y = np.zeros(len(signal)), 0.0
    for i, u in enumerate(signal):
        y += np.clip(u - y, -per_s * STEP_S, per_s * STEP_S)
        out[i] = y
    return out


GOLDEN = [
    ("2 s delay", lambda x: delayed(x, 2), (0.9912, 1.0000, 0.8836, 0.9582)),
    ("4 s and a lag of 2 s", lambda x: lagged(delayed(x, 4), 2), (0.9595, 0.9694, 0.7163, 0.8817)),
    ("10 s", lambda x: delayed(x, 10), (1.0, 0.9667, 0.4712, 0.8126)),
    ("20 s", lambda x: delayed(x, 20), (1.0, 0.9333, 0.1238, 0.6857)),
    ("60 s", lambda x: delayed(x, 60), (1.0, 0.8000, 0.0, 0.6000)),
    ("2 s, gain 0.9", lambda x: 0.9 * delayed(x, 2), (0.9912, 1.0, 0.8522, 0.9478)),
    ("2 s, ramp 2 %/s", lambda x: ramped(delayed(x, 2), 0.02), (0.9540, 0.9667, 0.5699, 0.8302)),
]


@pytest.mark.parametrize("name, make, expected", GOLDEN, ids=[g[0] for g in GOLDEN])
def test_golden_vector_to_four_digits(name, make, expected):
    x = golden_signal()
    s = pjm_score(TIMES_S, x, make(x))
    got = tuple(round(v, 4) for v in (s.accuracy, s.delay, s.precision, s.score))
    assert got == expected


def test_a_perfect_response_scores_one():
    x = golden_signal()
    assert pjm_score(TIMES_S, x, x).score == pytest.approx(1.0)


def test_a_constant_response_has_no_correlation_and_no_delay_score():
    x = golden_signal()
    s = pjm_score(TIMES_S, x, np.zeros(len(x)))
    assert (s.accuracy, s.delay, s.precision) == (0, 0, 0)


def test_a_flat_signal_is_scored_by_slope_and_its_delay_is_zero():
    flat = np.full(len(TIMES_S), 0.5)
    s = pjm_score(TIMES_S, flat, flat)
    assert (s.accuracy, s.delay, s.precision) == (1, 0, 1)


def test_an_opposite_response_scores_no_precision():
    x = golden_signal()
    assert pjm_score(TIMES_S, x, -x).precision == 0


def test_too_short_a_run_is_refused():
    with pytest.raises(ValueError, match="needs 3890 s"):
        pjm_score([0, 10, 20], [0, 0, 0], [0, 0, 0])


def test_resampling_holds_the_last_value_and_never_looks_ahead():
    assert list(resample([0, 9.9, 10.1, 20], [1, 2, 3, 4])) == [1, 2, 4]
