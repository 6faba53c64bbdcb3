"""Parameters of measured values: loading (P_ME_NA_1, P_ME_NB_1, P_ME_NC_1) and activation (P_AC_NA_1); IEC
60870-5-101 7.3.4 and 5-5 6.10, from general knowledge, unverified.

A parameter is an object of its own address that belongs to a measured point: its dead band (KPA 1,
"threshold") or a lower or upper limit (KPA 3, 4); a value that crosses a limit is an event even inside the
dead band.
Interrogations and C_RD show it under its P_ME type, with KPA and POP in its octet QPM. Choices:
- COT 6 only (else 45); an address that is no parameter of this type: COT 47. Another KPA than the object's is
  refused, smoothing (KPA 2) is not there; LPC is not looked at.
- POP = 1: the value is kept and not in operation until P_AC_NA_1 puts it there.
- P_AC_NA_1, COT 6 on, COT 8 off: QPA 1 (address 0) all parameters that were loaded, QPA 2 one of them, QPA 3
  the cyclic transmission of a point. A parameter that is off leaves the configured value in force.
- ACT_CON is sent only after keeper.commit() has said that the change will outlive a restart.
Whoever may command may load parameters.
"""

from protocols.errors import LocalError
from protocols.iec104 import codec
from protocols.iec104 import const as c
from protocols.iec104.commands import refuse_structure
from protocols.iec104.points import Kind, Point

KPA_THRESHOLD, KPA_LOW, KPA_HIGH = 1, 3, 4
POP = 0x80
_TYPES = {c.M_ME_NA_1: c.P_ME_NA_1, c.M_ME_NB_1: c.P_ME_NB_1, c.M_ME_NC_1: c.P_ME_NC_1}
_LARGEST = 0x1FFFFFFF
_ACT = 1 << c.COT_ACTIVATION


class Parameter(Point):
    """`raw` is in the unit of its point; `quality` is the octet QPM."""

    def __init__(self, ioa, kind, kpa, point):
        Point.__init__(self, ioa, kind, 1)
        self.point = point
        self.kpa = kpa
        self.given = point.deadband  # what holds while the parameter is off
        self.side = False  # the point is beyond this limit
        self.is_loaded = kpa == KPA_THRESHOLD
        self.raw = self.given if kpa == KPA_THRESHOLD else 0
        self.quality = kpa if kpa == KPA_THRESHOLD else kpa | POP

    def put_in_force(self, raw, active):
        self.raw = raw
        self.is_loaded = True
        self.quality = self.kpa if active else self.kpa | POP
        self.side = self._is_beyond()
        if self.kpa == KPA_THRESHOLD:
            self.point.deadband = max(1, raw) if active else self.given

    def is_active(self):
        return not self.quality & POP

    def _is_beyond(self):
        return self.point.raw > self.raw if self.kpa == KPA_HIGH else self.point.raw < self.raw

    def put_element(self, buf, at):
        """Encode value and QPM; a value that its type cannot hold is clamped."""
        end = Point.put_element(self, buf, at)
        buf[end - 1] = self.quality
        return end

    def watch(self, now):
        """Tell that the point crossed this limit, unless it has been told already."""
        point = self.point
        if not self.is_active():
            return
        beyond = self._is_beyond()
        if beyond != self.side:
            self.side = beyond
            if point.raw != point.sent:
                point._report(point.raw, point.quality, 0, now)


class Parameters:
    def __init__(self, station, keeper):
        """`keeper.commit(changes)`: whether all as it is now, with the changes [(parameter, raw, active)],
        will outlive a restart.
        """
        self.station = station
        self.keeper = keeper
        self.all = []
        self.limits = []
        self.stopped = []  # (cycle's points, place there, point) whose cyclic transmission is off
        station.services = {c.P_AC_NA_1: (self._activate, _ACT | 1 << c.COT_DEACTIVATION, False)}
        for type_id in _TYPES.values():  # any order
            station.services[type_id] = (self._load, _ACT, False)

    def add(self, ioa, point_ioa, kpa):
        """A parameter object at `ioa` of the measured point at `point_ioa`."""
        station = self.station
        point = station.point_at(point_ioa)
        if point is None or point.kind.type_id not in _TYPES:
            raise LocalError("address %s is no measured value with parameters" % point_ioa)
        kind = Kind(station, _TYPES[point.kind.type_id], 0, point.kind.divisor, 0)
        parameter = Parameter(ioa, kind, kpa, point)
        station.insert(parameter)
        self.all.append(parameter)
        if kpa != KPA_THRESHOLD:
            self.limits.append(parameter)
        return parameter

    def watch(self, now):
        """Once after the points' updates."""
        for parameter in self.limits:
            parameter.watch(now)

    def not_cyclic(self):
        """Points whose cyclic transmission is switched off."""
        return [point for _, _, point in self.stopped]

    def set_cyclic(self, point, on):
        """Switch a point's cyclic transmission; False when it has none."""
        for i in range(len(self.stopped)):
            if self.stopped[i][2] is point:
                if on:
                    points, place, _ = self.stopped.pop(i)
                    points.insert(place, point)
                return True
        for cycle in self.station.cycles:
            if cycle.cause == c.COT_CYCLIC and point in cycle.points:
                if not on:
                    place = cycle.points.index(point)
                    cycle.points.pop(place)
                    self.stopped.append((cycle.points, place, point))
                return True
        return False

    # services

    def _load(self, station, link, buf, at, n, now):
        type_id = buf[at]
        parameter = station.point_at(codec.get_ioa(buf, at + 6))
        if not isinstance(parameter, Parameter) or parameter.kind.type_id != type_id:
            station.refuse(link, buf, at, n, c.REFUSED_IOA, c.COT_UNKNOWN_IOA, now)
        elif buf[at + 1] != 1 or n != 9 + codec.OBJECT_SIZE[type_id]:
            refuse_structure(station, link, buf, at, n, c.COT_ACTIVATION_CON, now)
        else:
            value = codec.decoder(type_id)(buf, at + 9)
            result = self._judge_load(link, parameter, value, buf, at, now)
            self._answer(link, buf, at, n, value, result, now)

    def _judge_load(self, link, parameter, value, buf, at, now):
        qpm = buf[at + 8 + codec.element_size(buf[at])]
        if not link.may_control:
            return c.REFUSED_CONTROL
        if qpm & 0x3F != parameter.kpa:
            return c.REFUSED_QUALIFIER
        scaled = value * parameter.kind.divisor
        if not -_LARGEST < scaled < _LARGEST or (parameter.kpa == KPA_THRESHOLD and scaled < 0):
            return c.REFUSED_VALUE
        if buf[at + 2] & c.TEST:
            return c.ACCEPTED
        return self._commit([(parameter, round(scaled), not qpm & POP)])

    def _commit(self, changes):
        if not self.keeper.commit(changes):
            return c.REFUSED_HANDLER
        for parameter, raw, active in changes:
            parameter.put_in_force(raw, active)
        return c.ACCEPTED

    def _activate(self, station, link, buf, at, n, now):
        confirmation = (buf[at + 2] & 0x3F) + 1
        ioa = codec.get_ioa(buf, at + 6)
        target = station.point_at(ioa) if ioa else self
        if target is None:
            station.refuse(link, buf, at, n, c.REFUSED_IOA, c.COT_UNKNOWN_IOA, now)
        elif buf[at + 1] != 1 or n != 10:
            refuse_structure(station, link, buf, at, n, confirmation, now)
        else:
            qpa = buf[at + 9]
            result = c.REFUSED_CONTROL
            if link.may_control:
                on = confirmation == c.COT_ACTIVATION_CON
                result = self._judge_activation(target, qpa, on, buf[at + 2] & c.TEST)
            self._answer(link, buf, at, n, qpa, result, now)

    def _judge_activation(self, target, qpa, on, test):
        if qpa == 1 and target is self:
            changes = [(parameter, parameter.raw, on) for parameter in self.all if parameter.is_loaded]
        elif qpa == 2 and isinstance(target, Parameter) and target.is_loaded:
            changes = [(target, target.raw, on)]
        elif qpa == 3 and target is not self:
            return self._judge_cyclic(target, on, test)
        else:
            return c.REFUSED_QUALIFIER
        return c.ACCEPTED if test else self._commit(changes)

    def _judge_cyclic(self, point, on, test):
        was = point not in self.not_cyclic()
        if not self.set_cyclic(point, on):
            return c.REFUSED_QUALIFIER
        if test or not self.keeper.commit([]):
            self.set_cyclic(point, was)
            return c.ACCEPTED if test else c.REFUSED_HANDLER
        return c.ACCEPTED

    def _answer(self, link, buf, at, n, value, result, now):
        confirmation = (buf[at + 2] & 0x3F) + 1
        link.answer(buf, at, n, confirmation | c.NEGATIVE if result else confirmation, now)
        self.station.judged(link, None, buf, at, n, value, result)
