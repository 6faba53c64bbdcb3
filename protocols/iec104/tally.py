"""What a station refused, by kind, as integrated totals: M_IT_NA_1 number i is Outstation.counts[i], whose
meaning is const.COUNT_NAMES[i].

To a scan this is a list of points; there is only one, which takes the place of each in turn. A way of our
own to look at the counts from afar: no standard names it.
"""

from protocols.iec104.codec import encode_object
from protocols.iec104.const import M_IT_NA_1

GROUP = 4


class Tally:
    type_id = M_IT_NA_1
    group = GROUP

    def __init__(self, station):
        self.kind = self  # a scan asks a point's kind
        self.ioa = 0
        self._first = station.params.tally_ioa
        self._counts = station.counts

    def __len__(self):
        return len(self._counts)

    def __getitem__(self, i):
        self.ioa = self._first + i
        return self

    def put(self, buf, at):
        """Encode address and count at `at`; returns the offset behind."""
        count = self._counts[self.ioa - self._first]
        return encode_object(buf, at, M_IT_NA_1, self.ioa, count, 0)
