"""A simulated car charges and discharges over CAN, in virtual time: sequence, session, modules and what goes
wrong on the way.
"""

import can
import pytest

from drivers import converter_infy, vehicle
from firmware.outlet import codes
from firmware.image import CONVERTER_OFF, CONVERTER_RUNNING, GOOD
from firmware.outlet import table as t
from hil_tests.rig.can_chain import CanChain
from protocols.gbt27930 import charger as c
from tools.can_decode import lines, write_text


def connected(**settings):
    chain = CanChain(**settings)
    chain.until(lambda: chain.unit.vehicle.session.state == c.TRANSFER)
    chain.until(lambda: chain.bay.state.value == CONVERTER_RUNNING)
    return chain


def told(chain):
    return [chain.events.codes[(chain.events.first + i) % 64] for i in range(chain.events.count)]


def test_from_plug_to_energy_nothing_flows_before_everything_is_tested():
    chain = CanChain()
    chain.command_w = 10_000
    seen = []
    while chain.unit.sequence.state != t.ENERGY:
        chain.run(10)
        if chain.unit.sequence.state not in seen:
            seen.append(chain.unit.sequence.state)
        assert chain.converter.ac_w == 0 and chain.ms < 30_000
        if chain.outlet.contactor_closed or chain.outlet.outlet_v > 60:
            assert chain.outlet.lock_closed
    assert seen == list(range(t.UNPLUGGED, t.ENERGY + 1))
    assert chain.bay.state.value == CONVERTER_OFF


def test_power_both_ways_reversing_only_while_the_modules_are_off():
    chain = connected()
    for wanted_w in (12_000, -12_000, 5_000):
        chain.command_w = wanted_w
        chain.run(8_000)
        assert abs(chain.converter.ac_w - wanted_w) < 150, wanted_w
        assert abs(chain.bay.power_w.value - wanted_w) < 150 and chain.bay.power_w.quality == GOOD
    assert chain.converter.absorbed_wh > 10 and chain.converter.injected_wh > 10
    assert chain.bay.soc_bp.quality == GOOD and abs(chain.bay.soc_bp.value - 5000) < 100


def test_a_reversal_takes_no_longer_than_the_driver_declares():
    chain = connected()
    chain.command_w = 10_000
    chain.run(5_000)
    chain.command_w = -10_000
    took_ms = chain.until(lambda: chain.converter.ac_w < -9_000)
    assert took_ms <= converter_infy.REVERSAL_MS


def test_the_vehicles_limits_hold_whatever_is_ordered():
    chain = connected(car_current_max_da=200)
    chain.command_w = 15_000
    chain.run(5_000)
    assert 19 < chain.converter.battery.current_a < 20.2
    chain.command_w = -15_000
    chain.run(8_000)
    assert -20.2 < chain.converter.battery.current_a < -19


def test_a_car_that_only_charges_is_never_discharged():
    chain = connected(car_discharges=False)
    chain.command_w = -10_000
    chain.run(6_000)
    assert chain.converter.ac_w == 0 and chain.converter.injected_wh == 0
    chain.command_w = 5_000
    chain.run(5_000)
    assert abs(chain.converter.ac_w - 5_000) < 150


@pytest.mark.parametrize(
    "fault, arguments, code",
    [("e_stop", {}, codes.OUTLET_ESTOP), ("earth_lost", {}, codes.OUTLET_EARTH_LOST),
     ("insulation", {"kohm": 30}, codes.OUTLET_INSULATION),
     ("connector", {"dc": 1100}, codes.OUTLET_TOO_HOT)],
)
def test_a_fault_opens_the_outlet_and_says_why(fault, arguments, code):
    chain = connected()
    chain.command_w = 10_000
    chain.run(4_000)
    chain.plant.inject(fault, bay=0, **arguments)
    took_ms = chain.until(lambda: not chain.outlet.contactor_closed and chain.converter.ac_w == 0)
    assert took_ms <= 500
    chain.run(20_000)
    assert told(chain)[0] == code and not chain.outlet.contactor_closed and chain.converter.ac_w == 0
    assert not chain.outlet.lock_closed and chain.bay.state.value == CONVERTER_OFF


def test_a_hot_connector_derates_before_it_stops():
    chain = connected()
    chain.command_w = 15_000
    chain.run(5_000)
    chain.plant.inject("connector", bay=0, dc=1000)
    chain.run(3_000)
    assert abs(chain.converter.battery.current_a) < 51 and chain.outlet.contactor_closed


def test_a_lost_remote_io_ends_the_energy_and_has_a_name_of_its_own():
    chain = connected()
    chain.command_w = 10_000
    chain.run(4_000)
    chain.plant.inject("io_silent", bay=0)
    took_ms = chain.until(lambda: not chain.outlet.contactor_closed and chain.converter.ac_w == 0)
    assert took_ms <= 700
    chain.run(2_000)
    assert told(chain) == [codes.OUTLET_LINES_SILENT] and chain.unit.plug_seen() == -1
    chain.plant.clear("io_silent", bay=0)
    chain.run(5_000)
    assert chain.unit.plug_seen() == 1
    assert not chain.outlet.contactor_closed  # until the plug was out
    chain.plant.inject("vehicle_unplugged", bay=0)
    chain.run(2_000)
    assert chain.unit.plug_seen() == 0
    chain.plant.clear("vehicle_unplugged", bay=0)
    chain.until(lambda: chain.unit.vehicle.session.state == c.TRANSFER)


def test_a_silent_car_is_served_again_and_given_up_after_the_third_time():
    chain = connected()
    chain.command_w = 10_000
    chain.run(4_000)
    chain.plant.inject("car_silent", bay=0)
    took_ms = chain.until(lambda: not chain.outlet.contactor_closed)
    assert took_ms <= 10_000
    chain.plant.clear("car_silent", bay=0)
    chain.until(lambda: chain.unit.vehicle.session.state == c.TRANSFER)
    assert chain.unit.vehicle.session.strikes == 1
    for _ in range(2):
        chain.plant.inject("car_silent", bay=0)
        chain.until(lambda: not chain.outlet.contactor_closed)
        chain.plant.clear("car_silent", bay=0)
        chain.run(20_000)
    assert chain.unit.vehicle.session.strikes == 3
    assert told(chain)[-1] == codes.OUTLET_VEHICLE_LOST and not chain.outlet.contactor_closed


def test_a_new_plug_clears_the_old_faults():
    chain = connected()
    chain.plant.inject("e_stop", bay=0)
    chain.run(8_000)
    chain.plant.clear("e_stop", bay=0)
    chain.plant.inject("vehicle_unplugged", bay=0)
    chain.run(2_000)
    assert chain.unit.sequence.state == t.UNPLUGGED
    chain.plant.clear("vehicle_unplugged", bay=0)
    chain.until(lambda: chain.unit.vehicle.session.state == c.TRANSFER)


def test_without_the_controller_the_modules_and_the_outlet_end_by_themselves():
    chain = connected()
    chain.command_w = 10_000
    chain.run(4_000)
    for hub in (chain.can.modules_hub, *chain.can.car_hubs):
        hub.silent = True
    took_ms = chain.until(lambda: chain.converter.ac_w == 0)
    assert took_ms <= 700  # the remote I/O lets the contactor go first
    chain.run(11_000)
    assert not chain.outlet.contactor_closed and not chain.outlet.group.modules[0].on


def test_the_log_can_be_read_by_a_technician_and_by_python_can(tmp_path):
    chain = connected()
    chain.command_w = -8_000
    chain.run(6_000)
    chain.plant.inject("vehicle_unplugged", bay=0)
    chain.run(500)
    path = tmp_path / "can.log"
    path.write_text("".join(chain.log_lines))
    with can.LogReader(str(path)) as reader:
        assert len(list(reader)) == len(chain.log_lines)
    counts = write_text(path, tmp_path / "can.txt", "both")
    wanted = "CHM BHM CRM BRM BCP CTS CML BRO CRO BCL BCS CCS BSM ERD BDR BDC INFY IO TP"
    for name in wanted.split():
        assert counts.get(name), name
    assert "?" not in counts
    text = (tmp_path / "can.txt").read_text(encoding="utf-8")
    assert "电池充电需求" in text and "vin LSIMULATEDCAR0001" in text and "mode grid-tied inverter" in text
    brm = next(line for line in lines(path, "en", ("BRM",)))
    assert "capacity 150.0 Ah" in brm and "made_year 2024" in brm


def test_phases_have_names_for_people():
    assert len(vehicle.PHASE_NAMES) == vehicle.FAILED + 1
