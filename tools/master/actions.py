"""What the console can do with a station; each waits for the answer and says what went wrong as a Failure.

An order is answered within `timeout_s`, or MASTER_UNANSWERED. A time-tagged order carries our clock in the
station's time base.
"""

import datetime
import time

from protocols.errors import LocalError
from protocols.iec104 import const as c
from protocols.iec104.apci import STARTED, STOPPED
from protocols.iec104.controlling import ControllingStation
from protocols.iec104.params import Params
from tools.catalogue import Failure
from tools.catalogue_host import (
    MASTER_COMMAND,
    MASTER_LINK_LOST,
    MASTER_NOT_STARTED,
    MASTER_REFUSED,
    MASTER_UNANSWERED,
)
from tools.master.heard import Heard, type_name
from tools.master.labels import CAUSES, NEGATIVE
from tools.master.line import Line

_EPOCH = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)
_ANSWERS = (c.COT_ACTIVATION_CON, c.COT_DEACTIVATION_CON, 44, 45, 46, 47)
_NO_SELECT = (c.C_BO_NA_1, c.C_BO_TA_1)  # a bitstring has no S/E bit
FIRST_TAGGED = c.C_SC_TA_1


class Actions:
    """`params`: k, w and timers of our end (protocols/iec104/params.py)."""

    def __init__(self, log, common_address=1, originator=0, utc_offset_min=0, timeout_s=5.0, params=None):
        self.log = log
        self.heard = Heard(log)
        self.params = params or Params()
        self.machine = self.heard.machine = ControllingStation(self.params, self.heard)
        self.machine.common_address = common_address
        self.machine.originator = originator
        self.utc_offset_min = utc_offset_min
        self.timeout_s = timeout_s
        self.line = Line(self.machine)
        self.line.on_closed = self._closed

    # link

    def connect(self, host, port, context=None, name=""):
        """A new connection and STARTDT; OSError when there is no station."""
        self.line.close()
        self.line.open(host, port, max(1.0, self.timeout_s), context, name)
        self.heard.counts["connections"] += 1
        self.log.note("connected to %s:%d" % (host, port))
        self.start()

    def start(self):
        """STARTDT, confirmed."""
        self._linked()
        if self.machine.state != STARTED:
            self.line.do(self.machine.start)
            self._await_state(STARTED, "STARTDT")

    def stop(self):
        """STOPDT, confirmed."""
        self._linked()
        if self.machine.state != STOPPED:
            self.line.do(self.machine.stop)
            self._await_state(STOPPED, "STOPDT")

    def _await_state(self, state, what):
        """A station that refuses us closes at once, so that ends this too."""
        self.line.wait(lambda: self.machine.state == state or not self.line.is_open, self.timeout_s)
        self._linked()
        if self.machine.state != state:
            raise Failure(MASTER_UNANSWERED, what)
        self.log.note(what + " confirmed")

    def _linked(self):
        if not self.line.is_open:
            raise Failure(MASTER_LINK_LOST, self.machine.closed_reason or "no connection")

    def _closed(self, reason):
        self.heard.closings[reason] += 1
        self.log.note("closed: " + reason)

    def close(self):
        """STOPDT where it is due, then the end."""
        if self.line.is_open and self.machine.state == STARTED:
            try:
                self.stop()
            except Failure:
                pass  # it ends in any case
        self.line.close()

    # requests

    def interrogate(self, qoi=c.QOI_STATION):
        """General or group interrogation, to its end; the number of objects that came."""
        return self._scan(c.C_IC_NA_1, lambda now: self.machine.interrogate(now, qoi), qoi)

    def interrogate_counters(self, qcc=c.QCC_RQT_GENERAL):
        return self._scan(c.C_CI_NA_1, lambda now: self.machine.interrogate_counters(now, qcc), qcc)

    def _scan(self, type_id, send, qualifier):
        counts = self.heard.counts
        before = last = counts["objects"]
        self._ask(type_id, 0, send, qualifier)
        is_end = lambda a: a.type_id == type_id and a.cause == c.COT_ACTIVATION_TERM  # noqa: E731
        while True:  # a long one may take its time, as long as something comes
            try:
                self._await(is_end, type_name(type_id) + " has no end")
                return counts["objects"] - before
            except Failure as failure:
                if failure.code != MASTER_UNANSWERED or counts["objects"] == last:
                    raise
                last = counts["objects"]

    def read(self, ioa):
        """The object as it came back under COT 5, a Value."""
        key = (self.machine.common_address, ioa)
        before = self.heard.values.get(key)

        def came():
            value = self.heard.values.get(key)
            return value is not before and value.cause == c.COT_REQUEST

        self._send(c.C_RD_NA_1, ioa, None, lambda now: self.machine.read(ioa, now), c.COT_REQUEST)
        refused = lambda: self._found(lambda a: a.type_id == c.C_RD_NA_1)  # noqa: E731
        self.line.wait(lambda: came() or refused() or not self.line.is_open, self.timeout_s)
        if came():
            return self.heard.values[key]
        if refused():
            raise _refusal(refused())
        self._linked()
        raise Failure(MASTER_UNANSWERED, "read 0x%04X" % ioa)

    def set_clock(self):
        day, ms, flags = self.moment()
        self._ask(c.C_CS_NA_1, 0, lambda now: self.machine.set_clock(day, ms, now, flags), None)

    def test(self, counter):
        day, ms, _ = self.moment()
        self._ask(c.C_TS_TA_1, 0, lambda now: self.machine.test_command(counter, day, ms, now), counter)

    def reset(self, qrp):
        self._ask(c.C_RP_NA_1, 0, lambda now: self.machine.reset_process(qrp, now), qrp)

    def order(self, type_id, ioa, value, qualifier=0, how="direct", is_test=False, tag=None):
        """One command or set-point; `how`: direct, sbo (select, then execute), select, execute, cancel. The
        answer to the last ASDU, and the ms that it took.
        """
        if how in ("select", "sbo"):
            if type_id in _NO_SELECT:
                raise Failure(MASTER_COMMAND, "%s cannot be selected" % type_name(type_id))
            answer = self._order(type_id, ioa, value, qualifier | c.SELECT, c.COT_ACTIVATION, is_test, tag)
            if how == "select":
                return answer
        cause = c.COT_DEACTIVATION if how == "cancel" else c.COT_ACTIVATION
        return self._order(type_id, ioa, value, qualifier, cause, is_test, tag)

    def parameter(self, type_id, ioa, value, qualifier, cause=c.COT_ACTIVATION):
        """A parameter of measured values (110-112), or its activation (113)."""
        machine = self.machine
        self._ask(
            type_id,
            ioa,
            lambda now: machine.parameter(type_id, ioa, value, now, qualifier, cause),
            value,
            cause,
        )

    def _order(self, type_id, ioa, value, qualifier, cause, is_test, tag):
        if type_id >= FIRST_TAGGED and tag is None:
            tag = self.moment()
        whole = cause | (c.TEST if is_test else 0)
        sent_s = time.monotonic()
        answer = self._ask(
            type_id,
            ioa,
            lambda now: self.machine.order(type_id, ioa, value, now, qualifier, whole, tag),
            value,
            cause,
        )
        ms = (answer.heard_s - sent_s) * 1000
        self.heard.latencies_ms.append(ms)
        return answer, ms

    def moment(self, shift_s=0.0):
        """Our clock as (day, ms, flags) in the station's time base."""
        offset = datetime.timedelta(minutes=self.utc_offset_min, seconds=shift_s)
        since = datetime.datetime.now(datetime.timezone.utc) + offset - _EPOCH
        return since.days, since.seconds * 1000 + since.microseconds // 1000, 0

    def _ask(self, type_id, ioa, send, value, cause=c.COT_ACTIVATION):
        """Send a request; its confirmation, or the refusal as a Failure."""
        self._send(type_id, ioa, value, send, cause)
        is_it = lambda a: a.type_id == type_id and a.ioa in (ioa, None) and a.cause in _ANSWERS  # noqa: E731
        answer = self._await(is_it, "%s 0x%04X" % (type_name(type_id), ioa))
        if answer.is_negative:
            raise _refusal(answer)
        return answer

    def _send(self, type_id, ioa, value, send, cause):
        end = time.monotonic() + self.timeout_s
        with self.line.changed:
            self._ready()
            self.heard.answers.clear()
            while not self._sent(send):
                if not self.line.wait(lambda: self.machine.unacked < self.params.k, end - time.monotonic()):
                    raise Failure(MASTER_UNANSWERED, "the send window stays full")
                self._ready()
        machine = self.machine
        self.log.row("out", type_id, cause, machine.originator, machine.common_address, ioa, value)

    def _ready(self):
        self._linked()
        if self.machine.state != STARTED:
            raise Failure(MASTER_NOT_STARTED, self.line.peer)

    def _sent(self, send):
        try:
            return self.line.do(send)
        except (LocalError, OverflowError) as error:
            raise Failure(MASTER_COMMAND, str(error)) from None

    def _found(self, is_it):
        return next((a for a in self.heard.answers if is_it(a)), None)

    def _await(self, is_it, what):
        self.line.wait(lambda: self._found(is_it) or not self.line.is_open, self.timeout_s)
        answer = self._found(is_it)
        if answer is None:
            self._linked()
            raise Failure(MASTER_UNANSWERED, what)
        return answer


def _refusal(answer):
    """The Failure that tells what a negative answer means."""
    english, chinese = CAUSES.get(answer.cause, NEGATIVE)
    where = " 0x%04X" % answer.ioa if answer.ioa else ""
    return Failure(
        MASTER_REFUSED,
        "%s%s, COT %d P/N=1: %s | %s" % (type_name(answer.type_id), where, answer.cause, english, chinese),
    )
