"""Set-points that cannot be followed, each with the answer and the code that design §6 gives it; nothing of
what is refused reaches the image.
"""

import math
import struct

import pytest

from firmware import codes
from hil_tests.faults.raw_master import RawMaster, asdu, setpoint
from hil_tests.faults.scene import LIMIT_IOA, WINNER_IOA, Scene
from hil_tests.rig.setups import station


def refused(scene, kw, code):
    """The set-point is refused with this code, and leaves no trace in the image."""
    since = scene.ms
    before = (scene.station.agc_w.value, scene.station.agc_w.time)
    assert not scene.order(kw)
    scene.run(200)
    assert scene.codes(since) == [code]
    assert (scene.station.agc_w.value, scene.station.agc_w.time) == before


@pytest.mark.parametrize("kw", [math.nan, math.inf, -math.inf])
def test_no_number_is_no_order(kw):
    scene = Scene()
    assert scene.order(5)
    scene.run(3000)
    refused(scene, kw, codes.ORDER_VALUE)
    scene.run(2000)
    assert scene.ac_w() == -5_000


@pytest.mark.parametrize("kw", [15.1, -15.1, 1e30, -3.4e38])
def test_outside_the_registered_range(kw):
    scene = Scene()
    assert scene.order(5)
    scene.run(3000)
    refused(scene, kw, codes.SETPOINT_OUT_OF_RANGE)
    scene.run(2000)
    assert scene.ac_w() == -5_000


@pytest.mark.parametrize("kw", [15.0, -15.0, -0.0, 1e-38])
def test_ends_and_middle_of_the_range_are_orders(kw):
    scene = Scene()
    assert scene.order(kw)
    scene.run(5000)
    assert scene.ac_w() == -round(kw * 1000)


def test_inside_the_range_and_outside_the_envelope_is_clipped_and_named():
    raw = station()
    raw["site"]["import_max_w"] = 9_000
    scene = Scene(raw=raw)
    assert scene.order(-15)
    scene.run(5000)
    assert scene.plant.grid_w() == pytest.approx(9_000, abs=60)
    assert scene.shown(LIMIT_IOA) == codes.LIMIT_SITE_IMPORT
    assert scene.shown(0x4001) == pytest.approx(-15)  # the order as it was taken


def test_local_mode_refuses_and_says_so():
    raw = station()
    raw["station"] = {"local": True}
    scene = Scene(raw=raw)
    assert codes.LOCAL_ON in scene.codes()
    refused(scene, 5, codes.SETPOINT_LOCAL)
    scene.master.request_agc(True)
    scene.run(3000)
    assert scene.master.answers[-1][2] is False
    assert scene.ac_w() == 0
    assert scene.shown(WINNER_IOA) == codes.WINNER_LOCAL
    assert scene.shown(0x0003) == 0  # 远方/就地: not remote


def test_agc_off_ends_the_order_and_refuses_new_ones():
    scene = Scene()
    assert scene.order(5)
    scene.run(3000)
    scene.master.request_agc(False)
    scene.run(3000)
    assert scene.master.answers[-1][2] is True
    assert scene.ac_w() == 0
    assert scene.shown(WINNER_IOA) == codes.WINNER_NONE
    refused(scene, 5, codes.SETPOINT_AGC_OFF)
    scene.master.request_agc(True)
    scene.run(3000)
    assert scene.ac_w() == 0  # the old order does not come back
    assert scene.order(5)
    scene.run(3000)
    assert scene.ac_w() == -5_000


IMPOSSIBLE = [
    ("address", setpoint(5, ioa=0x6209), 47),
    ("station", setpoint(5, common_address=7), 46),
    ("cause", asdu(50, 3, 0x6201, struct.pack("<fB", 5, 0)), 45),
    ("type", asdu(200, 6, 0x6201, b"\0\0\0\0\0"), 44),
    ("two objects", setpoint(5, vsq=2), 7),
    ("no select", asdu(50, 6, 0x6201, struct.pack("<fB", 5, 0x80)), 7),
    ("short", asdu(50, 6, 0x6201, b"\0\0"), None),
]


@pytest.mark.parametrize("body, cause", [row[1:] for row in IMPOSSIBLE], ids=[row[0] for row in IMPOSSIBLE])
def test_impossible_order_gets_the_protocols_negative_answer(body, cause):
    scene = Scene()
    assert scene.order(3)
    scene.master.hang_up()
    scene.run(200)
    peer = RawMaster(scene.rig)
    scene.run(20)
    peer.start()
    heard = len(peer.frames)
    peer.send(peer.i_frame(body))
    scene.run(300)
    causes = [frame[8] for frame in peer.frames[heard:] if not frame[2] & 1 and frame[6] == body[0]]
    assert causes == ([] if cause is None else [cause | 0x40])
    assert scene.station.agc_w.value == -3_000
    peer.send(peer.i_frame(setpoint(4)))
    scene.run(100)
    assert peer.confirmations()[-1] == (4.0, True)


def test_every_order_is_confirmed_and_handed_over_within_one_cycle():
    scene = Scene()
    scene.run(1000)
    for i in range(40):
        scene.run(37)  # every phase of the cycle
        kw = 15.0 if i % 2 else -15.0
        since = scene.ms
        scene.order(kw)
        assert scene.master.answers[-1][0] - since <= 15
        scene.run(100)
        written = [w for w in scene.writes if since <= w[0] <= since + 100]
        assert written, "no write within a cycle of order %d" % i
