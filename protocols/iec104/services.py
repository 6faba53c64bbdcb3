"""What a station answers to an ASDU: the checks of its header, then the service of its type.

Header checks in this order: type (COT 44), cause (45), common address (46), object address (47), each
answered with the mirrored ASDU and P/N = 1. The broadcast address serves 100, 101, 103 and 105 only and
is answered with our own. An ASDU that is itself a 44-47 answer is counted and never answered, so that
two stations cannot keep each other busy. A wrong length or VSQ of a system command is answered like an
order's. Choices (IEC 60870-5-101 7.4, 5-5 6; general knowledge):
- A second interrogation of the same kind restarts the running one; the first then has no ACT_TERM of its
  own.
- C_CS sets the clock at once and is confirmed with the time received, behind the events that were
  waiting; a second one before that, an invalid or impossible time is refused. With T = 1 it is confirmed
  and the clock left alone.
- C_RD is answered with the object under COT 5 and nothing else. C_RP needs station.on_reset (QRP 1) or
  drops the waiting events (QRP 2).
- With params.tally_ioa counter group 4 (RQT 4, COT 41) is the tally of refusals and closed links (tally.py),
  which no other counter interrogation has.
- Types 104, 106 and 120 and above are not in this profile, 110 to 113 only where a station has parameters
  (parameters.py): COT 44.
"""

from protocols.iec104 import const as c
from protocols.iec104.codec import OBJECT_SIZE, put_header
from protocols.iec104.commands import order
from protocols.iec104.cp56 import decode as decode_time
from protocols.iec104.cp56 import shift


def receive(station, link, buf, at, n, now):
    """Judge the header of one ASDU and hand it to its service."""
    cause = buf[at + 2] & 0x3F
    service = _service_of(station, buf[at])
    if c.COT_UNKNOWN_TYPE <= cause <= c.COT_UNKNOWN_IOA:
        station.count(c.IGNORED_NEGATIVE)
    elif service is None:
        station.refuse(link, buf, at, n, c.REFUSED_TYPE, c.COT_UNKNOWN_TYPE, now)
    elif cause > 10 or not service[1] >> cause & 1:
        station.refuse(link, buf, at, n, c.REFUSED_COT, c.COT_UNKNOWN_COT, now)
    else:
        ca = buf[at + 4] | buf[at + 5] << 8
        if ca != station.common_address and (ca != c.CA_BROADCAST or not service[2]):
            station.refuse(link, buf, at, n, c.REFUSED_CA, c.COT_UNKNOWN_CA, now)
        elif n < 9:
            station.count(c.IGNORED_MALFORMED)
        else:
            service[0](station, link, buf, at, n, now)


def _service_of(station, type_id):
    if c.C_SC_NA_1 <= type_id <= c.C_BO_NA_1 or c.C_SC_TA_1 <= type_id <= c.C_BO_TA_1:
        return _ORDER
    service = SERVICES.get(type_id)
    if service is None and station.services is not None:
        service = station.services.get(type_id)
    return service


def _system(run):
    """A system command: object address 0, one object, exact length; `run` answers, or returns a refusal."""

    def service(station, link, buf, at, n, now):
        size = 9 + OBJECT_SIZE[buf[at]]
        if buf[at + 6] or buf[at + 7] or buf[at + 8]:
            station.refuse(link, buf, at, n, c.REFUSED_IOA, c.COT_UNKNOWN_IOA, now)
            return
        confirmation = (buf[at + 2] & 0x3F) + 1
        result = c.REFUSED_STRUCTURE
        if n < size:
            station.count(c.IGNORED_MALFORMED)
            return
        if n != size or buf[at + 1] != 1:
            station.first_object(buf, at, size)
            buf = station.scratch
            at = 0
        else:
            result = run(station, link, buf, at, confirmation, now)
        if result:
            station.refuse(link, buf, at, size, result, confirmation, now)

    return service


def _interrogation(station, link, buf, at, confirmation, now):
    qoi = buf[at + 9]
    if not c.QOI_STATION <= qoi <= c.QOI_GROUP_16:
        return c.REFUSED_QUALIFIER
    scan = link.interrogation
    if confirmation == c.COT_DEACTIVATION_CON:
        if scan.at < 0 or scan.qualifier != qoi:
            return c.REFUSED_SELECT
        scan.stop()
        link.answer(buf, at, 10, confirmation, now)
        return c.ACCEPTED
    link.answer(buf, at, 10, confirmation, now)
    scan.start(station.points, qoi - c.QOI_STATION, qoi)
    scan.answers(c.C_IC_NA_1, qoi, buf[at + 3], buf[at + 2] & c.TEST)
    return c.ACCEPTED


def _counter_interrogation(station, link, buf, at, confirmation, now):
    request = buf[at + 9] & 0x3F
    freeze = buf[at + 9] >> 6
    if not 1 <= request <= c.QCC_RQT_GENERAL:
        return c.REFUSED_QUALIFIER
    scan = link.counters
    if confirmation == c.COT_DEACTIVATION_CON:
        if scan.at < 0 or scan.qualifier != buf[at + 9]:
            return c.REFUSED_SELECT
        scan.stop()
        link.answer(buf, at, 10, confirmation, now)
        return c.ACCEPTED
    group = 0 if request == c.QCC_RQT_GENERAL else request
    test = buf[at + 2] & c.TEST
    if freeze and not link.may_control:
        return c.REFUSED_CONTROL
    link.answer(buf, at, 10, confirmation, now)
    if freeze and not test:
        for point in station.counters:
            if not group or point.kind.group == group:
                point.freeze(freeze)
    points = station.counters if not freeze else ()
    if group == 4 and not freeze and station.params.tally_ioa:
        from protocols.iec104.tally import Tally  # asked for in laboratories

        points = Tally(station)
    scan.start(points, group, c.COT_COUNTERS + group)
    scan.answers(c.C_CI_NA_1, buf[at + 9], buf[at + 3], test)
    return c.ACCEPTED


def _read(station, link, buf, at, n, now):
    point = station.point_at(buf[at + 6] | buf[at + 7] << 8 | buf[at + 8] << 16)
    if point is None:
        station.refuse(link, buf, at, n, c.REFUSED_IOA, c.COT_UNKNOWN_IOA, now)
    elif n != 9 or buf[at + 1] != 1:
        station.first_object(buf, at, 9)
        station.refuse(link, station.scratch, 0, 9, c.REFUSED_STRUCTURE, c.COT_REQUEST, now)
    else:
        out = station.scratch
        put_header(out, 0, point.kind.type_id, 1, c.COT_REQUEST, buf[at + 3], station.common_address)
        out[2] |= buf[at + 2] & c.TEST
        link.answer(out, 0, point.put(out, 6), c.COT_REQUEST, now)


def _clock(station, link, buf, at, confirmation, now):
    moment = station.moment
    if link.is_clock_pending:
        return c.REFUSED_BUSY
    if not decode_time(buf, at + 9, moment):
        _told_clock(station, False, now)
        return c.REFUSED_VALUE
    if station.params.utc_offset_min:
        shift(moment, -station.params.utc_offset_min)
    if not buf[at + 2] & c.TEST:
        is_set = station.clock.set_utc(moment[0], moment[1], now)
        station.stamp.forget()
        _told_clock(station, is_set, now)
        if not is_set:
            return c.REFUSED_HANDLER
    link.answer_behind_events(buf, at, 16, confirmation, now)
    return c.ACCEPTED


def _told_clock(station, accepted, now):
    if station.on_clock is not None:
        station.on_clock(accepted, now)


def _reset(station, link, buf, at, confirmation, now):
    qrp = buf[at + 9]
    if not link.may_control:
        return c.REFUSED_CONTROL
    if qrp == c.QRP_EVENTS:
        if not buf[at + 2] & c.TEST:
            link.drop_events()
    elif qrp != c.QRP_GENERAL or station.on_reset is None:
        return c.REFUSED_QUALIFIER
    elif not buf[at + 2] & c.TEST and not station.on_reset(link, now):
        return c.REFUSED_HANDLER
    link.answer(buf, at, 10, confirmation, now)
    return c.ACCEPTED


def _test(station, link, buf, at, confirmation, now):
    link.answer(buf, at, 9 + OBJECT_SIZE[buf[at]], confirmation, now)
    return c.ACCEPTED


_ACT = 1 << c.COT_ACTIVATION
_ACT_DEACT = _ACT | 1 << c.COT_DEACTIVATION

# Type -> service, causes allowed as a bit mask, whether the broadcast address is
SERVICES = {
    c.C_IC_NA_1: (_system(_interrogation), _ACT_DEACT, True),
    c.C_CI_NA_1: (_system(_counter_interrogation), _ACT_DEACT, True),
    c.C_RD_NA_1: (_read, 1 << c.COT_REQUEST, False),
    c.C_CS_NA_1: (_system(_clock), _ACT, True),
    c.C_RP_NA_1: (_system(_reset), _ACT, True),
    c.C_TS_TA_1: (_system(_test), _ACT, False),
}
_ORDER = (order, _ACT_DEACT, False)
