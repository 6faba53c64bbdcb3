"""IEC 104 outstation, rows 97-108: monitored data, quality, time tags, the event buffer.

lane: heap=512k
"""

import gc

from hil_tests.portable.iec104_support import DAY, GI, NOON, STARTDT, TEN, Raw, Rig, asdu, setpoint, summary
from hil_tests.portable.support import raises
from protocols.errors import LocalError
from protocols.iec104 import const as c
from protocols.iec104.cp56 import IV, decode
from protocols.ticks import ticks_sub


def fresh(**settings):
    rig = Rig(**settings)
    rig.acquire()
    master = Raw(rig)
    master.asdus()
    return rig, master


def spontaneous(rig, master):
    rig.station.tick(rig.now)
    return master.asdus()


def drain(rig, master):
    got = []
    more = spontaneous(rig, master)
    while more:
        got += more
        more = spontaneous(rig, master)
    return got


def test_row_97_objects_per_asdu():
    for type_id, sequence, most in (
        (13, True, 48),
        (13, False, 30),
        (1, True, 127),
        (1, False, 60),
    ):
        rig = Rig(sequence=sequence, tx_bytes=2048)
        station = rig.station
        station.points.clear()
        for i in range(130):
            station.add_point(0x7001 + i, type_id)
        master = Raw(rig)
        answers = master.ask(GI)[1:-1]
        assert [a[1] for a in answers[:-1]] == [most | (0x80 if sequence else 0)] * (130 // most)
        assert sum([a[1] & 0x7F for a in answers]) == 130
        del rig, station, master
        gc.collect()
    for type_id, most in ((13, 16), (1, 22)):
        rig = Rig(event_slots=64)
        points = [rig.station.add_point(0x7001 + i, type_id) for i in range(40)]
        master = Raw(rig)
        for point in points:
            point.update(1, 0, rig.now)
        answers = drain(rig, master)
        assert [a[1] for a in answers] == [most] * (40 // most) + ([40 % most] if 40 % most else [])


def test_row_97_sequence_counts_addresses_up():
    rig = Rig(sequence=True)
    rig.station.add_point(0x4004, 13, group=-1)
    rig.station.add_point(0x4005, 13)
    master = Raw(rig)
    answers = master.ask(GI)[1:-1]
    assert [(a[0], a[1]) for a in answers] == [(1, 0x83), (13, 0x83), (13, 1)]
    assert len(answers[1]) == 9 + 15 and answers[2][6:9] == b"\x05\x40\x00"


def test_row_98_time_tagged_types_never_form_a_sequence():
    rig, master = fresh(sequence=True)
    for point in rig.measured + rig.binary:
        point.update(5000, 0, rig.now)
    answers = spontaneous(rig, master)
    assert sorted([(a[0], a[1]) for a in answers]) == [(30, 3), (36, 3)]


def test_row_99_quality_octets():
    rig, master = fresh()
    rig.binary[0].update(1, c.QUALITY_BL | c.QUALITY_SB, rig.now)
    rig.measured[0].update(0, c.QUALITY_OV | c.QUALITY_NT, rig.now)
    answers = spontaneous(rig, master)
    assert answers[0][9] == 0x31 and answers[1][13] == 0x41


def test_row_100_quality_alone_makes_an_event():
    rig, master = fresh()
    point = rig.measured[0]
    point.update(4000, 0, rig.now)
    point.update(4000, c.QUALITY_NT, rig.now)
    point.update(4000, c.QUALITY_NT, rig.now)
    point.update(4000, 0, rig.now)
    answers = spontaneous(rig, master)
    assert len(answers) == 1 and answers[0][1] == 3
    assert [answers[0][13 + 15 * i] for i in range(3)] == [0, 0x40, 0]
    assert answers[0][9:13] == answers[0][24:28] == b"\x00\x00\x80\x40"


def test_row_101_and_102_tag_is_the_time_of_the_change():
    rig, master = fresh()
    moments = []
    got = []
    passed = 0
    for step in (1, 250, 19000, 300):
        rig.wait(step, [master])
        passed += step
        rig.binary[0].update(1 - rig.binary[0].raw, 0, rig.now)
        moments.append(NOON + passed)
        master.u(0x83)
        got += master.asdus()
    rig.wait(3000, [master])
    got += master.asdus()
    moment = [0, 0]
    found = []
    for answer in got:
        for i in range(answer[1]):
            assert decode(answer, 10 + 11 * i, moment)
            found.append(moment[1])
            assert moment[0] == DAY
    assert found == moments
    body = answer[10:17]
    assert body[3] & 0x80 == 0 and body[4] >> 5 == 6 and body[4] & 31 == 21
    assert body[5] == 11 and body[6] == 26


def test_row_102_tag_is_invalid_while_the_clock_is_not():
    rig, master = fresh()
    rig.clock.valid = False
    rig.wait(1)
    rig.binary[0].update(1, 0, rig.now)
    rig.clock.valid = True
    rig.wait(1)
    rig.binary[0].update(0, 0, rig.now)
    answers = [f[6:] for f in master.take()] + drain(rig, master)
    flags = [a[10 + 11 * i + 2] & IV for a in answers for i in range(a[1])]
    assert flags == [IV, 0]


def test_row_103_time_base():
    rig, master = fresh(utc_offset_min=480)
    rig.clock.base_ms = 80000000
    rig.wait(1)
    rig.binary[0].update(1, 0, rig.now)
    moment = [0, 0]
    answers = [f[6:] for f in master.take()] + drain(rig, master)
    assert decode(answers[0], 10, moment) and moment == [DAY + 1, 80000001 + 28800000 - 86400000]
    request = asdu(103, 6, 0, answers[0][10:17])
    master.i(request)
    assert rig.clock.settings == [(DAY, 80000001)]


def test_row_104_deadband():
    rig, master = fresh()
    point = rig.measured[0]
    for raw, is_event in ((9, 0), (-9, 0), (10, 1), (19, 0), (1, 0), (0, 1), (-9, 0), (-10, 1), (-10, 0)):
        assert point.update(raw, 0, rig.now) == bool(is_event), raw
    answers = spontaneous(rig, master)
    assert answers[0][1] == 3
    point.update(-12, 0, rig.now)
    assert spontaneous(rig, master) == []
    assert master.ask(asdu(102, 5, 0x4001))[0][9:13] == b"\xa6\x9b\x44\xbc"  # -0.012


def test_row_104_cyclic_data_and_background_scan():
    rig = Rig(background_ms=7000)
    fast = rig.station.add_point(0x4101, 13, cyclic_ms=1000, event_type=0)
    rig.station.add_point(0x4102, 13, cyclic_ms=5000, group=-1, event_type=0)
    rig.acquire()
    fast.update(3, 0, rig.now)
    master = Raw(rig)
    got = []
    for _ in range(100):
        rig.wait(100)
        got += master.asdus()
    cyclic = [a for a in got if a[2] == 1]
    assert [a[6] for a in cyclic].count(1) == 10 and [a[6] for a in cyclic].count(2) == 2
    background = [a for a in got if a[2] == 2]
    assert sum([a[1] for a in background]) == 2 * 8  # all points but the counter
    assert [a for a in got if a[2] == 3] == []
    assert rig.station.next_deadline(rig.now) <= 1000


def test_cyclic_data_start_anew_with_the_first_master_to_start():
    rig = Rig()
    rig.station.add_point(0x4101, 13, cyclic_ms=1000, event_type=0)
    master = Raw(rig)
    assert rig.station.next_deadline(rig.now) == 0
    rig.wait(1)
    assert summary(master.asdus()) == [(13, 1, 1)]
    rig.station.close_link(master.link)
    rig.wait(1)
    rig.now = ticks_sub(rig.now, 1000000)  # as after most of a period of the ticks
    again = Raw(rig)
    rig.wait(1)
    assert summary(again.asdus()) == [(13, 1, 1)]
    rig.wait(1000)
    assert summary(again.asdus()) == [(13, 1, 1)]


def test_an_event_type_that_does_not_fit_the_point():
    rig = Rig()
    raises(LocalError, rig.station.add_point, 0x5001, 13, event_type=30)
    raises(LocalError, rig.station.add_point, 0x5001, 36)
    raises(LocalError, rig.station.add_point, 0x5001, 45)
    raises(LocalError, rig.station.add_point, 0x4001, 13)
    raises(LocalError, rig.station.add_point, 0, 13)
    raises(LocalError, rig.station.add_point, 0x5001, 13, divisor=0)
    raises(LocalError, rig.station.add_command, 0x6201, (50,), None)
    raises(LocalError, rig.station.add_command, 0x6301, (13,), None)
    plain = rig.station.add_point(0x5001, 13, event_type=13)
    master = Raw(rig)
    plain.update(5, 0, rig.now)
    assert summary(spontaneous(rig, master)) == [(13, 3, 1)]


def test_values_scale_and_turn_at_the_edge():
    rig = Rig()
    station = rig.station
    turned = station.add_point(0x5001, 13, -1000, 1)
    scaled = station.add_point(0x5002, 11, 10, 1)
    normal = station.add_point(0x5003, 9, 100, 1)
    double = station.add_point(0x5004, 3)
    step = station.add_point(0x5005, 5)
    master = Raw(rig)
    for point, raw in ((turned, 1500), (scaled, -123), (normal, -50), (double, 2), (step, -3)):
        point.update(raw, 0, rig.now)
    assert len(spontaneous(rig, master)) == 5
    body = {}
    for answer in master.ask(GI)[1:-1]:
        body[answer[0]] = answer[9:]
    assert body[13][-5:] == b"\x00\x00\xc0\xbf\x00"
    assert body[11] == b"\xf4\xff\x00"
    assert body[9] == b"\x00\xc0\x00"
    assert body[3] == b"\x02"
    assert body[5] == b"\x7d\x00"
    turned.update(0, 0, rig.now)
    assert master.ask(asdu(102, 5, 0x5001))[0][9:13] == bytes(4)  # and not minus zero
    scaled.update(400000, 0, rig.now)
    assert master.ask(asdu(102, 5, 0x5002))[0][9:] == b"\xff\x7f\x01"


def test_row_105_analogue_flood_leaves_binary_events_alone():
    rig, master = fresh()
    rig.binary[0].update(1, 0, rig.now)
    for i in range(1000):
        rig.measured[i % 3].update(1000 * i + 500, 0, rig.now)
    rig.binary[1].update(1, 0, rig.now)
    answers = drain(rig, master)
    assert sum([a[1] for a in answers if a[0] == 30]) == 2
    assert sum([a[1] for a in answers if a[0] == 36]) == 16


def test_row_106_overflow_is_counted_exactly_and_shown():
    rig, master = fresh()
    station = rig.station
    flag = station.overflow_point = station.add_point(9, 1)
    flag.update(0, 0, rig.now)
    drain(rig, master)
    for i in range(100):
        rig.measured[0].update(1000 * i + 500, 0, rig.now)
    station.tick(rig.now)
    assert station.events_lost() == 84
    assert master.link.group.lost() == 84
    assert flag.raw == 1
    answers = drain(rig, master)
    values = [a[9 + 15 * i : 13 + 15 * i] for a in answers if a[0] == 36 for i in range(a[1])]
    assert len(values) == 16 and values[-1] == b"\x00\x00\xc7\x42"  # the newest sixteen
    assert flag.raw == 0
    assert [a[9] & 1 for a in answers if a[0] == 30] == [1, 0]
    assert station.events_lost() == 84


def test_row_106_each_master_counts_its_own_losses():
    rig, master = fresh(event_slots=16)
    other = Raw(rig, "10.0.0.2")
    other.asdus()
    rig.station.close_link(other.link)
    for i in range(20):
        rig.measured[0].update(1000 * i + 500, 0, rig.now)
        spontaneous(rig, master)
    assert master.link.group.lost() == 0
    assert other.link.group.lost() == 4 == rig.station.events_lost()


def test_row_107_events_of_a_disconnect_come_in_order_of_time():
    rig, master = fresh()
    rig.station.close_link(master.link)
    for i in range(6):
        rig.wait(10)
        if i % 2:
            rig.binary[0].update(i // 2 + 1 & 1, 0, rig.now)
        else:
            rig.measured[0].update(100 * i + 50, 0, rig.now)
    again = Raw(rig, start=False)
    rig.station.tick(rig.now)
    assert again.take() == []
    again.u(STARTDT)
    answers = drain(rig, again)
    moment = [0, 0]
    times = []
    for a in answers:
        assert decode(a, len(a) - 7, moment)
        times.append(moment[1])
    assert [a[0] for a in answers] == [36, 30] * 3
    assert times == sorted(times) and len(set(times)) == 6
    assert drain(rig, again) == []


def test_row_108_unacknowledged_events_are_sent_again():
    rig, master = fresh()
    for i in range(4):
        rig.measured[0].update(1000 * i + 500, 0, rig.now)
        rig.binary[0].update(i + 1 & 1, 0, rig.now)
    rig.station.tick(rig.now)
    frames = master.take()
    assert len(frames) == 8
    master.s(master.vr - 5)
    rig.station.close_link(master.link)
    again = Raw(rig, start=False)
    again.u(STARTDT)
    answers = drain(rig, again)
    assert [a[6:] for a in answers] == [f[12:] for f in frames[3:]]
    assert rig.station.events_lost() == 0


def test_row_108_events_overwritten_before_they_were_acknowledged_count_as_lost():
    rig, master = fresh()
    for i in range(10):
        rig.measured[0].update(1000 * i + 500, 0, rig.now)
    rig.station.tick(rig.now)
    master.take()
    for i in range(12):
        rig.measured[0].update(1000 * i, 0, rig.now)
    rig.station.tick(rig.now)
    assert rig.station.events_lost() == 0  # all were sent
    rig.station.close_link(master.link)
    assert rig.station.events_lost() == 6


def test_a_source_that_asks_for_room_loses_nothing():
    rig, master = fresh()
    point = rig.measured[0]
    sent = 0
    got = []
    while sent < 2000:
        while rig.station.event_room() and sent < 2000:
            point.update(1000 * (sent + 1), 0, rig.now)
            sent += 1
        got += spontaneous(rig, master)
        if sent == 1000:
            rig.station.close_link(master.link)
            master = Raw(rig)
    got += drain(rig, master)
    assert rig.station.events_lost() == 0
    assert sum([a[1] for a in got]) >= 2000
    assert master.link.group.other.waiting() == 0 and rig.station.event_room() == 16


def test_room_is_that_of_the_started_masters():
    rig, master = fresh()
    other = Raw(rig, "10.0.0.2")
    drain(rig, other)
    rig.station.close_link(other.link)
    for i in range(10):
        rig.measured[0].update(1000 * i + 500, 0, rig.now)
    assert rig.station.event_room() == 6
    drain(rig, master)
    assert rig.station.event_room() == 16
    rig.station.close_link(master.link)
    assert rig.station.event_room() == 6


def test_events_leave_between_orders_without_a_tick():
    rig, master = fresh()
    rig.binary[0].update(1, 0, rig.now)
    assert summary(master.ask(setpoint(TEN))) == [(50, 7, 1), (30, 3, 1)]
