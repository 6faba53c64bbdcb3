"""All masters gone, orders that grow old, a second master: who is in control, what the station does without
one, and how it goes on afterwards.
"""

import pytest

from firmware import codes
from hil_tests.faults.raw_master import RawMaster
from hil_tests.faults.scene import WINNER_IOA, Scene
from hil_tests.rig.master import VirtualMaster
from hil_tests.rig.setups import station

LOST_MS = 30_000
FALLBACKS = [
    ("hold", codes.WINNER_HOLD, -10_000),
    ("ramp_to_zero", codes.WINNER_RAMP_TO_ZERO, 0),
    ("schedule", codes.WINNER_SCHEDULE, 4_000),
]


def following(fallback="ramp_to_zero", **control):
    if fallback == "schedule":
        control["schedule"] = [[0, 4_000]]
    scene = Scene(fallback=fallback, **control)
    assert scene.order(10)
    scene.run(4000)
    assert scene.ac_w() == -10_000
    return scene


def go(scene, how):
    """The master goes: its network dies, or it hangs up. Returns when."""
    if how == "network":
        scene.master.mute = True
    else:
        scene.master.hang_up()
    return scene.ms


@pytest.mark.parametrize("how", ["network", "hang_up"])
@pytest.mark.parametrize("fallback, winner, power_w", FALLBACKS)
def test_all_masters_gone(fallback, winner, power_w, how):
    scene = following(fallback)
    since = go(scene, how)
    scene.run(LOST_MS - 6000)
    assert scene.ac_w() == -10_000  # not before its time
    scene.run(12_000)
    (told_ms, told_winner), *more = scene.messages(codes.MASTERS_GONE, since)
    assert told_winner == winner and not more
    assert LOST_MS - 5000 <= told_ms - since <= LOST_MS + 1000
    assert scene.ac_w() == power_w
    assert scene.station.fallback.value == 1
    assert (codes.LINK_T1 if how == "network" else codes.LINK_CLOSED) in scene.codes(since)


@pytest.mark.parametrize("fallback, winner, power_w", FALLBACKS)
def test_master_that_comes_back_is_followed_again(fallback, winner, power_w):
    scene = following(fallback)
    go(scene, "hang_up")
    scene.run(LOST_MS + 10_000)
    since = scene.ms
    master = VirtualMaster(scene.rig)
    scene.run(1000)
    assert scene.order(5, master)
    scene.run(5000)
    assert scene.messages(codes.MASTER_BACK, since)[0][1] == codes.WINNER_AGC
    assert scene.ac_w() == -5_000
    master.link.interrogate(scene.rig.tick())
    scene.run(100)
    assert master.values[WINNER_IOA][0] == codes.WINNER_AGC
    assert master.values[0x0010][0] == 0  # no fallback


def test_ramp_to_zero_takes_the_configured_ramp():
    scene = following()
    since = go(scene, "hang_up")
    scene.run(LOST_MS + 10_000)
    falls = scene.truth.first_ms(since, lambda _, bays_w: bays_w[0] > -9_999)
    rests = scene.truth.first_ms(since, lambda _, bays_w: bays_w[0] == 0)
    assert rests - falls == pytest.approx(10_000 / 6, abs=250)


def test_link_that_only_tests_keeps_the_master_alive():
    scene = following()
    since = scene.ms
    scene.run(120_000)
    assert scene.codes(since) == []
    assert scene.ac_w() == -10_000


def test_order_expires_after_its_validity():
    scene = following(validity_s=10)
    since = scene.ms - 4000
    scene.run(14_000)
    ((told_ms, winner),) = scene.messages(codes.ORDER_EXPIRED)
    assert winner == codes.WINNER_RAMP_TO_ZERO
    assert told_ms - since == pytest.approx(10_000, abs=300)
    assert scene.ac_w() == 0
    assert scene.order(5)
    scene.run(4000)
    assert scene.ac_w() == -5_000
    assert scene.codes(since)[-2:] == [codes.ORDER_EXPIRED, codes.ORDER_BACK]


def test_repeated_order_does_not_expire():
    scene = following(validity_s=10)
    since = scene.ms
    for _ in range(6):
        assert scene.order(10)
        scene.run(7000)
    assert codes.ORDER_EXPIRED not in scene.codes()
    assert {row[2][0] for row in scene.truth.since(since)} == {-10_000.0}


def test_first_master_keeps_control_and_the_second_sees_everything():
    scene = following()
    second = VirtualMaster(scene.rig, address="10.0.0.2")
    scene.run(500)
    assert not scene.order(-5, second)
    second.link.interrogate(scene.rig.tick())
    scene.run(3000)
    assert codes.ORDER_CONTROL in scene.codes()
    assert scene.ac_w() == -10_000
    assert second.values[WINNER_IOA][0] == codes.WINNER_AGC
    assert set(second.values) - {0} == {point.ioa for point in scene.rig.loop.telecontrol.points}
    assert scene.order(7)
    scene.run(3000)
    assert scene.ac_w() == -7_000
    assert second.values[0x4003][0] == pytest.approx(7.0, abs=0.2)


def test_second_master_takes_over_when_the_first_goes():
    scene = following()
    second = VirtualMaster(scene.rig, address="10.0.0.2")
    scene.run(500)
    scene.master.hang_up()
    scene.run(200)
    assert scene.order(-5, second)
    scene.run(LOST_MS + 15_000)
    assert scene.ac_w() == 5_000
    assert codes.MASTERS_GONE not in scene.codes()


def test_only_the_configured_master_may_command():
    raw = station()
    raw["telecontrol"]["control_from"] = ["10.0.0.2"]
    scene = Scene(raw=raw)
    assert not scene.order(10)
    second = VirtualMaster(scene.rig, address="10.0.0.2")
    scene.run(500)
    assert scene.order(10, second)
    scene.run(4000)
    assert scene.ac_w() == -10_000


def test_masters_that_are_not_allowed_or_too_many_are_turned_away():
    raw = station()
    raw["telecontrol"].update(allow=["127.0.0.1", "10.0.0.2"], max_links=3)
    scene = Scene(raw=raw)
    since = scene.ms
    peers = [RawMaster(scene.rig, address) for address in ("10.0.0.2", "10.0.0.3", "10.0.0.2", "10.0.0.2")]
    scene.run(500)
    assert [peer.is_open for peer in peers] == [True, False, True, False]
    assert scene.codes(since) == 2 * [codes.LINK_OPENED, codes.LINK_REFUSED]
    peers[0].hang_up()
    scene.run(100)
    late = RawMaster(scene.rig, "10.0.0.2")
    scene.run(100)
    late.start()
    assert scene.order(10)
