"""The plan that the demo's dispatcher plays: repeatable, inside the rating, and a CSV file is taken exactly
or refused.
"""

import pytest

from tools.catalogue import Failure
from tools.catalogue_host import SIGNAL_FILE
from tools.demo import plan


@pytest.mark.parametrize("seconds", [10, 12, 24, 60, 600])
@pytest.mark.parametrize("rating_kw", [15, 240])
def test_synthetic_plan_is_ordered_inside_the_rating_and_ends_at_zero(seconds, rating_kw):
    p = plan.synthetic(seconds, rating_kw)
    times = [t for t, _ in p.setpoints]
    assert times == sorted(set(times)) and times[-1] < seconds
    assert all(abs(kw) <= rating_kw for _, kw in p.setpoints)
    assert p.setpoints[0][1] == p.setpoints[-1][1] == 0
    assert 0 < p.steps_end_s < seconds


def test_the_synthetic_plan_is_the_same_every_time():
    assert plan.synthetic(60, 15) == plan.synthetic(60, 15)


def test_a_minute_has_five_steps_and_a_signal():
    p = plan.synthetic(60, 15)
    assert [kw for t, kw in p.setpoints if 0 < t < p.steps_end_s] == [6, -3.75, 15, -15, 7.5]
    assert len([t for t, _ in p.setpoints if t >= p.steps_end_s]) >= 10


def write(tmp_path, text):
    path = tmp_path / "signal.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_csv_with_and_without_heading_is_cut_at_the_end(tmp_path):
    with_heading = plan.from_csv(write(tmp_path, "t_s,kW\n0,1\n2.5,-3\n\n99,4\n"), 10)
    assert with_heading.setpoints == [(0, 1), (2.5, -3)]
    assert plan.from_csv(write(tmp_path, "\ufeff0,1\n2.5,-3\n"), 10).setpoints == [(0, 1), (2.5, -3)]


@pytest.mark.parametrize(
    "text, where",
    [
        ("0,1\n2,x\n", "line 2: 2,x"),
        ("0,1\n2\n", "line 2: 2"),
        ("0,1\n5,2\n4,3\n", "line 3: 4,3"),
        ("0,nan\n", "line 1: 0,nan"),
        ("-1,3\n", "line 1: -1,3"),
        ("", "no set-point"),
        ("500,1\n", "no set-point"),
    ],
)
def test_a_bad_csv_names_its_line(tmp_path, text, where):
    with pytest.raises(Failure) as caught:
        plan.from_csv(write(tmp_path, text), 60)
    assert caught.value.code == SIGNAL_FILE and where in caught.value.detail


def test_a_missing_csv_is_named(tmp_path):
    with pytest.raises(Failure, match="nowhere.csv"):
        plan.from_csv(tmp_path / "nowhere.csv", 60)
