"""Messages to lists of numbers and back, after the tables; allocates nothing.

values[i] belongs to field i of the message. TEXT and HEX fields are bytes and no numbers: bytes_of() gives
their place. A field that the sender left at all ones, or did not send, reads ABSENT; ABSENT is sent as all
ones. A value that the wire cannot carry is clipped to its ends.

lint: integer, hot
"""

from protocols.gbt27930.tables import ABSENT, BCD, FIELDS, NUM


def raw_bits(data, first_bit, bits):
    """`bits` (at most 24) from `first_bit`, little-endian."""
    at = first_bit >> 3
    shift = first_bit & 7
    value = data[at] >> shift
    have = 8 - shift
    while have < bits:
        at += 1
        value |= data[at] << have
        have += 8
    return value & ((1 << bits) - 1)


def put_bits(data, first_bit, bits, value):
    """The other way; the bits around stay."""
    for i in range(bits):
        at = (first_bit + i) >> 3
        mask = 1 << ((first_bit + i) & 7)
        if value >> i & 1:
            data[at] |= mask
        else:
            data[at] &= ~mask & 0xFF


def decode(message, data, n, values):
    """Numbers of data[:n] into `values`."""
    fields = message[FIELDS]
    for i in range(len(fields)):
        field = fields[i]
        kind = field[1]
        bits = field[3]
        if kind > BCD:
            continue
        if field[2] + bits > n * 8:
            values[i] = ABSENT
            continue
        raw = raw_bits(data, field[2], bits)
        if bits >= 8 and raw == (1 << bits) - 1:
            values[i] = ABSENT
        elif kind == NUM:
            values[i] = raw * field[4] + field[5]
        else:
            values[i] = _from_bcd(raw)


def _from_bcd(raw):
    return (raw >> 12 & 15) * 1000 + (raw >> 8 & 15) * 100 + (raw >> 4 & 15) * 10 + (raw & 15)


def _to_bcd(value):
    return value // 1000 % 10 << 12 | value // 100 % 10 << 8 | value // 10 % 10 << 4 | value % 10


def encode(message, values, data, n):
    """Numbers into data[:n], which is filled with ones first; bytes fields stay at ones until they are
    written.
    """
    for i in range(n):
        data[i] = 0xFF
    fields = message[FIELDS]
    for i in range(len(fields)):
        field = fields[i]
        value = values[i]
        bits = field[3]
        if field[1] > BCD or value == ABSENT or field[2] + bits > n * 8:
            continue
        if field[1] == NUM:
            value = _raw(value, field[4], field[5], bits)
        else:
            value = _to_bcd(value)
        put_bits(data, field[2], bits, value)


def _raw(value, factor, offset, bits):
    value -= offset
    if factor < 0:
        value = -value
        factor = -factor
    raw = (value + (factor >> 1)) // factor
    most = (1 << bits) - 1
    if bits >= 8:
        most -= 1  # all ones mean absent
    return 0 if raw < 0 else most if raw > most else raw


def field_index(message, name):
    """Number of the field `name`, -1 when the message has none."""
    fields = message[FIELDS]
    for i in range(len(fields)):
        if fields[i][0] == name:
            return i
    return -1
