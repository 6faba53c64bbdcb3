"""What the demo prints: the gauge, the rows of the table, one line elsewhere, the summary."""

import io

from rich.console import Console

from hil_tests.unit.test_demo_evaluate import PLAN, run, state
from tools.demo import evaluate, report
from tools.demo.live import View, gauge, kw

PLANT = {"grid_w": -4000.0, "load_w": 2000.0, "bays": [{"soc_bp": 8812}]}


def test_gauge_shows_envelope_set_point_and_power():
    line = gauge(15, 6.0, 15.0, -5.4, 15.0)
    assert len(line) == 41 and line[20] == "0" and line[40] == "|" and line[28] == "#"
    assert line[:13] == "." * 13 and line[13] == "-"
    assert gauge(15, None, None, None, None).strip(".") == "0"


def test_powers_carry_their_sign():
    assert (kw(6), kw(-0.5), kw(None)) == ("+6.00 kW", "-0.50 kW", "-")


def view(file, force_terminal=False):
    console = Console(file=file, force_terminal=force_terminal, width=100)
    return View(console, state([(0, 6.0)]), PLAN, 15, "V2G demo")


def test_rows_name_limit_and_winner_in_both_languages():
    rows = dict(row for row in view(io.StringIO()).rows(PLANT) if row[0])
    assert rows["Power at the plant's meter 实测"] == "+6.00 kW"
    assert rows["Who wins 指令来源"] == "V331 AGC set-point AGC 遥调"
    assert rows["Limit that binds 限制"] == "V000 no limit binds 无限制"
    assert rows["State of charge SOC"] == "88.12 %"
    assert rows["ACT to ACT_CON 确认时延"] == "0.50 ms, worst 0.50 ms of 1"


def test_without_a_terminal_there_is_one_line_every_few_seconds():
    file = io.StringIO()
    with view(file) as v:
        for tenths in range(100):
            v.update(tenths / 10, PLANT)
    lines = file.getvalue().splitlines()
    assert len(lines) == 2 and "measured +6.00 kW" in lines[0] and "winner AGC set-point" in lines[0]


def test_on_a_terminal_there_is_a_table():
    file = io.StringIO()
    with view(file, force_terminal=True) as v:
        v.update(3, PLANT)
    assert "遥调" in file.getvalue() and "V331" in file.getvalue()


def test_summary_has_every_figure_of_the_issue(tmp_path):
    figures = evaluate.evaluate(run(tmp_path), PLAN)
    figures.update(plot="p.png", pjm={"score": 0.95, "accuracy": 0.9, "delay": 1.0, "precision": 0.9})
    file = io.StringIO()
    report.print_summary(Console(file=file, width=140), figures)
    text = file.getvalue()
    for wanted in (
        "Tracking error",
        "Lag",
        "North China",
        "K1",
        "set-point to converter",
        "Energy",
        "violations",
        "PJM",
        "p.png",
        "Guangdong",
        "Hunan",
    ):
        assert wanted in text
