"""Limits that move while the station follows: the site's load, the state of charge. A cut bypasses the ramp;
what binds is named.
"""

import pytest

from firmware import codes
from hil_tests.faults.scene import LIMIT_IOA, Scene
from hil_tests.rig.setups import station

IMPORT_MAX_W = 30_000
REACTION_MS = 1200  # meter's interval and latency, one step, the converter's delay and slew


def at_the_import_limit():
    raw = station(2)
    raw["site"]["import_max_w"] = IMPORT_MAX_W
    scene = Scene(raw=raw)
    assert scene.order(-30)
    scene.run(8000)
    assert scene.plant.grid_w() == pytest.approx(IMPORT_MAX_W, abs=60)
    return scene


@pytest.mark.parametrize("load_w", [12_000, 45_000])
def test_load_step_at_the_import_limit_cuts_at_once(load_w):
    scene = at_the_import_limit()
    since = scene.ms
    scene.plant.inject("site_load", w=load_w)
    scene.run(8000)
    still_w = max(load_w, IMPORT_MAX_W)  # a load above the limit is nobody's here to cut
    assert scene.truth.highest_grid_w(since + REACTION_MS) <= still_w
    assert scene.plant.grid_w() == pytest.approx(still_w, abs=60)
    assert scene.shown(LIMIT_IOA) == codes.LIMIT_SITE_IMPORT
    assert scene.bays_w() >= 0  # it stops charging; it does not feed in without an order


def test_load_that_goes_leaves_room_again_over_the_ramp():
    scene = at_the_import_limit()
    scene.plant.inject("site_load", w=20_000)
    scene.run(6000)
    since = scene.ms
    scene.plant.clear("site_load")
    scene.run(8000)
    assert scene.plant.grid_w() == pytest.approx(IMPORT_MAX_W, abs=60)
    assert scene.truth.highest_grid_w(since) <= IMPORT_MAX_W


@pytest.mark.parametrize(
    "kw, soc_bp, end_bp, limit, blocked",
    [(-15, 8400, 9000, codes.LIMIT_SOC_MAX, 0x0005), (15, 2600, 2000, codes.LIMIT_SOC_MIN, 0x0004)],
    ids=["full", "empty"],
)
def test_soc_runs_into_its_window(kw, soc_bp, end_bp, limit, blocked):
    raw = station()
    raw["plant"]["bays"][0].update(capacity_wh=1000, soc_bp=soc_bp)
    scene = Scene(raw=raw)
    assert scene.order(kw)
    scene.run(4000)
    assert abs(scene.ac_w()) > 14_000
    taper_w, steps = abs(scene.ac_w()), []
    for _ in range(20):
        scene.run(4000)
        assert abs(scene.ac_w()) <= taper_w
        steps.append(taper_w - abs(scene.ac_w()))
        taper_w = abs(scene.ac_w())
        assert abs(scene.plant.converters[0].battery.soc_bp() - 5500) <= 3500
    assert max(steps) < 8_000  # it tapers, it does not drop
    assert taper_w < 150
    assert abs(scene.plant.converters[0].battery.soc_bp() - end_bp) <= 50
    assert scene.shown(LIMIT_IOA) == limit
    assert scene.shown(blocked) == 1


def test_soc_out_of_its_window_stops_one_direction_only():
    scene = Scene()
    assert scene.order(-10)
    scene.run(4000)
    since = scene.ms
    scene.plant.inject("soc", bay=0, bp=9500)
    scene.run(3000)
    assert scene.truth.zero_since(0) - since <= 2000
    assert scene.order(10)
    scene.run(4000)
    assert scene.ac_w() == -10_000
