"""The tables of GB/T 27930: they agree with themselves, and numbers survive the way over the wire."""

from hil_tests.portable.support import hx, no_heap
from protocols.gbt27930 import tables as t
from protocols.gbt27930.codec import decode, encode, field_index, put_bits, raw_bits
from protocols.j1939 import can_id


def fields_of(message):
    return t.MESSAGES[message][t.FIELDS]


def test_rows_are_complete_and_fit_their_messages():
    for row in t.MESSAGES:
        assert len(row) == 8 and row[t.FEWEST] <= max(row[t.BYTES], 1), row[0]
        end = 0
        for name, kind, first_bit, bits, factor, _, backed in row[t.FIELDS]:
            assert kind in (t.NUM, t.BCD, t.TEXT, t.HEX) and backed in "STPDK", name
            assert first_bit >= end and first_bit + bits <= 8 * row[t.BYTES], (row[0], name)
            assert kind > t.BCD or bits <= 24 and factor, (row[0], name)
            end = first_bit + bits


def test_no_two_messages_of_a_session_share_a_number_and_a_sender():
    for session in (t.SESSION_2015, t.SESSION_DISCHARGE, t.NEGOTIATION):
        seen = []
        for message in session:
            key = (t.MESSAGES[message][t.PF], t.MESSAGES[message][t.FROM_CHARGER])
            assert key not in seen, t.MESSAGES[message][0]
            seen.append(key)


def test_identifiers():
    wanted = ((t.CHM, 0x1826F456), (t.BHM, 0x182756F4), (t.BRM, 0x1C0256F4), (t.BRO, 0x100956F4),
              (t.CRO, 0x100AF456), (t.BCL, 0x181056F4), (t.BCS, 0x1C1156F4), (t.CST, 0x101AF456),
              (t.BEM, 0x081E56F4), (t.CEM, 0x081FF456), (t.BDC, 0x183656F4), (t.EDST, 0x103AF456),
              (t.ESD, 0x183DF456), (t.CVC, 0x0C38F456), (t.BVC, 0x0C3956F4))
    for message, identifier in wanted:
        row = t.MESSAGES[message]
        ends = (t.VEHICLE, t.CHARGER) if row[t.FROM_CHARGER] else (t.CHARGER, t.VEHICLE)
        assert can_id(row[t.PRIORITY], row[t.PF], ends[0], ends[1]) == identifier, row[0]


def test_bits_over_byte_borders():
    data = bytearray(5)
    put_bits(data, 6, 12, 0xABC)
    assert raw_bits(data, 6, 12) == 0xABC and raw_bits(data, 0, 6) == 0 and raw_bits(data, 18, 6) == 0
    put_bits(data, 6, 12, 0)
    assert bytes(data) == bytes(5)


def test_every_numeric_field_survives_the_wire_at_both_ends_and_in_between():
    data = bytearray(64)
    for row in t.MESSAGES:
        values = [t.ABSENT] * len(row[t.FIELDS])
        back = list(values)
        for i in range(len(values)):
            _, kind, _, bits, factor, offset, _ = row[t.FIELDS][i]
            if kind > t.BCD:
                continue
            most = (1 << bits) - (2 if bits >= 8 else 1)
            for raw in (0, 1, most // 2, most):
                value = raw * factor + offset if kind == t.NUM else raw % (10 if bits == 8 else 1000)
                values[i] = value
                encode(row, values, data, row[t.BYTES])
                decode(row, data, row[t.BYTES], back)
                assert back[i] == value, (row[0], row[t.FIELDS][i][0])
            values[i] = t.ABSENT
            encode(row, values, data, row[t.BYTES])
            decode(row, data, row[t.BYTES], back)
            assert back[i] == t.ABSENT or bits < 8


def test_a_value_that_does_not_fit_is_clipped_and_never_becomes_absent():
    row = t.MESSAGES[t.BCL]
    data = bytearray(8)
    back = [0, 0, 0]
    for current_da, read in ((4000, 4000), (5000, 4000), (-70000, -61534)):
        encode(row, [70000, current_da, 2], data, 5)
        decode(row, data, 5, back)
        assert back == [65534, read, 2]


def test_messages_that_end_early_leave_fields_absent():
    values = [0] * 4
    decode(t.MESSAGES[t.CCS], hx("A0 0F A0 0F 05 00"), 6, values)
    assert values == [4000, 0, 5, t.ABSENT]


def test_known_messages_read_as_the_standard_says():
    values = [0] * 7
    decode(t.MESSAGES[t.BCP], hx("AA 01 1C 0C 58 02 94 11 69 F4 01 A0 0F"), 13, values)
    assert values == [4260, 900, 60000, 4500, 550, 5000, 4000]
    values = [0] * 6
    decode(t.MESSAGES[t.CTS], hx("30 59 23 31 12 26 20"), 7, values)
    assert values == [30, 59, 23, 31, 12, 2026]
    decode(t.MESSAGES[t.BCS], hx("A0 0F 6C 0F 72 31 37 3C 00"), 9, values)
    assert values == [4000, 52, 3700, 3, 5500, 60]
    values = [0] * 12
    decode(t.MESSAGES[t.BSM], hx("04 4B 02 46 01 00 D0"), 7, values)
    assert values == [5, 250, 3, 200, 2, 0, 0, 0, 0, 0, 0, 1]


def test_field_names():
    assert field_index(t.MESSAGES[t.CEM], "bst") == 5 and field_index(t.MESSAGES[t.CEM], "no") == -1


def test_no_heap():
    row = t.MESSAGES[t.BCL]
    values = [4400, 1000, 2]
    data = bytearray(8)
    encode(row, values, data, 5)
    no_heap(encode, row, values, data, 5)
    no_heap(decode, row, data, 5, values)
    assert len(fields_of(t.BCL)) == 3
