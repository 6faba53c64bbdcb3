"""Modbus PDUs: encoding, limits, order of checks, lengths; singles as scaled integers."""

from hil_tests.portable.support import hx, no_heap, raises
from protocols.errors import LocalError
from protocols.modbus import codec
from protocols.modbus.float32 import scaled


def test_requests_are_encoded():
    buf = bytearray(260)
    assert codec.encode_read(buf, 1, 3, 0x006B, 3) == 5
    assert buf[1:6] == hx("03 006B 0003")
    assert codec.encode_read(buf, 0, 4, 8, 1) == 5
    assert buf[0:5] == hx("04 0008 0001")
    assert codec.encode_write_register(buf, 0, 1, 3) == 5
    assert buf[0:5] == hx("06 0001 0003")
    assert codec.encode_write_registers(buf, 7, 1, (0x000A, 0x0102, 9), 2) == 10
    assert buf[7:17] == hx("10 0001 0002 04 000A 0102")


def test_values_and_function_codes_out_of_range():
    buf = bytearray(260)
    for value in (-1, 0x10000):
        raises(LocalError, codec.encode_write_register, buf, 0, 0, value)
        raises(LocalError, codec.encode_write_registers, buf, 0, 0, (0, value), 2)
    raises(LocalError, codec.encode_read, buf, 0, 6, 0, 1)


def test_lengths_of_serial_requests():
    table = (
        ("01", 2),
        ("01 03", 8),
        ("01 06", 8),
        ("01 10", 7),
        ("01 10 0000 0002 04", 13),
        ("01 0F 0000 0009 02", 11),
        ("01 16", 10),
        ("01 17", 11),
        ("01 17 0000 0001 0000 0001 02", 15),
        ("01 41", 0),
        ("01 00", 0),
        ("01 83", 0),
        ("01 10 0000 00FF FF", 0),
    )
    for text, length in table:
        data = hx(text)
        assert codec.request_length(data, 0, len(data)) == length, text


def test_lengths_of_serial_replies():
    table = (
        ("01", 2),
        ("01 83", 5),
        ("01 03", 3),
        ("01 03 02", 7),
        ("01 04 FA", 255),
        ("01 03 FC", 0),
        ("01 06", 8),
        ("01 10", 8),
        ("01 16", 10),
        ("01 17 04", 9),
        ("01 41", 0),
    )
    for text, length in table:
        data = hx(text)
        assert codec.reply_length(data, 0, len(data)) == length, text


SINGLES = (
    (0x4366, 0x7333, 10, 2304),  # 230.45 is stored as 230.4499969: below the tie
    (0x4248, 0x0000, 1000, 50000),
    (0xC248, 0x0000, 1000, -50000),
    (0x3F00, 0x0000, 1, 0),  # 0.5: ties go to the even neighbour
    (0x3FC0, 0x0000, 1, 2),
    (0x4020, 0x0000, 1, 2),
    (0xBF80, 0x0000, 32767, -32767),
    (0x0000, 0x0000, 1000, 0),
    (0x8000, 0x0000, 1000, 0),
    (0x0000, 0x0001, 1000, 0),  # the smallest subnormal
    (0x0080, 0x0000, 1000, 0),
    (0x4E7F, 0xFFFF, 1, 0x3FFFFFC0),
    (0x4E80, 0x0000, 1, None),  # 2**30
    (0x4B7F, 0xFFFF, 64, 0x3FFFFFC0),
    (0x7F7F, 0xFFFF, 1, None),
    (0x7F80, 0x0000, 1, None),
    (0xFF80, 0x0000, 1, None),
    (0x7FC0, 0x0000, 1, None),
)


def test_singles_become_scaled_integers():
    for high, low, factor, expected in SINGLES:
        assert scaled(high, low, factor) == expected, (high, low, factor)
        no_heap(scaled, high, low, factor)


def test_scale_factor_out_of_range():
    for factor in (0, -1, 0x8000):
        raises(LocalError, scaled, 0x4248, 0, factor)
