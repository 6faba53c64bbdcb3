"""Integrated totals (M_IT_NA_1) with freeze and reset by C_CI_NA_1 (IEC 60870-5-101 7.2.6.9, 7.2.6.23; from
general knowledge).

The reported count is `raw` minus the raw value of the last reset, as a signed 32-bit number. Once
frozen, an interrogation reports the frozen count, until a plain reset (FRZ 3) returns to the running
one. The sequence number counts freezes modulo 32; CA is set after a reset until the next report.
"""

from protocols.iec104.codec import encoder
from protocols.iec104.const import M_IT_NA_1, QCC_FREEZE, QCC_FREEZE_RESET, QUALITY_IV
from protocols.iec104.points import Point

_CA = 0x40
_encode = encoder(M_IT_NA_1)


class Counter(Point):
    def __init__(self, ioa, kind, deadband):
        Point.__init__(self, ioa, kind, deadband)
        self.quality = QUALITY_IV
        self._base = 0
        self._frozen = 0
        self._is_frozen = False
        self._sequence = 0
        self._adjusted = 0

    def freeze(self, how):
        """FRZ 1: freeze; 2: freeze and reset; 3: reset."""
        if how in (QCC_FREEZE, QCC_FREEZE_RESET):
            self._frozen = self.raw - self._base
            self._is_frozen = True
            self._sequence = self._sequence + 1 & 0x1F
        else:
            self._is_frozen = False
        if how != QCC_FREEZE:
            self._base = self.raw
            self._adjusted = _CA

    def put_element(self, buf, at):
        count = self._frozen if self._is_frozen else self.raw - self._base
        _encode(buf, at, count, self.quality & QUALITY_IV | self._adjusted | self._sequence)
        self._adjusted = 0
        return at + 5
