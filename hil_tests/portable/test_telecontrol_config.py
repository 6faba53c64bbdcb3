"""What the section `telecontrol` makes of the outstation: groups, time base, times of selections.

lane: heap=384k
"""

from firmware.config import validate
from firmware.telecontrol import make_params
from hil_tests.portable.firmware_support import raw_config
from protocols.iec104.cp56 import Stamp
from protocols.iec104.summer import is_summer

NOON_MS = 43200000
HOUR_MS = 3600000
# days since 2000-01-01: the last Sundays of March and October
SUNDAYS = ((85, 302), (8856, 9066), (9584, 9794), (36247, 36457))


class Clock:
    def __init__(self, day, ms):
        self.day = day
        self.ms = ms
        self.valid = True

    def sample(self, now):
        pass


def params_of(**tele):
    raw = raw_config()
    raw["telecontrol"] = tele
    params = make_params(validate(raw)["telecontrol"])
    params.check()
    return params


def stamp_of(params, day, ms):
    stamp = Stamp(Clock(day, ms), params.utc_offset_min, params.is_summer)
    stamp.take(0)
    return bytes(stamp.buf[2:5])


def test_groups_and_lists():
    groups = [{"name": "province", "masters": ["10.0.0.1", "10.0.0.2"]}, {"masters": ["10.1.0.1"]}]
    params = params_of(groups=groups, max_links=6, control_from=["10.0.0.1", "10.0.0.2"], select_s=5)
    assert params.groups == (("10.0.0.1", "10.0.0.2"), ("10.1.0.1",))
    assert params.max_links == 6 and params.select_ms == 5000
    assert params.control_from == ("10.0.0.1", "10.0.0.2")


def test_time_base():
    assert stamp_of(params_of(), 9821, NOON_MS)[:2] == bytes([0, 12])
    assert stamp_of(params_of(utc_offset_min=480), 9821, NOON_MS)[:2] == bytes([0, 20])
    assert stamp_of(params_of(utc_offset_min=-210), 9821, NOON_MS)[:2] == bytes([30, 8])


def test_summer_time_is_an_hour_ahead_and_marked():
    params = params_of(summer_time="europe", utc_offset_min=60)
    assert stamp_of(params, 9700, NOON_MS)[:2] == bytes([0, 0x80 | 14])
    assert stamp_of(params, 9821, NOON_MS)[:2] == bytes([0, 13])
    late = stamp_of(params, 9700, NOON_MS + 11 * HOUR_MS)
    assert late[1] == 0x80 | 1 and late[2] & 0x1F != stamp_of(params, 9700, 0)[2] & 0x1F


def test_summer_begins_and_ends_on_its_sundays():
    for begins, ends in SUNDAYS:
        assert not is_summer(begins, HOUR_MS - 1)
        assert is_summer(begins, HOUR_MS) and is_summer(begins + 1, 0)
        assert is_summer(ends, HOUR_MS - 1) and is_summer(ends - 1, 0)
        assert not is_summer(ends, HOUR_MS)
        assert not is_summer(begins - 1, NOON_MS) and not is_summer(ends + 1, NOON_MS)
