"""IEC 104 codec: every row of the tables there and back, CP56Time2a, the structure check."""

from hil_tests.portable.iec104_support import DAY, NOON
from hil_tests.portable.support import hx, raises
from protocols.errors import LocalError
from protocols.iec104 import codec, cp56
from protocols.iec104 import const as c
from protocols.iec104.cp56 import decode as decode_time

# type, value, quality octet, element on the wire
SAMPLES = (
    (1, 1, 0x80, "81"),
    (3, 2, 0x10, "12"),
    (5, -64, 0x20, "4020"),
    (5, 63, 0, "3f00"),
    (7, 0x12345678, 0x01, "7856341201"),
    (9, -0.5, 0, "00c000"),
    (11, -2, 0x40, "feff40"),
    (13, 1.5, 0x01, "0000c03f01"),
    (15, -7, 0x21, "f9ffffff21"),
    (17, 0xEA6002, 0x88, "8a60ea"),
    (18, 0x123405, 0x41, "05413412"),
    (19, 0x00640F, 0x08, "0f086400"),
    (20, 0x89ABCDEF, 0x01, "efcdab8901"),
    (21, 0.25, 0, "0020"),
    (45, 1, 0x80, "81"),
    (46, 2, 0x04, "06"),
    (47, 1, 0, "01"),
    (48, 0.5, 0x80, "004080"),
    (49, 1000, 0x05, "e80305"),
    (50, -10.0, 0x01, "000020c101"),
    (51, 0xDEADBEEF, 0, "efbeadde"),
    (70, 2, 0, "02"),
    (100, 20, 0, "14"),
    (101, 0x45, 0, "45"),
    (102, None, 0, ""),
    (103, None, 0, ""),
    (105, 1, 0, "01"),
    (107, 0x1234, 0, "3412"),
    (110, -0.5, 0x83, "00c083"),
    (111, -2, 0x04, "feff04"),
    (112, 2.5, 0x01, "0000204001"),
    (113, 3, 0, "03"),
)
TWINS = {1: 30, 3: 31, 5: 32, 7: 33, 9: 34, 11: 35, 13: 36, 15: 37}
CP24 = {1: 2, 3: 4, 5: 6, 7: 8, 9: 10, 11: 12, 13: 14, 15: 16}
TWINS.update({17: 38, 18: 39, 19: 40})
TWINS.update({45: 58, 46: 59, 47: 60, 48: 61, 49: 62, 50: 63, 51: 64})


def test_every_type_there_and_back():
    seen = []
    for type_id, value, quality, wire in SAMPLES:
        for this in (type_id, TWINS.get(type_id), CP24.get(type_id)):
            if this is None:
                continue
            seen.append(this)
            buf = bytearray(32)
            codec.encoder(this)(buf, 5, value, quality)
            octets = hx(wire)
            assert bytes(buf[5 : 5 + len(octets)]) == octets, this
            assert codec.element_size(this) == len(octets)
            assert codec.decoder(this)(buf, 5) == value
            assert codec.quality(this, buf, 5) == quality
            tag = 7 if this in TWINS.values() or this in (103, 107) else 0
            tag = 3 if this in CP24.values() or this in (17, 18, 19) else tag
            assert codec.tag_size(this) == tag and codec.OBJECT_SIZE[this] == len(octets) + tag
    assert sorted(set(seen)) == codec.types()


def test_object_with_address():
    buf = bytearray(20)
    assert codec.encode_object(buf, 2, 13, 0x123456, 1.5, 0) == 10
    assert buf[2:10] == hx("563412 0000c03f 00")
    assert codec.get_ioa(buf, 2) == 0x123456
    codec.put_header(buf, 0, 50, 1, 6, 7, 0x1234)
    assert buf[:6] == hx("32 01 06 07 34 12")


def test_measured_values_out_of_range_are_clamped_and_flagged():
    buf = bytearray(8)
    for type_id, value, wire in (
        (9, 1.0, "ff7f01"),
        (9, -1.5, "008001"),
        (11, 32768, "ff7f01"),
        (11, -40000, "008001"),
        (5, 64, "3f01"),
        (5, -65, "4001"),
        (21, 2.0, "ff7f"),
    ):
        codec.encoder(type_id)(buf, 0, value, 0)
        assert bytes(buf[: len(wire) // 2]) == hx(wire), (type_id, value)


def test_set_points_out_of_range_are_our_mistake():
    buf = bytearray(8)
    raises(LocalError, codec.encoder(48), buf, 0, 1.0, 0)
    raises(LocalError, codec.encoder(49), buf, 0, 32768, 0)


def test_structure_check():
    one = hx("0d01 0300 0100 010000 0000c03f 00")
    assert codec.objects_fit(one, 0, len(one)) == 1
    assert codec.objects_fit(one, 0, len(one) - 1) == 0
    assert codec.objects_fit(one + b"\x00", 0, len(one) + 1) == 0
    two = hx("0d82 0300 0100 010000 0000c03f 00 0000c03f 00")
    assert codec.objects_fit(two, 0, len(two)) == 2
    assert codec.objects_fit(hx("c801 0300 0100 010000"), 0, 9) == 0
    assert codec.objects_fit(hx("0d00 0300 0100 010000"), 0, 9) == 0


def test_row_101_time_there_and_back():
    buf = bytearray(9)
    out = [0, 0]
    ms = 0
    for day in list(range(0, 1500, 7)) + [1460, 1461, 36524, 59, 60, 365, 366, DAY]:
        ms = (ms + 86399999) % 86400000
        cp56.encode(buf, 1, day, ms, 0)
        assert decode_time(buf, 1, out) and out == [day, ms], day
        assert 1 <= buf[5] >> 5 <= 7
    cp56.encode(buf, 1, DAY, NOON + 59999, cp56.GEN)
    assert bytes(buf[1:8]) == hx("5fea 40 0c d5 0b 1a")  # Saturday 2026-11-21 12:00:59.999, substituted
    cp56.encode(buf, 1, 59, 0, cp56.IV)
    assert bytes(buf[1:8]) == hx("0000 80 00 5d 02 00")  # Tuesday 2000-02-29
    assert not decode_time(buf, 1, out)


def test_stamp_follows_the_tick():
    class Clock:
        day = DAY
        ms = 1000
        valid = True
        calls = 0

        def sample(self, now):
            self.calls += 1

    clock = Clock()
    stamp = cp56.Stamp(clock, 0)
    stamp.take(5)
    stamp.take(5)
    assert clock.calls == 1 and bytes(stamp.buf) == hx("e803 00 00 d5 0b 1a")
    clock.ms = 86399999
    clock.valid = False
    stamp.take(6)
    assert bytes(stamp.buf) == hx("5fea bb 17 d5 0b 1a")
    clock.day += 1
    clock.ms = 0
    clock.valid = True
    stamp.take(7)
    assert bytes(stamp.buf) == hx("0000 00 00 f6 0b 1a")


def test_names_of_counts_fit_their_indices():
    assert c.COUNT_NAMES[c.CLOSED_REPLACED] == "replaced" and len(c.COUNT_NAMES) == c.CLOSED_REPLACED + 1
    assert c.COUNT_NAMES[c.REFUSED_CONTROL] == "control" and c.COUNT_NAMES[c.CLOSED_T1] == "t1"


def test_watts_survive_a_short_float_in_kw():
    """Exact to 1 W up to 2 MW and off by one at most up to 10 MW, also where a float is a single itself."""
    buf = bytearray(8)
    put, get = codec.encoder(13), codec.decoder(13)
    power_w = 1
    while power_w <= 10000000:
        for signed_w in (power_w, -power_w):
            put(buf, 0, signed_w / 1000, 0)
            off_w = round(get(buf, 0) * 1000) - signed_w
            assert abs(off_w) <= (0 if power_w <= 2000000 else 1), (signed_w, off_w)
        power_w += power_w // 97 + 1
