"""Our converter drivers against devices that we did not write: SunSpec from pysunspec2's models, Quasar and
EVTEC from the vendors' lists, all behind pymodbus.
"""

import pytest

from drivers import converter_evtec, converter_quasar, converter_sunspec_der, faults
from firmware.image import CONVERTER_FAULT, CONVERTER_OFF, CONVERTER_RUNNING, GOOD
from hil_tests.interop.converter_peers import Evtec, Quasar, SunSpec, chain

pytestmark = pytest.mark.live


@pytest.fixture
def quick(monkeypatch):
    """A Quasar that needs no 2.5 s after a write: the pause itself is measured elsewhere."""
    monkeypatch.setattr(converter_quasar.QuasarConverter, "write_gap_ms", 50)


def follows(made, device, power_w):
    made.command_w = power_w
    made.until(lambda: device.power_w == power_w and made.bay.power_w.value == power_w)
    assert made.bay.power_w.quality == GOOD


def test_sunspec_recipe_on_pysunspec2_s_models():
    device = SunSpec()
    with chain(device, converter_sunspec_der) as made:
        for power_w in (3000, -4500):
            follows(made, device, power_w)
        assert device.models[703].ES.value == 1 and made.bay.soc_bp.value == 5500
        made.until(lambda: made.driver.charge_max_w == 9000)
        controls = device.models[704]
        assert (controls.WSetMod.value, controls.WSetRvrt.value, controls.WSetEnaRvrt.value) == (1, 0, 1)
        assert controls.WSetRvrtTms.value == 2 and device.models[715].ControllerHb.value
        made.run(1.2)
        assert made.driver.missed == 0 and made.told == [] and made.bay.state.value == CONVERTER_RUNNING


def test_sunspec_lease_ends_in_the_device_when_we_fall_silent():
    device = SunSpec()
    with chain(device, converter_sunspec_der) as made:
        follows(made, device, 3000)
    assert device.power_w == 3000
    device.timer_s -= 3  # three seconds later
    assert device.power_w == 0


def test_sunspec_alarms_local_control_and_stop():
    device = SunSpec()
    with chain(device, converter_sunspec_der) as made:
        follows(made, device, 3000)
        device.models[701].Alrm.value = 1 << 0
        made.until(lambda: made.driver.faults == faults.GROUND)
        assert made.bay.state.value == CONVERTER_FAULT
        device.models[701].Alrm.value = 0
        device.models[715].LocRemCtl.value = 1
        made.until(lambda: made.driver.faults == faults.LOCAL)
        writes = len(device.writes)
        made.run(0.5)
        assert len(device.writes) == writes and made.bay.state.value == CONVERTER_OFF
        device.models[715].LocRemCtl.value = 0
        follows(made, device, 3000)
        made.bay.following.value = 0
        made.until(lambda: device.models[715].OpCtl.value == 0)
        made.until(lambda: device.power_w == 0 and made.driver.faults & faults.STRAYED)


def test_sunspec_limits_of_the_device_cut_the_set_point():
    device = SunSpec(charge_w=2500)
    with chain(device, converter_sunspec_der) as made:
        made.command_w = 6000
        made.until(lambda: device.power_w == 2500)
        assert made.told == [faults.WEAKER]


def test_sunspec_without_a_timer_that_runs_is_a_fault():
    device = SunSpec()
    device.reads_timer = False  # does not show the time left: allowed
    with chain(device, converter_sunspec_der) as made:
        follows(made, device, 3000)
        made.run(0.8)
        assert made.driver.faults == 0
        controls, keep = device.models[704], device.written

        def loses(address):
            keep(address)
            controls.WSetRvrtTms.value = 0

        device.written = loses
        made.until(lambda: made.driver.faults == faults.NO_LEASE)
        assert made.bay.state.value == CONVERTER_FAULT


def test_quasar_set_up_both_directions_limits_and_faults(quick):
    device = Quasar()
    with chain(device, converter_quasar, lease_ms=12_000) as made:
        for power_w in (3000, -4000):
            follows(made, device, power_w)
        assert [write[0] for write in device.writes[:4]] == [81, 83, 88, 260]
        assert device.held[88] == 12 and made.bay.soc_bp.value == 4800
        made.command_w = 7401  # more than it takes: refused, and it stays where it was
        made.run(0.5)
        assert device.power_w == -4000 and made.driver.backoff.failures
        made.command_w = -4000
        made.until(lambda: made.driver.is_told(-4000))
        device.error = 8
        made.until(lambda: made.bay.state.value == CONVERTER_FAULT)
        assert made.driver.faults == faults.INTERNAL and made.told == [faults.INTERNAL]


def test_quasar_that_is_paused_is_started(quick):
    device = Quasar(state=4)
    with chain(device, converter_quasar, lease_ms=12_000) as made:
        made.command_w = 0
        made.until(lambda: (257, [1]) in device.writes)


def test_quasar_falls_back_when_nobody_asks(quick):
    device = Quasar()
    with chain(device, converter_quasar, lease_ms=2000) as made:
        follows(made, device, 3000)
    device.heard_s -= 3
    device.before()
    assert device.power_w == 0 and device.fell_back == 1


def test_evtec_both_directions_and_faults():
    device = Evtec()
    with chain(device, converter_evtec) as made:
        for power_w in (3000, -4000):
            follows(made, device, power_w)
        assert made.bay.soc_bp.value == 6250 and made.bay.dc_voltage_dv.value == 4015
        assert device.writes[0] == (600, [0, 0])
        made.command_w = None  # the lease runs out here, as the device has none
        made.until(lambda: device.power_w == 0, 3)
        device.error = 4
        made.until(lambda: made.bay.state.value == CONVERTER_FAULT and made.told == [faults.INTERNAL])
