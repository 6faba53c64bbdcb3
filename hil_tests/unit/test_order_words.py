"""Answers of the order port as a person reads them: labels, units, no rows of bare numbers."""

from tools.order.words import lines


def shown(**answer):
    return [" ".join(line.split()) for line in lines(answer, "en")]


def test_capability_is_a_line_for_each_time():
    powers = {"charge_w": [15000, 9000], "discharge_w": [5400, 0]}
    found = shown(horizons_s=[1, 900], **powers, charge_wh=24509, charge_left_s=5100)
    assert found == [
        "for 1 s charge 15.0 kW, discharge 5.4 kW",
        "for 15 min charge 9.0 kW, discharge 0.0 kW",
        "charge 24.51 kWh",
        "charge_left 1:25 h",
    ]


def test_status_and_explanation_name_what_they_tell():
    found = shown(day=9823, ms=26389961, bays=[[1, -8000, 4997, 0], [2, None, None, 305]])
    assert found[0] == "time (UTC) 2026-11-23 07:19:49"
    assert found[1:] == ["bay 1 -8.0 kW 49.97 % -", "bay 2 - - V305 converter silent"]
    assert shown(day=None, ms=None) == ["time (UTC) not set"]
    found = shown(bays=[[1, 354, 361, -1992, 977], [2, 0, 0, None, None]], texts=[[361, ""]])
    assert found[0].startswith("bay 1 bound by V354") and found[1] == "bay 2 bound by -"
    assert "must: V361 must charge: departure, laxity -0:33 h, budget 0.98 kWh" in found[0]
