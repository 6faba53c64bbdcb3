"""The lease in the converter: reversion timer and controller heartbeat of the simulated SunSpec device."""

import pytest

from tools.plant.config import default_plant
from tools.plant.core import Plant


@pytest.fixture
def plant():
    config = default_plant(1)
    config["bays"][0].update(delay_ms=50, slew_w_per_s=100_000, heartbeat_ms=3000)
    return Plant(config)


def leased(plant, charge_w, lease_s, **more):
    values = {"WSetMod": 1, "WSet": float(-charge_w), "WSetRvrtTms": lease_s, "WSetEna": 1}
    plant.write_converter(0, {**values, **more})


def test_expiry_falls_back_to_no_power(plant):
    leased(plant, 8000, 2)
    plant.advance(1990)
    assert plant.converters[0].ac_w == 8000
    plant.advance(2010)
    assert plant.converters[0].ac_w < 8000
    plant.advance(2200)
    assert plant.converters[0].ac_w == 0
    assert plant.converters[0].settings["WSetEna"] == 0
    assert plant.converters[0].reversions == 1


def test_expiry_falls_back_to_the_reversion_value_when_that_is_enabled(plant):
    leased(plant, 8000, 1, WSetRvrt=2000.0, WSetEnaRvrt=1)
    plant.advance(3000)
    assert plant.converters[0].ac_w == -2000
    assert plant.converters[0].ordered_w() == -2000
    plant.advance(60_000)
    assert plant.converters[0].reversions == 1


def test_percent_mode_reverts_to_its_own_value(plant):
    plant.write_converter(0, {"WSetMod": 0, "WSetPct": -50.0, "WSetPctRvrt": -10.0, "WSetEnaRvrt": 1,
                              "WSetRvrtTms": 1, "WSetEna": 1})
    plant.advance(900)
    assert plant.converters[0].ac_w == 7500
    plant.advance(2000)
    assert plant.converters[0].ac_w == 1500


def test_remaining_time_counts_down_and_each_write_restarts_it(plant):
    leased(plant, 8000, 5)
    plant.advance(3000)
    assert plant.converters[0].reversion_left_ms == 2000
    plant.write_converter(0, {"WSet": -8000.0})
    assert plant.converters[0].reversion_left_ms == 5000
    plant.advance(7900)
    assert plant.converters[0].ac_w == 8000
    plant.advance(8200)
    assert plant.converters[0].ac_w == 0


def test_heartbeat_alone_does_not_renew_the_lease(plant):
    leased(plant, 8000, 2)
    for second in range(1, 5):
        plant.advance(second * 1000)
        plant.write_converter(0, {"ControllerHb": second})
    assert plant.converters[0].ac_w == 0


def test_without_a_timer_the_order_holds(plant):
    leased(plant, 8000, 0)
    plant.advance(600_000)
    assert plant.converters[0].ac_w == 8000


def test_disabling_stops_power_and_timer(plant):
    leased(plant, 8000, 5)
    plant.advance(1000)
    plant.write_converter(0, {"WSetEna": 0})
    plant.advance(2000)
    assert plant.converters[0].ac_w == 0
    assert plant.converters[0].reversion_left_ms == 0


def test_lost_heartbeat_falls_back(plant):
    leased(plant, 8000, 0)
    plant.write_converter(0, {"ControllerHb": 1})
    plant.advance(2900)
    plant.write_converter(0, {"ControllerHb": 2})
    plant.advance(5800)
    assert plant.converters[0].ac_w == 8000
    plant.advance(6200)
    assert plant.converters[0].ac_w == 0
    assert plant.converters[0].settings["WSetEna"] == 0


def test_heartbeat_that_does_not_change_is_a_lost_one(plant):
    leased(plant, 8000, 0)
    for second in range(8):
        plant.write_converter(0, {"ControllerHb": 7})
        plant.advance(1000 * (second + 1))
    assert plant.converters[0].ac_w == 0


def test_heartbeat_is_not_asked_of_a_controller_that_never_sent_one(plant):
    leased(plant, 8000, 0)
    plant.advance(60_000)
    assert plant.converters[0].ac_w == 8000


def test_a_new_order_after_expiry_acts_again(plant):
    leased(plant, 8000, 1)
    plant.advance(5000)
    leased(plant, 4000, 1)
    plant.advance(5900)
    assert plant.converters[0].ac_w == 4000


def test_expiry_overtakes_an_order_that_is_still_in_the_delay(plant):
    plant.converters[0].delay_ms = 1500
    leased(plant, 8000, 1)
    plant.advance(10_000)
    assert plant.converters[0].ac_w == 0
    assert plant.meter.import_wh == pytest.approx(2000 * 10 / 3600)
