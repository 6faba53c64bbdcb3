"""ASDU codec as tables by type identification (IEC 60870-5-101 7.2, 7.3; octet layouts from general
knowledge).

A type is one row of `_ROWS`: its information element and the length of its time tag. Everything else
(sizes, encoder, decoder) follows from the row. Encoders write one
information element without address and tag into the caller's buffer: `encode(buf, at, value, quality)`;
decoders read it: `decode(buf, at) -> value`. `quality` is the octet SIQ/DIQ/QDS/BCR carries beside the
value, in control direction QOC or QOS with the S/E bit. A protection event's value is its state, or its
bits, plus 256 times the elapsed or operating time in ms. Out-of-range measured values are clamped and
flagged OV; out-of-range set-points are the caller's mistake (LocalError). Type 107 carries its 2-octet
counter before the tag, type 103 only the tag.
"""

from struct import pack_into, unpack_from

from protocols.errors import LocalError
from protocols.iec104.const import QUALITY_OV


def _put_siq(buf, at, value, quality):
    buf[at] = quality & 0xF0 | (1 if value else 0)


def _put_diq(buf, at, value, quality):
    buf[at] = quality & 0xF0 | value & 3


def _put_vti(buf, at, value, quality):
    if not -64 <= value <= 63:
        value = 63 if value > 0 else -64
        quality |= QUALITY_OV
    buf[at] = value & 0x7F
    buf[at + 1] = quality


def _put_bsi(buf, at, value, quality):
    pack_into("<IB", buf, at, value, quality)


def _put_nva(buf, at, value, quality):
    scaled = round(value * 32768)
    if not -32768 <= scaled <= 32767:
        scaled = 32767 if scaled > 0 else -32768
        quality |= QUALITY_OV
    pack_into("<hB", buf, at, scaled, quality)


def _put_nva_only(buf, at, value, quality):
    scaled = round(value * 32768)
    pack_into("<h", buf, at, max(-32768, min(32767, scaled)))


def _put_sva(buf, at, value, quality):
    if not -32768 <= value <= 32767:
        value = 32767 if value > 0 else -32768
        quality |= QUALITY_OV
    pack_into("<hB", buf, at, value, quality)


def _put_r32(buf, at, value, quality):
    pack_into("<fB", buf, at, value, quality)


def _put_bcr(buf, at, value, quality):
    pack_into("<iB", buf, at, value, quality)


def _put_command(buf, at, value, quality):
    buf[at] = quality & 0xFC | int(value) & 3


def _put_nva_order(buf, at, value, quality):
    scaled = round(value * 32768)
    if not -32768 <= scaled <= 32767:
        raise LocalError("a normalised set-point lies in -1..1-2**-15")
    pack_into("<hB", buf, at, scaled, quality)


def _put_sva_order(buf, at, value, quality):
    if not -32768 <= value <= 32767:
        raise LocalError("a scaled set-point lies in -32768..32767")
    pack_into("<hB", buf, at, value, quality)


def _put_bits(buf, at, value, quality):
    pack_into("<I", buf, at, value)


def _put_u8(buf, at, value, quality):
    buf[at] = value & 0xFF


def _put_u16(buf, at, value, quality):
    buf[at] = value & 0xFF
    buf[at + 1] = value >> 8 & 0xFF


def _put_sep(buf, at, value, quality):
    buf[at] = quality & 0xF8 | value & 3
    _put_u16(buf, at + 1, value >> 8, 0)


def _put_protection(buf, at, value, quality):
    buf[at] = value & 0x3F
    buf[at + 1] = quality
    _put_u16(buf, at + 2, value >> 8, 0)


def _put_nothing(buf, at, value, quality):
    pass


def _get_bit(buf, at):
    return buf[at] & 1


def _get_two_bits(buf, at):
    return buf[at] & 3


def _get_vti(buf, at):
    value = buf[at] & 0x7F
    return value - 128 if value > 63 else value


def _get_u32(buf, at):
    return unpack_from("<I", buf, at)[0]


def _get_s32(buf, at):
    return unpack_from("<i", buf, at)[0]


def _get_nva(buf, at):
    return _get_s16(buf, at) / 32768


def _get_s16(buf, at):
    value = buf[at] | buf[at + 1] << 8
    return value - 65536 if value > 32767 else value


def _get_r32(buf, at):
    return unpack_from("<f", buf, at)[0]


def _get_u8(buf, at):
    return buf[at]


def _get_u16(buf, at):
    return buf[at] | buf[at + 1] << 8


def _get_sep(buf, at):
    return buf[at] & 3 | buf[at + 1] << 8 | buf[at + 2] << 16


def _get_protection(buf, at):
    return buf[at] & 0x3F | buf[at + 2] << 8 | buf[at + 3] << 16


def _get_nothing(buf, at):
    return None


# Information elements: octets, offset of the octet with quality or qualifier (-1 none), mask of quality in
# it. Tables of plain numbers stay in flash where this file is frozen.
_SIQ, _DIQ, _VTI, _BSI, _NVA, _NVA_ONLY, _SVA, _R32, _BCR = 0, 1, 2, 3, 4, 5, 6, 7, 8
_SCO, _DCO, _NVA_QOS, _SVA_QOS, _BITS, _U8, _U16, _NOTHING = 9, 10, 11, 12, 13, 14, 15, 16
_SCD, _SEP, _SPE, _OCI = 17, 18, 19, 20
_SHAPES = (
    (1, 0, 0xF0),
    (1, 0, 0xF0),
    (2, 1, 0xFF),
    (5, 4, 0xFF),
    (3, 2, 0xFF),
    (2, -1, 0),
    (3, 2, 0xFF),
    (5, 4, 0xFF),
    (5, 4, 0xFF),
    (1, 0, 0xFC),
    (1, 0, 0xFC),
    (3, 2, 0xFF),
    (3, 2, 0xFF),
    (4, -1, 0),
    (1, -1, 0),
    (2, -1, 0),
    (0, -1, 0),
    (5, 4, 0xFF),
    (3, 0, 0xF8),
    (4, 1, 0xFF),
    (4, 1, 0xFF),
)
_ENCODERS = (
    _put_siq,
    _put_diq,
    _put_vti,
    _put_bsi,
    _put_nva,
    _put_nva_only,
    _put_sva,
    _put_r32,
    _put_bcr,
    _put_command,
    _put_command,
    _put_nva_order,
    _put_sva_order,
    _put_bits,
    _put_u8,
    _put_u16,
    _put_nothing,
    _put_bsi,
    _put_sep,
    _put_protection,
    _put_protection,
)
_DECODERS = (
    _get_bit,
    _get_two_bits,
    _get_vti,
    _get_u32,
    _get_nva,
    _get_nva,
    _get_s16,
    _get_r32,
    _get_s32,
    _get_bit,
    _get_two_bits,
    _get_nva,
    _get_s16,
    _get_u32,
    _get_u8,
    _get_u16,
    _get_nothing,
    _get_u32,
    _get_sep,
    _get_protection,
    _get_protection,
)

# Type identification, element, octets of time tag
_ROWS = (
    (1, _SIQ, 0),
    (2, _SIQ, 3),
    (3, _DIQ, 0),
    (4, _DIQ, 3),
    (5, _VTI, 0),
    (6, _VTI, 3),
    (7, _BSI, 0),
    (8, _BSI, 3),
    (9, _NVA, 0),
    (10, _NVA, 3),
    (11, _SVA, 0),
    (12, _SVA, 3),
    (13, _R32, 0),
    (14, _R32, 3),
    (15, _BCR, 0),
    (16, _BCR, 3),
    (17, _SEP, 3),
    (18, _SPE, 3),
    (19, _OCI, 3),
    (20, _SCD, 0),
    (21, _NVA_ONLY, 0),
    (30, _SIQ, 7),
    (31, _DIQ, 7),
    (32, _VTI, 7),
    (33, _BSI, 7),
    (34, _NVA, 7),
    (35, _SVA, 7),
    (36, _R32, 7),
    (37, _BCR, 7),
    (38, _SEP, 7),
    (39, _SPE, 7),
    (40, _OCI, 7),
    (45, _SCO, 0),
    (46, _DCO, 0),
    (47, _DCO, 0),
    (48, _NVA_QOS, 0),
    (49, _SVA_QOS, 0),
    (50, _R32, 0),
    (51, _BITS, 0),
    (58, _SCO, 7),
    (59, _DCO, 7),
    (60, _DCO, 7),
    (61, _NVA_QOS, 7),
    (62, _SVA_QOS, 7),
    (63, _R32, 7),
    (64, _BITS, 7),
    (70, _U8, 0),
    (100, _U8, 0),
    (101, _U8, 0),
    (102, _NOTHING, 0),
    (103, _NOTHING, 7),
    (105, _U8, 0),
    (107, _U16, 7),
    (110, _NVA, 0),
    (111, _SVA, 0),
    (112, _R32, 0),
    (113, _U8, 0),
)

_NONE = 0xFF
_ELEMENT = bytearray(b"\xff" * 128)  # type -> its element, _NONE where the codec has no row
OBJECT_SIZE = bytearray(128)  # element and time tag, without the address

for _type_id, _element, _tag in _ROWS:
    _ELEMENT[_type_id] = _element
    OBJECT_SIZE[_type_id] = _SHAPES[_element][0] + _tag


def types():
    """Every type identification that the codec knows, in ascending order."""
    return [row[0] for row in _ROWS]


def is_known(type_id):
    """Whether the codec has a row for this type."""
    return 0 <= type_id < 128 and _ELEMENT[type_id] != _NONE


def element_size(type_id):
    """Octets of one information element."""
    return _SHAPES[_ELEMENT[type_id]][0]


def tag_size(type_id):
    """Octets of the time tag: 0, 7 (CP56Time2a) or 3 (CP24Time2a: decoded, never sent by us)."""
    return OBJECT_SIZE[type_id] - element_size(type_id)


def tagged(type_id):
    """The twin with CP56Time2a of a type in monitor direction, or None."""
    for twin, element, tag in _ROWS:
        if tag == 7 and element == _ELEMENT[type_id] and twin < 45:
            return twin
    return None


def quality_at(type_id):
    """Offset of the octet with quality or qualifier in the element, -1 when the type has none."""
    return _SHAPES[_ELEMENT[type_id]][1]


def encoder(type_id):
    """encode(buf, at, value, quality) of one element of `type_id`."""
    return _ENCODERS[_ELEMENT[type_id]]


def decoder(type_id):
    """decode(buf, at) -> value of one element of `type_id`."""
    return _DECODERS[_ELEMENT[type_id]]


def quality(type_id, buf, at):
    """Quality or qualifier of the element at `at`, without the value's bits; 0 when the type has none."""
    shape = _SHAPES[_ELEMENT[type_id]]
    return buf[at + shape[1]] & shape[2] if shape[1] >= 0 else 0


def put_header(buf, at, type_id, vsq, cause, oa, ca):
    """Data unit identifier: six octets."""
    pack_into("<BBBBH", buf, at, type_id, vsq, cause, oa, ca)


def put_ioa(buf, at, ioa):
    buf[at] = ioa & 0xFF
    buf[at + 1] = ioa >> 8 & 0xFF
    buf[at + 2] = ioa >> 16


def get_ioa(buf, at):
    return buf[at] | buf[at + 1] << 8 | buf[at + 2] << 16


def encode_object(buf, at, type_id, ioa, value, quality_octet):
    """Address and element at `at`; returns the offset behind them, where a tag would go."""
    buf[at] = ioa & 0xFF
    buf[at + 1] = ioa >> 8 & 0xFF
    buf[at + 2] = ioa >> 16
    element = _ELEMENT[type_id]
    _ENCODERS[element](buf, at + 3, value, quality_octet)
    return at + 3 + _SHAPES[element][0]


def objects_fit(buf, at, n):
    """Number of objects when the ASDU buf[at:at+n] has exactly the octets its VSQ announces, else 0."""
    if n < 9 or not is_known(buf[at]):
        return 0
    count = buf[at + 1] & 0x7F
    size = OBJECT_SIZE[buf[at]]
    if buf[at + 1] & 0x80:
        expected = 9 + count * size
    else:
        expected = 6 + count * (3 + size)
    return count if n == expected else 0
