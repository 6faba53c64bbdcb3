"""Four bays behind one connection that carries two of them: whatever is ordered and whoever fails, the
plant's true sum stays inside the site's limits at every substep.
"""

import random

import pytest

from firmware import codes
from hil_tests.faults.scene import Scene
from hil_tests.rig.setups import station

LIMIT_W = 30_000
FAULTS = ("converter_silent", "converter_deaf", "converter_fault", "converter_stuck", "vehicle_unplugged")
ORDERS_KW = (-60, 60, -30, 30, -28, 0, -15, 15)


def shared():
    raw = station(4)
    raw["site"].update(import_max_w=LIMIT_W, export_max_w=LIMIT_W)
    return Scene(raw=raw)


def within(scene):
    return -LIMIT_W <= scene.truth.lowest_grid_w() and scene.truth.highest_grid_w() <= LIMIT_W


def wild_orders(rnd, since, duration_ms):
    plan, at = [], since
    while at < since + duration_ms:
        plan.append((at, rnd.choice(ORDERS_KW)))
        at += rnd.choice((50, 300, 1000, 3000))
    return plan


@pytest.mark.parametrize("kw, limit", [(-60, codes.LIMIT_SITE_IMPORT), (60, codes.LIMIT_SITE_EXPORT)])
def test_limit_is_used_and_kept(kw, limit):
    scene = shared()
    assert scene.order(kw)
    scene.run(15_000)
    assert abs(scene.plant.grid_w()) == pytest.approx(LIMIT_W, abs=100)
    assert scene.station.limit.value == limit
    assert within(scene)


@pytest.mark.parametrize("seed, fault", list(enumerate(FAULTS, 1)))
def test_bays_ramp_up_and_down_while_one_fails(seed, fault):
    scene = shared()
    rnd = random.Random(seed)
    scene.master.plan = wild_orders(rnd, scene.ms, 45_000)
    for _ in range(5):
        scene.run(rnd.randrange(1000, 5000))
        bay = rnd.randrange(4)
        scene.plant.inject(fault, bay=bay)
        scene.run(rnd.randrange(500, 6000))
        scene.plant.clear(fault, bay=bay)
    scene.run(2000)
    assert within(scene)


def test_silent_bay_holds_its_share_until_its_lease_is_over():
    scene = shared()
    assert scene.order(-60)
    scene.run(12_000)
    before_w = scene.ac_w(0)
    since = scene.ms
    scene.plant.inject("converter_deaf", bay=3)  # its answers are lost, its power is not
    scene.run(900)
    assert scene.ac_w(0) == pytest.approx(before_w, abs=60)
    scene.run(9000)
    assert scene.codes(since) == [codes.CONVERTER_SILENT]
    assert scene.ac_w(3) == 0
    assert scene.bays_w() == pytest.approx(LIMIT_W - 2_000, abs=100)
    assert within(scene)


def test_load_that_wanders_within_its_bounds_and_a_meter_that_goes():
    scene = shared()
    rnd = random.Random(7)
    scene.master.plan = wild_orders(rnd, scene.ms, 40_000)
    for _ in range(4):
        scene.plant.inject("meter_silent")
        scene.run(2500)  # from here on the firmware counts with load_max_w
        for _ in range(6):
            scene.plant.inject("site_load", w=rnd.randrange(0, 5001))
            scene.run(500)
        scene.plant.inject("site_load", w=2000)
        scene.run(500)
        scene.plant.clear("meter_silent")
        scene.run(4000)
    assert within(scene)


@pytest.mark.parametrize("seed", [104, 204, 304])
def test_several_bays_and_the_meter_fail_at_once(seed):
    """Never two faults on one bay: a converter that ignores its lease and cannot be heard is beyond us."""
    scene = shared()
    rnd = random.Random(seed)
    scene.master.plan = wild_orders(rnd, scene.ms, 45_000)
    active = {}
    for _ in range(14):
        scene.run(rnd.randrange(200, 4000))
        where = rnd.choice((0, 1, 2, 3, "meter"))
        bay = {} if where == "meter" else {"bay": where}
        if where in active:
            scene.plant.clear(active.pop(where), **bay)
        else:
            active[where] = "meter_silent" if where == "meter" else rnd.choice(FAULTS)
            scene.plant.inject(active[where], **bay)
    assert within(scene)
