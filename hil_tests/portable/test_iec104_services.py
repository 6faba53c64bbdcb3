"""IEC 104 outstation, rows 61-77: initialisation, interrogation, counters, read, clock, test, reset.

lane: heap=384k
"""

from hil_tests.portable.iec104_support import DAY, GI, NOON, STARTDT, STOPDT, Raw, Rig, asdu, summary
from protocols.iec104 import const as c
from protocols.iec104.cp56 import GEN, IV, SU, decode, encode


def fresh(**settings):
    rig = Rig(**settings)
    return rig, Raw(rig)


def tag(day, ms, flags=0):
    out = bytearray(7)
    encode(out, 0, day, ms, flags)
    return bytes(out)


def qoi(value, cause=6):
    return asdu(100, cause, 0, bytes((value,)))


def test_row_61_end_of_initialisation_once_and_first():
    rig = Rig(cause_of_initialisation=2)
    rig.acquire()
    master = Raw(rig, start=False)
    master.write(bytes((0x68, 4, STARTDT, 0, 0, 0)) + master.frame(GI))
    answers = master.asdus()
    assert answers[0] == asdu(70, 4, 0, "02")
    assert summary(answers) == [(70, 4, 1), (30, 3, 3), (36, 3, 3), (100, 7, 1)] + summary(answers)[4:]
    master.vs = 1
    master.u(STOPDT)
    master.u(STARTDT)
    assert 70 not in [a[0] for a in master.asdus()]
    rig.station.close_link(master.link)
    again = Raw(rig, start=False)
    again.u(STARTDT)
    assert again.asdus() == []
    other = Raw(rig, "10.0.0.2", start=False)
    other.u(STARTDT)
    assert other.asdus()[0][0] == 70


def test_row_61_sent_again_when_it_was_not_acknowledged():
    rig = Rig()
    first = Raw(rig, start=False)
    first.u(STARTDT)
    rig.station.close_link(first.link)
    second = Raw(rig, start=False)
    second.u(STARTDT)
    assert [a[0] for a in second.asdus()] == [70]


def test_row_62_station_interrogation():
    rig, master = fresh()
    rig.acquire()
    master.asdus()
    rig.measured[0].update(1500, 0, rig.now)
    rig.station.tick(rig.now)
    master.asdus()
    answers = master.ask(GI)
    assert summary(answers) == [(100, 7, 1), (1, 20, 3), (13, 20, 3), (100, 10, 1)]
    assert answers[0] == asdu(100, 7, 0, "14") and answers[-1] == asdu(100, 10, 0, "14")
    assert answers[1] == asdu(1, 20, 1, "00" + "020000" + "00" + "030000" + "00", vsq=3)
    assert answers[2][6:14] == bytes((1, 0x40, 0)) + b"\x00\x00\xc0\x3f\x00"


def test_row_63_interrogation_of_a_group():
    rig, master = fresh()
    assert summary(master.ask(qoi(21))) == [(100, 7, 1), (1, 21, 3), (100, 10, 1)]
    assert summary(master.ask(qoi(22))) == [(100, 7, 1), (13, 22, 3), (100, 10, 1)]
    assert summary(master.ask(qoi(36))) == [(100, 7, 1), (100, 10, 1)]


def test_row_64_interrogation_of_something_else():
    rig, master = fresh()
    for value in (0, 1, 19, 37, 64, 255):
        assert master.ask(qoi(value)) == [asdu(100, 0x47, 0, bytes((value,)))]


def test_row_65_interrogated_data_have_no_time_tag():
    rig = Rig()
    station = rig.station
    for i, type_id in enumerate((1, 3, 5, 7, 9, 11, 13, 21)):
        station.add_point(0x100 + i, type_id)
    master = Raw(rig)
    types = [a[0] for a in master.ask(GI)[1:-1]]
    assert sorted(types) == [1, 3, 5, 7, 9, 11, 13, 21]


def test_row_66_changes_during_an_interrogation_are_events_too_and_nothing_older_follows():
    rig = Rig(k=2, w=1)
    rig.acquire()
    master = Raw(rig)
    while master.asdus():
        pass
    master.i(GI)
    got = [f[6:] for f in master.take()]
    rig.measured[2].update(5000, 0, rig.now)
    rig.station.tick(rig.now)
    while not got or got[-1][0] != 100 or got[-1][2] != 10:
        master.s()
        got += [f[6:] for f in master.take()]
    events = [i for i, a in enumerate(got) if a[0] == 36]
    data = [i for i, a in enumerate(got) if a[0] == 13]
    assert len(events) == 1 and len(data) == 1
    assert data[0] > events[0]
    assert got[data[0]][-5:] == b"\x00\x00\xa0\x40\x00"


def test_row_67_long_interrogation_lets_orders_and_events_pass():
    rig = Rig(k=2, w=1)
    for i in range(100):
        rig.station.add_point(0x5000 + i, 13)
    master = Raw(rig)
    master.i(GI)
    got = [f[6:] for f in master.take()]
    assert len(got) == 2
    master.i(asdu(45, 6, 0x6001, "01"))
    rig.binary[0].update(1, 0, rig.now)
    for _ in range(30):
        got += [f[6:] for f in master.take()]
        master.s()
    kinds = summary(got)
    assert kinds[0] == (100, 7, 1) and kinds[-1] == (100, 10, 1)
    assert kinds.index((45, 7, 1)) < 6 and kinds.index((30, 3, 1)) < 8
    assert sum([n for t, _, n in kinds if t == 13]) == 103


def test_row_68_a_second_interrogation_restarts_the_first():
    rig = Rig(k=2, w=1)
    for i in range(100):
        rig.station.add_point(0x5000 + i, 13)
    master = Raw(rig)
    master.i(GI)
    got = [f[6:] for f in master.take()]
    master.i(qoi(20))
    for _ in range(30):
        got += [f[6:] for f in master.take()]
        master.s()
    kinds = summary(got)
    assert kinds.count((100, 7, 1)) == 2 and kinds.count((100, 10, 1)) == 1
    second = 1 + kinds[1:].index((100, 7, 1))
    assert sum([n for t, cause, n in kinds[second:] if cause == 20]) == 106


def test_row_69_deactivation_of_an_interrogation():
    rig = Rig(k=2, w=1)
    for i in range(100):
        rig.station.add_point(0x5000 + i, 13)
    master = Raw(rig)
    assert master.ask(qoi(20, 8)) == [asdu(100, 0x49, 0, "14")]
    master.i(GI)
    got = [f[6:] for f in master.take()]
    master.i(qoi(20, 8))
    for _ in range(10):
        got += [f[6:] for f in master.take()]
        master.s()
    assert summary(got)[-1] == (100, 9, 1) and (100, 10, 1) not in summary(got)
    assert len(got) < 5


def test_row_70_a_lost_link_takes_its_interrogation_along():
    rig = Rig(k=1, w=1)
    master = Raw(rig)
    master.i(GI)
    rig.station.close_link(master.link)
    again = Raw(rig, start=False)
    again.u(STARTDT)
    assert again.asdus() == []
    assert again.link.interrogation.at == -1


def test_row_71_points_never_acquired_are_there_and_invalid():
    rig, master = fresh()
    answers = master.ask(GI)
    assert answers[1][9] == 0xC0 and answers[2][13] == 0xC0


def test_row_72_counter_interrogation():
    rig, master = fresh()
    station = rig.station
    second = station.add_point(0x6402, c.M_IT_NA_1, group=2, event_type=0)
    rig.counter.update(1000, 0, rig.now)
    second.update(7, 0, rig.now)

    def totals(qcc):
        answers = master.ask(asdu(101, 6, 0, bytes((qcc,))))
        assert answers[0] == asdu(101, 7, 0, bytes((qcc,))) and answers[-1] == asdu(101, 10, 0, bytes((qcc,)))
        return answers[1:-1]

    both = totals(5)
    assert summary(both) == [(15, 37, 2)]
    assert both[0][9:14] == b"\xe8\x03\x00\x00\x00" and both[0][17:22] == b"\x07\x00\x00\x00\x00"
    assert summary(totals(1)) == [(15, 38, 1)] and summary(totals(2)) == [(15, 39, 1)]
    assert totals(3) == []
    assert totals(0x45) == []  # freeze
    rig.counter.update(1500, 0, rig.now)
    assert totals(1)[0][9:14] == b"\xe8\x03\x00\x00\x01"  # the frozen count, sequence 1
    assert totals(0x81) == []  # freeze and reset group 1
    rig.counter.update(1600, 0, rig.now)
    assert totals(1)[0][9:14] == b"\xdc\x05\x00\x00\x42"
    assert totals(0xC5) == []  # reset: counts run again from 0
    rig.counter.update(1650, 0, rig.now)
    assert totals(1)[0][9:13] == b"\x32\x00\x00\x00"
    for qcc in (0, 6, 63):
        assert master.ask(asdu(101, 6, 0, bytes((qcc,)))) == [asdu(101, 0x47, 0, bytes((qcc,)))]
    other = Raw(rig, "10.0.0.2")
    assert summary(other.ask(asdu(101, 6, 0, "45"))) == [(101, 0x47, 1)]
    assert len(other.ask(asdu(101, 6, 0, "05"))) == 3


def test_row_73_read_is_answered_with_the_object_only():
    rig, master = fresh()
    rig.measured[1].update(2500, 0x10, rig.now)
    rig.station.tick(rig.now)
    master.asdus()
    assert master.ask(asdu(102, 5, 0x4002, oa=3)) == [asdu(13, 5, 0x4002, "0000204010", oa=3)]
    assert master.ask(asdu(102, 5, 2)) == [asdu(1, 5, 2, "c0")]


def test_row_74_clock_is_set_and_confirmed_behind_the_events():
    rig, master = fresh(k=1, w=1)
    rig.binary[0].update(1, 0, rig.now)
    rig.measured[0].update(1000, 0, rig.now)
    request = asdu(103, 6, 0, tag(DAY + 1, 1234567))
    master.i(request)
    assert rig.clock.settings == [(DAY + 1, 1234567)]
    got = []
    for _ in range(4):
        got += master.asdus()
    assert summary(got) == [(30, 3, 1), (36, 3, 1), (103, 7, 1)]
    assert got[2] == request[:2] + b"\x07" + request[3:]
    rig.binary[1].update(1, 0, rig.now)
    rig.station.tick(rig.now)
    moment = [0, 0]
    assert decode(master.asdus()[0], 10, moment) and moment == [DAY + 1, 1234567]


def test_row_74_a_second_setting_before_the_first_is_confirmed():
    rig, master = fresh(k=1, w=1)
    rig.binary[0].update(1, 0, rig.now)
    rig.station.tick(rig.now)
    rig.binary[1].update(1, 0, rig.now)
    master.is_deaf = True
    master.i(asdu(103, 6, 0, tag(DAY, 0)))
    master.i(asdu(103, 6, 0, tag(DAY, 1)))
    got = []
    for _ in range(4):
        got += master.asdus()
    causes = [a[2] for a in got if a[0] == 103]
    assert sorted(causes) == [7, 0x47] and rig.clock.settings == [(DAY, 0)]


def test_row_75_invalid_or_impossible_time():
    rig, master = fresh()
    heard = []
    rig.station.on_clock = lambda accepted, now: heard.append(accepted)
    good = tag(DAY, NOON)
    bad = [tag(DAY, NOON, IV)]
    for at, value in ((1, 0xEB), (2, 60), (3, 24), (4, 0), (4, 31), (5, 0), (5, 13), (6, 100)):
        octets = bytearray(good)
        octets[at] = value
        bad.append(bytes(octets))
    for octets in bad:
        assert master.ask(asdu(103, 6, 0, octets)) == [asdu(103, 0x47, 0, octets)]
    assert not rig.clock.settings
    rig.clock.refuses = True
    assert summary(master.ask(asdu(103, 6, 0, good))) == [(103, 0x47, 1)]
    rig.clock.refuses = False
    assert summary(master.ask(asdu(103, 6, 0, good))) == [(103, 7, 1)]
    assert heard == [False] * 10 + [True]


def test_row_75_summer_time_and_substituted_time_are_times():
    rig, master = fresh()
    octets = bytearray(tag(DAY, NOON, GEN))
    octets[3] |= SU
    assert summary(master.ask(asdu(103, 6, 0, bytes(octets)))) == [(103, 7, 1)]
    assert rig.clock.settings == [(DAY, NOON - 3600000)]


def test_row_76_test_command():
    rig, master = fresh()
    request = asdu(107, 6, 0, b"\x34\x12" + tag(DAY, NOON))
    assert master.ask(request) == [request[:2] + b"\x07" + request[3:]]
    for type_id, body in ((104, "aa55"), (106, "1000")):
        assert summary(master.ask(asdu(type_id, 6, 0, body))) == [(type_id, 0x40 | 44, 1)]


def test_row_77_reset_of_the_process():
    rig, master = fresh()
    assert summary(master.ask(asdu(105, 6, 0, "01"))) == [(105, 0x47, 1)]
    calls = []
    rig.station.on_reset = lambda link, now: calls.append(link) is None
    assert summary(master.ask(asdu(105, 6, 0, "01"))) == [(105, 7, 1)]
    assert calls == [master.link]
    assert summary(master.ask(asdu(105, 6, 0, "00"))) == [(105, 0x47, 1)]
    assert summary(master.ask(asdu(105, 0x86, 0, "01"))) == [(105, 0x87, 1)]
    other = Raw(rig, "10.0.0.2")
    assert summary(other.ask(asdu(105, 6, 0, "01"))) == [(105, 0x47, 1)]
    assert len(calls) == 1


def test_row_77_reset_of_the_event_buffer():
    rig, master = fresh()
    for value in range(5):
        rig.measured[0].update(1000 * value, 0, rig.now)
    assert summary(master.ask(asdu(105, 6, 0, "02"))) == [(105, 7, 1)]
    rig.station.tick(rig.now)
    assert master.asdus() == [] and rig.station.events_lost() == 0
    rig.measured[0].update(9000, 0, rig.now)
    rig.station.tick(rig.now)
    assert summary(master.asdus()) == [(36, 3, 1)]
