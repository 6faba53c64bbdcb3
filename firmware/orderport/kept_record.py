"""One bay's session as it is kept, and the bytes of all of them for the board's store (which adds length,
sequence and CRC). A row is found again by its bay's name, so that a configuration may change around it.

Departure and arrival are wall time (day since 2000-01-01, ms of the day, UTC): ticks do not outlive a
restart. A day of -1 = there was no clock. unpack() takes nothing that is out of range: better no session than
a wrong one.
"""

import hashlib
import struct

from firmware.guard.keeper import IDENTITY_BYTES
from firmware.units import FULL_BP, MS_PER_DAY

VERSION = b"S1"
_ROW = "<8s16sBBBBHHiiii"
ROW_BYTES = struct.calcsize(_ROW)
ORDERED, WAITING, WITHHELD = 1, 2, 3  # WITHHELD: the configured day, but nobody has agreed to discharging
BOOKED, PLUGGED = 1, 2  # bits: a swap station's slot; the plug has been in since
NOBODY = bytes(IDENTITY_BYTES)
NO_DAY = -1
UNKNOWN = -1  # as in firmware/guard/sessions.py
_KEY_BYTES = 8
_LAST_DAY = 36525
_MOST_MODE = 3


def key_of_bay(name):
    """By which a bay's rows are found: names may be longer than what is kept."""
    return hashlib.sha256(name.encode()).digest()[:_KEY_BYTES]


class Damaged(ValueError):
    """No such record."""


class Row:
    """A session as it was ordered."""

    def __init__(self, kind, mode=0, target_bp=0, minimum_bp=0):
        self.kind = kind
        self.mode = mode
        self.target_bp = target_bp
        self.minimum_bp = minimum_bp
        self.owner = NOBODY  # the vehicle's identity, once its protocol has told one
        self.booked = self.plugged = False
        self.depart = UNKNOWN  # tick
        self.day = self.arrive_day = NO_DAY
        self.ms = self.arrive_ms = 0
        self.sure = True  # that its vehicle still stands there
        self.by_wall = False  # its departure's tick follows from its wall time, not the other way

    def pack(self, name):
        flags = (BOOKED if self.booked else 0) | (PLUGGED if self.plugged else 0)
        return struct.pack(
            _ROW, key_of_bay(name), self.owner, self.kind, flags, self.mode, 0, self.target_bp,
            self.minimum_bp, self.day, self.ms, self.arrive_day, self.arrive_ms,
        )  # fmt: skip


def unpack(data):
    """[(the bay's key, Row)] of a payload; Damaged when it is none of ours."""
    if data[: len(VERSION)] != VERSION or (len(data) - len(VERSION)) % ROW_BYTES:
        raise Damaged("length or version")
    return [_row(data[at : at + ROW_BYTES]) for at in range(len(VERSION), len(data), ROW_BYTES)]


def _row(data):
    name, owner, kind, flags, mode, spare, target_bp, minimum_bp, day, ms, a_day, a_ms = struct.unpack(
        _ROW, data
    )
    row = Row(kind, mode, target_bp, minimum_bp)
    sound = ORDERED <= kind <= WITHHELD and flags <= BOOKED | PLUGGED and mode <= _MOST_MODE and spare == 0
    sound = sound and minimum_bp <= FULL_BP and target_bp <= FULL_BP
    for one_day, one_ms in ((day, ms), (a_day, a_ms)):
        sound = sound and NO_DAY <= one_day < _LAST_DAY and 0 <= one_ms < MS_PER_DAY
    if not sound:
        raise Damaged("a figure out of range")
    row.owner = owner
    row.booked = bool(flags & BOOKED)
    row.plugged = bool(flags & PLUGGED)
    row.day, row.ms, row.arrive_day, row.arrive_ms = day, ms, a_day, a_ms
    return name, row
