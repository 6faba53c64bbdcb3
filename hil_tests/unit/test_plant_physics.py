"""The plant's physics: balances, response, losses, limits, and the same trace however often it is asked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.plant.config import default_plant
from tools.plant.core import Plant
from tools.plant.profile import Profile


def one_bay(substep_ms=10, **bay):
    config = default_plant(1)
    config["substep_ms"] = substep_ms
    config["bays"][0].update(bay)
    return Plant(config)


def order(plant, charge_w, bay=0, **more):
    """A set-point in the plant's sign, in watts."""
    plant.write_converter(bay, {"WSet": float(-charge_w), "WSetMod": 1, "WSetEna": 1, **more})


def test_nothing_moves_without_an_order():
    plant = Plant(default_plant(2))
    plant.advance(10_000)
    assert [c.ac_w for c in plant.converters] == [0.0, 0.0]
    assert plant.grid_w() == pytest.approx(2000)


def test_positive_is_charging_and_import():
    plant = one_bay()
    order(plant, 6000)
    plant.advance(2000)
    assert plant.converters[0].ac_w == 6000
    assert plant.converters[0].dc_w == pytest.approx(5640)
    assert plant.grid_w() == pytest.approx(8000)
    assert plant.converters[0].battery.current_a > 0
    assert plant.converters[0].battery.voltage_v > plant.converters[0].battery.ocv_v()


def test_discharging_exports_and_drains_more_than_it_delivers():
    plant = one_bay()
    order(plant, -9400)
    plant.advance(2000)
    assert plant.grid_w() == pytest.approx(2000 - 9400)
    assert plant.converters[0].dc_w == pytest.approx(-10_000)


def test_delay_then_slew():
    plant = one_bay(delay_ms=200, slew_w_per_s=10_000)
    order(plant, 5000)
    plant.advance(200)
    assert plant.converters[0].ac_w == 0
    plant.advance(300)
    assert plant.converters[0].ac_w == pytest.approx(1000)
    plant.advance(690)
    assert plant.converters[0].ac_w == pytest.approx(4900)
    plant.advance(700)
    assert plant.converters[0].ac_w == pytest.approx(5000)


def test_slew_holds_across_a_reversal():
    plant = one_bay(delay_ms=0, slew_w_per_s=20_000)
    order(plant, 10_000)
    plant.advance(1000)
    order(plant, -10_000)
    plant.advance(1500)
    assert plant.converters[0].ac_w == pytest.approx(0, abs=1e-6)
    plant.advance(2000)
    assert plant.converters[0].ac_w == pytest.approx(-10_000)


def test_orders_above_the_rating_are_cut_to_it():
    plant = one_bay(rating_w=15_000)
    order(plant, 99_000)
    plant.advance(5000)
    assert plant.converters[0].ac_w == 15_000
    order(plant, -99_000)
    plant.advance(10_000)
    assert plant.converters[0].ac_w == -15_000


def test_percent_mode_counts_from_the_rating():
    plant = one_bay(rating_w=15_000)
    plant.write_converter(0, {"WSetMod": 0, "WSetPct": 40.0, "WSetEna": 1})
    plant.advance(2000)
    assert plant.converters[0].ac_w == -6000


@pytest.mark.parametrize("charge_w", [15_000, 3000, -3000, -15_000])
def test_energy_balance_of_a_bay(charge_w):
    plant = one_bay(100, soc_bp=5000, standby_w=30, efficiency_bp=[[0, 7000], [2000, 9400], [10_000, 9600]])
    converter, battery = plant.converters[0], plant.converters[0].battery
    before_wh = battery.stored_wh
    order(plant, charge_w)
    plant.advance(1_800_000)
    ac_wh = converter.absorbed_wh - converter.injected_wh
    dc_wh = converter.dc_absorbed_wh - converter.dc_injected_wh
    assert ac_wh == pytest.approx(charge_w / 2, rel=2e-3)
    assert ac_wh - converter.loss_wh == pytest.approx(dc_wh)
    assert dc_wh - battery.heat_wh == pytest.approx(battery.stored_wh - before_wh)
    assert converter.loss_wh > 0 and battery.heat_wh > 0


def test_constant_efficiency_both_ways():
    plant = one_bay(100, efficiency_bp=9400, resistance_mohm=0)
    battery = plant.converters[0].battery
    start_wh = battery.stored_wh
    order(plant, 10_000)
    plant.advance(3_600_000)
    charged_wh = battery.stored_wh - start_wh
    absorbed_wh = plant.converters[0].absorbed_wh
    assert charged_wh == pytest.approx(absorbed_wh * 0.94)
    order(plant, -10_000)
    plant.advance(7_200_000)
    assert battery.stored_wh - start_wh - charged_wh == pytest.approx(
        (plant.converters[0].absorbed_wh - absorbed_wh) * 0.94 - plant.converters[0].injected_wh / 0.94)


def test_meter_registers_are_the_integral_of_grid_power():
    plant = Plant(default_plant(2))
    for step, (a, b) in enumerate(((5000, -3000), (-9000, -9000), (0, 15_000), (-15_000, 2000))):
        order(plant, a, 0)
        order(plant, b, 1)
        plant.advance(60_000 * (step + 1))
    net_bays_wh = sum(c.absorbed_wh - c.injected_wh for c in plant.converters)
    load_wh = 2000 * 240 / 3600
    assert plant.meter.import_wh - plant.meter.export_wh == pytest.approx(net_bays_wh + load_wh)
    assert plant.meter.import_wh > 0 and plant.meter.export_wh > 0
    reading = plant.meter.sampled
    assert sum(reading.phase_import_wh) - sum(reading.phase_export_wh) == pytest.approx(net_bays_wh + load_wh)


def test_meter_values_are_as_old_as_its_interval():
    config = default_plant(1)
    config["meter"]["sample_ms"] = 500
    plant = Plant(config)
    plant.advance(1000)
    plant.inject("site_load", w=7000)
    plant.advance(1490)
    assert sum(plant.meter.sampled.phase_w) == pytest.approx(2000)
    assert plant.grid_w() == pytest.approx(7000)
    plant.advance(1500)
    assert sum(plant.meter.sampled.phase_w) == pytest.approx(7000)


def test_meter_power_is_the_mean_over_the_interval():
    plant = Plant(default_plant(1))
    plant.advance(1050)
    plant.inject("site_load", w=4000)
    plant.advance(1100)
    assert sum(plant.meter.sampled.phase_w) == pytest.approx(3000)


def test_site_load_divides_over_the_phases_and_bays_equally():
    config = default_plant(1)
    config["phase_share_bp"] = [10_000, 0, 0]
    plant = Plant(config)
    order(plant, 3000)
    plant.advance(2000)
    assert plant.meter.phase_w == pytest.approx([3000, 1000, 1000])


@pytest.mark.parametrize("charge_w, soc_bp, end_bp", [(15_000, 9990, 10_000), (-15_000, 10, 0)])
def test_converter_stops_by_itself_only_at_the_hard_ends(charge_w, soc_bp, end_bp):
    plant = one_bay(soc_bp=soc_bp, capacity_wh=10_000)
    order(plant, charge_w)
    plant.advance(60_000)
    assert plant.converters[0].battery.soc_bp() == end_bp
    assert plant.converters[0].ac_w == 0
    assert plant.converters[0].is_throttled()
    order(plant, -charge_w)
    plant.advance(62_000)
    assert plant.converters[0].ac_w == -charge_w


def test_full_battery_still_takes_nothing_just_below_the_top():
    plant = one_bay(soc_bp=10_000)
    order(plant, 5000)
    powers = []
    plant.observe(10, lambda p: powers.append(p.converters[0].ac_w))
    plant.advance(5000)
    assert max(powers) == 0


def test_standby_loss_comes_from_the_grid_in_standby_and_from_the_battery_when_running():
    plant = one_bay(standby_w=40, start_state="standby")
    plant.advance(1000)
    assert (plant.converters[0].ac_w, plant.converters[0].dc_w) == (40, 0)
    plant.write_converter(0, {"OpCtl": 1})
    plant.advance(2000)
    assert (plant.converters[0].ac_w, plant.converters[0].dc_w) == (0, -40)
    plant.write_converter(0, {"OpCtl": 0})
    plant.advance(3000)
    assert (plant.converters[0].ac_w, plant.converters[0].dc_w) == (0, 0)


def test_operating_states():
    plant = one_bay(start_ms=300, start_state="off")
    states = []
    order(plant, 5000)
    plant.advance(1000)
    assert plant.converters[0].ac_w == 0
    plant.write_converter(0, {"OpCtl": 1})
    for now_ms in (1010, 1290, 1310, 2000):
        plant.advance(now_ms)
        states.append(plant.converters[0].state(plant.now_ms))
    assert states == ["starting", "starting", "running", "running"]
    assert plant.converters[0].ac_w == 5000
    plant.write_converter(0, {"OpCtl": 2})
    plant.advance(3000)
    assert (plant.converters[0].state(plant.now_ms), plant.converters[0].ac_w) == ("standby", 0)


def test_battery_warms_under_load_and_cools_again():
    plant = one_bay(100, rating_w=60_000, slew_w_per_s=1_000_000, resistance_mohm=100, soc_bp=3000)
    order(plant, 40_000)
    plant.advance(1_200_000)
    warm_c = plant.converters[0].battery.temperature_c
    assert 25.5 < warm_c < 60
    order(plant, 0)
    plant.advance(3_600_000)
    assert 25 < plant.converters[0].battery.temperature_c < warm_c


def test_load_profile_holds_each_value_until_the_next():
    profile = Profile([(0, 100), (2.5, 900), (10, -50)])
    expected = {0: 100, 2499: 100, 2500: 900, 9999: 900, 10_000: -50, 10**9: -50}
    assert {ms: profile.load_w(ms) for ms in expected} == expected
    config = default_plant(1)
    config["load_profile"] = [[0, 1000], [1, 5000]]
    plant = Plant(config)
    plant.advance(1000)
    assert plant.grid_w() == pytest.approx(1000)
    plant.advance(1010)
    assert plant.grid_w() == pytest.approx(5000)


def test_advance_into_the_past_changes_nothing():
    plant = Plant(default_plant(1))
    plant.advance(1005)
    assert plant.now_ms == 1000
    plant.advance(500)
    assert plant.now_ms == 1000


def test_unknown_setting_is_an_error():
    with pytest.raises(ValueError, match="WSett"):
        Plant(default_plant(1)).write_converter(0, {"WSett": 1})


def trace(inputs, extra_times):
    """Snapshots every 100 ms while `inputs` act and `advance` is also called at `extra_times`."""
    plant = Plant(default_plant(2))
    rows = []
    plant.observe(100, lambda p: rows.append(repr((p.state(), p.meter.sampled))))
    moments = [(at, 1, bay, watts) for at, bay, watts in inputs] + [(at, 0, 0, 0) for at in extra_times]
    for at, is_input, bay, watts in sorted(moments):
        plant.advance(at)
        if is_input:
            order(plant, watts, bay, WSetRvrtTms=1)
    plant.advance(6000)
    return rows


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 1), st.integers(-15_000, 15_000)), max_size=6),
       st.lists(st.integers(0, 5999), max_size=40))
def test_trace_does_not_depend_on_how_often_advance_is_called(inputs, extra_times):
    assert trace(inputs, extra_times) == trace(inputs, [])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.floats(-50_000, 50_000)), min_size=1, max_size=8))
def test_power_balance_and_rating_hold_at_every_substep(orders):
    plant = Plant(default_plant(2))

    def check(p):
        assert p.grid_w() == pytest.approx(p.load_w + sum(c.ac_w for c in p.converters), abs=1e-6)
        assert all(abs(c.ac_w) <= c.rating_w for c in p.converters)

    plant.observe(plant.substep_ms, check)
    for i, (bay, watts) in enumerate(orders):
        order(plant, watts, bay)
        plant.advance(300 * (i + 1))
