"""A Wallbox Quasar and an EVTEC-style charger as bays of the whole charger in virtual time."""

import pytest

from hil_tests.faults.scene import Scene
from hil_tests.rig.setups import station

RATING_W = 7000


def scene(model):
    raw = station(1, RATING_W)
    raw["plant"]["bays"][0].update(model=model, start_state="standby" if model == "quasar" else "running")
    converter = raw["bays"][0]["converter"]
    converter.update(model=model)
    if model == "quasar":  # slow: 2.5 s after each write, polled gently
        converter.update(poll_ms=1000, max_age_ms=8000, lease_ms=12000, response_ms=9000)
    made = Scene(raw=raw)
    made.run(20_000)
    return made


@pytest.mark.parametrize("model", ["quasar", "evtec"])
def test_orders_are_followed_in_both_directions(model):
    s = scene(model)
    for kw, watts in ((-5, 5000), (4.5, -4500), (0, 0)):
        assert s.order(kw)
        s.run(25_000)
        assert s.ac_w(0) == watts
        bay = s.image.bays[0]
        assert bay.power_w.value == watts and bay.power_w.quality
        assert bay.soc_bp.value == pytest.approx(s.plant.converters[0].battery.soc_bp(), abs=60)


@pytest.mark.parametrize("model", ["quasar", "evtec"])
def test_fault_and_missing_vehicle_show_and_close_the_bay(model):
    s = scene(model)
    assert s.order(-5)
    s.run(20_000)
    s.plant.inject("converter_fault", bay=0)
    s.run(15_000)
    assert s.image.bays[0].state.value == 3 and s.image.station.command_w.value == 0
    s.plant.clear("converter_fault", bay=0)
    s.plant.inject("vehicle_unplugged", bay=0)
    s.run(15_000)
    assert s.image.bays[0].state.value == 0 and not s.image.bays[0].soc_bp.quality


def test_a_quasar_that_nobody_talks_to_falls_back_by_itself():
    s = scene("quasar")
    assert s.order(-5)
    s.run(20_000)
    assert s.ac_w(0) == 5000
    s.plant.inject("converter_silent", bay=0)  # nothing reaches it any more
    s.plant.advance(s.ms + 12_000 + 1000)
    assert s.plant.converters[0].ac_w == 0 and s.plant.converters[0].reversions == 1


def test_a_lost_connection_sets_the_charger_up_again():
    s = scene("quasar")
    assert s.order(-5)
    s.run(20_000)
    bus = next(bus for bus in s.rig.loop.drivers if bus.name == "converter1")
    device = bus.devices[0]
    device.lost(s.rig.tick())
    assert device.written_w is None and not s.image.bays[0].power_w.quality
    s.run(30_000)
    assert s.ac_w(0) == 5000
