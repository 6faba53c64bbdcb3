"""The grid meter fails while the station follows: the site's own load counts as the configured worst, nothing
else changes, and the meter's return widens the envelope again.
"""

import pytest

from firmware import codes
from hil_tests.faults.scene import LIMIT_IOA, Scene
from hil_tests.rig.setups import station

IMPORT_MAX_W, LOAD_W, LOAD_MAX_W = 12_000, 2_000, 5_000
FAIR_MS = 2000  # age limit of a sample, one step, the converter's way to the new power


def limited(**site):
    raw = station(1, site_load_w=LOAD_W)
    raw["site"].update(import_max_w=IMPORT_MAX_W, load_max_w=LOAD_MAX_W, **site)
    return Scene(raw=raw)


def test_silent_meter_that_limits_nothing_leaves_the_power_alone():
    scene = Scene()
    assert scene.order(-10)
    scene.run(4000)
    since = scene.ms
    scene.plant.inject("meter_silent")
    scene.run(5000)
    assert scene.codes(since) == [codes.METER_SILENT]
    assert {row[2][0] for row in scene.truth.since(since)} == {10_000.0}
    assert scene.shown(LIMIT_IOA) == codes.LIMIT_NONE


def test_silent_meter_leaves_what_the_largest_load_leaves():
    scene = limited()
    assert scene.order(-15)
    scene.run(6000)
    assert scene.plant.grid_w() == pytest.approx(IMPORT_MAX_W, abs=60)
    since = scene.ms
    scene.plant.inject("meter_silent")
    scene.run(FAIR_MS)
    (told_ms, _), *more = scene.messages(codes.METER_SILENT, since)
    assert not more and told_ms - since <= 1200
    quota_w = IMPORT_MAX_W - LOAD_MAX_W
    assert scene.ac_w() == quota_w
    assert scene.shown(LIMIT_IOA) == codes.LIMIT_SITE_IMPORT
    scene.plant.inject("site_load", w=LOAD_MAX_W)  # unseen by the firmware, and still within the limit
    scene.run(4000)
    assert scene.plant.grid_w() == IMPORT_MAX_W
    assert scene.truth.highest_grid_w() <= IMPORT_MAX_W


def test_meter_that_comes_back_opens_the_envelope_again():
    scene = limited()
    scene.plant.inject("meter_silent")
    assert scene.order(-15)
    scene.run(6000)
    since = scene.ms
    scene.plant.clear("meter_silent")
    scene.run(9000)
    assert scene.codes(since) == [codes.METER_BACK]
    assert scene.plant.grid_w() == pytest.approx(IMPORT_MAX_W, abs=60)
    assert scene.truth.highest_grid_w() <= IMPORT_MAX_W


def test_export_is_limited_by_the_smallest_load_while_the_meter_is_silent():
    scene = limited(export_max_w=8_000, load_min_w=-1_000)
    assert scene.order(15)
    scene.run(6000)
    assert scene.plant.grid_w() == pytest.approx(-8_000, abs=60)
    scene.plant.inject("meter_silent")
    scene.run(FAIR_MS)
    assert scene.ac_w() == -7_000
    assert scene.shown(LIMIT_IOA) == codes.LIMIT_SITE_EXPORT


def test_station_without_a_meter_lives_on_its_quota():
    scene = limited(meter="")
    assert scene.order(-15)
    scene.run(6000)
    assert scene.ac_w() == IMPORT_MAX_W - LOAD_MAX_W
    assert codes.METER_SILENT not in scene.codes()


def test_noise_on_the_meters_line_is_dropped_and_counted():
    scene = limited()
    assert scene.order(-15)
    scene.run(6000)
    bus = scene.rig.loop.drivers[0]
    bus.port.peer.manipulate = lambda octets: bytes([octets[0] ^ 0x55]) + octets[1:]
    scene.run(FAIR_MS)
    assert scene.ac_w() == IMPORT_MAX_W - LOAD_MAX_W
    assert scene.codes()[-1] == codes.METER_SILENT
    assert bus.master.crc_errors > 0
    bus.port.peer.manipulate = None
    scene.run(9000)
    assert scene.codes()[-1] == codes.METER_BACK
    assert scene.truth.highest_grid_w() <= IMPORT_MAX_W


@pytest.mark.parametrize("when", ["before the order", "while following"])
def test_frozen_meter_counts_as_silent_until_its_value_changes(when):
    scene = limited()
    if when == "while following":
        assert scene.order(-15)
        scene.run(6000)
    scene.plant.inject("meter_frozen")
    since = scene.ms
    assert scene.order(-15 if when == "before the order" else -2)
    scene.run(8000)
    assert scene.codes(since) == [codes.METER_FROZEN]
    scene.plant.inject("site_load", w=LOAD_MAX_W)  # which the meter does not show
    assert scene.order(-15)
    scene.run(20_000)
    assert scene.ac_w() == IMPORT_MAX_W - LOAD_MAX_W
    assert scene.truth.highest_grid_w(since) <= IMPORT_MAX_W
    back = scene.ms
    scene.plant.clear("meter_frozen")
    scene.plant.inject("site_load", w=LOAD_W)
    scene.run(20_000)
    assert scene.codes(back) == [codes.METER_BACK]
    assert scene.plant.grid_w() == pytest.approx(IMPORT_MAX_W, abs=100)
    assert scene.truth.highest_grid_w() <= IMPORT_MAX_W


def test_meter_that_stands_still_with_the_bays_is_not_frozen():
    scene = limited()
    for kw in (0, -5, -15, 15, 0):
        assert scene.order(kw)
        scene.run(60_000)
    assert codes.METER_FROZEN not in scene.codes() and codes.METER_SILENT not in scene.codes()
