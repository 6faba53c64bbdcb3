"""The configuration of batteries and sessions: what is wrong is named with what would be right; a
station without a stated battery pays nothing.

lane: heap=512k
"""

from firmware import codes
from firmware.assembly import make_image
from firmware.config import ConfigError, validate
from hil_tests.portable.firmware_support import raw_config
from hil_tests.portable.guard_support import guarded_config


def errors_of(battery=None, session=None):
    try:
        validate(guarded_config(battery=battery, session=session))
    except ConfigError as error:
        return [(code, path) for code, path, _, _ in error.errors]
    return []


def test_what_is_wrong_is_named():
    cases = (
        ({"capacity_wh": 999}, None, codes.CONFIG_CONFLICT, "battery.capacity_wh"),
        ({"capacity_wh": 1000001}, None, codes.CONFIG_BAD_VALUE, "battery.capacity_wh"),
        ({"chemistry": "lead"}, None, codes.CONFIG_BAD_VALUE, "battery.chemistry"),
        ({"efficiency_bp": 9900}, None, codes.CONFIG_CONFLICT, "battery.efficiency_max_bp"),
        ({"charge_pct": [[0, 0]]}, None, codes.CONFIG_CONFLICT, "battery.charge_pct"),
        ({"charge_pct": [[0, 0], [0, 50]]}, None, codes.CONFIG_CONFLICT, "battery.charge_pct"),
        ({"discharge_pct": [[0, 0], [100, 501]]}, None, codes.CONFIG_BAD_VALUE, "battery.discharge_pct"),
        ({"cell_max_mv": 1500}, None, codes.CONFIG_CONFLICT, "battery.cell_max_mv"),
        ({"cell_max_mv": 3000, "cell_min_mv": 2900}, None, codes.CONFIG_CONFLICT, "battery.cell_max_mv"),
        ({"cooling_dc_per_h": 301}, None, codes.CONFIG_BAD_VALUE, "battery.cooling_dc_per_h"),
        ({"coldest_dc": -401}, None, codes.CONFIG_BAD_VALUE, "battery.coldest_dc"),
        ({"c_rate_pct": 0}, None, codes.CONFIG_BAD_VALUE, "battery.c_rate_pct"),
        (None, {"mode": "v3g"}, codes.CONFIG_BAD_VALUE, "session.mode"),
        (None, {"departure_min": 1440}, codes.CONFIG_BAD_VALUE, "session.departure_min"),
        (None, {"minimum_bp": 8500}, codes.CONFIG_CONFLICT, "session.minimum_bp"),
        (None, {"leaves": 7}, codes.CONFIG_UNKNOWN_KEY, "session.leaves"),
    )
    for battery, session, code, path in cases:
        assert errors_of(battery, session) == [(code, "bays[0]." + path)], path


def test_a_budget_needs_a_store():
    raw = guarded_config(battery={"budget_life_kwh": 10})
    del raw["station"]
    try:
        validate(raw)
    except ConfigError as error:
        assert [row[1] for row in error.errors] == ["bays[0].battery.budget_..."]
        return
    raise AssertionError("taken")


def test_good_ones_are_taken():
    assert errors_of() == []
    assert errors_of({"charge_pct": [[-100, 0], [50, 100], [600, 0]], "cell_max_mv": 3600}) == []


def test_the_image_grows_only_where_it_is_asked_to():
    plain = len(make_image(validate(raw_config(2))).of_kinds())
    guarded = len(make_image(validate(guarded_config(2))).of_kinds())
    bms = len(make_image(validate(guarded_config(2, battery={"bms": True}))).of_kinds())
    assert plain < guarded < bms
    image = make_image(validate(guarded_config(2)))
    for name in image.names_of():
        assert image.find(name) is not None, name
