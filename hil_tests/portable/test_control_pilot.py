"""The control pilot's numbers: duty, levels, cables."""

from drivers import control_pilot as cp


def test_the_duty_of_both_formulas():
    known = ((60, 1000), (100, 1666), (160, 2666), (320, 5333), (510, 8500), (630, 8920), (800, 9600))
    for amps_da, duty in known:
        assert cp.duty_bp(amps_da) == duty, amps_da


def test_less_than_six_ampere_is_no_charging():
    assert cp.duty_bp(59) == cp.STEADY_BP and cp.duty_bp(0) == cp.STEADY_BP
    assert cp.current_da(cp.STEADY_BP) == 0 and cp.current_da(cp.F_BP) == 0 and cp.current_da(500) == 0


def test_a_duty_never_allows_more_than_was_asked_and_hardly_less():
    for amps_da in range(60, 801):
        allowed_da = cp.current_da(cp.duty_bp(amps_da))
        assert allowed_da <= amps_da
        assert amps_da - allowed_da <= (15 if 510 < amps_da <= 526 else 1), amps_da


def test_levels_have_states_and_gaps_between_them():
    known = ((120, cp.A), (111, cp.A), (90, cp.B), (60, cp.C), (30, cp.D), (0, cp.E), (-5, cp.E))
    for level_dv, state in known:
        assert cp.state_of(level_dv, 10) == state
    for level_dv in (105, 75, 45, 15, -120, 135):
        assert cp.state_of(level_dv, 10) == cp.NO_STATE


def test_cables_by_their_resistor():
    gbt, iec = cp.CABLES["gbt"], cp.CABLES["iec"]
    assert [cp.cable_da(ohm, gbt, 2000) for ohm in (1500, 680, 220, 100)] == [100, 160, 320, 630]
    assert [cp.cable_da(ohm, iec, 2000) for ohm in (1500, 680, 220, 100)] == [130, 200, 320, 630]
    assert cp.cable_da(400, gbt, 2000) == 0 and cp.cable_da(32767, gbt, 2000) == 0
    assert cp.cable_da(800, gbt, 2000) == 160
