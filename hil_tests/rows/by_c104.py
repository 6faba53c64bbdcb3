"""Rows that c104 as the master can express only in a way of its own: the same rule, another stimulus.

c104 selects and executes in one call, takes the time of clock synchronisations and test commands from its own
clock, and never holds back an acknowledgement. Everything that it sent and got stands in the relay's record.
"""

import datetime
import struct
import time

from hil_tests.rows import wire
from hil_tests.rows.context import GI
from hil_tests.rows.row import NotApplicable, check
from hil_tests.rows.selection import single
from hil_tests.rows.services import values
from hil_tests.rows.timetags import event_tag, fields, moment

MAIN, SCANNER = "127.0.0.1", "127.0.0.2"
_STANDBY_ROUNDS = 20  # of t3: c104 takes a quarter of a second to be quiet
_ROUNDS = 33000
_NO_TIME = bytes(7)
ROWS = {}


def by_c104(number):
    """Decorator: the test of this row when c104 asks."""

    def register(run):
        ROWS[number] = run
        return run

    return register


def _synchronise(m, ca=1):
    """C_CS_NA_1 with c104's own time; the frame that it sent, and the answers."""
    frame = m.i(wire.asdu(103, 6, 0, _NO_TIME, ca=ca), at=time.time())
    return frame, [a for a in m.asdus() if a.type == 103]


@by_c104(15)
def wrap(t):
    m = t.master()
    confirmed = m.repeat(t.setpoint(0.0), _ROUNDS)
    m.fence()
    check(not m.is_closed, "closed at N(S) = %d" % m.vs)
    sent = sum(f.kind == "I" for f in m.relay.sent)
    answers = sum(f.kind == "I" and f.asdu.type == 50 and f.asdu.cause == 7 for f in m.relay.received)
    check(sent == answers == _ROUNDS, "%d sent, %d answered, %d seen by c104" % (sent, answers, confirmed))
    numbers = [f.ns for f in m.relay.received if f.kind == "I"]
    check(numbers[-1] < 1000 and len(numbers) > 32768, "its numbers did not wrap")


@by_c104(28)
def clock_jump(t):
    m = t.master()
    began = time.monotonic()
    for _ in range(3):
        frame, found = _synchronise(m)
        check([a.cause for a in found] == [7], wire.told(found))
        t.tell("skip", ms=0)
    t.is_served(m)
    tests = m.until(lambda f: f.control == wire.TESTFR_ACT, t.t3 + 1)
    check(tests and tests[-1].control == wire.TESTFR_ACT, "no TESTFR act")
    check(time.monotonic() - began >= t.t3 * 0.8, "TESTFR act before t3")


@by_c104(67)
def long_interrogation(t):
    m = t.master()
    m.i(GI)
    m.i(t.setpoint(2.0))
    t.update((t.event_binary, 1))
    found = [f.asdu for f in m.until(lambda f: f.asdu is not None and f.asdu.cause == 10) if f.kind == "I"]
    rest = [f.asdu for f in m.fence() if f.kind == "I"]
    check(found and found[-1].type == 100, "no end")
    check(len(values(found, 20)) > 500, "%d objects" % len(values(found, 20)))
    check([a for a in found + rest if (a.type, a.cause) == (50, 7)], "the set-point was not confirmed")
    check([a for a in found + rest if a.cause == 3], "the event did not come")


@by_c104(74)
def behind_events(t):
    m = t.master()
    t.update((t.event_binary, 1))
    frame, found = _synchronise(m)
    check([(a.cause, a.is_negative) for a in found] == [(7, False)], wire.told(found))
    check(found[0].octets[9:] == frame.asdu.octets[9:], "time in the answer")


@by_c104(76)
def test_command(t):
    m = t.master()
    frame = m.i(wire.asdu(107, 6, 0, b"\0\0" + _NO_TIME), at=time.time())
    found = [a for a in m.asdus() if a.type == 107]
    check([(a.cause, a.is_negative) for a in found] == [(7, False)], wire.told(found))
    check(found[0].octets[6:] == frame.asdu.octets[6:], "the answer is not the request")


def _select_and_execute(m, octets):
    """The answers to both; c104 now and then misses the first and then does not execute, more often on a
    busy machine: told again.
    """
    for _ in range(10):
        sent, before = len(m.relay.sent), len(m.relay.received)
        m.i(octets, is_selected=True, at=time.time())
        m.fence()
        if sum(f.kind == "I" for f in m.relay.sent[sent:]) > 1:
            break
    return [f.asdu for f in m.relay.received[before:] if f.kind == "I" and f.asdu.type == octets[0]]


@by_c104(84)
def select(t):
    m = t.master()
    for octets in (single(0x01), t.setpoint(2.0, ioa=0x6012)):
        answers = _select_and_execute(m, octets)
        told = wire.told(answers)
        check(len(answers) == 2 and all(a.cause == 7 and not a.is_negative for a in answers), told)
        check([a.octets[-1] & 0x80 for a in answers] == [0x80, 0], "S/E of the answers: " + told)
    check([o[:2] for o in t.orders()] == [[0x6011, 45], [0x6012, 50]], "orders: %s" % t.orders())


@by_c104(89)
def direct_object(t):
    m = t.master()
    m.i(single(0x01, ioa=0x6001), is_selected=True, at=time.time())
    answers = [a for a in m.asdus() if a.type == 45]
    check(answers and answers[0].is_negative, wire.told(answers))
    check(t.orders() == [], "operated: %s" % t.orders())


@by_c104(93)
def stale(t):
    m = t.master()
    octets = wire.asdu(63, 6, 0x6205, struct.pack("<fB", 2.0, 0) + _NO_TIME)

    def asked(shift_s):
        m.i(octets, at=time.time() + shift_s)
        found = [a for a in m.asdus() if a.type == 63]
        check(len(found) == 1 and found[0].cause == 7, wire.told(found))
        return found[0].is_negative

    check(asked(0), "accepted while the clock is not set")
    _synchronise(m)
    check(not asked(0), "refused with the present time")
    check(asked(-60) and asked(60), "accepted a minute late or ahead")
    check(len(t.orders()) == 1, "orders: %s" % t.orders())


@by_c104(101)
def layout(t):
    m = t.master()
    _synchronise(m)
    f = fields(event_tag(t, m, (t.event_binary, 1)))
    check(f["ms"] < 60000 and f["minute"] < 60 and f["hour"] < 24 and f["spare"] == f["iv"] == 0, str(f))
    at = moment(event_tag(t, m, (t.event_measured, 4000)))
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    check(abs((now - at).total_seconds()) < 5, "tag %s at %s" % (at, now))


@by_c104(102)
def validity(t):
    m = t.master()
    check(fields(event_tag(t, m, (t.event_binary, 1)))["iv"] == 1, "IV = 0 before the first synchronisation")
    _synchronise(m)
    check(fields(event_tag(t, m, (t.event_binary, 0)))["iv"] == 0, "IV = 1 after it")
    m.during(0.8)
    check(fields(event_tag(t, m, (t.event_binary, 1)))["iv"] == 1, "IV = 0 after the age limit")


@by_c104(111)
def slow_reader(t):
    good, slow = t.master(MAIN), t.raw(SCANNER)
    slow.start()
    slow.sock.setblocking(False)
    flood = bytes.fromhex("680443000000") * 400
    end = time.monotonic() + t.t1 * 0.7
    while time.monotonic() < end:
        try:
            slow.sock.send(flood)
        except OSError:
            pass  # its buffer is full, which is what the row is about
        check(t.is_served(good), "c104 is not served")
    good.during(t.t1 * 0.3 + t.slack + 0.3)
    check(t.is_served(good), "c104 is not served in the end")


@by_c104(113)
def scanner(t):
    m = t.master(MAIN)
    check(t.is_served(m), "not served to begin with")
    for i in range(10):
        stranger = t.raw(SCANNER)
        stranger.u(wire.STARTDT_ACT)
        stranger.fence()
        stranger.send(b"GET / HTTP/1.1\r\n\r\n")
        t.update((t.event_measured, 1000 * (i + 2)))
        check([a.cause for a in m.asdus() if a.cause == 3], "the event went elsewhere")
        check(t.is_served(m), "c104 is no longer served")
        stranger.close()


@by_c104(22)
def parameters(t):
    raise NotApplicable("no master takes part in it")


@by_c104(26)
def busy(t):
    m = t.master()
    for _ in range(10):
        found = [f for f in m.during(t.t3 * 0.25) if f.control == wire.TESTFR_ACT]
        check(not found, "TESTFR act though the link is busy")
        check(t.is_served(m), "not served")


@by_c104(46)
def standby(t):
    works, waits = t.master(MAIN), t.dial("127.0.0.2")
    for _ in range(_STANDBY_ROUNDS):
        t.tell("skip", ms=20000)
        for m in (works, waits):
            m.fence()
            check(not m.is_closed, "closed")
    check(t.is_served(works), "the first is no longer served")
    waits.start()
    t.update((t.event_binary, 1))
    check([f for f in waits.fence() if f.kind == "I" and f.asdu.cause == 3], "no event on it after STARTDT")


@by_c104(54)
def broadcast(t):
    m = t.master()
    for octets in (wire.asdu(100, 6, 0, "14", ca=65535), wire.asdu(101, 6, 0, "05", ca=65535)):
        found = m.interrogate(octets)
        causes = [a.cause for a in found]
        check(causes.count(7) == causes.count(10) == 1, wire.told(found))
        check({a.ca for a in found} == {1}, "addresses %s in the answers" % sorted({a.ca for a in found}))
    _, found = _synchronise(m, 65535)
    check([(a.cause, a.ca) for a in found] == [(7, 1)], wire.told(found))


@by_c104(55)
def broadcast_elsewhere(t):
    m = t.master()
    for octets in (t.setpoint(2.0, ca=65535), wire.asdu(45, 6, 0x6001, "01", ca=65535)):
        t.one_answer(m, octets, 46)
    check(t.orders() == [], "executed: %s" % t.orders())


@by_c104(92)
def lost_before_termination(t):
    m = t.master()
    t.one_answer(m, t.setpoint(3.0, 0x6204), 7, False)
    m.close()
    m = t.master()
    t.tell("finish", ioa=0x6204)
    check(not [a for a in m.asdus() if a.cause == 10], "a termination on the next connection")
    check(len(t.orders()) == 1, "orders: %s" % t.orders())


@by_c104(103)
def time_base(t):
    m = t.master()
    _synchronise(m)
    at = moment(event_tag(t, m, (t.event_binary, 1)))
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    check(abs((now - at).total_seconds()) < 5, "tag %s at %s of its master" % (at, now))
    wanted = (now.hour - 8) % 24
    check(t.state()["clock"][1] // 3600000 in (wanted, (wanted + 1) % 24), "the clock inside")


@by_c104(112)
def connection_flood(t):
    m = t.master(MAIN)
    opened = []
    for _ in range(40):
        opened.append(t.raw(SCANNER))
        time.sleep(0.003)  # a full backlog makes the kernel wait for a second
    refused = sum(link.closes(0.05) for link in opened)
    check(refused == 37, "%d of 40 connections were refused, the limit is 4" % refused)
    stranger = t.raw("127.0.0.9")
    check(stranger.closes(1.0) and not stranger.frames, "a stranger was answered")
    check(t.is_served(m), "c104 is no longer served")


@by_c104(116)
def log(t):
    m = t.master()
    wanted = []
    for octets, result in (
        (t.setpoint(2.0, oa=9), "accepted"),
        (t.setpoint(1e9, oa=8), "handler"),
        (t.setpoint(2.0, 0x7777, oa=9), "ioa"),
        (wire.asdu(45, 6, 0x6011, "01"), "select"),
    ):
        m.ask(octets)
        wanted.append([MAIN, octets[3], result])
    got = [[entry[0], entry[1], entry[-1]] for entry in t.state()["log"]]
    check(got == wanted, "the log: %s" % got)
