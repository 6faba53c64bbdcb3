"""A station with an object of every type that it takes, asked everything in memory; what it did is the
record.

The master here knows frames only, so that nothing is asked of our own controlling station.
"""

from protocols.errors import LocalError
from protocols.iec104 import codec, cp56
from protocols.iec104 import const as c
from protocols.iec104.outstation import Outstation
from protocols.iec104.parameters import KPA_THRESHOLD, Parameters
from protocols.iec104.params import Params
from protocols.iec104.protection import Protection
from protocols.ticks import ticks_add

PEER = "192.0.2.1"
DAY, NOON = 9821, 43200000
STARTDT_ACT = 0x07
PARAMETERS = 0x6000
CYCLE_MS = 1000
SYSTEM_TYPES = (100, 101, 103, 105, 107)
TYPES = range(256)
CAUSES = range(1, 64)
GROUPS = range(c.QOI_STATION, c.QOI_GROUP_16 + 1)
COUNTER_GROUPS = range(1, c.QCC_RQT_GENERAL + 1)


class Clock:
    """Stands at noon, and takes whatever it is told."""

    day, ms, valid = DAY, NOON, True

    def sample(self, now):
        pass

    def set_utc(self, day, ms, now):
        return True


class Handler:
    """Accepts every order."""

    def operate(self, cmd, type_id, value, link, now):
        return True


class Keeper:
    """Keeps every parameter."""

    def commit(self, changes):
        return True


class Record:
    """What the rehearsal saw; every set holds numbers of the standard."""

    def __init__(self):
        self.points = []  # types that a point can have
        self.protection = []
        self.orders = []  # types that a command object can have
        self.known = set()  # types that a request is not refused for (COT 44)
        self.causes = {}  # requested type -> causes that are not refused (COT 45)
        self.sent = {}  # type -> causes that it was sent with
        self.broadcast = set()  # types that the broadcast address reaches
        self.groups = set()  # qualifiers of interrogation that were confirmed and terminated
        self.counter_groups = set()
        self.freezes = set()
        self.selects = set()  # order types that may be selected before they are executed
        self.terminates = set()


class Rehearsal:
    def __init__(self):
        self.record = Record()
        self.now = 0
        params = Params(event_slots=512, max_links=2)
        params.background_ms = CYCLE_MS
        self.station = Outstation(params, Clock())
        self._objects()
        self.link = self.station.open_link(PEER, self.now)
        self.vs = self.vr = 0
        self._write(bytes((0x68, 4, STARTDT_ACT, 0, 0, 0)))

    def _objects(self):
        record, station = self.record, self.station
        for type_id in range(1, c.C_SC_NA_1):
            try:
                group = 1 + type_id % 16 if type_id != c.M_IT_NA_1 else 1 + type_id % 4
                station.add_point(0x1000 + type_id, type_id, cyclic_ms=CYCLE_MS, group=group)
                record.points.append(type_id)
            except LocalError:
                pass
        for type_id in range(1, c.C_SC_NA_1):
            try:
                Protection(station, 0x2000 + type_id, type_id).report(1, 10, 0, self.now)
                record.protection.append(type_id)
            except LocalError:
                pass
        parameters = Parameters(station, Keeper())
        for type_id in (c.M_ME_NA_1, c.M_ME_NB_1, c.M_ME_NC_1):
            parameters.add(PARAMETERS + type_id, 0x1000 + type_id, KPA_THRESHOLD)
        for type_id in range(c.C_SC_NA_1, c.M_EI_NA_1):
            try:
                station.add_command(0x3000 + type_id, (type_id,), Handler())
                station.add_command(0x4000 + type_id, (type_id,), Handler(), select=True)
                station.add_command(0x5000 + type_id, (type_id,), Handler(), terminates=True)
                record.orders.append(type_id)
            except LocalError:
                pass

    def run(self):
        """The whole rehearsal; its Record."""
        self._changes()
        for _ in range(3):
            self.now = ticks_add(self.now, CYCLE_MS)
            self._ask(None)
        for type_id in TYPES:
            self._type(type_id)
        for qoi in GROUPS:
            if self._interrogated(c.C_IC_NA_1, qoi):
                self.record.groups.add(qoi)
        for request in COUNTER_GROUPS:
            if self._interrogated(c.C_CI_NA_1, request):
                self.record.counter_groups.add(request)
        for freeze in (c.QCC_FREEZE, c.QCC_FREEZE_RESET, c.QCC_RESET):
            if self._interrogated(c.C_CI_NA_1, freeze << 6 | c.QCC_RQT_GENERAL):
                self.record.freezes.add(freeze)
        for type_id in self.record.points:
            self._ask(_asdu(c.C_RD_NA_1, c.COT_REQUEST, 0x1000 + type_id))
        for type_id in self.record.orders:
            self._order(type_id)
        return self.record

    def _changes(self):
        for type_id in self.record.points:
            point = self.station.point_at(0x1000 + type_id)
            point.update(1, c.QUALITY_GOOD, self.now)
            if type_id != c.M_IT_NA_1:
                point.returned(0, c.QUALITY_GOOD, self.now)

    def _type(self, type_id):
        """Which causes a request of this type may have, and whether the broadcast address reaches it."""
        accepted = set()
        for cause in CAUSES:
            answers = self._ask(_asdu(type_id, cause, _ioa_of(type_id)))
            seen = {a[2] & 0x3F for a in answers if a[0] == type_id}
            if answers and not seen & {c.COT_UNKNOWN_TYPE, c.COT_UNKNOWN_COT}:
                accepted.add(cause)
        if not accepted:
            return
        self.record.known.add(type_id)
        self.record.causes[type_id] = accepted
        answers = self._ask(_asdu(type_id, min(accepted), _ioa_of(type_id), ca=c.CA_BROADCAST))
        if not any(a[2] & 0x3F == c.COT_UNKNOWN_CA for a in answers if a[0] == type_id):
            self.record.broadcast.add(type_id)

    def _interrogated(self, type_id, qualifier):
        answers = self._ask(_asdu(type_id, c.COT_ACTIVATION, 0, bytes((qualifier,))))
        own = [a[2] & 0x7F for a in answers if a[0] == type_id]
        return own == [c.COT_ACTIVATION_CON, c.COT_ACTIVATION_TERM]

    def _order(self, type_id):
        at = codec.quality_at(type_id)
        element = bytearray(_element(type_id))
        if at >= 0:
            element[at] |= c.SELECT
            answers = self._ask(_asdu(type_id, c.COT_ACTIVATION, 0x4000 + type_id, bytes(element)))
            if _confirmed(answers, type_id):
                element[at] &= ~c.SELECT
                answers = self._ask(_asdu(type_id, c.COT_ACTIVATION, 0x4000 + type_id, bytes(element)))
                if _confirmed(answers, type_id):
                    self.record.selects.add(type_id)
        self._ask(_asdu(type_id, c.COT_ACTIVATION, 0x5000 + type_id))
        self.station.terminate(self.station.commands[0x5000 + type_id], self.now)
        if any(a[2] & 0x7F == c.COT_ACTIVATION_TERM for a in self._ask(None) if a[0] == type_id):
            self.record.terminates.add(type_id)

    # frames

    def _ask(self, asdu):
        """Send one ASDU, or nothing; all ASDUs that come back."""
        if asdu is not None:
            control = (self.vs << 1 & 0xFF, self.vs >> 7, self.vr << 1 & 0xFF, self.vr >> 7)
            self.vs = self.vs + 1 & 0x7FFF
            self._write(bytes((0x68, len(asdu) + 4) + control) + asdu)
        found = []
        self.station.tick(self.now)
        more = self._take()
        while more:
            found += more
            self._write(bytes((0x68, 4, 1, 0, self.vr << 1 & 0xFF, self.vr >> 7)))
            self.station.tick(self.now)
            more = self._take()
        for a in found:
            self.record.sent.setdefault(a[0], set()).add(a[2] & 0x3F)
        if self.link.is_closed:
            raise LocalError("the station closed the link in the rehearsal: %s" % self.link.closed_reason)
        return found

    def _write(self, octets):
        self.link.feed(bytearray(octets), len(octets), self.now)

    def _take(self):
        tx = self.link.tx
        octets = bytes(tx.buf[tx.start : tx.end])
        tx.consumed(len(octets))
        found = []
        while octets:
            size = 2 + octets[1]
            if not octets[2] & 1:
                self.vr = self.vr + 1 & 0x7FFF
                found.append(octets[6:size])
            octets = octets[size:]
        return found


def _confirmed(answers, type_id):
    return any(a[2] & 0x7F == c.COT_ACTIVATION_CON for a in answers if a[0] == type_id)


def _ioa_of(type_id):
    """An object that a request of this type is about."""
    if type_id == c.C_RD_NA_1:
        return 0x1000 + c.M_ME_NC_1
    if c.C_SC_NA_1 <= type_id < c.M_EI_NA_1:
        return 0x3000 + type_id
    if c.P_ME_NA_1 <= type_id <= c.P_ME_NC_1:
        return PARAMETERS + c.M_ME_NA_1 + 2 * (type_id - c.P_ME_NA_1)
    if type_id == c.P_AC_NA_1:
        return PARAMETERS + c.M_ME_NC_1
    return 0 if type_id in SYSTEM_TYPES else 0x1000 + c.M_ME_NC_1


def _element(type_id):
    """A harmless element and time tag of this type."""
    if not codec.is_known(type_id):
        return b"\x00"
    buf = bytearray(24)
    value = {c.C_IC_NA_1: 20, c.C_CI_NA_1: 5, c.C_RP_NA_1: c.QRP_EVENTS, c.P_AC_NA_1: 2}.get(type_id, 1)
    qualifier = KPA_THRESHOLD if c.P_ME_NA_1 <= type_id <= c.P_ME_NC_1 else 0
    codec.encoder(type_id)(buf, 0, 0.5 if type_id in (48, 61) else value, qualifier)
    size = codec.element_size(type_id)
    if codec.tag_size(type_id):
        cp56.encode(buf, size, DAY, NOON, 0)
    return bytes(buf[: codec.OBJECT_SIZE[type_id]])


def _asdu(type_id, cause, ioa, element=None, ca=1):
    body = element or b""
    body += _element(type_id)[len(body) :]
    head = bytes((type_id, 1, cause, 0, ca & 0xFF, ca >> 8, ioa & 0xFF, ioa >> 8 & 0xFF, ioa >> 16))
    return head + body
