"""A car on CAN under the whole control step: a session from plug to farewell with everything in its log, and
the battery's guard fed by the car's own words.
"""

import pytest

from drivers.vehicle import TRANSFERRING
from firmware import codes
from firmware.config import ConfigError
from firmware.outlet import table as t
from hil_tests.rig.can_station import CanStation, MemoryStore
from protocols.gbt27930 import charger as c
from tools.can_decode import lines
from tools.demo.evaluate import TOLERANCE_W, bay_limits

# each by its first frame; what both sides repeat side by side stands in one group
SESSION = (("CHM",), ("BHM",), ("CRM",), ("BRM",), ("BCP",), ("CTS", "CML"), ("BRO",), ("CRO",),
           ("BCL", "BCS", "BSM", "CCS"), ("ERD",), ("BDR", "BDC"), ("BST",), ("CST",), ("BSD",), ("CSD",))


def running(**settings):
    station = CanStation(**settings)
    station.until(lambda: station.unit.vehicle.record.phase == TRANSFERRING)
    station.run(3_000)
    return station


def violations(station):
    """Samples of the plant's truth outside rating or SOC window, as the demo counts them."""
    bay = station.config["bays"][0]
    outside = []
    for ms, ac_w, soc_bp in station.samples:
        low_w, high_w = bay_limits(bay, soc_bp)
        if not low_w - TOLERANCE_W <= ac_w <= high_w + TOLERANCE_W:
            outside.append((ms, ac_w, soc_bp))
    return outside


def test_a_session_charges_discharges_ends_and_every_message_is_in_its_log(tmp_path):
    station = running(soc_bp=8820)  # in the taper: the whole percents of BCS must not let more through
    for order_w in (6_000, -12_000, 15_000):
        station.order_w = order_w
        station.run(10_000)
    station.plant.inject("car_stops", bay=0)
    station.until(lambda: station.unit.sequence.state == t.FINISHED)
    charged_wh, discharged_wh = station.session_wh()
    assert charged_wh > 10 and discharged_wh > 20 and violations(station) == []
    assert station.events.count == 0 and not station.outlet.lock_closed
    path = tmp_path / "can.log"
    path.write_text("".join(station.log_lines))
    first = {}
    for line in lines(path):
        if "vehicle1" in line:
            first.setdefault(line[30:34].strip(), line)
    order = [name for name in first if name != "TP"]
    assert [set(order[i:j]) for i, j in _slices(SESSION)] == [set(group) for group in SESSION]
    assert "vin LSIMULATEDCAR0001" in first["BRM"] and "soc_reached" in first["BST"]
    assert "bms_stopped" in first["CST"] and "energy" in first["CSD"]


def _slices(groups):
    at = 0
    for group in groups:
        yield at, at + len(group)
        at += len(group)


def test_what_the_car_tells_is_in_the_image():
    bay = running(soc_bp=5000).bay
    assert 30_000 < bay.bms_charge_w.value < 45_000 and 30_000 < bay.bms_discharge_w.value < 45_000
    assert 3_500 < bay.cell_hi_mv.value < 3_900 and bay.cell_lo_mv.value == bay.cell_hi_mv.value - 100
    assert bay.temp_hi_dc.value == 250 and 240 <= bay.temp_lo_dc.value <= 250  # told in whole degrees
    assert abs(bay.soc_bp.value - 5000) <= 100


@pytest.mark.parametrize("order_w, limits", [(10_000, {"charge_da": 0, "discharge_da": 800}),
                                             (-10_000, {"charge_da": 800, "discharge_da": 0})])
def test_a_limit_of_zero_stops_and_never_turns_the_power_round(order_w, limits):
    station = running()
    station.order_w = order_w
    station.run(5_000)
    assert station.converter.ac_w * order_w > 0
    station.plant.inject("car_limits", bay=0, **limits)
    station.run(1_000)
    station.samples.clear()
    station.run(6_000)
    assert {ac_w for _, ac_w, _ in station.samples} == {0.0}
    bay = station.bay
    end, limit = (bay.envelope_hi_w, bay.limit_hi) if order_w > 0 else (bay.envelope_lo_w, bay.limit_lo)
    assert end.value == 0 and limit.value == codes.LIMIT_BMS
    assert station.unit.vehicle.session.state == c.TRANSFER  # a limit, no end


def test_a_hot_cell_derates_and_says_so():
    station = running()
    station.order_w = 15_000
    station.run(5_000)
    station.plant.inject("temperature", bay=0, dc=540)  # a tenth of 1 C by the table of NMC
    station.run(3_000)
    assert station.bay.limit_hi.value == codes.LIMIT_TEMPERATURE
    assert 5_000 < station.converter.ac_w < 6_050
    station.order_w = -15_000
    station.plant.inject("temperature", bay=0, dc=600)
    station.run(8_000)
    assert station.converter.ac_w == 0 and station.bay.limit_lo.value == codes.LIMIT_TEMPERATURE


def test_a_car_that_falls_silent_closes_both_ways():
    station = running()
    station.order_w = -10_000
    station.run(5_000)
    station.plant.inject("car_silent", bay=0)
    station.run(3_000)
    bay = station.bay
    assert station.converter.ac_w == 0 and bay.envelope_lo_w.value == 0 and bay.envelope_hi_w.value == 0


def test_a_budget_belongs_to_the_car_that_stands_there():
    store = MemoryStore()
    station = running(battery={"budget_day_wh": 1_000}, store=store)
    station.order_w = -15_000
    station.run(20_000)
    given_wh = station.session_wh()[1]
    assert given_wh > 40
    record = dict(station.guard.budgets.record(0))
    assert record["identity"] == "SIMULATEDCAR0001" and record["day_wh"] > 40
    station.plant.inject("vehicle_unplugged", bay=0)
    station.run(3_000)
    record = dict(station.guard.budgets.record(0))
    assert record["identity"] == "bay1" and record["day_wh"] == 0


def modular(variant=2, **settings):
    """Both sides know version 2; `variant`: what the configuration takes for discharging, at both ends."""
    return running(vehicle={"negotiate": True, "gbt_version": 2, "discharge_variant": variant,
                            "discharge_max_da": 300},
                   car_version=2, car_discharge_variant=variant, **settings)


def test_the_session_of_2024_by_its_modules_in_both_directions(tmp_path):
    station = modular()
    assert station.unit.vehicle.record.protocol == "GB/T 27930.2-2024"
    bay = station.bay
    assert bay.cell_lo_mv.value == bay.cell_hi_mv.value - 10  # both are told here, in 10 mV
    for order_w in (8_000, -15_000):
        station.order_w = order_w
        station.run(8_000)
    assert -30.5 < station.converter.battery.current_a < -25  # the configured limit, as none is told
    station.plant.inject("car_stops", bay=0)
    station.until(lambda: station.unit.sequence.state == t.FINISHED)
    charged_wh, discharged_wh = station.session_wh()
    assert charged_wh > 5 and discharged_wh > 5 and violations(station) == [] and station.events.count == 0
    path = tmp_path / "can.log"
    path.write_text("".join(station.log_lines))
    first = {}
    for line in lines(path, "both"):
        if "vehicle1" in line:
            first.setdefault(line[30:34].strip(), line)
    order = [name for name in first if name not in ("LM", "CTL")]
    inside = "CVC BVC P11 P12 P01 P02 P51 P52 P72 P73 P04 P03 P93 P94".split()
    assert [name for name in order if name in inside] == inside
    assert "?" not in order and "" not in order and "充电需求" in first["P73"]


def test_without_the_variant_a_session_of_2024_only_charges():
    station = modular(variant=0)
    station.order_w = -10_000
    station.run(5_000)
    assert station.session_wh() == (0.0, 0.0) and station.bay.limit_lo.value == codes.LIMIT_BMS
    station.order_w = 5_000
    station.run(5_000)
    assert abs(station.converter.ac_w - 5_000) < 150


def test_a_vehicle_of_2015_is_served_by_a_charger_that_offers_more():
    station = running(vehicle={"negotiate": True, "gbt_version": 2})
    assert station.unit.vehicle.record.protocol == "GB/T 27930-2015"


def test_a_session_of_2024_that_falls_silent_ends():
    station = modular()
    station.order_w = 8_000
    station.run(4_000)
    station.plant.inject("car_silent", bay=0)
    took_ms = station.until(lambda: not station.outlet.contactor_closed)
    assert took_ms <= 1_500 and station.converter.ac_w == 0


def test_the_outlets_numbers_are_configuration():
    station = CanStation(vehicle={"outlet": {"insulation_readings": 8}})
    station.until(lambda: station.unit.sequence.state == t.INSULATION_BLEED)
    slow_ms = station.ms
    station = CanStation()
    station.until(lambda: station.unit.sequence.state == t.INSULATION_BLEED)
    assert slow_ms - station.ms >= 1_000
    with pytest.raises(ConfigError) as caught:
        CanStation(vehicle={"outlet": {"insulation_reading": 8, "bleed_ms": "4 s"}, "gbt_version": 2})
    paths = sorted(path for _, path, _, _ in caught.value.errors)
    assert paths == ["bays[0].vehicle.negotiate", "bays[0].vehicle.outlet.bleed_ms",
                     "bays[0].vehicle.outlet.insulation_reading"]
