"""Lane (c), the live half: processor in the loop. The firmware on the Cortex-M3, held to the wall clock;
plant and master on the host; and afterwards the same outputs here as there, bit for bit.
"""

import io

import pytest

from firmware import codes
from firmware.replay import Replay
from hil_tests.m3 import images
from hil_tests.scenarios.live_site import LiveSite
from tools import runtime

pytestmark = pytest.mark.live


@pytest.fixture
def on_the_board(monkeypatch):
    """The firmware of every live site runs on the emulated board."""
    images.get("firmware")
    command = runtime.emulated_command
    monkeypatch.setattr(runtime, "firmware_command", lambda _, path, *heap: command(images.BOARD, path))


def test_the_board_follows_a_dispatcher_and_its_recording_replays_here(on_the_board, tmp_path):
    with LiveSite("mps2_an385", tmp_path, bays=1) as site:
        site.follows(-12)
        site.follows(7.5)
        site.plant.control.inject("converter_silent", bay=0)
        site.firmware.says(codes.CONVERTER_SILENT)
        site.plant.control.clear("converter_silent", bay=0)
        site.follows(-3)
        assert site.firmware.interrupt() == 0
    replay = Replay(io.BytesIO((tmp_path / "record.v2gr").read_bytes()))
    replay.run()
    assert replay.steps > 50
    assert replay.differing == 0, replay.mismatches
    assert not site.firmware.said(codes.RECORDER_GAP)
