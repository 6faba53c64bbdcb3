"""A recorded run gives identical outputs on the other interpreter: live on each, and a story of faults in
virtual time across the wrap of the ticks.
"""

import re
import subprocess

import pytest

from firmware import codes
from hil_tests.faults.scene import Scene
from hil_tests.rig.setups import station
from hil_tests.scenarios.live_site import LiveSite
from tools import runtime
from tools.runtime import INTERPRETERS

pytestmark = pytest.mark.live


def replayed(interpreter, path):
    """{figure: number} of a replay; its output when it fails."""
    argv, env = runtime.command(interpreter, "firmware.replay", [path])
    done = subprocess.run(argv, env=env, cwd=path.parent, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", done.stdout)}


def recording_of(scene, path):
    """What a scene recorded, as a file."""
    scene.rig.loop.stop()
    path.write_bytes(scene.rig.board.record_file.getvalue())
    return path


@pytest.mark.parametrize("recorded_on", INTERPRETERS)
def test_live_recording_replays_on_both_interpreters(recorded_on, tmp_path):
    with LiveSite(recorded_on, tmp_path, bays=2) as site:
        site.follows(-12)
        site.plant.control.inject("converter_fault", bay=1)
        site.firmware.says(codes.CONVERTER_FAULTED)
        site.plant.control.clear("converter_fault", bay=1)
        site.follows(7.5)
        assert site.firmware.interrupt() == 0
    figures = [replayed(interpreter, tmp_path / "record.v2gr") for interpreter in INTERPRETERS]
    assert figures[0] == figures[1]
    assert figures[0]["differing"] == 0
    assert figures[0]["steps"] > 20 and figures[0]["compared"] > 20 * figures[0]["steps"]
    assert not site.firmware.said(codes.RECORDER_GAP)


def test_recorded_faults_of_four_bays_replay_on_both_interpreters(tmp_path):
    raw = station(4)
    raw["site"].update(import_max_w=30_000, export_max_w=30_000)
    raw["recorder"] = {"path": "in memory", "snapshot_steps": 200}
    scene = Scene(raw=raw)
    for bay, fault in enumerate(("converter_silent", "converter_fault", "converter_stuck", "converter_deaf")):
        scene.order(-60 if bay % 2 else 60)
        scene.run(5000)
        scene.plant.inject(fault, bay=bay)
        scene.order(0)
        scene.run(5000)
        scene.plant.clear(fault, bay=bay)
    scene.plant.inject("meter_silent")
    scene.master.mute = True
    scene.run(45_000)
    path = recording_of(scene, tmp_path / "virtual.v2gr")
    figures = [replayed(interpreter, path) for interpreter in INTERPRETERS]
    assert figures[0] == figures[1]
    assert figures[0]["differing"] == 0
    assert figures[0]["steps"] == scene.rig.loop.steps
    assert figures[0]["snapshots"] > 3


def test_changed_recording_is_noticed(tmp_path):
    raw = station()
    raw["recorder"] = {"path": "in memory"}
    scene = Scene(raw=raw)
    scene.order(5)
    scene.run(4000)
    path = recording_of(scene, tmp_path / "run.v2gr")
    right, wrong = b'"ramp_w_per_s": 6000', b'"ramp_w_per_s": 5999'
    path.write_bytes(path.read_bytes().replace(right, wrong))
    argv, env = runtime.command(runtime.MICROPYTHON, "firmware.replay", [path])
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "command_w recorded" in done.stdout
