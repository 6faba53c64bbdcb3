"""A dispatcher that sends a thousand set-points a second: every one is confirmed or the link's flow control
ends the link; steps keep their distance; the power is that of the last order.
"""

import pytest

from firmware import codes
from firmware.loop import EVENT_GAP_MS
from hil_tests.faults.raw_master import RawMaster, setpoint
from hil_tests.faults.scene import Scene

SECONDS = 3


def step_times(scene):
    """A list that fills with the ms of every step from now on."""
    times = []
    step = scene.rig.loop.controller.step

    def noted(now):
        times.append(scene.rig.ms)
        step(now)

    scene.rig.loop.controller.step = noted
    return times


def test_a_thousand_orders_a_second_are_all_confirmed():
    scene = Scene()
    times = step_times(scene)
    since = scene.ms
    orders = [10.0 if i % 2 else -10.0 for i in range(1000 * SECONDS)]
    scene.master.plan = [(since + i, kw) for i, kw in enumerate(orders)]
    scene.run(1000 * SECONDS + 5000)
    assert [(kw, accepted) for _, kw, accepted in scene.master.answers] == [(kw, True) for kw in orders]
    assert all(ms - since - i <= 5 for i, (ms, _, _) in enumerate(scene.master.answers))
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    assert min(gaps) >= EVENT_GAP_MS
    assert max(gaps) <= 100
    assert scene.ac_w() == -10_000
    assert codes.CONVERTER_SILENT not in scene.codes() and codes.METER_SILENT not in scene.codes(since)


def test_measurements_keep_coming_during_a_flood():
    scene = Scene(bays=4)
    since = scene.ms
    scene.master.plan = [(since + i, 60.0 if i % 2 else -60.0) for i in range(1000 * SECONDS)]
    oldest_ms = 0
    for _ in range(SECONDS * 50):
        scene.run(20)
        ages = [scene.rig.since_ms(bay.power_w.time) for bay in scene.image.bays]
        oldest_ms = max(oldest_ms, *ages)
    assert oldest_ms <= 300


@pytest.mark.parametrize("reads", [True, False])
def test_flood_beyond_the_window_ends_the_link_and_nothing_else(reads):
    scene = Scene()
    assert scene.order(5)
    peer = RawMaster(scene.rig, "10.0.0.9")
    scene.run(50)
    peer.start()
    peer.reads = peer.acknowledges = reads
    since = scene.ms
    peer.send(b"".join(peer.i_frame(setpoint(-10)) for _ in range(3000)))
    scene.run(3000)
    assert not peer.is_open
    assert scene.messages(codes.LINK_OVERRUN, since)
    assert all(accepted is False for _, accepted in peer.confirmations())  # it is not in control
    assert scene.ac_w() == -5_000
    assert scene.order(7)
    scene.run(3000)
    assert scene.ac_w() == -7_000


def test_controlling_master_that_floods_past_its_window_is_followed_and_then_dropped():
    scene = Scene()
    scene.master.hang_up()
    scene.run(100)
    peer = RawMaster(scene.rig)
    scene.run(20)
    peer.start()
    times = step_times(scene)
    since = scene.ms
    peer.send(b"".join(peer.i_frame(setpoint(10 if i % 2 else -10)) for i in range(3000)))
    scene.run(4000)
    assert scene.messages(codes.LINK_OVERRUN, since)
    assert 0 < len(peer.confirmations()) < 100
    assert all(accepted for _, accepted in peer.confirmations())
    assert min(later - earlier for earlier, later in zip(times, times[1:])) >= EVENT_GAP_MS
    assert abs(scene.ac_w()) == 10_000
