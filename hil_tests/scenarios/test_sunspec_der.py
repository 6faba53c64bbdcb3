"""The whole SunSpec recipe against the plant's converter, in virtual time."""

import pytest

from drivers import converter_sunspec_der
from firmware import codes, codes_faults
from hil_tests.faults.scene import Scene
from hil_tests.rig.setups import station


def scene(bays=1, **plant):
    raw = station(bays)
    for bay in raw["bays"]:
        bay["converter"]["model"] = "sunspec_der"
    raw["plant"]["bays"][0].update(plant)
    return Scene(raw=raw)


def driver_of(s, bay=0):
    return next(bus for bus in s.rig.loop.drivers if bus.name == "converter%d" % (bay + 1)).devices[0]


def test_orders_are_followed_and_the_lease_is_read_back():
    s = scene()
    for kw, watts in ((-10, 10_000), (12, -12_000)):
        assert s.order(kw)
        s.run(6000)
        assert s.ac_w() == watts and driver_of(s).missed == 0
    assert driver_of(s).charge_max_w == 15_000 and driver_of(s).faults == 0
    assert [code for code in s.codes() if 220 <= code <= 240] == []


def test_permission_to_enter_service_is_given():
    s = scene()
    s.plant.converters[0].settings["ES"] = 0
    s.order(-10)
    s.run(8000)
    assert s.plant.converters[0].settings["ES"] == 1 and s.ac_w() == 10_000


@pytest.mark.parametrize(
    "alarm, code",
    [("GROUND_FAULT", codes_faults.FAULT_GROUND), ("OVER_TEMP", codes_faults.FAULT_TEMPERATURE),
     ("UNDER_FREQUENCY", codes_faults.FAULT_FREQUENCY), ("CABINET_OPEN", codes_faults.FAULT_CABINET)],
)
def test_an_alarm_is_told_by_its_own_code(alarm, code):
    s = scene()
    since = s.ms
    s.plant.inject("converter_fault", bay=0, alarm=alarm)
    s.run(1000)
    assert s.messages(code, since)[0][1] == 1 and s.codes(since).count(code) == 1


def test_only_alarms_of_the_grid_are_reset_and_not_for_ever():
    for alarm, resets in (("UNDER_FREQUENCY", 3), ("GROUND_FAULT", 0)):
        s = scene()
        seen = []
        s.plant.on_write(lambda _plant, _bay, values, seen=seen: seen.append(values.get("AlarmReset")))
        s.plant.inject("converter_fault", bay=0, alarm=alarm)
        s.run(45_000)
        assert seen.count(1) == resets


def test_under_local_control_nothing_is_written_and_the_bay_is_closed():
    s = scene(bays=2)
    s.order(-20)
    s.run(5000)
    since = s.ms
    s.plant.inject("converter_local", bay=0)
    s.run(5000)
    assert s.messages(codes_faults.FAULT_LOCAL, since)[0][1] == 1
    assert s.image.bays[0].limit_hi.value == codes.LIMIT_CONVERTER_OFF
    assert (s.ac_w(0), s.ac_w(1)) == (0, 15_000)  # its lease ran out; the other takes over
    writes = [row for row in s.writes if row[1] == 0 and row[0] > since + 1500]
    assert not writes
    back = s.ms
    s.plant.clear("converter_local", bay=0)
    s.run(6000)
    orders = [order_w for ms, bay, order_w in s.writes if bay == 0 and ms > back and order_w is not None]
    assert orders[0] == 0 and s.ac_w(0) == 10_000


def test_a_straying_converter_is_stopped_and_rests(monkeypatch):
    monkeypatch.setattr(converter_sunspec_der, "REST_MS", 15_000)
    s = scene(bays=2)
    s.order(-20)
    s.run(5000)
    s.plant.inject("converter_stuck", bay=0)
    since = s.ms
    s.order(0)
    s.run(9000)
    assert s.messages(codes_faults.FAULT_STRAYED, since)[0][1] == 1
    assert s.ac_w(0) == 0 and s.plant.converters[0].op_ctl == 0
    s.plant.clear("converter_stuck", bay=0)
    s.order(-20)
    s.run(4000)
    assert (s.ac_w(0), s.ac_w(1)) == (0, 15_000)
    s.run(14_000)
    assert (s.ac_w(0), s.ac_w(1)) == (10_000, 10_000)


def test_a_device_that_forgets_its_lease_is_found_out():
    s = scene()
    s.order(-10)
    s.run(5000)
    converter, since = s.plant.converters[0], s.ms
    write = converter.write
    converter.write = lambda values, now_ms: write(dict(values, WSetRvrtTms=0), now_ms)  # no timer
    s.run(4000)
    assert s.messages(codes_faults.FAULT_NO_LEASE, since)[0][1] == 1
    assert s.ac_w() == 0 and s.image.bays[0].limit_hi.value == codes.LIMIT_CONVERTER_FAULT
    converter.write = write
    s.run(8000)
    assert s.ac_w() == 10_000


def test_a_weaker_device_is_told_and_not_asked_for_more():
    s = scene(rating_w=9000)
    s.order(-15)
    s.run(6000)
    assert s.messages(codes_faults.FAULT_WEAKER) and s.ac_w() == 9000
    assert s.writes[-1][2] == 9000
