"""Rows 101-103: CP56Time2a."""

import datetime

from hil_tests.rows import wire
from hil_tests.rows.clock import CLOCK
from hil_tests.rows.row import check, row


def fields(tag):
    """CP56Time2a as numbers."""
    return {
        "ms": tag[0] | tag[1] << 8, "minute": tag[2] & 0x3F, "gen": tag[2] >> 6 & 1, "iv": tag[2] >> 7,
        "hour": tag[3] & 0x1F, "su": tag[3] >> 7, "weekday": tag[4] >> 5, "day": tag[4] & 0x1F,
        "month": tag[5] & 0x0F, "year": tag[6] & 0x7F, "spare": tag[3] & 0x60 | tag[5] & 0xF0 | tag[6] & 0x80,
    }  # fmt: skip


def moment(tag):
    """The tag as a datetime (2000-2099)."""
    f = fields(tag)
    second, ms = divmod(f["ms"], 1000)
    return datetime.datetime(
        2000 + f["year"], f["month"], f["day"], f["hour"], f["minute"], second, ms * 1000
    )


def event_tag(t, m, point):
    """The tag of one new event of this point."""
    t.update(point)
    found = [a for a in m.asdus() if a.cause == 3]
    check(
        found and found[0].objects and found[0].objects[0][2], "no event with a time tag: " + wire.told(found)
    )
    return found[0].objects[0][2]


@row(
    101,
    "The time tag of an event",
    "ms 0-59999, minute, hour, day of week 1-7 or 0, day, month, year in their places",
    "101 §7.2.6.18",
)
def layout(t):
    m = t.master()
    if "clock" not in t.target.lacks:
        m.ask(CLOCK)
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    f = fields(event_tag(t, m, (t.event_binary, 1)))
    check(f["ms"] < 60000 and f["minute"] < 60 and f["hour"] < 24 and f["spare"] == 0, str(f))
    at = moment(event_tag(t, m, (t.event_measured, 4000)))
    check(f["weekday"] in (0, at.isoweekday()), "day of week %d on %s" % (f["weekday"], at.date()))
    if "clock" in t.target.lacks:
        check(abs((at - now).total_seconds()) < 14 * 3600 + 10, "%s, at %s" % (at, now))
    else:
        wanted = datetime.datetime(2026, 11, 21, 12, 30, 10)
        check(0 <= (at - wanted).total_seconds() < 5 and f["weekday"] == 6, "%s, set to %s" % (at, wanted))


@row(
    102,
    "Events before the first synchronisation, after it, and after its age limit; one kept while stopped",
    "IV = 1 while the time is not known; the tag is the time of the change, not of sending",
    "101 §7.2.6.18",
    needs=("clock",),
    clock_valid_ms=700,
)
def validity(t):
    m = t.master()
    check(fields(event_tag(t, m, (t.event_binary, 1)))["iv"] == 1, "IV = 0 before the first synchronisation")
    m.ask(CLOCK)
    tag = event_tag(t, m, (t.event_binary, 0))
    check(fields(tag)["iv"] == 0, "IV = 1 after it")
    m.u(wire.STOPDT_ACT)
    m.until(lambda f: f.control == wire.STOPDT_CON)
    t.update((t.event_binary, 1))
    m.during(0.4)
    came = [f.asdu for f in m.start() if f.kind == "I"]
    check(len(came) == 1 and came[0].objects, wire.told(came))
    after = (moment(came[0].objects[0][2]) - moment(tag)).total_seconds()
    check(after < 0.3, "the tag is %.2f s behind the change" % after)
    m.during(0.5)
    check(fields(event_tag(t, m, (t.event_binary, 0)))["iv"] == 1, "IV = 0 after the age limit")


@row(
    103,
    "A station whose time base is Beijing's (UTC+8)",
    "Tags and synchronisation are in it, SU = 0",
    "101 §7.2.6.18",
    needs=("base",),
    utc_offset_min=480,
    choice="UTC by default; any offset by configuration; SU = 0 always sent",
)
def time_base(t):
    m = t.master()
    t.one_answer(m, CLOCK, 7, False)
    tag = event_tag(t, m, (t.event_binary, 1))
    after = (moment(tag) - datetime.datetime(2026, 11, 21, 12, 30, 10)).total_seconds()
    check(0 <= after < 5, "tag %s" % moment(tag))
    check(fields(tag)["su"] == 0, "SU = 1")
    day, ms, is_valid = t.state()["clock"]
    hour = ms // 3600000
    check(hour == 4 and is_valid, "the clock inside is at hour %d of UTC" % hour)
