"""Each fault that can be injected does what its line in the table says, and ends when it is cleared."""

import pytest

from tools.plant.can_bays import CanBays
from tools.plant.config import default_plant
from tools.plant.core import Plant
from tools.plant.faults import FAULTS, FaultError
from tools.plant.virtual import virtual_converter, virtual_meter


@pytest.fixture
def plant():
    plant = Plant(default_plant(2))
    for bay in range(2):
        plant.write_converter(bay, {"WSet": -6000.0, "WSetEna": 1})
    plant.advance(2000)
    return plant


def powers(plant):
    return [c.ac_w for c in plant.converters]


def test_meter_silent(plant):
    meter = virtual_meter(plant)
    plant.inject("meter_silent")
    assert not meter.hears()
    assert virtual_meter(plant, truth=True).hears()
    plant.clear("meter_silent")
    assert meter.hears()


def test_meter_frozen_keeps_its_last_values(plant):
    plant.inject("meter_frozen")
    before = plant.meter.sampled
    plant.inject("site_load", w=9000)
    plant.advance(5000)
    assert plant.meter.sampled is before
    assert plant.grid_w() == pytest.approx(21_000)
    assert plant.meter.truth(plant.grid).import_wh > before.import_wh
    plant.clear("meter_frozen")
    plant.advance(5200)
    assert sum(plant.meter.sampled.phase_w) == pytest.approx(21_000)


def test_converter_silent_and_deaf_touch_one_bay_only(plant):
    faces = [virtual_converter(plant, bay) for bay in range(2)]
    plant.inject("converter_silent", bay=1)
    assert [face.hears() for face in faces] == [True, False]
    plant.clear("converter_silent", bay=1)
    plant.inject("converter_deaf", bay=0)
    assert [face.hears() for face in faces] == [True, True]
    assert [face.answers() for face in faces] == [False, True]
    plant.clear("converter_deaf", bay=0)
    assert faces[0].answers()


def test_converter_fault_cuts_at_once_and_recovers_into_its_order(plant):
    plant.inject("converter_fault", bay=0, alarm="GRID_DISCONNECT")
    plant.advance(2010)
    assert powers(plant) == [0, 6000]
    assert plant.converters[0].state(plant.now_ms) == "fault"
    assert plant.converters[0].alarms == 1 << 4
    plant.advance(5000)
    plant.clear("converter_fault", bay=0)
    plant.advance(5100)
    assert plant.converters[0].state(plant.now_ms) == "starting"
    plant.advance(7000)
    assert powers(plant) == [6000, 6000]
    assert plant.converters[0].alarms == 0


def test_lease_runs_out_during_a_fault(plant):
    plant.write_converter(0, {"WSet": -6000.0, "WSetRvrtTms": 2})
    plant.inject("converter_fault", bay=0)
    plant.advance(6000)
    plant.clear("converter_fault", bay=0)
    plant.advance(9000)
    assert powers(plant) == [0, 6000]


def test_converter_stuck_ignores_orders_and_reversion_but_stops(plant):
    plant.inject("converter_stuck", bay=0)
    plant.write_converter(0, {"WSet": 3000.0, "WSetRvrtTms": 1})
    plant.advance(10_000)
    assert powers(plant) == [6000, 6000]
    plant.write_converter(0, {"OpCtl": 0})
    plant.advance(12_000)
    assert powers(plant) == [0, 6000]


def test_converter_follows_again_when_it_is_no_longer_stuck(plant):
    plant.inject("converter_stuck", bay=0)
    plant.write_converter(0, {"WSet": 3000.0})
    plant.advance(4000)
    plant.clear("converter_stuck", bay=0)
    plant.advance(6000)
    assert powers(plant) == [-3000, 6000]


def test_vehicle_unplugged(plant):
    stored_wh = plant.converters[1].battery.stored_wh
    plant.inject("vehicle_unplugged", bay=1)
    plant.advance(4000)
    assert powers(plant) == [6000, 0]
    assert plant.converters[1].battery.stored_wh == stored_wh
    plant.clear("vehicle_unplugged", bay=1)
    plant.advance(6000)
    assert powers(plant) == [6000, 6000]


def test_grid_and_load_steps(plant):
    plant.inject("frequency", mhz=49_800)
    plant.inject("voltage", dv=2100, phase=2)
    plant.inject("site_load", w=-4000)
    plant.advance(2200)
    reading = plant.meter.sampled
    assert reading.frequency_hz == pytest.approx(49.8)
    assert reading.voltage_v == pytest.approx((230, 210, 230))
    assert plant.grid_w() == pytest.approx(8000)
    plant.inject("voltage", dv=2400)
    plant.clear("site_load")
    plant.advance(2400)
    assert plant.meter.sampled.voltage_v == pytest.approx((240, 240, 240))
    assert plant.grid_w() == pytest.approx(14_000)


def test_soc_and_temperature_are_set(plant):
    plant.inject("soc", bay=1, bp=1234)
    plant.inject("temperature", bay=1, dc=-52)
    assert plant.converters[1].battery.soc_bp() == 1234
    assert plant.converters[1].battery.temperature_c == pytest.approx(-5.2)


def test_active_faults_are_named(plant):
    assert plant.state()["faults"] == []


def test_an_outlets_fault_needs_an_outlet(plant):
    with pytest.raises(FaultError, match="no simulated outlet"):
        plant.inject("e_stop", bay=0)
    plant.inject("meter_silent")
    plant.inject("converter_fault", bay=1)
    plant.inject("site_load", w=0)
    assert plant.state()["faults"] == ["meter_silent", "site_load", "converter_fault 1"]


@pytest.mark.parametrize("name, arguments, words", [
    ("meter_slient", {}, ("unknown fault 'meter_slient'", "meter_silent")),
    ("converter_fault", {}, ("bay is missing",)),
    ("converter_fault", {"bay": 2}, ("bay 2 is wrong", "0 to 1")),
    ("converter_fault", {"bay": True}, ("bay True is wrong",)),
    ("converter_fault", {"bay": 0, "alarm": "HOT"}, ("alarm 'HOT'", "OVER_TEMP")),
    ("meter_silent", {"bay": 0}, ("unknown argument 'bay'", "none")),
    ("soc", {"bay": 0, "bp": 10_001}, ("bp 10001 is wrong", "0 to 10000")),
    ("frequency", {"mhz": 50.0}, ("mhz 50.0 is wrong",)),
    ("meter_silent", {"name": 1}, ("unknown argument 'name'",)),
])
def test_wrong_injections_say_what_would_be_right(plant, name, arguments, words):
    with pytest.raises(FaultError) as error:
        plant.inject(name, **arguments)
    for word in words:
        assert word in str(error.value)


def test_wrong_clears_say_what_would_be_right(plant):
    with pytest.raises(FaultError, match="unknown fault"):
        plant.clear("nothing")
    with pytest.raises(FaultError, match="frequency is a quantity"):
        plant.clear("frequency")
    with pytest.raises(FaultError, match="bay is missing"):
        plant.clear("converter_stuck")


def test_every_fault_of_the_table_can_be_started_and_cleared():
    section = default_plant(1)
    section["bays"][0]["converter"] = "infy"
    plant = Plant(section)
    CanBays(plant, lambda: plant.now_ms)
    example = {"bay": 0, "mhz": 50_000, "dv": 2300, "w": 0, "bp": 5000, "dc": 250, "kohm": 5000,
               "charge_da": 500, "discharge_da": 0}
    for name, (needed, _, clearable, meaning) in FAULTS.items():
        plant.inject(name, **{key: example[key] for key in needed})
        if clearable:
            plant.clear(name, **{key: 0 for key in needed if key == "bay"})
        assert meaning
    assert plant.state()["faults"] == []
