"""Changes of direction in a series of powers."""

from tools.score.reversals import reversals


def test_a_pause_without_a_change_is_no_reversal():
    assert reversals(range(6), [500, 0, 0, 500, 90, 800]) == []


def test_each_change_with_the_time_between_the_powers():
    assert reversals([0, 1, 2, 4, 5, 6], [500, 0, 20, -500, -700, 300]) == [4.0, 1.0]
    assert reversals([], []) == []
