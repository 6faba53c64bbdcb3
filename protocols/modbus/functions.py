"""Modbus PDUs of the function codes that meters and converters do not need: bits (01, 02, 05, 15), loop-back
(08/00), mask write (22), read/write (23) and device identification (43/14).

As codec.py, which has the others: pure functions over the caller's buffers, nothing allocated, the checks
in the order function code -> quantity and value -> address. The diagnostic sub-functions other than 00 and
the encapsulated interfaces other than 14 are function codes that we do not have (01). Bits are packed from
the lowest bit of the first byte; what fills up the last byte is 0.

Clauses: MODBUS Application Protocol Specification V1.1b3, 6.1, 6.2, 6.5, 6.8, 6.11, 6.16, 6.17, 6.21, from
general knowledge.

lint: hot, integer
"""

from protocols.errors import LocalError
from protocols.modbus import codec
from protocols.modbus.codec import put_u16, u16
from protocols.upy import const

READ_COILS = 1
READ_DISCRETE_INPUTS = 2
WRITE_SINGLE_COIL = 5
DIAGNOSTICS = 8
WRITE_MULTIPLE_COILS = 15
MASK_WRITE_REGISTER = 22
READ_WRITE_MULTIPLE_REGISTERS = 23
ENCAPSULATED_INTERFACE = 43
READ_DEVICE_IDENTIFICATION = 14  # the MEI type within 43

COIL_ON = 0xFF00
MAX_READ_BITS = 2000
MAX_WRITE_COILS = 1968
MAX_READ_WRITE_REGISTERS = 121  # of FC 23's write; its read may have 125

_MAX_READ_BITS = const(2000)
_MAX_WRITE_COILS = const(1968)
_MAX_READ = const(125)
_MAX_READ_WRITE = const(121)
_MAX_PDU = const(253)
_MAX_RTU_ADU = const(256)
_IDENTIFICATION = const(14)


def packed(count):
    """Bytes that hold `count` bits."""
    return (count + 7) >> 3


def encode_read_bits(buf, at, fc, address, count):
    """Request PDU of FC 01 and 02 at buf[at]; its length."""
    if fc != READ_COILS and fc != READ_DISCRETE_INPUTS:
        raise LocalError("function code is not a read of bits")
    _check_range(address, count, _MAX_READ_BITS)
    buf[at] = fc
    put_u16(buf, at + 1, address)
    put_u16(buf, at + 3, count)
    return 5


def encode_write_coil(buf, at, address, on):
    """Request PDU of FC 05 at buf[at]; its length."""
    _check_range(address, 1, 1)
    buf[at] = WRITE_SINGLE_COIL
    put_u16(buf, at + 1, address)
    put_u16(buf, at + 3, COIL_ON if on else 0)
    return 5


def encode_write_coils(buf, at, address, bits, count):
    """Request PDU of FC 15 at buf[at] with bits[:count], each true or not; its length."""
    _check_range(address, count, _MAX_WRITE_COILS)
    size = packed(count)
    _check_room(buf, at, 6 + size)
    buf[at] = WRITE_MULTIPLE_COILS
    put_u16(buf, at + 1, address)
    put_u16(buf, at + 3, count)
    buf[at + 5] = size
    at += 6
    for i in range(size):
        buf[at + i] = 0
    for i in range(count):
        if bits[i]:
            buf[at + (i >> 3)] |= 1 << (i & 7)
    return 6 + size


def encode_mask_write(buf, at, address, and_mask, or_mask):
    """Request PDU of FC 22 at buf[at]; its length."""
    _check_range(address, 1, 1)
    _check_word(and_mask)
    _check_word(or_mask)
    buf[at] = MASK_WRITE_REGISTER
    put_u16(buf, at + 1, address)
    put_u16(buf, at + 3, and_mask)
    put_u16(buf, at + 5, or_mask)
    return 7


def encode_read_write(buf, at, address, count, write_address, values, write_count):
    """Request PDU of FC 23 at buf[at]: write values[:write_count], then read `count`; its length."""
    _check_range(address, count, _MAX_READ)
    _check_range(write_address, write_count, _MAX_READ_WRITE)
    _check_room(buf, at, 10 + 2 * write_count)
    buf[at] = READ_WRITE_MULTIPLE_REGISTERS
    put_u16(buf, at + 1, address)
    put_u16(buf, at + 3, count)
    put_u16(buf, at + 5, write_address)
    put_u16(buf, at + 7, write_count)
    buf[at + 9] = 2 * write_count
    at += 10
    for i in range(write_count):
        _check_word(values[i])
        put_u16(buf, at, values[i])
        at += 2
    return 10 + 2 * write_count


def encode_loop_back(buf, at, data, n):
    """Request PDU of FC 08/00 at buf[at] with data[:n], an even number of bytes; its length."""
    if n & 1 or not 2 <= n <= _MAX_PDU - 3:
        raise LocalError("loop-back data is 2 to 250 bytes, an even number")
    buf[at] = DIAGNOSTICS
    put_u16(buf, at + 1, 0)
    for i in range(n):
        buf[at + 3 + i] = data[i]
    return 3 + n


def encode_identify(buf, at, code, object_id):
    """Request PDU of FC 43/14 at buf[at]: code 1 basic, 2 regular, 3 extended, from `object_id` on; 4 that
    object alone. Its length.
    """
    if not 1 <= code <= 4 or not 0 <= object_id <= 255:
        raise LocalError("identification code or object out of range")
    buf[at] = ENCAPSULATED_INTERFACE
    buf[at + 1] = _IDENTIFICATION
    buf[at + 2] = code
    buf[at + 3] = object_id
    return 4


def _check_range(address, count, most):
    if not 1 <= count <= most:
        raise LocalError("count out of range")
    if address < 0 or address + count > 0x10000:
        raise LocalError("address out of range")


def _check_word(value):
    if not 0 <= value <= 0xFFFF:
        raise LocalError("register value is not 0..65535")


def _check_room(buf, at, n):
    if at + n > len(buf):
        raise LocalError("the request does not fit the buffer")


def check_request(pdu, at, n):
    """As codec.check_request, which it calls, for every function code that we have."""
    fc = pdu[at]
    if fc == READ_COILS or fc == READ_DISCRETE_INPUTS:
        if n != 5 or not 1 <= u16(pdu, at + 3) <= _MAX_READ_BITS:
            return codec.ILLEGAL_DATA_VALUE
    elif fc == WRITE_SINGLE_COIL:
        is_on_or_off = n == 5 and (u16(pdu, at + 3) == 0 or u16(pdu, at + 3) == COIL_ON)
        return 0 if is_on_or_off else codec.ILLEGAL_DATA_VALUE
    elif fc == WRITE_MULTIPLE_COILS:
        if n < 6 or not 1 <= u16(pdu, at + 3) <= _MAX_WRITE_COILS:
            return codec.ILLEGAL_DATA_VALUE
        if pdu[at + 5] != packed(u16(pdu, at + 3)) or n != 6 + pdu[at + 5]:
            return codec.ILLEGAL_DATA_VALUE
    elif fc == MASK_WRITE_REGISTER:
        return 0 if n == 7 else codec.ILLEGAL_DATA_VALUE
    elif fc == READ_WRITE_MULTIPLE_REGISTERS:
        return _check_read_write(pdu, at, n)
    elif fc == DIAGNOSTICS:
        return _check_loop_back(pdu, at, n)
    elif fc == ENCAPSULATED_INTERFACE:
        return _check_identify(pdu, at, n)
    else:
        return codec.check_request(pdu, at, n)
    return _ends_at(pdu, at + 1)


def _ends_at(pdu, at):
    """0, or ILLEGAL_DATA_ADDRESS when address and count at pdu[at] go beyond the last register."""
    return codec.ILLEGAL_DATA_ADDRESS if u16(pdu, at) + u16(pdu, at + 2) > 0x10000 else 0


def _check_read_write(pdu, at, n):
    if n < 10 or not 1 <= u16(pdu, at + 3) <= _MAX_READ or not 1 <= u16(pdu, at + 7) <= _MAX_READ_WRITE:
        return codec.ILLEGAL_DATA_VALUE
    if pdu[at + 9] != 2 * u16(pdu, at + 7) or n != 10 + pdu[at + 9]:
        return codec.ILLEGAL_DATA_VALUE
    return _ends_at(pdu, at + 1) or _ends_at(pdu, at + 5)


def _check_loop_back(pdu, at, n):
    if n < 3:
        return codec.ILLEGAL_DATA_VALUE
    if u16(pdu, at + 1) != 0:
        return codec.ILLEGAL_FUNCTION
    return 0 if n > 3 and n & 1 else codec.ILLEGAL_DATA_VALUE


def _check_identify(pdu, at, n):
    if n < 2:
        return codec.ILLEGAL_DATA_VALUE
    if pdu[at + 1] != _IDENTIFICATION:
        return codec.ILLEGAL_FUNCTION
    return 0 if n == 4 and 1 <= pdu[at + 2] <= 4 else codec.ILLEGAL_DATA_VALUE


def request_length(adu, at, n):
    """As codec.request_length, and FC 43/14."""
    if n >= 2 and adu[at + 1] == ENCAPSULATED_INTERFACE:
        if n < 3:
            return 3
        return 7 if adu[at + 2] == _IDENTIFICATION else 0
    return codec.request_length(adu, at, n)


def reply_length(adu, at, n):
    """As codec.reply_length, and FC 43/14, whose objects tell their lengths one after the other."""
    if n < 2 or adu[at + 1] != ENCAPSULATED_INTERFACE:
        return codec.reply_length(adu, at, n)
    if n < 8:
        return 8
    if adu[at + 2] != _IDENTIFICATION:
        return 0
    end = at + 8
    for _ in range(adu[at + 7]):
        if end + 2 > at + n:
            return _fitting(end + 2 - at)
        end += 2 + adu[end + 1]
    return _fitting(end + 2 - at)


def _fitting(length):
    return length if length <= _MAX_RTU_ADU else 0


def identification_ends(pdu, at, n):
    """Whether the objects of a 43/14 reply end exactly where it ends."""
    if n < 7:
        return False
    end = at + n
    i = at + 7
    for _ in range(pdu[at + 6]):
        if i + 2 > end:
            return False
        i += 2 + pdu[i + 1]
    return i == end
