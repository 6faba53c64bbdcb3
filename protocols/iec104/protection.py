"""Events of protection equipment (M_EP_TD_1, M_EP_TE_1, M_EP_TF_1; IEC 60870-5-101 7.3.1.38 to 40, from
general knowledge): what tripped, for how long, and when. They are events only: no interrogation and no
read has them.

They wait in the ring of the other events, since their elements are too long for the binary one. A
station without protection imports nothing of this.
"""

from protocols.errors import LocalError
from protocols.iec104 import codec
from protocols.iec104 import const as c
from protocols.iec104.codec import put_ioa

LONGEST_MS = 60000


class Protection:
    """One protection object of a station: report(state, ms, quality, now) for each event.

    `state`: ES 0..3 for M_EP_TD_1, the bits of SPE or OCI for the others; `ms`: elapsed, relay duration
    or operating time, 0..60000; `quality`: EI (0x08), BL, SB, NT, IV.
    """

    is_tagged = True

    def __init__(self, station, ioa, type_id):
        if type_id not in (c.M_EP_TD_1, c.M_EP_TE_1, c.M_EP_TF_1):
            raise LocalError("type %s is no event of protection equipment" % type_id)
        if not 1 <= ioa <= 0xFFFFFF or station.point_at(ioa) is not None:
            raise LocalError("information object address %s is taken, or outside 1..16777215" % ioa)
        self.station = station
        self.ioa = ioa
        self.event_type = type_id
        self.ring = station.events.other
        self.kind = self  # the event buffer asks a point's kind
        self._raw = 0
        self._quality = 0

    def report(self, state, ms, quality, now):
        """One event, at once into the buffer; LocalError when the time is impossible."""
        if not 0 <= ms <= LONGEST_MS:
            raise LocalError("a protection time is %s ms, but must lie in 0..%s" % (ms, LONGEST_MS))
        self._raw = ms << 8 | state & 0x3F
        self._quality = quality
        self.station.store_event(self, 0, now)

    def put(self, buf, at):
        """Encode address and element at `at`; returns the offset behind."""
        put_ioa(buf, at, self.ioa)
        codec.encoder(self.event_type)(buf, at + 3, self._raw, self._quality)
        return at + 3 + codec.element_size(self.event_type)
