"""Infypower BEG (bidirectional) power modules over CAN: identifiers, items, flags.

29-bit identifier: 28-26 error (0 ok, 2 bad command, 3 bad data, 7 starting), 25-22 device number (0Ah single,
0Bh group; 0Ch and 0Dh were seen too, so it is an option), 21-16 command (23h read, 24h write), 15-8
destination (00-3Bh module, 3Fh all), 7-0 source (controller F0h-F8h). Eight data bytes, big-endian: item (2),
0 (2), value (4) in mV, mA or mW. 125 kbit/s.

Sources: EVerest's driver of the BEG1K075G, a real charge-and-discharge pile (SK), EN+.
The status flags of item 1110h are taken to be those of Infy's REG modules: general knowledge, to be verified;
so is that 2108h (total AC power) is a magnitude, whose direction is that of the mode.

lint: integer, hot
"""

from protocols.upy import const

READ, WRITE = 0x23, 0x24
ALL = 0x3F
DEVICE_SINGLE = 0x0A
CONTROLLER = 0xF0

MODULE_COUNT, DC_VOLTAGE, DC_CURRENT, AMBIENT = 0x1010, 0x1101, 0x1102, 0x1106
POWER_SWITCH, INVERTER_STATUS = 0x1110, 0x1111  # 1110h reads the status flags
DC_VMAX, DC_VMIN, DC_IMAX, RATED_POWER = 0x1130, 0x1131, 0x1132, 0x1133
AC_POWER, WORKING_MODE = 0x2108, 0x2110  # 2108h reads; 2110h writes

ON, OFF = 0xA0, 0xA1
RECTIFIER, INVERTER = 0xA0, 0xA1

# Flags of 1110h: bit number in the last three bytes, byte 7 = bits 0-7, byte 6 = 8-15, byte 5 = 16-23.
FLAG_SHORT, FLAG_SLEEP, FLAG_DISCHARGE = 0, 4, 5
FLAG_DC_OFF, FLAG_FAULT, FLAG_PROTECTION, FLAG_FAN = 8, 9, 10, 11
FLAG_OVER_TEMPERATURE, FLAG_OVER_VOLTAGE = 12, 13
FLAG_WALK_IN, FLAG_CAN_LOST, FLAG_POWER_LIMITED, FLAG_DUPLICATE_ID, FLAG_LOAD_SHARE = 14, 15, 16, 17, 18
FLAG_PHASE_LOSS, FLAG_UNBALANCE, FLAG_AC_UNDER, FLAG_AC_OVER, FLAG_PFC_OFF = 19, 20, 21, 22, 23

_BIG = const(0x1FFF)  # more than this in the upper 16 bits would pass 2**29: clipped
CLIPPED = 0x1FFFFFFF


def identifier(device, command, destination, source):
    return device << 22 | command << 16 | destination << 8 | source


def error_of(can_id):
    return can_id >> 26


def command_of(can_id):
    return can_id >> 16 & 0x3F


def fill(data, item, value):
    """Eight data bytes of a read (value 0) or a write."""
    data[0] = item >> 8
    data[1] = item & 0xFF
    data[2] = data[3] = 0
    data[4] = value >> 24 & 0xFF
    data[5] = value >> 16 & 0xFF
    data[6] = value >> 8 & 0xFF
    data[7] = value & 0xFF


def item_of(data):
    return data[0] << 8 | data[1]


def value_of(data):
    """The value as a magnitude: a negative one is turned; CLIPPED from 2**29 on."""
    high = data[4] << 8 | data[5]
    low = data[6] << 8 | data[7]
    if high & 0x8000:
        high ^= 0xFFFF
        low = (low ^ 0xFFFF) + 1
    if high > _BIG:
        return CLIPPED
    return (high << 16) + low


def flags_of(data):
    """The 24 status flags of 1110h."""
    return data[5] << 16 | data[6] << 8 | data[7]
