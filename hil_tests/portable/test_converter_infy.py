"""The Infypower converter driver on a bus in memory: power both ways, reversal, sharing, lease, faults."""

from drivers import converter_infy as infy_driver
from drivers import faults, infy_module
from drivers.ports.can_memory import BUS_OFF
from firmware.image import CONVERTER_FAULT, CONVERTER_OFF, CONVERTER_RUNNING, CONVERTER_STANDBY, GOOD, INVALID
from hil_tests.portable.infy_rig import Rig
from hil_tests.portable.support import hx
from protocols import infy


def running(count=2):
    rig = Rig(count)
    rig.run(1500)
    assert rig.converter.state == infy_driver.RUNNING
    return rig


def near(value, wanted, tolerance):
    return abs(value - wanted) <= tolerance


def test_identifiers_and_data_are_those_of_the_facts():
    assert infy.identifier(0x0A, infy.READ, 0, 0xF0) == 0x02A300F0
    assert infy.identifier(0x0A, infy.WRITE, infy.ALL, 0xF0) == 0x02A43FF0
    data = bytearray(8)
    infy.fill(data, infy.DC_VOLTAGE, 400000)
    assert bytes(data) == hx("11 01 00 00 00 06 1A 80")
    assert infy.item_of(data) == 0x1101 and infy.value_of(data) == 400000
    infy.fill(data, infy.AC_POWER, -22000000)
    assert infy.value_of(data) == 22000000
    assert infy.value_of(hx("21 08 00 00 7F FF FF FF")) == infy.CLIPPED
    assert infy.error_of(0x12A3F000) == 4


def test_it_starts_by_itself_and_shows_what_it_measures():
    rig = running()
    assert [module.mode for module in rig.modules] == [infy.RECTIFIER] * 2
    assert all([module.on for module in rig.modules])
    assert rig.bay.state.value == CONVERTER_RUNNING and rig.bay.state.quality == GOOD
    assert rig.bay.dc_voltage_dv.value == 4000 and rig.bay.power_w.value == 0
    rig.run(2000)
    assert rig.converter.group.rated_w(rig.now) == 44000


def test_power_both_ways_is_met_at_the_grid_within_the_losses_that_were_learned():
    rig = running()
    for wanted_w in (20000, 39000, -15000, -36000):
        rig.command_w = wanted_w
        rig.until(lambda w=wanted_w: near(rig.power_w(), w, 200), 8000)
        rig.run(1000)
        assert near(rig.power_w(), wanted_w, 200), (wanted_w, rig.power_w())
        assert near(rig.bay.power_w.value, wanted_w, 200)
        assert (rig.bay.dc_current_da.value > 0) == (wanted_w > 0)


def test_modules_share_the_current_equally():
    rig = running(3)
    rig.command_w = 30000
    rig.run(2000)
    currents = [module.current_ma for module in rig.modules]
    assert currents[0] > 20000 and max(currents) == min(currents)


def test_the_mode_changes_only_while_every_module_is_off_and_was_read_back():
    rig = running()
    for wanted_w in (10000, -10000, 10000):
        rig.command_w = wanted_w
        rig.run(5000)
    assert rig.directions == [0, 1, 0, -1, 0, 1]
    assert [module.mode_changes_while_on for module in rig.modules] == [0, 0]


def test_a_reversal_takes_no_longer_than_declared():
    rig = running()
    rig.command_w = 10000
    rig.run(3000)
    rig.command_w = -10000
    ms = 0
    while rig.power_w() > -9000:
        rig.run(10)
        ms += 10
        assert ms <= infy_driver.REVERSAL_MS


def test_a_module_that_keeps_its_mode_never_gets_the_order_to_switch_on():
    rig = running()
    rig.modules[1].refuses_mode = True
    rig.command_w = -10000
    rig.run(3000)
    assert rig.directions == [0] and not rig.modules[0].on and not rig.modules[1].on
    rig.run(8000)
    assert rig.converter.faults & faults.MODE_NOT_TAKEN
    assert rig.bay.state.value == CONVERTER_FAULT
    rig.modules[1].refuses_mode = False
    rig.until(lambda: near(rig.power_w(), -10000, 200), 12000)


def test_small_power_is_no_power_and_no_reversal():
    rig = running()
    rig.command_w = 10000
    rig.run(2000)
    rig.command_w = -150
    rig.run(3000)
    assert rig.power_w() == 0 and rig.converter.state == infy_driver.RUNNING
    assert rig.modules[0].mode == infy.RECTIFIER


def test_a_lease_that_is_not_renewed_ends_in_no_current():
    rig = running()
    rig.command_w = 10000
    rig.run(2000)
    rig.command_w = None
    rig.run(720)
    assert rig.modules[0].current_ma == 0


def test_without_us_the_modules_end_by_themselves():
    rig = running()
    rig.command_w = 10000
    rig.run(2000)
    for module in rig.modules:
        module.port.filters = ()
    rig.run(9000)
    assert rig.power_w() > 0
    rig.run(1100)
    assert rig.power_w() == 0


def test_the_vehicles_limits_hold_each_way():
    rig = running()
    rig.limits.charge_da, rig.limits.discharge_da = 100, 50
    rig.command_w = 30000
    rig.run(2000)
    assert near(sum([module.current_ma for module in rig.modules]), 10000, 10)
    assert rig.modules[0].voltage_mv == 450000
    rig.command_w = -30000
    rig.run(6000)
    assert near(sum([module.current_ma for module in rig.modules]), 5000, 10)
    assert rig.modules[0].voltage_mv == 320000
    rig.limits.discharge_da = 0
    rig.run(100)
    assert rig.power_w() == 0


def test_each_fault_flag_stops_all_modules_and_is_named():
    rig = running()
    rig.command_w = 10000
    rig.run(2000)
    for flag, fault in ((infy.FLAG_SHORT, faults.SHORT), (infy.FLAG_FAN, faults.FAN),
                        (infy.FLAG_OVER_TEMPERATURE, faults.OVER_TEMPERATURE),
                        (infy.FLAG_AC_UNDER, faults.AC_VOLTAGE),
                        (infy.FLAG_DUPLICATE_ID, faults.DUPLICATE_ID)):
        rig.modules[0].extra_flags = 1 << flag
        rig.run(200)
        assert rig.power_w() == 0 and rig.converter.faults == fault
        assert rig.bay.state.value == CONVERTER_FAULT
        rig.modules[0].extra_flags = 0
        rig.until(lambda: near(rig.power_w(), 10000, 200), 10000)


def test_a_walk_in_or_a_limited_module_is_no_fault():
    rig = running()
    rig.modules[0].extra_flags = 1 << infy.FLAG_WALK_IN | 1 << infy.FLAG_POWER_LIMITED
    rig.run(500)
    assert rig.converter.faults == 0 and rig.bay.state.value == CONVERTER_RUNNING


def test_a_silent_module_stops_the_others_until_it_must_be_off_then_they_go_on_without_it():
    rig = running(2)
    rig.command_w = 20000
    rig.run(2000)
    alone = rig.modules[1].current_ma
    rig.modules[0].silent = True  # it hears nothing and runs on until its own lease ends
    rig.run(infy_module.OFFLINE_MS + 200)
    assert rig.converter.faults == faults.MODULE_SILENT and not rig.modules[1].on
    assert rig.bay.state.value == CONVERTER_FAULT
    rig.run(9000)
    assert not rig.modules[1].on and not rig.modules[0].on
    rig.until(lambda: rig.modules[1].current_ma > 1.8 * alone, 8000)
    rig.run(1000)
    assert near(rig.bay.power_w.value, 20000, 400)


def test_when_no_module_answers_there_is_no_measurement():
    rig = running(2)
    for module in rig.modules:
        module.silent = True
    rig.run(infy_module.OFFLINE_MS + 200)
    assert rig.bay.power_w.quality == INVALID and rig.bay.state.quality == INVALID


def test_a_bus_that_is_off_is_no_measurement():
    rig = running()
    rig.bus.port.state = BUS_OFF
    rig.run(100)
    assert rig.bay.power_w.quality == INVALID and rig.converter.written_w is None
    rig.bus.port.state = 0
    rig.command_w = 5000
    rig.run(4000)
    assert near(rig.power_w(), 5000, 200)


def test_the_sequence_may_ask_for_a_voltage_or_for_nothing():
    rig = running()
    rig.converter.demand = infy_driver.NOTHING
    rig.command_w = 10000
    rig.run(2000)
    assert not rig.modules[0].on and rig.bay.state.value == CONVERTER_OFF
    rig.converter.demand = infy_driver.VOLTAGE
    rig.converter.demand_dv, rig.converter.demand_da = 3950, 10
    rig.run(3000)
    assert rig.modules[0].on and rig.modules[0].voltage_mv == 395000
    assert rig.modules[0].current_ma == 500 and rig.bay.state.value == CONVERTER_OFF


def test_panic_and_close_switch_everything_off_at_once():
    for end in (lambda rig: rig.bus.panic(), lambda rig: rig.bus.close()):
        rig = running()
        rig.command_w = 10000
        rig.run(1000)
        end(rig)
        for module in rig.modules:
            module.service(rig.now)
        assert rig.power_w() == 0


def test_the_stop_is_told():
    rig = running()
    rig.command_w = 10000
    rig.run(1000)
    assert rig.bus.is_told(10000) and not rig.bus.is_told(0)
    rig.command_w = 0
    rig.run(50)
    assert rig.bus.is_told(0)


def test_standby_is_shown_while_it_starts():
    rig = Rig()
    rig.run(200)
    assert rig.bay.state.value in (CONVERTER_STANDBY, CONVERTER_RUNNING)


def test_foreign_frames_change_nothing():
    rig = running()
    before = rig.bay.power_w.value
    port = rig.modules[0].port
    for can_id, extended in ((0x02A3F00A, True), (0x0AA3F000, True), (0x02E3F000, True), (0x123, False)):
        port.send(can_id, hx("21 08 00 00 00 FF FF FF"), 8, extended)
    port.send(0x02A3F000, hx("21 08 00 00"), 4, True)
    rig.run(10)
    assert rig.bay.power_w.value == before == 0
