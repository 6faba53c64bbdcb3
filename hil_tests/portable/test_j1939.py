"""J1939 transport: whole transfers, paced ones, lost and doubled packets, what is refused, and the timers."""

from hil_tests.portable.support import hx, no_heap, raises
from protocols.can import CanFrame, FrameQueue
from protocols.errors import LocalError
from protocols.j1939 import BROADCAST, Transport, can_id
from protocols.ticks import TICKS_MASK, ticks_add

START = TICKS_MASK - 700


class Pair:
    """Vehicle F4 sends to charger 56."""

    def __init__(self, rx_bytes=512):
        self.now = START
        self.tx = Transport(0xF4, 0x56, FrameQueue(80), 16, 300)
        self.rx = Transport(0x56, 0xF4, FrameQueue(8), rx_bytes)
        self.wire = []
        self.lose = None
        self.done = 0

    def move(self):
        """Carry frames until both queues are empty."""
        frame = CanFrame()
        while self.tx.queue.count or self.rx.queue.count:
            for sender, receiver in ((self.tx, self.rx), (self.rx, self.tx)):
                head = sender.queue.head()
                if head is None:
                    continue
                frame.copy(head)
                sender.queue.drop()
                self.wire.append((frame.id, bytes(frame.data[: frame.n])))
                if self.lose is None or not self.lose(frame):
                    self.done += receiver.feed(frame, self.now)
            self.tx.tick(self.now)

    def after(self, ms):
        self.now = ticks_add(self.now, ms)
        self.tx.tick(self.now)
        self.rx.tick(self.now)
        self.move()


def text(n):
    return bytes([i % 251 for i in range(n)])


def test_identifiers_are_those_of_the_standard():
    assert can_id(7, 0xEC, 0x56, 0xF4) == 0x1CEC56F4
    assert can_id(6, 0x26, 0xF4, 0x56) == 0x1826F456
    assert can_id(2, 0x1F, 0xF4, 0x56) == 0x081FF456


def test_a_message_of_every_kind_of_length_arrives_whole():
    for n in (9, 13, 14, 49, 300):
        pair = Pair()
        assert pair.tx.send(0x02, text(n), n, pair.now)
        pair.move()
        assert pair.done == 1 and pair.rx.rx_pf == 0x02, n
        assert pair.rx.rx_n == n and bytes(pair.rx.rx[:n]) == text(n)
        assert pair.tx.tx_state == 0 and pair.rx.aborts == pair.tx.aborts == 0


def test_the_frames_of_bcp_on_the_wire():
    pair = Pair()
    pair.tx.send(0x06, text(13), 13, pair.now)
    pair.move()
    assert pair.wire == [
        (0x1CEC56F4, hx("10 0D 00 02 FF 00 06 00")),
        (0x1CECF456, hx("11 02 01 FF FF 00 06 00")),
        (0x1CEB56F4, hx("01 00 01 02 03 04 05 06")),
        (0x1CEB56F4, hx("02 07 08 09 0A 0B 0C FF")),
        (0x1CECF456, hx("13 0D 00 02 FF 00 06 00")),
    ]


def test_a_sender_that_wants_few_packets_at_once_is_served():
    receiver = Transport(0x56, 0xF4, FrameQueue(8))
    frame = CanFrame()
    frame.set(0x1CEC56F4, True, hx("10 18 00 04 02 00 11 00"), 8)
    receiver.feed(frame, 0)
    assert bytes(receiver.queue.head().data) == hx("11 02 01 FF FF 00 11 00")
    receiver.queue.drop()
    for i in (1, 2):
        frame.set(0x1CEB56F4, True, bytes([i]) + text(7), 8)
        assert not receiver.feed(frame, 10)
    assert bytes(receiver.queue.head().data) == hx("11 02 03 FF FF 00 11 00")


def test_a_lost_packet_is_asked_for_again_and_a_double_one_does_no_harm():
    pair = Pair()
    lost = [True]

    def lose(frame):
        if lost[0] and frame.id == 0x1CEB56F4 and frame.data[0] == 3:
            lost[0] = False
            return True
        return False

    pair.lose = lose
    pair.tx.send(0x02, text(49), 49, pair.now)
    pair.move()
    assert pair.done == 1 and bytes(pair.rx.rx[:49]) == text(49)
    assert (0x1CECF456, hx("11 05 03 FF FF 00 02 00")) in pair.wire


def test_a_packet_that_never_comes_ends_in_an_abort_on_both_sides():
    pair = Pair()
    pair.lose = lambda frame: frame.id == 0x1CEB56F4 and frame.data[0] == 7
    pair.tx.send(0x02, text(49), 49, pair.now)
    pair.move()
    assert pair.done == 0
    pair.after(749)
    assert pair.rx.rx_active
    pair.after(1)
    assert not pair.rx.rx_active and pair.rx.aborts == 1 and pair.tx.aborts == 1
    assert pair.wire[-1] == (0x1CECF456, hx("FF 03 FF FF FF 00 02 00"))
    assert pair.tx.send(0x02, text(9), 9, pair.now)


def test_no_answer_to_rts_gives_up_after_t3():
    tx = Transport(0xF4, 0x56, FrameQueue(8))
    assert tx.send(0x11, text(9), 9, START) and not tx.send(0x11, text(9), 9, START)
    assert tx.next_deadline(START) == 1250
    tx.tick(ticks_add(START, 1249))
    assert tx.aborts == 0
    tx.tick(ticks_add(START, 1250))
    assert tx.aborts == 1 and tx.next_deadline(START) == -1


def test_a_hold_is_waited_for():
    pair = Pair()
    pair.tx.send(0x11, text(9), 9, pair.now)
    pair.tx.queue.clear()
    frame = CanFrame()
    frame.set(0x1CECF456, True, hx("11 00 FF FF FF 00 11 00"), 8)
    pair.tx.feed(frame, pair.now)
    assert pair.tx.next_deadline(pair.now) == 1050
    frame.set(0x1CECF456, True, hx("11 02 01 FF FF 00 11 00"), 8)
    pair.tx.feed(frame, ticks_add(pair.now, 1000))
    assert pair.tx.queue.count == 2


def test_what_is_too_long_or_contradicts_itself_is_refused_with_an_abort():
    for head in ("10 F9 06 FF FF", "10 00 04 93 FF", "10 08 00 02 FF", "10 09 00 03 FF", "10 10 27 00 FF"):
        rx = Transport(0x56, 0xF4, FrameQueue(8), 64)
        frame = CanFrame()
        frame.set(0x1CEC56F4, True, hx(head + " 00 15 00"), 8)
        rx.feed(frame, 0)
        assert not rx.rx_active and bytes(rx.queue.head().data[:2]) == hx("FF 02"), head


def test_a_new_rts_replaces_the_transfer_that_its_sender_gave_up():
    rx = Transport(0x56, 0xF4, FrameQueue(8))
    frame = CanFrame()
    frame.set(0x1CEC56F4, True, hx("10 31 00 07 FF 00 02 00"), 8)
    rx.feed(frame, 0)
    frame.set(0x1CEC56F4, True, hx("10 0D 00 02 FF 00 06 00"), 8)
    rx.feed(frame, 5)
    for i in (1, 2):
        frame.set(0x1CEB56F4, True, bytes([i]) + text(7), 8)
        complete = rx.feed(frame, 10)
    assert complete and rx.rx_pf == 6 and rx.rx_n == 13


def test_broadcast_is_paced_and_needs_no_answer():
    pair = Pair()
    pair.tx.send(0x15, text(20), 20, pair.now, True)
    pair.move()
    for _ in range(3):
        assert pair.done == 0
        pair.after(50)
    assert pair.done == 1 and bytes(pair.rx.rx[:20]) == text(20)
    assert [row[0] for row in pair.wire] == [0x1CECFFF4] + 3 * [0x1CEBFFF4]
    assert BROADCAST == 0xFF


def test_foreign_packets_and_short_frames_change_nothing():
    rx = Transport(0x56, 0xF4, FrameQueue(8))
    frame = CanFrame()
    for can, data in ((0x1CEB56F4, "01 02 03 04 05 06 07 08"), (0x1CEC56F4, "13 09 00 02 FF 00 02 00"),
                      (0x1CEC56F4, "11 02 01 FF FF 00 02 00"), (0x1CEC56F4, "FF 01 FF FF FF 00 02 00"),
                      (0x1CEC56F4, "10 09 00 02")):
        data = hx(data)
        frame.set(can, True, data, len(data))
        assert not rx.feed(frame, 0)
    assert rx.queue.count == 0 and rx.aborts == 0


def test_our_own_misuse_is_an_error():
    tx = Transport(0xF4, 0x56, FrameQueue(8), 16, 64)
    raises(LocalError, tx.send, 2, text(8), 8, 0)
    raises(LocalError, tx.send, 2, text(65), 65, 0)


def test_receiving_takes_nothing_from_the_heap():
    rx = Transport(0x56, 0xF4, FrameQueue(8))
    frame = CanFrame()
    rts, first, last = hx("10 09 00 02 FF 00 11 00"), b"\x01" + text(7), b"\x02" + text(7)
    for _ in range(2):
        frame.set(0x1CEC56F4, True, rts, 8)
        no_heap(rx.feed, frame, 5)
        frame.set(0x1CEB56F4, True, first, 8)
        no_heap(rx.feed, frame, 6)
        frame.set(0x1CEB56F4, True, last, 8)
        assert no_heap(rx.feed, frame, 7)
        rx.queue.clear()
