"""IEC 104: our controlling station and our outstation over pipes that deliver octet by octet."""

from hil_tests.portable.iec104_support import DAY, NOON, SELECTED, SETPOINT, SWITCH, Rig
from hil_tests.portable.support import raises
from protocols.errors import LocalError
from protocols.iec104 import const as c
from protocols.iec104.apci import STARTED, STOPPED
from protocols.iec104.controlling import ControllingStation
from protocols.iec104.cp56 import decode
from protocols.iec104.params import Params
from protocols.ticks import ticks_add


class Listener:
    """Takes down what a controlling station hears."""

    def __init__(self):
        self.data = []
        self.answers = []
        self.tags = []

    def on_data(self, type_id, cause, ioa, value, quality, buf, tag_at):
        self.data.append((type_id, cause, ioa, value, quality))
        if tag_at >= 0:
            moment = [0, 0]
            decode(buf, tag_at, moment)
            self.tags.append((moment[0], moment[1]))

    def on_answer(self, type_id, cause, ioa, value, qualifier, buf, at):
        self.answers.append((type_id, cause, ioa, value))

    def heard(self):
        data = self.data
        answers = self.answers
        self.data = []
        self.answers = []
        return data, answers


class Counting(Listener):
    """Expects the measurands 1.0, 2.0, 3.0 ... and keeps none."""

    def __init__(self):
        Listener.__init__(self)
        self.count = 0

    def on_data(self, type_id, cause, ioa, value, quality, buf, tag_at):
        self.count += 1
        assert value == self.count


class Pair:
    """Both ends; `chunk` octets cross at a time."""

    def __init__(self, chunk=1, **settings):
        self.rig = Rig(**settings)
        self.heard = Listener()
        params = Params()
        self.master = ControllingStation(params, self.heard)
        self.chunk = chunk
        self.connect()

    def connect(self):
        self.link = self.rig.station.open_link("10.0.0.1", self.rig.now)
        self.master.reset(self.rig.now)

    def start(self):
        self.master.start(self.rig.now)
        self.settle()
        assert self.master.state == STARTED and self.link.state == STARTED

    def move(self, tx, receiver):
        """Carry what waits from one end to the other."""
        moved = tx.end > tx.start
        while tx.end > tx.start:
            n = min(self.chunk, tx.end - tx.start)
            piece = bytearray(tx.buf[tx.start : tx.start + n])
            tx.consumed(n)
            receiver.feed(piece, n, self.rig.now)
        return moved

    def settle(self):
        while self.move(self.master.tx, self.link) or self.move(self.link.tx, self.master):
            pass

    def run(self, ms, step=100):
        while ms > 0:
            self.rig.now = ticks_add(self.rig.now, step)
            ms -= step
            self.rig.station.tick(self.rig.now)
            self.master.tick(self.rig.now)
            self.settle()


def test_a_day_of_a_dispatcher():
    pair = Pair()
    rig = pair.rig
    rig.acquire()
    pair.start()
    data, _ = pair.heard.heard()
    assert data[0] == (c.M_EI_NA_1, 4, 0, 0, 0)
    assert sorted([d[0] for d in data[1:]]) == [30] * 3 + [36] * 3
    pair.master.originator = 4
    assert pair.master.interrogate(rig.now)
    pair.settle()
    data, answers = pair.heard.heard()
    assert answers == [(100, 7, 0, 20), (100, 10, 0, 20)]
    assert [d[:2] for d in data] == [(1, 20)] * 3 + [(13, 20)] * 3
    assert [d[2] for d in data] == [1, 2, 3, 0x4001, 0x4002, 0x4003]
    assert pair.master.order(c.C_SE_NC_1, SETPOINT, -7.5, rig.now)
    assert pair.master.order(c.C_SC_NA_1, SWITCH, 1, rig.now)
    assert pair.master.order(c.C_SE_TC_1, SETPOINT, 5.0, rig.now, tag=(DAY, NOON, 0))
    pair.settle()
    _, answers = pair.heard.heard()
    assert answers == [(50, 7, SETPOINT, -7.5), (45, 7, SWITCH, 1), (63, 7, SETPOINT, 5.0)]
    assert rig.handler.orders == [(SETPOINT, 50, -7.5), (SWITCH, 45, True), (SETPOINT, 63, 5.0)]


def test_clock_read_test_and_counters():
    pair = Pair()
    rig = pair.rig
    rig.counter.update(12, 0, rig.now)
    pair.start()
    pair.heard.heard()
    assert pair.master.set_clock(DAY + 2, 1000, rig.now)
    pair.settle()
    assert rig.clock.settings == [(DAY + 2, 1000)]
    rig.measured[0].update(3000, 0, rig.now)
    pair.run(100)
    assert pair.heard.tags[-1] == (DAY + 2, 1000)
    assert pair.master.read(0x4001, rig.now) and pair.master.test_command(77, DAY, 0, rig.now)
    assert pair.master.interrogate_counters(rig.now) and pair.master.reset_process(c.QRP_EVENTS, rig.now)
    pair.settle()
    data, answers = pair.heard.heard()
    assert data == [(36, 3, 0x4001, 3.0, 0), (13, 5, 0x4001, 3.0, 0), (15, 37, 0x6401, 12, 0)]
    expected = [(101, 7, 0, 5), (101, 10, 0, 5), (103, 7, 0, None), (105, 7, 0, 2), (107, 7, 0, 77)]
    assert sorted(answers) == expected


def test_refusals_arrive_as_such():
    pair = Pair(chunk=7)
    pair.start()
    pair.master.common_address = 9
    pair.master.order(c.C_SE_NC_1, SETPOINT, 1.0, pair.rig.now)
    pair.master.common_address = 1
    pair.master.order(c.C_SE_NC_1, 77, 1.0, pair.rig.now)
    pair.master.order(c.C_SC_NA_1, SELECTED, 1, pair.rig.now)
    pair.master.order(c.C_SC_NA_1, SELECTED, 1, pair.rig.now, qualifier=c.SELECT)
    pair.settle()
    _, answers = pair.heard.heard()
    assert [a[1] for a in answers] == [0x6E, 0x6F, 0x47, 7]
    assert pair.master.unreadable == 0


def test_sequences_are_read():
    pair = Pair(sequence=True)
    pair.start()
    pair.heard.heard()
    pair.master.interrogate(pair.rig.now)
    pair.settle()
    data, _ = pair.heard.heard()
    assert [d[2] for d in data] == [1, 2, 3, 0x4001, 0x4002, 0x4003]


def test_stop_and_start_again():
    pair = Pair()
    pair.start()
    pair.rig.measured[0].update(1000, 0, pair.rig.now)
    pair.run(100)
    pair.master.stop(pair.rig.now)
    pair.settle()
    assert pair.master.state == STOPPED and pair.link.state == STOPPED
    assert not pair.master.is_closed and not pair.link.is_closed
    raises(LocalError, pair.master.interrogate, pair.rig.now)
    pair.start()
    pair.run(60000, 1000)
    assert not pair.master.is_closed and not pair.link.is_closed


def test_both_sides_live_through_quiet_hours_and_the_tick_wrap():
    pair = Pair(chunk=3)
    pair.start()
    pair.run(3600000, 1000)
    assert not pair.master.is_closed and not pair.link.is_closed
    pair.rig.measured[0].update(5000, 0, pair.rig.now)
    pair.run(11000, 1000)
    assert pair.link.unacked == 0 and pair.heard.data[-1][3] == 5.0


def test_controlling_station_without_confirmation():
    pair = Pair()
    pair.master.start(pair.rig.now)
    pair.master.tx.clear()
    assert pair.master.next_deadline(pair.rig.now) == 15000
    pair.rig.now = ticks_add(pair.rig.now, 15000)
    pair.master.tick(pair.rig.now)
    assert pair.master.closed_reason == "t1"


def test_many_events_all_arrive_in_order_when_the_source_asks():
    pair = Pair(chunk=64)
    pair.start()
    pair.master.listener = heard = Counting()
    point = pair.rig.measured[0]
    sent, wanted = 0, 320  # twenty times round the buffer
    while sent < wanted:
        while pair.rig.station.event_room() and sent < wanted:
            sent += 1
            point.update(1000 * sent, 0, pair.rig.now)
        pair.rig.station.tick(pair.rig.now)
        pair.settle()
        pair.rig.now = ticks_add(pair.rig.now, 10)
        if pair.link.unacked == 12:
            pair.master.put_s(pair.rig.now)
        else:
            pair.master.tick(pair.rig.now)
    pair.run(30000, 1000)
    assert heard.count == wanted
    assert pair.rig.station.events_lost() == 0


def test_events_survive_a_reconnect():
    pair = Pair()
    pair.start()
    pair.heard.heard()
    for i in range(5):
        pair.rig.measured[0].update(1000 * i + 500, 0, pair.rig.now)
    pair.rig.station.tick(pair.rig.now)
    pair.link.tx.clear()  # lost on the wire
    pair.rig.station.close_link(pair.link)
    pair.connect()
    pair.start()
    data, _ = pair.heard.heard()
    assert data[0][0] == c.M_EI_NA_1  # it was not acknowledged either
    assert [d[3] for d in data[1:]] == [0.5, 1.5, 2.5, 3.5, 4.5]


def test_parameters_are_refused_as_a_type_that_this_station_has_not():
    pair = Pair()
    pair.start()
    now = pair.rig.now
    for type_id, value in ((110, 0.5), (111, -3), (112, 2.5)):
        assert pair.master.parameter(type_id, 0x4001, value, now)
    assert pair.master.parameter(113, 0x4001, 3, now, cause=c.COT_DEACTIVATION)
    pair.settle()
    refused = c.COT_UNKNOWN_TYPE | c.NEGATIVE
    expected = [(110, refused, 0x4001, 0.5), (111, refused, 0x4001, -3)]
    assert pair.heard.answers == expected + [(112, refused, 0x4001, 2.5), (113, refused, 0x4001, 3)]
    raises(LocalError, pair.master.parameter, 50, 0x4001, 1.0, now)


def test_interrogated_parameters_are_data():
    pair = Pair()
    pair.start()
    buf = bytearray(b"\x70\x01\x14\x00\x01\x00\x01\x40\x00\x00\x00\x20\x40\x01")
    pair.heard.heard()
    pair.master.on_asdu(buf, 0, len(buf), pair.rig.now)
    assert pair.heard.data == [(112, 20, 0x4001, 2.5, 1)] and not pair.heard.answers


def test_tally_of_refusals_is_counter_group_4():
    pair = Pair(tally_ioa=0x6481)
    pair.rig.acquire()
    pair.start()
    now = pair.rig.now
    for ioa in (77, 78):
        pair.master.order(c.C_SE_NC_1, ioa, 1.0, now)
    pair.settle()
    pair.heard.heard()
    pair.master.interrogate_counters(now, 4)
    pair.settle()
    data, answers = pair.heard.heard()
    counted = {c.COUNT_NAMES[d[2] - 0x6481]: d[3] for d in data if d[:2] == (15, 41)}
    assert len(counted) == len(data) == len(c.COUNT_NAMES)
    assert counted["ioa"] == 2 and sum(counted.values()) == 2
    assert answers == [(101, 7, 0, 4), (101, 10, 0, 4)]
    pair.master.interrogate_counters(now)
    pair.settle()
    assert [d[2] for d in pair.heard.data] == [0x6401]


def test_counter_group_4_is_an_ordinary_one_without_a_tally():
    pair = Pair()
    pair.start()
    pair.heard.heard()
    pair.master.interrogate_counters(pair.rig.now, 4)
    pair.settle()
    assert pair.heard.heard() == ([], [(101, 7, 0, 4), (101, 10, 0, 4)])
