"""Commands and set-points: direct, or select before execute (IEC 60870-5-101 7.3.2, 5-5 6.8; from general
knowledge).

Exactly one answer per order. The negative answer is the mirrored ASDU with P/N = 1: ACT_CON (DEACT_CON
for a deactivation) when the order itself is refused, COT 47 when there is no such object or not with
this type. Choices:
- A wrong VSQ (SQ = 1, N != 1) or length: negative ACT_CON about the first object, not executed.
- Order of judgement: control belongs to another master; value (NaN, infinity, DCS/RCS 0 or 3); time tag;
  select/execute; T bit; busy; the handler.
- T = 1: judged up to the handler, answered with T = 1, not operated.
- A time tag is compared with our clock; while that is not valid every tagged order is refused.
- Select on a direct-only object, and execute without a matching selection on the other kind, are
  refused. A selection holds type, OA, value, qualifier and link; any other execute drops it.
  Deactivation cancels a selection of the same link; with none it is refused.
- ACT_TERM is sent only for objects with `terminates`, by Outstation.terminate(); until then the object
  refuses new orders as busy.
"""

from protocols.errors import LocalError
from protocols.iec104 import codec
from protocols.iec104 import const as c
from protocols.iec104.cp56 import decode as decode_time
from protocols.iec104.cp56 import shift
from protocols.ticks import ticks_diff

_FLOATS = (c.C_SE_NC_1, c.C_SE_TC_1)
_TWO_BITS = (c.C_DC_NA_1, c.C_RC_NA_1, c.C_DC_TA_1, c.C_RC_TA_1)
_SINGLE = (c.C_SC_NA_1, c.C_SC_TA_1)
_FIRST_TAGGED = c.C_SC_TA_1


class Command:
    def __init__(self, ioa, type_ids, handler, select=False, terminates=False):
        if not 1 <= ioa <= 0xFFFFFF:
            raise LocalError("information object address %s is outside 1..16777215" % ioa)
        for type_id in type_ids:
            if not c.C_SC_NA_1 <= type_id <= c.C_BO_TA_1 or not codec.is_known(type_id):
                raise LocalError("type %s is no command" % type_id)
        self.ioa = ioa
        self.type_ids = type_ids
        self.handler = handler
        self.select = select  # select before execute
        self.terminates = terminates
        self.selector = None  # link that selected it
        self._selected_ms = 0
        self._selected = bytearray(8) if select else None  # type, OA, element without S/E
        self.executor = None  # link whose order is in progress
        self._order = bytearray(24) if terminates else None
        self._order_size = 0

    def forget(self, link):
        """The link is gone: no selection and no later termination."""
        if self.selector is link:
            self.selector = None
        if self.executor is link:
            self.executor = None

    def hold(self, link, buf, at, now):
        """Keep a selection."""
        self.selector = link
        self._selected_ms = now
        self._image(buf, at, self._selected)

    def expire(self, now, limit_ms):
        """Drop a selection that is older than the limit."""
        if self.selector is not None and ticks_diff(now, self._selected_ms) >= limit_ms:
            self.selector = None

    def matches(self, link, buf, at):
        """Whether this execute belongs to the selection; the link's own selection ends here either way."""
        if self.selector is not link:
            return False
        self.selector = None
        image = bytearray(8)
        self._image(buf, at, image)
        return image == self._selected

    def _image(self, buf, at, out):
        size = codec.element_size(buf[at])
        out[0] = buf[at]
        out[1] = buf[at + 3]
        for i in range(size):
            out[2 + i] = buf[at + 9 + i]
        for i in range(2 + size, 8):
            out[i] = 0
        if codec.quality_at(buf[at]) >= 0:
            out[1 + size] &= 0x7F

    def begin(self, link, buf, at, n):
        """The order is in progress until the application reports its end."""
        self.executor = link
        self._order_size = n
        for i in range(n):
            self._order[i] = buf[at + i]

    def finish(self, now):
        """Send ACT_TERM to the master that gave the order, if it is still there."""
        link = self.executor
        self.executor = None
        if link is not None:
            link.answer(self._order, 0, self._order_size, c.COT_ACTIVATION_TERM, now)


def order(station, link, buf, at, n, now):
    """One command ASDU whose type, cause and common address are right."""
    type_id = buf[at]
    ioa = station.order_ioa = buf[at + 6] | buf[at + 7] << 8 | buf[at + 8] << 16
    cmd = station.commands.get(ioa)
    if cmd is None or type_id not in cmd.type_ids:
        station.refuse(link, buf, at, n, c.REFUSED_IOA, c.COT_UNKNOWN_IOA, now)
        return
    confirmation = (buf[at + 2] & 0x3F) + 1
    if buf[at + 1] != 1 or n != 9 + codec.OBJECT_SIZE[type_id]:
        refuse_structure(station, link, buf, at, n, confirmation, now)
        return
    value = codec.decoder(type_id)(buf, at + 9)
    if type_id in _SINGLE:
        value = value == 1
    if confirmation == c.COT_DEACTIVATION_CON:
        result = _deactivate(cmd, link)
    else:
        result = _judge(station, cmd, link, type_id, value, buf, at, now)
    link.answer(buf, at, n, confirmation | c.NEGATIVE if result else confirmation, now)
    station.judged(link, cmd, buf, at, n, value, result)


def _judge(station, cmd, link, type_id, value, buf, at, now):
    """Index of the refusal, or ACCEPTED after the order was handed over."""
    if not link.may_control:
        return c.REFUSED_CONTROL
    if type_id in _FLOATS:
        if buf[at + 12] & 0x7F == 0x7F and buf[at + 11] & 0x80:
            return c.REFUSED_VALUE  # exponent all ones: NaN or infinity
    elif type_id in _TWO_BITS and value not in (1, 2):
        return c.REFUSED_VALUE
    if type_id >= _FIRST_TAGGED and not _is_timely(station, buf, at + 9 + codec.element_size(type_id), now):
        return c.REFUSED_TIME
    quality_at = codec.quality_at(type_id)
    is_select = quality_at >= 0 and buf[at + 9 + quality_at] & c.SELECT
    if is_select or cmd.select:
        result = _select(station, cmd, link, is_select, buf, at, now)
        if result or is_select:
            return result
    if buf[at + 2] & c.TEST:
        return c.ACCEPTED
    if cmd.executor is not None:
        return c.REFUSED_BUSY
    if not cmd.handler.operate(cmd, type_id, value, link, now):
        return c.REFUSED_HANDLER
    if cmd.terminates:
        cmd.begin(link, buf, at, 9 + codec.OBJECT_SIZE[type_id])
    return c.ACCEPTED


def _select(station, cmd, link, is_select, buf, at, now):
    cmd.expire(now, station.params.select_ms)
    if not is_select:
        return c.ACCEPTED if cmd.matches(link, buf, at) else c.REFUSED_SELECT
    if not cmd.select or (cmd.selector is not None and cmd.selector is not link):
        return c.REFUSED_SELECT
    if not station.may_select:
        return c.REFUSED_HANDLER
    if not buf[at + 2] & c.TEST:
        cmd.hold(link, buf, at, now)
    return c.ACCEPTED


def _deactivate(cmd, link):
    if cmd.selector is not link:
        return c.REFUSED_SELECT
    cmd.selector = None
    return c.ACCEPTED


def _is_timely(station, buf, at, now):
    """Whether the time tag at `at` is valid, not too old and not in the future."""
    clock = station.clock
    moment = station.moment
    clock.sample(now)
    if not clock.valid or not decode_time(buf, at, moment):
        return False
    if station.params.utc_offset_min:
        shift(moment, -station.params.utc_offset_min)
    days = clock.day - moment[0]
    if not -1 <= days <= 1:
        return False
    age_ms = clock.ms - moment[1] + days * 86400000
    return -station.params.command_ahead_ms <= age_ms <= station.params.command_age_ms


def refuse_structure(station, link, buf, at, n, confirmation, now):
    """A negative answer that is itself well formed: the whole ASDU if its VSQ is true, else one object."""
    if not codec.objects_fit(buf, at, n):
        size = 9 + codec.OBJECT_SIZE[buf[at]]
        if n < size:
            station.count(c.IGNORED_MALFORMED)
            return
        station.first_object(buf, at, size)
        n = size
        buf = station.scratch
        at = 0
    station.refuse(link, buf, at, n, c.REFUSED_STRUCTURE, confirmation, now)
