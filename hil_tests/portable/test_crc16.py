"""CRC-16 of Modbus RTU against its definition, bit by bit, and against known values (row 1 of the Modbus
table)."""

from hil_tests.portable.support import no_heap
from protocols import crc16 as module
from protocols.crc16 import crc16


def by_bits(data):
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def test_every_entry_of_the_table():
    assert len(module._TABLE) == 256
    one = bytearray(1)
    for byte in range(256):
        one[0] = byte ^ 0xFF
        assert crc16(one, 0, 1) == by_bits(one), byte


def test_part_of_a_buffer():
    data = bytes(range(40))
    for start in range(0, 40, 7):
        for end in range(start, 40, 5):
            assert crc16(data, start, end) == by_bits(data[start:end]), (start, end)


def test_takes_no_heap():
    data = bytes(range(256))
    crc16(data, 0, 256)
    no_heap(crc16, data, 0, 256)
