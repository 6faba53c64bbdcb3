"""Tracking error, lag and energy of recordings whose answers are known beforehand."""

import numpy as np
import pytest

from tools.score import tracking as tr


def steps(t):
    return np.where(t < 10, 0.0, np.where(t < 20, 8000.0, np.where(t < 35, -6000.0, 3000.0)))


@pytest.mark.parametrize("delay_s", [0.0, 0.3, 1.0, 2.5])
def test_a_pure_delay_is_found(delay_s):
    t = np.arange(0, 50, 0.05)
    result = tr.tracking(t, steps(t), t, steps(t - delay_s), 10_000)
    assert result.lag_s == pytest.approx(delay_s, abs=0.03)
    assert result.lagged_error_w < result.mean_error_w or delay_s == 0


def test_errors_of_a_constant_offset():
    t = np.arange(0, 50, 0.1)
    result = tr.tracking(t, steps(t), t, np.interp(t, t, steps(t)) + 100, 10_000)
    assert result.mean_error_w == pytest.approx(100, abs=25)
    assert result.mean_error_pct == pytest.approx(1.0, abs=0.25)


def test_a_sparse_setpoint_is_held_between_its_changes():
    result = tr.tracking([0, 10, 30], [0, 5000, 5000], [0, 10, 10.001, 30], [0, 0, 5000, 5000], 10_000)
    assert result.mean_error_w < 15


def test_a_flat_signal_has_no_lag():
    t = np.arange(0, 20, 0.1)
    assert tr.tracking(t, 0 * t, t, 0 * t + 5, 1000).lag_s == 0


def test_ramp_alone_costs_a_triangle_for_each_step():
    t = np.arange(0, 50, 0.05)
    times, powers = tr.ramp_alone(t, steps(t), 50, 2000)
    result = tr.tracking(t, steps(t), times, powers, 10_000)
    triangles_ws = (8000**2 + 14_000**2 + 9000**2) / 2 / 2000
    assert result.mean_error_w == pytest.approx(triangles_ws / 50, rel=0.02)
    assert np.abs(np.diff(powers)).max() <= 2000 * 0.01 + 1e-9
    assert tr.ramp_alone([0, 1], [500, 500], 2, 2000, start_w=500)[1].tolist() == [500] * 200


def test_series_without_common_time_are_refused():
    with pytest.raises(ValueError, match="no time in common"):
        tr.tracking([0, 1], [0, 0], [5, 6], [0, 0], 1000)


def test_energy_counts_both_directions_apart():
    assert tr.energy_wh([0, 1800, 1800, 3600], [1000, 1000, -500, -500]) == pytest.approx((500, 250))


def test_outside_finds_what_leaves_a_moving_envelope():
    assert list(tr.outside([0, 5, 11, -3], [-2, -2, -2, -2], [10, 4, 10, 10], 0.5)) == [1, 2, 3]
