"""Monitored points: the last value, what was last reported, and the rule for a spontaneous event.

A raw integer in the image's unit becomes the engineering value raw / divisor (a negative divisor turns
the sign) only when it is encoded; deadbands are compared in raw units. A value moves an event when it is
a deadband or more away from the value last reported as an event, or when the quality changed. Until the
first update() a point reads 0 with NT and IV. An unchanged update costs two compares and no memory.
"""

from protocols.errors import LocalError
from protocols.iec104 import codec
from protocols.iec104.const import C_SC_NA_1, M_ME_NA_1, M_ME_NC_1, M_ME_ND_1, P_AC_NA_1, P_ME_NA_1
from protocols.iec104.const import P_ME_NC_1, QUALITY_IV, QUALITY_NT

_FLOATS = (M_ME_NA_1, M_ME_NC_1, M_ME_ND_1, P_ME_NA_1, P_ME_NC_1)


class Kind:
    """What points of one type and scale share: a station has many points and few kinds."""

    def __init__(self, station, type_id, event_type, divisor, group):
        is_shown = type_id < C_SC_NA_1 or P_ME_NA_1 <= type_id < P_AC_NA_1
        if not codec.is_known(type_id) or not is_shown or codec.tag_size(type_id):
            raise LocalError("type %s is no monitored type without time tag" % type_id)
        if event_type is None:
            event_type = codec.tagged(type_id) or type_id
        elif event_type and event_type != type_id and codec.tagged(type_id) != event_type:
            raise LocalError("type %s cannot carry the events of type %s" % (event_type, type_id))
        if not divisor:
            raise LocalError("a divisor is 0")
        self.station = station
        self.type_id = type_id
        self.event_type = event_type  # 0 = no events
        self.is_tagged = event_type > 0 and codec.tag_size(event_type) > 0
        self.ring = station.events.binary if codec.OBJECT_SIZE[type_id] == 1 else station.events.other
        self.size = codec.element_size(type_id)
        self.encode = codec.encoder(type_id)
        self.is_float = type_id in _FLOATS
        self.divisor = divisor
        self.group = group  # 0 = station interrogation only, 1-16 = that group too, -1 = none

    def serves(self, other):
        """Whether a point of the other kind may have this one."""
        return (
            self.type_id == other.type_id
            and self.event_type == other.event_type
            and self.divisor == other.divisor
            and self.group == other.group
        )


class Point:
    def __init__(self, ioa, kind, deadband):
        if not 1 <= ioa <= 0xFFFFFF:
            raise LocalError("information object address %s is outside 1..16777215" % ioa)
        self.ioa = ioa
        self.kind = kind
        self.deadband = max(1, deadband)
        self.raw = 0
        self.sent = 0
        self.quality = QUALITY_NT | QUALITY_IV

    def update(self, raw, quality, now):
        """Take a new raw value and QDS octet; True when it became an event."""
        if quality == self.quality:
            if raw == self.raw:
                return False
            self.raw = raw
            moved = raw - self.sent
            if -self.deadband < moved < self.deadband:
                return False
        return self._report(raw, quality, 0, now)

    def returned(self, raw, quality, now):
        """update() of a value that a command changed: its event carries COT 11 (return information)."""
        if quality == self.quality and raw == self.sent:
            return False
        return self._report(raw, quality, 0x80, now)

    def _report(self, raw, quality, flag, now):
        self.raw = raw
        self.sent = raw
        self.quality = quality
        if not self.kind.event_type:
            return False
        self.kind.station.store_event(self, flag, now)
        return True

    def put(self, buf, at):
        """Encode address and element at `at`; returns the offset behind."""
        ioa = self.ioa
        buf[at] = ioa & 0xFF
        buf[at + 1] = ioa >> 8 & 0xFF
        buf[at + 2] = ioa >> 16
        return self.put_element(buf, at + 3)

    def put_element(self, buf, at):
        kind = self.kind
        raw = self.raw
        divisor = kind.divisor
        if kind.is_float:
            kind.encode(buf, at, raw / divisor if raw else 0.0, self.quality)
        elif divisor == 1:
            kind.encode(buf, at, raw, self.quality)
        else:
            kind.encode(buf, at, round(raw / divisor), self.quality)
        return at + kind.size
