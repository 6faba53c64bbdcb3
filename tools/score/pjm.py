"""PJM's historical performance score: the mean of a correlation, a delay and a precision score.

Taken from facts in public code that implements PJM Manual 12 (not from the manual's own text): 10 s samples,
twelve windows of 5 minutes, 65 minutes of data so that the last window can be shifted by up to 5 minutes.
PJM's later redesign (one signal, precision only) is not here. A flat window (signal's standard deviation
below 0.01) is scored by its slope; a constant response scores 0 in correlation and delay.
"""

from dataclasses import dataclass

import numpy as np

SAMPLE_S = 10
WINDOWS = 12
WINDOW_SAMPLES = 30
SHIFTS = 31
NEEDED_S = (WINDOWS * WINDOW_SAMPLES + SHIFTS - 1 - 1) * SAMPLE_S
FLAT = 0.01


@dataclass(frozen=True)
class PjmScore:
    """Each score lies in 0..1; `windows` holds (correlation, delay, precision) of each 5 minutes."""

    accuracy: float
    delay: float
    precision: float
    score: float
    windows: tuple


def resample(times_s, values, period_s=SAMPLE_S, until_s=None):
    """Values at 0, period, 2 * period ... after the first time, each the last one known."""
    times = np.asarray(times_s, dtype=float)
    last = times[-1] - times[0] if until_s is None else until_s
    grid = times[0] + np.arange(0, last + period_s / 1000, period_s)
    index = np.searchsorted(times, grid + period_s / 1e6, side="right") - 1
    return np.asarray(values, dtype=float)[index]


def _correlation(signal, response):
    """Pearson's r; 0 when the response is constant."""
    if np.std(response) < 1e-12:
        return 0.0
    return float(np.corrcoef(signal, response)[0, 1])


def _slope(values):
    return float(np.polyfit(np.arange(len(values)), values, 1)[0])


def _precision(signal, response):
    scale = np.mean(np.abs(signal))
    if scale < 1e-12:
        return 1.0 if np.mean(np.abs(response)) < FLAT else 0.0
    return float(max(0.0, 1 - np.mean(np.abs(response - signal)) / scale))


def _window(signal, response):
    """(correlation, delay, precision) of one window; `response` runs on for the largest shift."""
    n = WINDOW_SAMPLES
    precision = _precision(signal, response[:n])
    if np.std(signal) < FLAT:
        return max(0.0, 1 - abs(_slope(signal) - _slope(response[:n]))), 0.0, precision
    r = [_correlation(signal, response[j : j + n]) for j in range(SHIFTS)]
    best = int(np.argmax(r))
    if r[best] <= 0:
        return 0.0, 0.0, precision
    longest_s = (SHIFTS - 1) * SAMPLE_S
    return r[best], abs(best * SAMPLE_S - longest_s) / longest_s, precision


def pjm_score(times_s, signal, response):
    """Score of 65 minutes of `signal` and `response`, both as a share of the rating (-1..1)."""
    if times_s[-1] - times_s[0] < NEEDED_S:
        got_s = times_s[-1] - times_s[0]
        raise ValueError("PJM's score needs %d s of data, got %.0f s" % (NEEDED_S, got_s))
    x = resample(times_s, signal)
    y = resample(times_s, response)
    n = WINDOW_SAMPLES
    windows = tuple(
        _window(x[w * n : (w + 1) * n], y[w * n : (w + 1) * n + SHIFTS - 1]) for w in range(WINDOWS)
    )
    accuracy, delay, precision = (float(v) for v in np.mean(windows, axis=0))
    return PjmScore(accuracy, delay, precision, (accuracy + delay + precision) / 3, windows)
