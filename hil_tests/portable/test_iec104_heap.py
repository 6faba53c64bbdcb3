"""IEC 104 outstation: what runs every cycle takes nothing from MicroPython's heap."""

from hil_tests.portable.iec104_support import SETPOINT, Handler, Raw, Rig
from hil_tests.portable.support import no_heap
from protocols.iec104 import const as c
from protocols.ticks import TICKS_MASK, ticks_add


def quiet(background_ms=5000):
    rig = Rig(background_ms=background_ms)
    rig.acquire()
    masters = [Raw(rig, "10.0.0.1"), Raw(rig, "10.0.0.2"), Raw(rig, "10.0.0.3", start=False)]
    rig.wait(100, masters)
    for master in masters[:2]:
        master.s()
    rig.wait(100, masters)
    return rig, masters


def test_unchanged_update_takes_no_memory():
    rig, _ = quiet()
    point = rig.measured[0]
    point.update(12, 0, rig.now)
    assert not no_heap(point.update, 12, 0, rig.now)
    assert not no_heap(point.update, 13, 0, rig.now)  # within the deadband
    assert not no_heap(rig.binary[0].update, 0, 0, rig.now)


def test_idle_tick_takes_no_memory():
    rig, _ = quiet()
    rig.station.overflow_point = rig.binary[2]
    for _ in range(3):
        rig.now = ticks_add(rig.now, 100)
        rig.station.tick(rig.now)
    for now in (rig.now, ticks_add(rig.now, 100), ticks_add(rig.now, 200)):
        no_heap(rig.station.tick, now)
        no_heap(rig.station.next_deadline, now)
        no_heap(rig.station.event_room)


def test_timers_take_no_memory():
    rig, masters = quiet(0)
    now = ticks_add(rig.now, 19900)
    rig.station.tick(now)  # TESTFR act
    for master in masters:
        assert master.take()[-1][2] == 0x43
        master.u(0x83)
    now = ticks_add(now, 20100)
    no_heap(rig.station.tick, now)
    assert masters[2].take()[-1][2] == 0x43


def test_an_event_of_a_binary_takes_no_memory():
    rig, masters = quiet()
    point = rig.binary[0]
    point.update(1, 0, rig.now)
    rig.station.tick(rig.now)
    assert no_heap(point.update, 0, 0, TICKS_MASK - 100)
    rig.station.tick(rig.now)
    assert masters[0].asdus()


def test_events_past_the_wrap_of_their_counts_take_no_memory():
    """A count runs modulo 2**29: on a board one more than 2**30 - 1 would be a big integer."""
    rig, masters = quiet()
    events = rig.station.events
    point = rig.binary[0]
    last = (1 << 29) - 1
    events._order = events.binary.head = last
    for group in rig.station._groups:
        group.binary.read = group.binary.acked = last
    for value in (1, 0, 1):
        assert no_heap(point.update, value, 0, rig.now)
    assert events.binary.head == 2
    rig.station.tick(rig.now)
    assert masters[0].asdus()[-1][:3] == bytes((c.M_SP_TB_1, 3, c.COT_SPONTANEOUS))
    assert rig.station.events_lost() == 0


def test_a_set_point_takes_little_memory():
    class Taker(Handler):
        def operate(self, cmd, type_id, value, link, now):
            self.last = type_id
            return True

    rig, masters = quiet()
    master = masters[0]
    switch = rig.station.commands[SETPOINT]
    switch.handler = Taker()
    link = master.link
    frame = bytearray(master.frame(bytes((c.C_SE_NC_1, 1, 6, 0, 1, 0, 1, 0x62, 0, 0, 0, 0x20, 0x41, 0))))
    link.feed(frame, len(frame), rig.now)
    assert rig.station.counts[c.ACCEPTED] == 1
    supervisory = bytearray(b"\x68\x04\x01\x00\x00\x00")
    supervisory[4] = link.vs << 1 & 0xFF
    supervisory[5] = link.vs >> 7
    no_heap(link.feed, supervisory, 6, rig.now)
    assert link.unacked == 0
