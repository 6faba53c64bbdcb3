"""Octets on the 104 port that are no IEC 104: the link ends with a code, masters and power are untouched."""

import random

import pytest

from firmware import codes
from hil_tests.faults.raw_master import STARTDT_ACT, RawMaster, setpoint
from hil_tests.faults.scene import Scene

GARBAGE = {
    "zeros": bytes(10),
    "longer than a frame": bytes(400),
    "http": b"GET / HTTP/1.1\r\nHost: charger\r\n\r\n",
    "tls": bytes.fromhex("160301020001000100"),
    "modbus": bytes.fromhex("000100000006010300000001"),
    "length 3": bytes.fromhex("6803000000"),
    "length 255": bytes.fromhex("68ff000000"),
    "no function": bytes.fromhex("680403000000"),
    "two functions": bytes.fromhex("6804c3000000"),
}


@pytest.mark.parametrize("octets", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_ends_its_own_link_only(octets):
    scene = Scene()
    assert scene.order(5)
    peer = RawMaster(scene.rig, "10.0.0.9")
    scene.run(50)
    since = scene.ms
    peer.send(octets)
    scene.run(3000)
    assert not peer.is_open and peer.frames == []
    assert scene.codes(since)[-1] == codes.LINK_FRAMING
    assert scene.ac_w() == -5_000
    assert scene.order(6)


def test_data_before_startdt_ends_the_link():
    scene = Scene()
    peer = RawMaster(scene.rig, "10.0.0.9")
    scene.run(50)
    peer.send(peer.i_frame(setpoint(5)))
    scene.run(200)
    assert not peer.is_open
    assert scene.codes()[-1] == codes.LINK_NOT_STARTED
    assert scene.station.agc_w.quality == 0


def test_wrong_sequence_number_ends_the_link_before_its_order_counts():
    scene = Scene()
    scene.master.hang_up()
    scene.run(100)
    peer = RawMaster(scene.rig)
    scene.run(20)
    peer.start()
    peer.vs = 5
    peer.send(peer.i_frame(setpoint(5)))
    scene.run(200)
    assert not peer.is_open
    assert scene.codes()[-1] == codes.LINK_SEQUENCE
    assert scene.station.agc_w.quality == 0


def test_half_a_frame_is_waited_for_until_t1_and_no_longer():
    scene = Scene()
    peer = RawMaster(scene.rig, "10.0.0.9")
    scene.run(50)
    since = scene.ms
    peer.send(STARTDT_ACT[:3])
    scene.run(30_000)
    assert peer.is_open
    scene.run(10_000)
    assert not peer.is_open
    assert scene.codes(since)[-1] == codes.LINK_T1


def test_random_octets_and_random_pieces():
    scene = Scene()
    assert scene.order(5)
    rnd = random.Random(104)
    for _ in range(150):
        peer = RawMaster(scene.rig, "10.0.0.9")
        scene.run(5)
        if rnd.random() < 0.7:
            peer.send(STARTDT_ACT)
            scene.run(5)
        for _ in range(rnd.randrange(1, 5)):
            peer.send(_octets(rnd, peer))
            scene.run(rnd.randrange(1, 15))
        peer.hang_up()
        scene.run(5)
    scene.run(3000)
    assert scene.ac_w() == -5_000
    assert scene.order(6)
    assert scene.rig.loop.server.ports == [scene.master.port.peer]


def _octets(rnd, peer):
    if rnd.random() < 0.5:
        return rnd.randbytes(rnd.randrange(1, 300))
    body = bytearray(setpoint(rnd.uniform(-20, 20)))
    for _ in range(rnd.randrange(0, 4)):
        body[rnd.randrange(len(body))] = rnd.randrange(256)
    return peer.i_frame(bytes(body) + rnd.randbytes(rnd.randrange(0, 3)))
