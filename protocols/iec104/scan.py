"""Streams of points under one cause: general and counter interrogation, cyclic data, background scan (IEC
60870-5-101 7.2.3).

A scan walks a list of points sorted by type and address and packs neighbours of one type into ASDUs as
the send window opens, so that orders and events pass between. Values are those of the moment of sending:
never older than an event already sent. Objects carry no time tag. Answers to an interrogation carry its
OA and T bit; ACT_TERM ends it. Runs of consecutive addresses use SQ = 1 when the station is configured
so.

lint: hot
"""

from protocols.iec104.codec import OBJECT_SIZE, put_header
from protocols.iec104.const import C_SC_NA_1, COT_ACTIVATION_TERM, MAX_ASDU


class Scan:
    def __init__(self):
        self.at = -1  # next point, -1 = idle
        self.points = ()
        self.group = 0  # 0 = all points that take part in a station interrogation, -1 = all
        self.cause = 0
        self.oa = 0
        self.type_id = 0  # of the interrogation to terminate, 0 = none
        self.qualifier = 0

    def start(self, points, group, cause):
        """Begin anew, also when one was running."""
        self.points = points
        self.group = group
        self.cause = cause
        self.oa = 0
        self.type_id = 0
        self.at = 0

    def answers(self, type_id, qualifier, oa, test):
        """The scan answers an interrogation and ends with its ACT_TERM."""
        self.type_id = type_id
        self.qualifier = qualifier
        self.oa = oa
        self.cause |= test

    def stop(self):
        self.at = -1

    def step(self, link, ca, now):
        """Send the next ASDU; False when there was no room for it."""
        points = self.points
        i = self.at
        count = len(points)
        while i < count and not self._wants(points[i]):
            i += 1
        self.at = i
        if i == count:
            return self._finish(link, ca, now)
        start = link.begin(MAX_ASDU)
        if start < 0:
            return False
        if link.station.params.sequence and self._is_run(i):
            return self._send_run(link, start, ca, now)
        buf = link.tx.buf
        type_id = points[i].kind.type_id
        last = start + MAX_ASDU - 3 - OBJECT_SIZE[type_id]
        to = start + 6
        n = 0
        while i < count and to <= last:
            point = points[i]
            if self._wants(point):
                if point.kind.type_id != type_id:
                    break
                to = point.put(buf, to)
                n += 1
            i += 1
        self.at = i
        put_header(buf, start, type_id, n, self.cause, self.oa, ca)
        link.send(to - start, 0, now)
        return True

    def _wants(self, point):
        group = self.group
        if group < 0:
            return point.kind.type_id < C_SC_NA_1  # no parameters
        own = point.kind.group
        return own == group or (not group and own > 0)

    def _is_run(self, i):
        """Whether point i + 1 continues i."""
        points = self.points
        if i + 1 >= len(points):
            return False
        this = points[i]
        then = points[i + 1]
        return then.ioa == this.ioa + 1 and then.kind.type_id == this.kind.type_id and self._wants(then)

    def _send_run(self, link, start, ca, now):
        """One ASDU with SQ = 1."""
        buf = link.tx.buf
        i = self.at
        type_id = self.points[i].kind.type_id
        last = start + MAX_ASDU - OBJECT_SIZE[type_id]
        to = self.points[i].put(buf, start + 6)
        n = 1
        while n < 127 and to <= last and self._is_run(i):
            i += 1
            to = self.points[i].put_element(buf, to)
            n += 1
        self.at = i + 1
        put_header(buf, start, type_id, 0x80 | n, self.cause, self.oa, ca)
        link.send(to - start, 0, now)
        return True

    def _finish(self, link, ca, now):
        if self.type_id:
            start = link.begin(10)
            if start < 0:
                return False
            buf = link.tx.buf
            put_header(buf, start, self.type_id, 1, COT_ACTIVATION_TERM | self.cause & 0x80, self.oa, ca)
            for i in range(6, 9):
                buf[start + i] = 0
            buf[start + 9] = self.qualifier
            link.send(10, 0, now)
        self.at = -1
        return True
