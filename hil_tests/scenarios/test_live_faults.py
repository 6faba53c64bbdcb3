"""Firmware, plant and master as processes in real time, on both interpreters: a set-point arrives at the
plant's meter, and each way in which one of the three can go.
"""

import signal

import pytest

from firmware import codes
from hil_tests.scenarios.live_site import LiveSite, until
from tools.runtime import INTERPRETERS

pytestmark = pytest.mark.live

both = pytest.mark.parametrize("interpreter", INTERPRETERS)


@both
def test_set_point_reaches_the_meter_and_ctrl_c_ends_it_in_good_order(interpreter, tmp_path):
    with LiveSite(interpreter, tmp_path) as site:
        site.follows(-6)
        site.follows(4)
        assert not site.master.setpoint(15.5)
        assert site.firmware.interrupt() == 0
        assert site.orders_w() == [0]
        until(lambda: site.bays_w() == 0, "no power")
        assert site.state()["bays"][0]["reversions"] == 0  # told, not timed out
    assert site.firmware.said(codes.SETPOINT_OUT_OF_RANGE)
    assert site.firmware.lines[-1].startswith("#V") and site.firmware.said(codes.STOPPED)


@both
def test_killed_firmware_leaves_no_power_and_the_next_one_follows(interpreter, tmp_path):
    with LiveSite(interpreter, tmp_path) as site:
        site.follows(-8)
        assert site.firmware.signal(signal.SIGKILL) == -signal.SIGKILL
        until(lambda: site.bays_w() == 0, "the device's own lease ends the power")
        assert site.state()["bays"][0]["reversions"] == 1
        site.master.close()
        site.start_firmware()
        site.follows(5)


@both
def test_plant_that_is_cut_off_and_comes_back(interpreter, tmp_path):
    with LiveSite(interpreter, tmp_path) as site:
        site.follows(-8)
        site.kill_plant()
        site.firmware.says(codes.CONVERTER_SILENT)
        site.firmware.says(codes.METER_SILENT)
        site.start_plant()
        until(lambda: len(site.firmware.said(codes.CONVERTER_BACK)) == 2, "converter back")
        until(lambda: len(site.firmware.said(codes.METER_BACK)) == 2, "meter back")
        until(lambda: abs(site.bays_w() - 8000) < 50, "the order that is still valid")
        site.follows(3)
