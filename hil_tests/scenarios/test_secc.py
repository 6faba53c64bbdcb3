"""A vehicle behind an external SECC: whole sessions in virtual time. test_secc_live.py has the wiring."""

from firmware import codes
from firmware.outlet import table as t
from drivers.vehicle import TRANSFERRING
from hil_tests.rig.can_station import SeccStation


def running(**settings):
    station = SeccStation(**settings)
    station.until(lambda: station.unit.vehicle.record.phase == TRANSFERRING)
    station.run(3_000)
    return station


def test_a_session_both_ways_ends_in_order():
    station = running()
    record = station.unit.vehicle.record
    assert record.protocol == "ISO 15118-20" and record.identity == b"SIMULATEDEVCC01"
    for order_w in (8_000, -12_000):
        station.order_w = order_w
        station.run(8_000)
        assert abs(station.converter.ac_w - order_w) < 150
    station.plant.inject("car_stops", bay=0)
    station.until(lambda: station.unit.sequence.state == t.FINISHED)
    assert not station.outlet.lock_closed and station.events.count == 0
    assert min(station.session_wh()) > 10 and station.outlet.car.bad_lines == 0


def test_the_seccs_limits_hold():
    station = running()
    station.order_w = 10_000
    station.plant.inject("car_limits", bay=0, charge_da=0, discharge_da=200)
    station.run(5_000)
    assert station.converter.ac_w == 0 and station.bay.limit_hi.value == codes.LIMIT_BMS
    station.order_w = -15_000
    station.run(8_000)
    assert -20.2 < station.converter.battery.current_a < -15


def test_a_silent_secc_ends_the_energy():
    station = running()
    station.order_w = 10_000
    station.run(5_000)
    station.plant.inject("car_silent", bay=0)
    took_ms = station.until(lambda: not station.outlet.contactor_closed)
    assert took_ms <= 10_000 and station.converter.ac_w == 0
    station.plant.clear("car_silent", bay=0)
    station.until(lambda: station.unit.vehicle.record.phase == TRANSFERRING)


def test_a_fault_of_ours_is_told_to_the_secc():
    station = running()
    station.plant.inject("e_stop", bay=0)
    station.run(1_000)
    assert station.outlet.car.said["stop"] == "fault" and not station.outlet.car.closed
