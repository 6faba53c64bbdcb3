"""A converter falls silent, faults, goes astray or loses its vehicle: its own power ends or is taken off the
limit, the message names its bay, and it comes back from 0 W over the ramp.
"""

import pytest

from firmware import codes
from hil_tests.faults.scene import LIMIT_IOA, Scene

LEASE_MS = 2000
RAMP_W_PER_S = 6000
SLEW_MS = 600  # 15 kW at the converter's own rate, and its delay


def charging(**arguments):
    scene = Scene(**arguments)
    assert scene.order(-10 * len(scene.plant.converters))
    scene.run(4000)
    assert scene.ac_w() == 10_000
    return scene


@pytest.mark.parametrize("fault", ["converter_silent", "converter_deaf"])
def test_silent_converter_loses_its_power_and_comes_back_over_the_ramp(fault):
    scene = charging()
    since = scene.ms
    scene.plant.inject(fault, bay=0)
    scene.run(6000)
    assert scene.messages(codes.CONVERTER_SILENT, since) == [(pytest.approx(since + 1000, abs=200), 1)]
    assert scene.truth.zero_since(0) - since <= LEASE_MS + SLEW_MS
    assert scene.shown(LIMIT_IOA) == codes.LIMIT_CONVERTER_SILENT
    assert scene.image.bays[0].command_w.value == 0
    scene.run(20_000)
    assert scene.ac_w() == 0
    back = scene.ms
    scene.plant.clear(fault, bay=0)
    scene.run(6000)
    assert [argument for _, argument in scene.messages(codes.CONVERTER_BACK, back)] == [1]
    assert scene.ac_w() == 10_000
    rise_ms = scene.truth.first_ms(back, lambda _, bays_w: bays_w[0] >= 10_000)
    rise_ms -= scene.truth.first_ms(back, lambda _, bays_w: bays_w[0] > 0)
    assert rise_ms >= 10_000 * 1000 // RAMP_W_PER_S - 200


def test_device_ends_the_power_by_itself_when_its_requests_are_lost():
    scene = charging()
    scene.plant.inject("converter_silent", bay=0)
    scene.run(6000)
    assert scene.plant.converters[0].reversions == 1


def test_one_bay_silent_and_the_other_takes_over_what_it_can():
    scene = charging(bays=2)
    since = scene.ms
    scene.plant.inject("converter_silent", bay=1)
    scene.run(8000)
    assert scene.messages(codes.CONVERTER_SILENT, since)[0][1] == 2
    assert (scene.ac_w(0), scene.ac_w(1)) == (15_000, 0)


def test_faulted_converter_is_named_and_goes_on_when_it_is_well():
    scene = charging(bays=2)
    since = scene.ms
    scene.plant.inject("converter_fault", bay=0, alarm="DC_OVER_VOLT")
    scene.run(3000)
    assert scene.messages(codes.CONVERTER_FAULTED, since) == [(pytest.approx(since, abs=300), 1)]
    assert scene.image.bays[0].command_w.value == 0
    assert scene.image.bays[0].limit_hi.value == codes.LIMIT_CONVERTER_FAULT
    assert (scene.ac_w(0), scene.ac_w(1)) == (0, 15_000)
    assert scene.shown(0x0012) == 1  # the station's fault signal
    back = scene.ms
    scene.plant.clear("converter_fault", bay=0)
    scene.run(6000)
    assert scene.messages(codes.CONVERTER_CLEARED, back) == [(pytest.approx(back + 200, abs=200), 1)]
    assert (scene.ac_w(0), scene.ac_w(1)) == (10_000, 10_000)
    assert scene.shown(0x0012) == 0


def test_converter_that_ignores_its_set_point_is_taken_off_the_limit():
    scene = Scene(bays=2)
    assert scene.order(-20)
    scene.run(4000)
    scene.plant.inject("converter_stuck", bay=0)
    since = scene.ms
    assert scene.order(0)
    scene.run(8000)
    (told_ms, bay), *more = scene.messages(codes.CONVERTER_STRAYS, since)
    assert bay == 1 and not more and told_ms - since <= 5000
    assert scene.image.bays[0].limit_hi.value == codes.LIMIT_NOT_FOLLOWING
    assert scene.image.bays[0].command_w.value == 0
    assert (scene.ac_w(0), scene.ac_w(1)) == (10_000, 0)  # nobody but the device itself can end it
    back = scene.ms
    scene.plant.clear("converter_stuck", bay=0)
    scene.run(4000)
    assert scene.messages(codes.CONVERTER_FOLLOWS, back)[0][1] == 1
    assert (scene.ac_w(0), scene.ac_w(1)) == (0, 0)


def test_limit_holds_around_a_converter_that_keeps_its_power():
    scene = Scene(bays=2)
    scene.plant.inject("site_load", w=35_000)  # of the 60 kW that the connection carries
    assert scene.order(-20)
    scene.run(8000)
    scene.plant.inject("converter_stuck", bay=0)
    scene.order(-2)
    scene.run(8000)
    since = scene.ms
    scene.order(-30)
    scene.run(8000)
    assert scene.ac_w(0) == 10_000
    assert scene.ac_w(1) > 2_000  # it may have what nobody can be drawing
    assert scene.truth.highest_grid_w(since) <= 60_000


def test_unplugged_vehicle_is_no_fault_of_the_converter():
    scene = charging()
    since = scene.ms
    scene.plant.inject("vehicle_unplugged", bay=0)
    scene.run(3000)
    assert scene.ac_w() == 0
    assert scene.image.bays[0].command_w.value == 0
    assert scene.shown(LIMIT_IOA) == codes.LIMIT_SOC_UNKNOWN
    assert scene.codes(since) == []
    scene.plant.clear("vehicle_unplugged", bay=0)
    scene.run(6000)
    assert scene.ac_w() == 10_000


def test_lost_connection_begins_again_with_0_w():
    scene = charging()
    bus = scene.rig.loop.drivers[1]
    since = scene.ms
    bus.port.is_open = False  # the network ends the connection, and brings it back a second later
    scene.run(1000)
    bus.port.is_open = bus.port.peer.is_open = True
    scene.run(1500)
    orders = [order_w for ms, _, order_w in scene.writes if ms > since + 1000 and order_w is not None]
    assert orders[0] == 0
    scene.run(4000)
    assert scene.ac_w() == 10_000
