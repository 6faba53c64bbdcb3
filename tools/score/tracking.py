"""How well a power follows a set-point: error, lag by cross-correlation, energy, and how far it left an
envelope.

Error and lag of a ramped power say more of the plan than of the follower: large steps cost most, and a longer
run does not hold the same ones. So they are to be read beside those of `ramp_alone`.

Inputs are time series of any spacing: the set-point and the limits hold their last value, the power is
interpolated.
"""

from dataclasses import dataclass

import numpy as np

GRID_S = 0.05
_FINE_S = 0.01


@dataclass(frozen=True)
class Tracking:
    """Errors in W, as a share of the rating where named `_pct`; lag in s."""

    mean_error_w: float
    rms_error_w: float
    worst_error_w: float
    mean_error_pct: float
    lag_s: float
    lagged_error_w: float


def hold(times_s, values, grid_s):
    """The last value known at each time of the grid; the first value before the first time."""
    index = np.searchsorted(np.asarray(times_s, dtype=float), grid_s, side="right") - 1
    return np.asarray(values, dtype=float)[np.clip(index, 0, None)]


def _grid(*time_series):
    start = max(t[0] for t in time_series)
    end = min(t[-1] for t in time_series)
    return np.arange(start, end, GRID_S)


def lag_s(signal, response, period_s, longest_s=10.0):
    """Delay in s at which the response correlates best with the signal (0 when either is flat)."""
    best, best_r, r_of = 0, -2.0, []
    n = len(signal)
    for shift in range(min(int(longest_s / period_s), n // 2) + 1):
        a, b = signal[: n - shift], response[shift:]
        r = 0.0 if np.std(a) < 1e-9 or np.std(b) < 1e-9 else float(np.corrcoef(a, b)[0, 1])
        r_of.append(r)
        if r > best_r + 1e-12:
            best, best_r = shift, r
    return _refined(r_of, best) * period_s if best_r > 0 else 0.0


def _refined(r, i):
    """Top of the parabola through three neighbours: the lag between two grid points."""
    if not 0 < i < len(r) - 1:
        return i
    bend = r[i - 1] - 2 * r[i] + r[i + 1]
    return i if bend == 0 else i + 0.5 * (r[i - 1] - r[i + 1]) / bend


def tracking(setpoint_times_s, setpoint_w, power_times_s, power_w, rating_w):
    """Tracking of a power against a set-point over the time that both cover."""
    grid = _grid(setpoint_times_s, power_times_s)
    if len(grid) < 2:
        raise ValueError("the set-point and the power have no time in common")
    s = hold(setpoint_times_s, setpoint_w, grid)
    p = np.interp(grid, power_times_s, power_w)
    error = np.abs(p - s)
    lag = lag_s(s, p, GRID_S)
    shift = int(round(lag / GRID_S))
    lagged = np.abs(p[shift:] - s[: len(s) - shift])
    return Tracking(
        float(error.mean()),
        float(np.sqrt((error**2).mean())),
        float(error.max()),
        float(error.mean() / rating_w * 100),
        lag,
        float(lagged.mean()),
    )


def ramp_alone(setpoint_times_s, setpoint_w, end_s, ramp_w_per_s, start_w=0.0):
    """(times s, powers W) of a follower without any delay, from `start_w` at the first set-point to `end_s`:
    the least error that this ramp allows.
    """
    times = np.arange(setpoint_times_s[0], end_s, _FINE_S)
    goals = hold(setpoint_times_s, setpoint_w, times)
    most_w = ramp_w_per_s * _FINE_S
    powers, now_w = np.empty(len(times)), start_w
    for i, goal_w in enumerate(goals):
        powers[i] = now_w
        now_w += min(most_w, max(-most_w, goal_w - now_w))
    return times, powers


def energy_wh(times_s, power_w):
    """(charged, discharged) energy in Wh of a power that counts charging positive."""
    t, p = np.asarray(times_s, dtype=float), np.asarray(power_w, dtype=float)
    dt = np.diff(t)
    mean = (p[1:] + p[:-1]) / 2
    charged_ws, discharged_ws = np.sum(np.clip(mean, 0, None) * dt), np.sum(np.clip(-mean, 0, None) * dt)
    return float(charged_ws / 3600), float(discharged_ws / 3600)


def outside(values, low, high, tolerance):
    """Indices of the samples that lie outside [low, high] by more than the tolerance."""
    v = np.asarray(values, dtype=float)
    return np.flatnonzero((v < np.asarray(low) - tolerance) | (v > np.asarray(high) + tolerance))
