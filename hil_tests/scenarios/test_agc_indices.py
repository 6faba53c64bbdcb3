"""A run of the whole charger in virtual time with its indices: what the device computes is what the host's
score makes of the same samples; the dispatcher reads it; the recording replays.
"""

from io import BytesIO

import pytest

from firmware.replay import Replay
from hil_tests.faults.scene import Scene
from hil_tests.rig.setups import station
from tools.score import agc, regions

K1_IOA, K_IOA, COMMANDS_IOA = 0x4060, 0x4063, 0x4064
ORDERS = (8, -3, -14, -13.9, 0, 5, 15, 2)


@pytest.mark.parametrize("region", ["north_china", "guangdong", "hunan"])
def test_the_device_computes_its_own_indices(region):
    raw = station(1)
    raw["telecontrol"]["region"] = region
    raw["recorder"] = {"path": "memory"}
    scene = Scene(raw=raw)
    indices = scene.rig.loop.telecontrol.indices
    samples = []
    look = indices.sample

    def sample(setpoint_w, power_w, now):
        samples.append((scene.ms / 1000, setpoint_w, power_w))
        look(setpoint_w, power_w, now)

    indices.sample = sample
    for kw in ORDERS:
        scene.order(kw)
        scene.run(29_730)
    scene.run(5000)
    board = scene.rig.board
    profile = regions.profile(region)
    first = next(i for i, row in enumerate(samples) if row[1] is not None)
    rows = [(t, s, p) for t, s, p in samples[first:] if s is not None]
    rows = [(samples[first - 1][0], samples[first - 1][2], samples[first - 1][2]), *rows]
    wanted = agc.commands(profile, *zip(*rows), 15_000)
    ended = wanted[:-1]  # the last command still runs
    assert indices.told == len(ended) == 6
    k, t2_s = ended[-1].k, ended[-1].t2_s - ended[-1].t0_s
    assert [k_bp / 10_000 for k_bp in indices.k] == pytest.approx(k, rel=0.002, abs=0.0002)
    assert indices.t2_ms / 1000 == pytest.approx(t2_s, abs=0.002)
    assert scene.shown(COMMANDS_IOA) == 6
    assert scene.shown(K1_IOA) == pytest.approx(k[0], rel=0.002, abs=0.0002)
    assert scene.shown(K_IOA) == pytest.approx(indices.k_total / 10_000)
    lines = [line for line in board.lines if line.startswith("#V423")]
    assert len(lines) == 6 and region in lines[0] and lines[-1].endswith("(6)")
    replay = Replay(BytesIO(board.record_file.getvalue()))
    replay.run()
    assert (replay.differing, replay.mismatches) == (0, [])
