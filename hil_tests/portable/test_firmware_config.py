"""Configuration: what is wrong is named with key, value and what would be right, everything at once.

lane: heap=384k
"""

import json

from firmware import codes
from firmware.config import ConfigError, load, parse, validate
from hil_tests.portable.firmware_support import raw_config
from hil_tests.portable.support import raises


def errors_of(raw):
    return raises(ConfigError, validate, raw).errors


def only_error(raw):
    errors = errors_of(raw)
    assert len(errors) == 1, errors
    return errors[0]


def changed(section, key, value):
    raw = raw_config()
    raw[section][key] = value
    return raw


def test_defaults_are_filled_in():
    config = validate(raw_config())
    assert config["version"] == 1
    assert config["station"]["cycle_ms"] == 100
    assert config["telecontrol"]["setpoint_ioa"] == 0x6201
    assert config["telecontrol"]["setpoint_divisor"] == 1000
    assert config["telecontrol"]["common_address"] == 1
    assert config["telecontrol"]["power_sign"] == "generator"
    assert config["control"]["fallback"] == "ramp_to_zero"
    assert config["bays"][0]["bidirectional"] is True


def test_a_complete_configuration_is_its_own_completion():
    config = validate(raw_config(bays=2))
    assert validate(config) == config
    assert parse(json.dumps(config))["bays"][1]["name"] == "bay1"


def test_unknown_key():
    code, path, value, right = only_error(changed("site", "import_w", 7))
    assert (code, path, value) == (codes.CONFIG_UNKNOWN_KEY, "site.import_w", 7)
    assert "import_max_w" in right


def tls(**changes):
    raw = raw_config()
    client = {"name": "dispatch", "key_sha256": "0a" * 32}
    wanted = {"enabled": True, "identity": "pki/server", "ca": "pki/ca", "clients": [client]}
    wanted.update(changes)
    raw.update({"telecontrol": {"tls": wanted}})
    return raw


def test_a_section_for_tls():
    found = validate(tls())["telecontrol"]["tls"]
    assert found["port"] == 19998 and found["clients"][0]["from"] == ()
    assert validate(raw_config())["telecontrol"]["tls"]["enabled"] is False


def test_tls_that_nobody_could_use():
    for changes, path in (
        ({"identity": ""}, "telecontrol.tls.identity"),
        ({"ca": ""}, "telecontrol.tls.ca"),
        ({"port": 2404}, "telecontrol.tls.port"),
        ({"clients": []}, "telecontrol.tls.clients"),
        ({"clients": [{"name": "a"}]}, "telecontrol.tls.clients[0]"),
        ({"clients": [{"name": "a", "key_sha256": "0g" * 32}]}, "telecontrol.tls.clients[0]"),
        ({"clients": [{"name": "a", "key_sha256": "0a" * 31}]}, "telecontrol.tls.clients[0]"),
        (
            {"clients": [{"name": "a", "key_sha256": "0a" * 32, "certificate_sha256": "0a" * 32}]},
            "telecontrol.tls.clients[0]",
        ),
    ):
        code, found, _, _ = only_error(tls(**changes))
        assert (code, found) == (codes.CONFIG_CONFLICT, path)


def test_a_station_that_listens_nowhere():
    raw = raw_config()
    raw.update({"telecontrol": {"plain": False}})
    assert only_error(raw)[1] == "telecontrol.plain"
    raw = tls()
    raw["telecontrol"]["plain"] = False
    assert validate(raw)["telecontrol"]["plain"] is False


def test_missing_key():
    raw = raw_config()
    del raw["site"]["import_max_w"]
    code, path, value, right = only_error(raw)
    assert (code, path, value) == (codes.CONFIG_MISSING_KEY, "site.import_max_w", None)
    assert right == "a whole number from 0 to 10000000"


def test_missing_sections():
    errors = errors_of({})
    paths = [path for _, path, _, _ in errors]
    assert paths == ["site", "buses", "bays", "control"]
    for code, _, _, _ in errors:
        assert code == codes.CONFIG_MISSING_KEY


def test_value_out_of_range():
    code, path, value, right = only_error(changed("control", "ramp_w_per_s", 0))
    assert (code, path, value) == (codes.CONFIG_BAD_VALUE, "control.ramp_w_per_s", 0)
    assert right == "a whole number from 1 to 1000000"


def test_wrong_types():
    for value in ("15000", 1500.5, True, None, [], {}):
        code, path, shown, _ = only_error(changed("site", "import_max_w", value))
        assert (code, path) == (codes.CONFIG_BAD_VALUE, "site.import_max_w")
        assert shown is value or shown == value


def test_bool_text_choice_and_list():
    cases = (
        ("station", {"local": 1}, "station.local", "true or false"),
        ("station", {"name": ""}, "station.name", "a text of 1 to 32 characters"),
        ("control", {"fallback": "stop"}, "control.fallback", "one of: hold, ramp_to_zero, schedule"),
        ("telecontrol", {"allow": [7]}, "telecontrol.allow", "a list of texts"),
        (
            "telecontrol",
            {"commands": [{"order": "ramp", "types": [30]}]},
            "telecontrol.commands[0].types",
            "a list of whole numbers from 45 to 64",
        ),
        ("control", {"schedule": [[0]]}, "control.schedule", "a list of [0..1439, -10000000..10000000]"),
    )
    for section, entries, path, right in cases:
        raw = raw_config()
        raw.setdefault(section, {}).update(entries)
        found = only_error(raw)
        assert (found[0], found[1], found[3]) == (codes.CONFIG_BAD_VALUE, path, right)


def test_sections_of_the_wrong_shape():
    raw = raw_config()
    raw["site"] = []
    raw.update({"bays": {}})
    raw["buses"][0] = 5
    found = [(path, right) for _, path, _, right in errors_of(raw)]
    assert ("site", "a JSON object {...}") in found
    assert ("bays", "a list of JSON objects [{...}, ...]") in found
    assert ("buses[0]", "a JSON object {...}") in found
    assert only_error([])[1] == "the file"


def test_all_errors_at_once():
    raw = raw_config(bays=2)
    raw["site"]["import_max_w"] = -1
    raw["bays"][1]["rating_w"] = 1
    raw["bays"][1]["converter"]["lease"] = 5
    del raw["control"]["ramp_w_per_s"]
    paths = [path for _, path, _, _ in errors_of(raw)]
    expected = ["site.import_max_w", "bays[1].rating_w", "bays[1].converter.lease", "control.ramp_w_per_s"]
    assert paths == expected


def test_addresses_in_hexadecimal():
    raw = raw_config()
    raw.update({"telecontrol": {"setpoint_ioa": "0x6205", "agc_request_ioa": 24586}})
    config = validate(raw)
    assert config["telecontrol"]["setpoint_ioa"] == 0x6205
    assert config["telecontrol"]["agc_request_ioa"] == 0x600A
    for bad in ("0xG", "", "0x1000000", 0, "0", -1, 1.5):
        raw["telecontrol"]["setpoint_ioa"] = bad
        code, path, _, right = only_error(raw)
        assert (code, path) == (codes.CONFIG_BAD_VALUE, "telecontrol.setpoint_ioa")
        assert right == 'an address from 1 to 16777215, as a number or as "0x..."'


def test_the_plants_section_is_not_ours():
    raw = raw_config()
    raw.update({"plant": {"whatever": [1, {"x": None}]}})
    assert validate(raw)["plant"] == {"whatever": [1, {"x": None}]}


def conflict(raw, path):
    for code, where, _, right in errors_of(raw):
        assert code == codes.CONFIG_CONFLICT, (code, where)
        if where == path:
            return right
    raise AssertionError("no conflict at " + path)


def test_names_and_references():
    raw = raw_config(bays=2)
    raw["bays"][1]["name"] = "bay0"
    assert conflict(raw, "bays[1].name") == "a name that is used once"
    raw = raw_config()
    raw["bays"][0]["converter"]["bus"] = "x"
    assert conflict(raw, "bays[0].converter.bus") == "one of: b"
    raw = raw_config()
    raw["meters"] = []
    assert conflict(raw, "site.meter") == "one of: (none is configured)"


def test_number_of_bays():
    assert conflict(raw_config(bays=0), "bays") == "1 to 16 bays"
    assert conflict(raw_config(bays=17), "bays") == "1 to 16 bays"
    assert len(validate(raw_config(bays=16))["bays"]) == 16


def test_buses_need_their_address():
    raw = raw_config()
    raw["buses"] = [{"name": "b", "kind": "tcp"}, {"name": "r", "kind": "rtu"}]
    assert conflict(raw, "buses[0].host") == "the host of a tcp bus"
    assert conflict(raw, "buses[1].device") == "the serial device of an rtu bus"


def test_dlt645_meters_have_buses_of_their_own():
    raw = raw_config()
    raw["buses"].append({"name": "d", "kind": "dlt645", "host": "h"})
    raw["meters"][0].update({"model": "dlt645", "bus": "d", "address": "17"})
    assert validate(raw)["meters"][0]["pt_ratio"] == 0
    raw["meters"][0]["address"] = "17a"
    assert only_error(raw)[1] == "meters[0].address"
    raw["meters"][0].update({"address": "", "model": "em24"})
    assert only_error(raw)[1] == "meters[0].bus"
    raw["meters"][0]["bus"] = "b"
    raw["buses"][1]["host"] = ""
    assert only_error(raw)[1] == "buses[1].device"
    raw["buses"][1]["host"] = "h"
    raw["bays"][0]["converter"]["bus"] = "d"
    assert only_error(raw)[1] == "bays[0].converter.bus"


def test_leases_and_ages():
    cases = (
        ("lease_ms", 1500, "lease_ms", "whole seconds, as the device counts them"),
        ("poll_ms", 600, "poll_ms", "at most half of lease_ms"),
        ("max_age_ms", 150, "max_age_ms", "at least twice poll_ms"),
    )
    for key, value, path, right in cases:
        raw = raw_config()
        raw["bays"][0]["converter"][key] = value
        assert conflict(raw, "bays[0].converter." + path) == right
    raw = raw_config()
    raw["bays"][0]["battery"]["taper_bp"] = 4000
    assert "8000" in conflict(raw, "bays[0].battery.taper_bp")


def test_site_meter_and_schedule():
    assert conflict(changed("site", "load_min_w", 5), "site.load_min_w") == "at most load_max_w"
    raw = raw_config()
    raw["meters"][0]["sign"] = 0
    assert conflict(raw, "meters[0].sign") == "1 or -1"
    raw = raw_config()
    raw["meters"][0]["period_ms"] = 400
    assert conflict(raw, "meters[0].max_age_ms") == "at least twice period_ms"
    assert "fallback 'schedule'" in conflict(changed("control", "fallback", "schedule"), "control.schedule")
    raw = changed("control", "schedule", [[60, 0], [60, 5]])
    assert "increase" in conflict(raw, "control.schedule")
    assert "t3_s" in conflict(changed("control", "master_lost_s", 20), "control.master_lost_s")


def test_telecontrol_conflicts():
    cases = (
        ({"k": 5, "w": 8}, "telecontrol.w"),
        ({"t1_s": 10, "t2_s": 10}, "telecontrol.t2_s"),
        ({"agc_request_ioa": 0x6201}, "telecontrol.agc_request_ioa"),
        ({"points": [{"signal": "power_w", "ioa": "0x6201"}]}, "telecontrol.points[0].ioa"),
        ({"setpoint_ioa": "0x6202"}, "telecontrol.setpoint_ioa"),
        ({"commands": [{"order": "ramp", "ioa": "0x6201"}]}, "telecontrol.commands[0].ioa"),
        ({"commands": [{"order": "ramp", "types": [45]}]}, "telecontrol.commands[0].types"),
        ({"commands": [{"order": "ramp"}, {"order": "ramp"}]}, "telecontrol.commands[1].order"),
        ({"parameters": [{"ioa": "0x4001", "point": "0x4003"}]}, "telecontrol.parameters[0].ioa"),
        ({"parameters": [{"ioa": "0x8001", "point": "0x0001"}]}, "telecontrol.parameters[0].point"),
        (
            {"parameters": [{"ioa": 32769, "point": 16387}, {"ioa": 32770, "point": 16387}]},
            "telecontrol.parameters[1].kind",
        ),
        ({"curve_ioa": "0x61B0"}, "telecontrol.curve_ioa"),
        ({"curve_ioa": "0x6301", "curve_points": 95}, "telecontrol.curve_points"),
        ({"curve_ioa": "0x6301", "commands": [{"order": "ramp", "ioa": "0x6310"}]}, "telecontrol.curve_ioa"),
        ({"allow": ["10.0.0"]}, "telecontrol.allow"),
        ({"control_from": ["10.0.0.256"]}, "telecontrol.control_from"),
        ({"allow": ["10.0.0.1"], "control_from": ["10.0.0.2"]}, "telecontrol.control_from"),
        ({"groups": [{"masters": []}]}, "telecontrol.groups[0].masters"),
        ({"groups": [{"masters": ["10.0.0.1"]}, {"masters": ["10.0.0.1"]}]}, "telecontrol.groups[1].masters"),
        ({"allow": ["10.0.0.1"], "groups": [{"masters": ["10.0.0.2"]}]}, "telecontrol.groups[0].masters"),
        ({"max_links": 1, "groups": [{"masters": ["10.0.0.1", "10.0.0.2"]}]}, "telecontrol.max_links"),
    )
    for entries, path in cases:
        raw = raw_config()
        raw["telecontrol"] = entries
        conflict(raw, path)


def test_a_ring_must_hold_a_snapshot():
    raw = raw_config(bays=16)
    raw.update({"recorder": {"path": "r", "ring_bytes": 4096}})
    assert "16 bays" in conflict(raw, "recorder.ring_bytes")
    raw["recorder"]["path"] = ""
    assert validate(raw)["recorder"]["ring_bytes"] == 4096


def test_a_load_that_nobody_states_may_be_anything():
    raw = raw_config()
    del raw["site"]["load_min_w"]
    del raw["site"]["load_max_w"]
    site = validate(raw)["site"]
    assert (site["load_min_w"], site["load_max_w"]) == (-10000000, 10000000)


def test_text_that_is_no_json():
    for text in ("", "{", "nonsense", '{"version": 1', '{"version": 1} {'):
        code, _, _, right = raises(ConfigError, parse, text).errors[0]
        assert (code, right) == (codes.CONFIG_NOT_JSON, "one JSON object")


def test_keys_without_quotes():
    """MicroPython's decoder lets them pass, CPython's does not: an error on both."""
    for text in ("{5: 1}", "{[1]: 2}", '{"version": 1, 7: 1}'):
        errors = raises(ConfigError, parse, text).errors
        assert errors[0][0] in (codes.CONFIG_NOT_JSON, codes.CONFIG_BAD_VALUE)


def test_file_that_is_not_there():
    code, path, _, right = raises(ConfigError, load, "/nowhere/c.json").errors[0]
    assert (code, path, right) == (codes.CONFIG_UNREADABLE, "/nowhere/c.json", "a readable file")


def test_every_code_has_a_text():
    for name in dir(codes):
        number = getattr(codes, name)
        if name.isupper() and name not in ("TEXTS", "TABLES"):
            assert codes.text(number) != "unknown code", name
    assert codes.text(999) == "unknown code"
