"""What the console has heard of a station: the last value of each object, answers, refusals by kind, and
counts. All of it is written by the line's thread, under its lock.
"""

import statistics
import time
from collections import Counter, deque
from typing import NamedTuple

from protocols.iec104 import codec
from protocols.iec104 import const as c
from protocols.iec104.cp56 import GEN, IV, SU
from tools.statement import names

_KEPT = 10000  # latencies, for the median
TYPE_NAMES = {
    type_id: name
    for group in (names.MONITOR, names.CONTROL, names.SYSTEM, names.PARAMETER)
    for type_id, name, *_ in group
}
_REFUSAL_CAUSES = {44: "type", 45: "cot", 46: "ca", 47: "ioa"}


class Value(NamedTuple):
    """The last news of an object; `heard_s`: our monotonic clock."""

    type_id: int
    value: object
    quality: int
    tag: str
    cause: int
    heard_s: float
    news: int  # how often it was heard


class Answer(NamedTuple):
    """The answer to a request."""

    type_id: int
    cause: int
    is_negative: bool
    is_test: bool
    ioa: int
    value: object
    qualifier: int
    ca: int
    heard_s: float


def type_name(type_id):
    return TYPE_NAMES.get(type_id, "type %d" % type_id)


def quality_text(type_id, octet):
    """ "good", or the flags by their names."""
    if type_id in (c.M_IT_NA_1, c.M_IT_TB_1):
        flags = ((0x20, "CY"), (0x40, "CA"), (0x80, "IV"))
    else:
        flags = ((0x01, "OV"), (0x10, "BL"), (0x20, "SB"), (0x40, "NT"), (0x80, "IV"))
    return " ".join(name for bit, name in flags if octet & bit) or "good"


def tag_text(buf, at, size):
    """CP56Time2a or CP24Time2a as it stands on the wire, with IV, SU, GEN where they are set."""
    ms = buf[at] | buf[at + 1] << 8
    text = "%02d:%06.3f" % (buf[at + 2] & 0x3F, ms / 1000)
    flags = " IV" * bool(buf[at + 2] & IV) + " GEN" * bool(buf[at + 2] & GEN)
    if size == 7:
        date = (buf[at + 6] & 0x7F, buf[at + 5] & 0x0F, buf[at + 4] & 0x1F, buf[at + 3] & 0x1F)
        text = "20%02d-%02d-%02d %02d:" % date + text
        flags += " SU" * bool(buf[at + 3] & SU)
    return text + flags


class Heard:
    """The listener of a ControllingStation."""

    def __init__(self, log):
        self.log = log  # log.row(...) of csvlog.py
        self.values = {}  # (common address, object address) -> Value
        self.answers = deque(maxlen=1000)
        self.refusals = Counter()  # by kind, under the names of const.COUNT_NAMES where there is one
        self.counts = Counter()
        self.closings = Counter()  # by reason
        self.latencies_ms = deque(maxlen=_KEPT)
        self.machine = None  # the ControllingStation that we listen to

    def on_data(self, type_id, cause, ioa, value, quality, buf, tag_at):
        at = self.machine.asdu_at
        ca = buf[at + 4] | buf[at + 5] << 8
        tag = tag_text(buf, tag_at, codec.tag_size(type_id)) if tag_at >= 0 else ""
        before = self.values.get((ca, ioa))
        news = before.news + 1 if before else 1
        cause &= 0x3F
        self.values[ca, ioa] = Value(type_id, value, quality, tag, cause, time.monotonic(), news)
        self.counts["objects"] += 1
        quality = "" if type_id == c.M_EI_NA_1 else quality_text(type_id, quality)
        self.log.row("in", type_id, cause, buf[at + 3], ca, ioa, value, quality, tag)

    def on_answer(self, type_id, cause, ioa, value, qualifier, buf, at):
        is_negative, is_test = bool(cause & c.NEGATIVE), bool(cause & c.TEST)
        ca = buf[at + 4] | buf[at + 5] << 8
        answer = Answer(
            type_id, cause & 0x3F, is_negative, is_test, ioa, value, qualifier, ca, time.monotonic()
        )
        self.answers.append(answer)
        self.counts["answers"] += 1
        if is_negative:
            self.refusals[_REFUSAL_CAUSES.get(answer.cause, "negative confirmation")] += 1
        note = " ".join(["P/N=1"] * is_negative + ["T=1"] * is_test)
        self.log.row("in", type_id, answer.cause, buf[at + 3], ca, ioa, value, note=note)

    def latency(self):
        """(number, median, p99, worst) in ms of the confirmed orders, or None."""
        found = sorted(self.latencies_ms)
        if not found:
            return None
        p99 = found[min(len(found) - 1, len(found) * 99 // 100)]
        return len(found), statistics.median(found), p99, found[-1]
