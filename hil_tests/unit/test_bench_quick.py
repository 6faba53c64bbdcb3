"""The bench in its quick mode: every measure can be taken and says something sane. Times are never judged."""

import json
import math

import pytest

from hil_tests.bench.__main__ import MEASURES, main
from hil_tests.bench.figures import Figure, quantile
from hil_tests.bench.live import match

NAMES = [measure.NAME for measure in MEASURES]


@pytest.mark.parametrize("name", NAMES)
def test_a_quick_run_gives_sane_figures(name, tmp_path, capsys):
    assert main([name, "--quick", "--json", str(tmp_path / "out.json")]) == 0, capsys.readouterr().out
    record = json.loads((tmp_path / "out.json").read_text())
    assert "QUICK" in record["conditions"]
    assert record["failed"] == []
    assert record["figures"]
    for figure in record["figures"]:
        assert figure["measure"] == name
        assert math.isfinite(figure["value"]) and figure["value"] >= 0, figure
        assert (figure["reached"] is None) == (figure["target"] is None)


def exact(name, tmp_path):
    main([name, "--quick", "--json", str(tmp_path / "out.json")])
    figures = json.loads((tmp_path / "out.json").read_text())["figures"]
    return [figure for figure in figures if figure["sense"] == "=="]


def test_the_step_allocates_nothing(tmp_path):
    found = exact("step", tmp_path)
    assert len(found) == 2
    assert all(figure["reached"] for figure in found), found


def test_no_event_is_lost_unseen(tmp_path):
    found = exact("events", tmp_path)
    assert len(found) == 4
    assert all(figure["reached"] for figure in found), found


def test_an_unknown_measure_is_named(capsys):
    with pytest.raises(SystemExit):
        main(["nonsense"])
    assert "no measure is called nonsense" in capsys.readouterr().err


def test_quantiles_are_values_that_occurred():
    assert quantile([3, 1, 2], 0.5) == 2
    assert quantile(list(range(1, 101)), 0.99) == 99
    assert quantile([7], 0.99) == 7


def test_a_figure_knows_whether_it_reached_its_target():
    assert Figure("m", "n", 1.5, target=1.5).reached is True
    assert Figure("m", "n", 9.9, target=10, sense=">=").reached is False
    assert Figure("m", "n", 0, target=0, sense="==").reached is True
    assert Figure("m", "n", 1).reached is None


def test_orders_are_matched_with_the_write_that_completes_them():
    writes = [(100, 0, 5), (200, 1, 5), (300, 0, 6), (400, 1, 6)]
    assert match([(50, 10), (250, 12), (260, 99)], writes, 2) == [150 / 1e6, 150 / 1e6]
