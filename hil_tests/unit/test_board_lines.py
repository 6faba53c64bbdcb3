"""Board files: their lines are sound, every board has the pile's names, and `v2g check` tells of them."""

import json

import pytest

from firmware import lines
from firmware.config import ConfigError, validate
from hil_tests.rig.pile import pile_station
from tools import commands
from tools.board_lines import board_file, explain, with_lines
from tools.child import ROOT

EXAMPLE = ROOT / "boards" / "sim" / "ac_pile.json"
BOARDS = ("sim", "mps2_an385")


@pytest.mark.parametrize("board", BOARDS)
def test_a_boards_lines_are_sound_and_complete(board):
    errors = []
    rows = lines.check(board_file(board)["lines"], errors)
    assert errors == []
    bay_names = {row[0] for row in lines.NAMES if row[2]}
    assert {row["name"] for row in lines.of_bay(rows, 1)} == bay_names
    assert {"led_ready", "led_fault", "estop_all"} <= {row["name"] for row in lines.of_bay(rows, 0)}


@pytest.mark.parametrize("board", BOARDS)
def test_check_says_which_line_is_where_and_who_performs_each_safety_function(board, capsys):
    assert commands.check(EXAMPLE, board) == []
    text = capsys.readouterr().out
    assert "bay2: AC pile, 11 kW, 3 x 16 A at most; below 6 A (4140 W) it pauses" in text
    assert "line contactor (bay 1.., output): pin io:16, active high, safe 0" in text
    assert "line estop (bay 1.., input): pin io:0, active low" in text
    for name in board_file(board)["safety"]:
        assert "safety %s: acts" % name in text
    assert list(explain(board))[0] in text


def test_a_station_without_a_pile_has_no_lines_from_its_board():
    plain = {"bays": [{"converter": {"model": "sunspec"}}]}
    assert with_lines(plain, "sim") == plain


@pytest.mark.parametrize(
    "change, path",
    [
        (lambda raw: raw["bays"][1].pop("bidirectional"), "bidirectional"),
        (lambda raw: raw["bays"][1]["pilot"].update(phases=2), "pilot.phases"),
        (lambda raw: raw["bays"][1]["pilot"].update(duty=5), "pilot.duty"),
        (lambda raw: raw["bays"][1].update(rating_w=30_000), "rating_w"),
        (lambda raw: raw["bays"][1]["converter"].update(response_ms=1000), "converter.response_ms"),
        (lambda raw: raw["bays"][1].update(battery={"capacity_wh": 50_000}), "battery.capacity_wh"),
        (lambda raw: raw["bays"][1]["converter"].update(min_power_w=1000), "converter.min_power_w"),
        (lambda raw: raw["bays"][1]["pilot"].update(meter="grid"), "pilot.meter"),
        (lambda raw: raw.update(lines=[r for r in raw["lines"] if r["name"] != "cp_pwm"]), "lines"),
        (lambda raw: raw.update(lines=[]), "lines"),
    ],
)
def test_a_pile_that_cannot_work_is_refused_with_a_place(change, path):
    raw = json.loads(json.dumps(pile_station()))
    change(raw)
    with pytest.raises(ConfigError) as refused:
        validate(raw)
    assert any(where.endswith(path) for _, where, _, _ in refused.value.errors)
