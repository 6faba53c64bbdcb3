"""DL/T 645-2007 frames: FE preamble, 68, address, 68, control, length, data, checksum, 16.

The address is six BCD bytes, low byte first; each data byte goes out with 33h added; the checksum is the
sum from the first 68 modulo 256. Values are BCD, low byte first, and where they have a sign it is the
top bit of the last byte. Control codes, the limit of 200 data bytes, the wildcard AAh and the broadcast
address 99h x6 are from general knowledge of the standard (5.1 to 7.3); frame, +33h, 11h/91h and the
checksum agree with PyPI dlt645 3.2.0.

The order of a broadcast time is disputed: second first here, as all data goes low byte first; that
library sends the year first.

lint: hot, integer
"""

from protocols.errors import LocalError
from protocols.upy import const

START = 0x68
END = 0x16
PREAMBLE = 0xFE
WILDCARD = 0xAA
BROADCAST_TIME, READ, READ_NEXT, READ_ADDRESS = 0x08, 0x11, 0x12, 0x13
REPLY, FOLLOWS, REFUSED = 0x80, 0x20, 0x40  # bits of a control code: from the meter; more frames; error
ERROR_OTHER, ERROR_NO_DATA, ERROR_PASSWORD, ERROR_BAUD = 1, 2, 4, 8
MAX_DATA = 200
MAX_FRAME = MAX_DATA + 12
PREAMBLE_BYTES = 4

_START = const(0x68)
_END = const(0x16)
_PREAMBLE = const(0xFE)
_OFFSET = const(0x33)
_HEADER = const(10)


def begin(buf, at, address, control):
    """Preamble and head of a frame at buf[at]; the offset where its data bytes begin."""
    for i in range(PREAMBLE_BYTES):
        buf[at + i] = _PREAMBLE
    at += PREAMBLE_BYTES
    buf[at] = _START
    for i in range(6):
        buf[at + 1 + i] = address[i]
    buf[at + 7] = _START
    buf[at + 8] = control
    return at + _HEADER


def finish(buf, data_at, n):
    """Length, offset of 33h, checksum and end around the `n` data bytes at buf[data_at]; the frame's
    end.
    """
    if not 0 <= n <= MAX_DATA:
        raise LocalError("data does not fit into one frame")
    buf[data_at - 1] = n
    end = data_at + n
    for i in range(data_at, end):
        buf[i] = buf[i] + _OFFSET & 0xFF
    total = 0
    for i in range(data_at - _HEADER, end):
        total += buf[i]
    buf[end] = total & 0xFF
    buf[end + 1] = _END
    return end + 2


def put_di(buf, at, di):
    """A data identifier, DI0 first."""
    for i in range(4):
        buf[at + i] = di >> 8 * i & 0xFF


def di_at(buf, at):
    """The data identifier at buf[at]."""
    return buf[at] | buf[at + 1] << 8 | buf[at + 2] << 16 | buf[at + 3] << 24


def bcd(buf, at, n, signed):
    """The `n` <= 4 BCD bytes at buf[at] as an integer; `signed`: the top bit is a sign. None = no BCD."""
    value = 0
    negative = signed and buf[at + n - 1] & 0x80
    for i in range(n - 1, -1, -1):
        byte = buf[at + i]
        if negative and i == n - 1:
            byte &= 0x7F
        if byte & 0x0F > 9 or byte >> 4 > 9:
            return None
        value = value * 100 + (byte >> 4) * 10 + (byte & 0x0F)
    return -value if negative else value


def put_bcd(buf, at, n, value):
    """`value` as `n` BCD bytes; a negative one gets the top bit. LocalError when it does not fit."""
    rest = -value if value < 0 else value
    for i in range(n):
        buf[at + i] = rest // 10 % 10 << 4 | rest % 10
        rest //= 100
    if rest or value < 0 and buf[at + n - 1] & 0x80:
        raise LocalError("value does not fit into its BCD digits")
    if value < 0:
        buf[at + n - 1] |= 0x80


def matches(address, at, pattern, pattern_at):
    """Whether the six bytes of a pattern name the address at address[at]; AAh fits any byte."""
    for i in range(6):
        byte = pattern[pattern_at + i]
        if byte != WILDCARD and byte != address[at + i]:
            return False
    return True


def address_of(text):  # lint: cold
    """Six bytes from up to 12 digits ("" = AAh x6, whoever is there); LocalError for anything else."""
    if not text:
        return bytes((WILDCARD,)) * 6
    digits = "0" * (12 - len(text)) + text
    if len(digits) != 12 or not all([c in "0123456789" for c in digits]):
        raise LocalError("an address is up to 12 digits")
    return bytes([int(digits[i : i + 2], 16) for i in range(10, -1, -2)])


def address_text(buf, at):  # lint: cold
    """Twelve digits of the address at buf[at]."""
    return "".join(["%02X" % buf[at + i] for i in range(5, -1, -1)])
