"""Modbus PDUs: function codes, limits, lengths, encoding, and the order in which a request is checked.

Pure functions over the caller's buffers: fields are read and written byte by byte, big-endian, and
nothing is allocated. The checks go function code -> quantity and byte count -> address, each with its own
exception code; the last step, execution, is the store's. Names, codes and limits are those of the MODBUS
Application Protocol Specification V1.1b3 (4.1, 6, 7), from general knowledge. Lengths are known for more
function codes than we serve: a bus carries other people's frames.

lint: hot, integer
"""

from protocols.errors import LocalError
from protocols.upy import const

READ_HOLDING_REGISTERS = 3
READ_INPUT_REGISTERS = 4
WRITE_SINGLE_REGISTER = 6
WRITE_MULTIPLE_REGISTERS = 16

ILLEGAL_FUNCTION = 1
ILLEGAL_DATA_ADDRESS = 2
ILLEGAL_DATA_VALUE = 3
SERVER_DEVICE_FAILURE = 4
ACKNOWLEDGE = 5
SERVER_DEVICE_BUSY = 6
MEMORY_PARITY_ERROR = 8
GATEWAY_PATH_UNAVAILABLE = 0x0A
GATEWAY_TARGET_DEVICE_FAILED_TO_RESPOND = 0x0B

MAX_READ_REGISTERS = 125
MAX_WRITE_REGISTERS = 123

# What a framing's settle() found in the bytes before a silence.
NOTHING = 0
FRAME = 1
GARBLED = 2

# The same numbers again for the compiler: only underscored constants are folded into the code.
_READ_HOLDING = const(3)
_READ_INPUT = const(4)
_WRITE_SINGLE = const(6)
_WRITE_MULTIPLE = const(16)
_MAX_READ = const(125)
_MAX_WRITE = const(123)
_MAX_RTU_ADU = const(256)


def u16(buf, at):
    """The big-endian 16-bit value at buf[at]."""
    return buf[at] << 8 | buf[at + 1]


def put_u16(buf, at, value):
    """Store `value` big-endian at buf[at]."""
    buf[at] = value >> 8 & 0xFF
    buf[at + 1] = value & 0xFF


def encode_read(buf, at, fc, address, count):
    """Request PDU of FC 03 and 04 at buf[at]; its length."""
    if fc != _READ_HOLDING and fc != _READ_INPUT:
        raise LocalError("function code is not a register read")
    _check_range(address, count, _MAX_READ)
    buf[at] = fc
    buf[at + 1] = address >> 8
    buf[at + 2] = address & 0xFF
    buf[at + 3] = 0
    buf[at + 4] = count
    return 5


def encode_write_register(buf, at, address, value):
    """Request PDU of FC 06 at buf[at]; its length."""
    _check_range(address, 1, 1)
    if not 0 <= value <= 0xFFFF:
        raise LocalError("register value is not 0..65535")
    buf[at] = _WRITE_SINGLE
    put_u16(buf, at + 1, address)
    put_u16(buf, at + 3, value)
    return 5


def encode_write_registers(buf, at, address, values, count):
    """Request PDU of FC 16 at buf[at] with values[:count]; its length."""
    _check_range(address, count, _MAX_WRITE)
    if at + 6 + 2 * count > len(buf):
        raise LocalError("the request does not fit the buffer")
    buf[at] = _WRITE_MULTIPLE
    put_u16(buf, at + 1, address)
    put_u16(buf, at + 3, count)
    buf[at + 5] = 2 * count
    at += 6
    for i in range(count):
        value = values[i]
        if not 0 <= value <= 0xFFFF:
            raise LocalError("register value is not 0..65535")
        buf[at] = value >> 8
        buf[at + 1] = value & 0xFF
        at += 2
    return 6 + 2 * count


def _check_range(address, count, most):
    if not 1 <= count <= most:
        raise LocalError("register count out of range")
    if address < 0 or address + count > 0x10000:
        raise LocalError("register address out of range")


def check_request(pdu, at, n):
    """0 when the request PDU of `n` bytes may be executed, else the exception code that answers it."""
    fc = pdu[at]
    if fc == _READ_HOLDING or fc == _READ_INPUT:
        if n != 5 or not 1 <= u16(pdu, at + 3) <= _MAX_READ:
            return ILLEGAL_DATA_VALUE
    elif fc == _WRITE_SINGLE:
        return 0 if n == 5 else ILLEGAL_DATA_VALUE
    elif fc == _WRITE_MULTIPLE:
        if n < 6 or not 1 <= u16(pdu, at + 3) <= _MAX_WRITE:
            return ILLEGAL_DATA_VALUE
        if pdu[at + 5] != 2 * u16(pdu, at + 3) or n != 6 + pdu[at + 5]:
            return ILLEGAL_DATA_VALUE
    else:
        return ILLEGAL_FUNCTION
    if u16(pdu, at + 1) + u16(pdu, at + 3) > 0x10000:
        return ILLEGAL_DATA_ADDRESS
    return 0


def request_length(adu, at, n):
    """Bytes of the serial request that begins at adu[at]; above `n` = wait for as many; 0 = cannot tell."""
    if n < 2:
        return 2
    fc = adu[at + 1]
    if 1 <= fc <= 6:
        return 8
    if fc == _WRITE_MULTIPLE or fc == 15:
        return 7 if n < 7 else _fitting(9 + adu[at + 6])
    if fc == 22:
        return 10
    if fc == 23:
        return 11 if n < 11 else _fitting(13 + adu[at + 10])
    return 0


def reply_length(adu, at, n):
    """As `request_length`, for a reply."""
    if n < 2:
        return 2
    fc = adu[at + 1]
    if fc >= 0x80:
        return 5
    if 1 <= fc <= 4 or fc == 23:
        return 3 if n < 3 else _fitting(5 + adu[at + 2])
    if fc == 5 or fc == _WRITE_SINGLE or fc == 15 or fc == _WRITE_MULTIPLE:
        return 8
    if fc == 22:
        return 10
    return 0


def _fitting(length):
    return length if length <= _MAX_RTU_ADU else 0
