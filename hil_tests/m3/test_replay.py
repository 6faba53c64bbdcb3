"""Lane (c), the recorded half: what the Cortex-M3 computes is what CPython computes, bit for bit, and
the other way round. The recordings begin shortly before the ticks wrap.
"""

import io

import pytest

from firmware.replay import Replay
from hil_tests.m3 import ceilings, images
from hil_tests.rig.setups import station
from hil_tests.rig.virtual import VirtualRig

RECORDING = "hil_tests.m3.target.recording"
BUFFER = 0x21100000  # in the board's second RAM, which the firmware does not use


def figures(ended):
    rows = [line.split() for line in ended.output.splitlines() if line.startswith("MEASURE ")]
    return {name: int(value) for _, name, value in rows}


@pytest.mark.parametrize("bays, steps", [(1, 240), (8, 60)])
def test_a_recording_of_the_board_replays_here(tmp_path, bays, steps):
    path = tmp_path / "record.v2gr"
    words = [RECORDING, "record", ceilings.board_config(bays, recording=True), str(steps)]
    ended = images.run(words, uarts={3: "file:%s" % path})
    assert ended.status == 0, ended.output
    said = figures(ended)
    assert said["gaps"] == 0
    assert said["now"] < 1 << 29, "the ticks did not wrap"
    replay = Replay(io.BytesIO(path.read_bytes()))
    replay.run()
    assert replay.steps >= steps - 1
    assert replay.differing == 0, replay.mismatches


def test_a_recording_made_here_replays_on_the_board(tmp_path):
    rig = VirtualRig(dict(station(2), recorder={"path": "memory", "ring_bytes": 16384}))
    for second in range(20):
        rig.image.station.agc_w.put((25_000, -29_999, 1, -7_777)[second % 4], rig.tick())
        rig.image.station.master_alive.put(1, rig.tick())
        rig.run(1000)
    data = rig.board.record_file.getvalue()
    path = tmp_path / "record.v2gr"
    path.write_bytes(data)
    ended = images.run([RECORDING, "replay", str(BUFFER), str(len(data))], memory=[(path, BUFFER)])
    assert ended.status == 0, ended.output
    said = figures(ended)
    assert said["steps"] > 150
    assert said["differing"] == 0, ended.output
