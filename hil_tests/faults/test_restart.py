"""The firmware ends and begins again, in good order or not, and its ticks wrap: power ends with the lease, a
new life begins with no power, and the time of day of a fault makes no difference.
"""

import pytest

from firmware import codes
from hil_tests.faults.scene import Scene, Truth
from hil_tests.rig.master import VirtualMaster
from hil_tests.rig.setups import station
from hil_tests.rig.virtual import VirtualRig
from protocols.ticks import TICKS_MASK

LIMIT_W = 30_000


class NextLife(VirtualRig):
    """A firmware that starts in front of the plant that an earlier one left behind."""

    def __init__(self, scene):
        self.left = scene.plant
        self.left_ms = scene.plant.now_ms
        VirtualRig.__init__(self, scene.raw)

    def attach(self, bus_name, port, framing, baud):
        self.plant = self.left
        VirtualRig.attach(self, bus_name, port, framing, baud)

    def _plant_ms(self):
        return self.left_ms + self.ms

    def run(self, ms):
        until = self.ms + ms
        while self.ms < until:
            self.loop.turn()
        self.plant.advance(self._plant_ms())


def shared():
    raw = station(4)
    raw["site"].update(import_max_w=LIMIT_W, export_max_w=LIMIT_W)
    scene = Scene(raw=raw)
    assert scene.order(-60)
    scene.run(12_000)
    return scene


@pytest.mark.parametrize("pause_ms", [0, 700, 1900, 5000])
def test_new_life_keeps_the_limit_while_devices_hold_old_leases(pause_ms):
    scene = shared()
    scene.plant.advance(scene.plant.now_ms + pause_ms)  # nobody writes
    rig = NextLife(scene)
    truth = Truth(rig)
    writes = []
    rig.plant.on_write(lambda plant, bay, values: writes.append((bay, plant.converters[bay].ordered_w())))
    VirtualMaster(rig, [(300, 60.0), (4000, -60.0), (9000, 60.0)])
    rig.run(18_000)
    for bay in range(4):
        orders = [order_w for at, order_w in writes if at == bay and order_w is not None]
        assert orders[0] == 0
    assert truth.highest_grid_w() <= LIMIT_W and truth.lowest_grid_w() >= -LIMIT_W
    assert sum(c.ac_w for c in rig.plant.converters) == pytest.approx(-LIMIT_W - 2_000, abs=500)


def test_without_firmware_the_leases_end_the_power():
    scene = shared()
    since = scene.plant.now_ms
    scene.plant.advance(since + 6000)
    assert [c.reversions for c in scene.plant.converters] == [1] * 4
    assert max(scene.truth.zero_since(bay) for bay in range(4)) - since <= 2600


def test_orderly_stop_withdraws_every_lease():
    scene = shared()
    since = scene.ms
    scene.rig.loop.stop()
    assert [c.ordered_w() for c in scene.plant.converters] == [0] * 4
    assert codes.STOPPED in scene.codes(since)
    assert scene.ms - since < 600
    assert not scene.master.port.is_open


def test_orderly_stop_does_not_wait_for_a_converter_that_is_gone():
    scene = shared()
    scene.plant.inject("converter_silent", bay=2)
    scene.run(500)
    since = scene.ms
    scene.rig.loop.stop()
    orders = [c.ordered_w() for c in scene.plant.converters]
    assert orders[:2] + orders[3:] == [0] * 3
    assert scene.ms - since <= 700


def test_panic_writes_the_prebuilt_stop_frames():
    scene = shared()
    scene.rig.loop.panic()
    for face in scene.rig.faces:
        for _ in range(3):
            scene.rig.ms += 3
            face.serve(scene.rig.tick())
    assert [c.ordered_w() for c in scene.plant.converters] == [0] * 4


def story(start_tick):
    """Orders, faults and a lost master; returns (truth, events, answers)."""
    scene = Scene(bays=2, start_tick=start_tick)
    assert scene.order(-20)
    scene.run(3000)
    scene.plant.inject("converter_silent", bay=0)
    scene.run(6000)
    scene.plant.clear("converter_silent", bay=0)
    scene.plant.inject("meter_silent")
    scene.run(4000)
    scene.plant.clear("meter_silent")
    assert scene.order(25)
    scene.run(5000)
    scene.master.mute = True
    scene.run(40_000)
    scene.master.mute = False
    VirtualMaster(scene.rig, [(scene.ms + 1000, 5.0)])
    scene.run(5000)
    return scene.truth.rows, scene.events, scene.master.answers


@pytest.fixture(scope="module")
def told():
    return story(1000)


@pytest.mark.parametrize("wrap_ms", [100, 5600, 8000, 14_000, 21_000, 52_000])
def test_wrap_of_the_ticks_changes_nothing(told, wrap_ms):
    assert story((TICKS_MASK + 1 - wrap_ms) & TICKS_MASK) == told


def test_half_the_range_is_no_border_either(told):
    assert story(TICKS_MASK // 2 - 10_000) == told
