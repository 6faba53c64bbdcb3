"""GB/T 27930.2's carrier: its three kinds of messages between two ends, over a wire that may lose frames."""

from hil_tests.portable.support import hx
from protocols.can import CanFrame, FrameQueue
from protocols.gbt27930 import carrier as k
from protocols.ticks import TICKS_MASK, ticks_add


class Line:
    """Two carriers in virtual time; `lose(number of the frame on the wire)` tells which never arrive."""

    def __init__(self, lose=None):
        self.now = TICKS_MASK - 500
        self.ends = [k.Carrier(0x56, 0xF4, FrameQueue(16)), k.Carrier(0xF4, 0x56, FrameQueue(16))]
        self.got = [[], []]
        self.wire = []  # (id, data)
        self.lose = lose

    def run(self, ms):
        for _ in range(ms // 5):
            self.now = ticks_add(self.now, 5)
            for i in (0, 1):
                self.ends[i].tick(self.now)
            while self._move(0) or self._move(1):
                pass

    def _move(self, i):
        frame = self.ends[i].queue.head()
        if frame is None:
            return False
        copy = CanFrame()
        copy.copy(frame)
        self.ends[i].queue.drop()
        self.wire.append((copy.id, bytes(copy.data)))
        other = self.ends[1 - i]
        if self.lose is None or not self.lose(len(self.wire)):
            if other.feed(copy, self.now):
                self.got[1 - i].append(bytes(other.rx[: other.rx_n]))
        return True


def test_a_reliable_message_is_answered_and_comes_once():
    line = Line()
    assert line.ends[0].send_reliable(hx("01 20 01"), 3, line.now)
    assert not line.ends[0].is_free() and not line.ends[0].send_reliable(hx("03"), 1, line.now)
    line.run(1000)
    assert line.got[1] == [hx("01 20 01 FF FF FF FF FF")] and line.ends[0].is_free()
    assert line.wire == [(0x1035F456, hx("01 20 01 FF FF FF FF FF")),
                         (0x0C3756F4, hx("00 FF 01 FF FF FF FF FF"))]


def test_without_an_answer_it_is_said_again_and_then_given_up():
    line = Line(lambda number: True)
    line.ends[0].send_reliable(hx("01"), 1, line.now)
    line.run(k.RESEND_MS * (k.RESENDS + 1) + 100)
    assert len(line.wire) == 1 + k.RESENDS and line.ends[0].failed and line.ends[0].is_free()


def test_a_lost_answer_gives_the_message_twice():
    line = Line(lambda number: number == 2)
    line.ends[0].send_reliable(hx("01"), 1, line.now)
    line.run(1000)
    assert len(line.got[1]) == 2 and not line.ends[0].failed


def test_a_long_message_goes_in_frames_of_seven():
    line = Line()
    data = bytes(range(0x22, 0x22 + 16))
    assert line.ends[1].send_long(data, 16, line.now)
    line.run(1000)
    assert line.got[0] == [data] and line.ends[1].is_free() and not line.ends[1].failed
    assert line.wire[0] == (0x183456F4, hx("00 03 10 00 FF FF FF FF"))
    assert line.wire[1] == (0x0C37F456, hx("01 01 03 FF FF FF FF FF"))
    assert line.wire[-1] == (0x0C37F456, hx("03 03 10 00 FF FF FF FF"))


def test_a_long_message_survives_any_single_loss():
    data = bytes(range(40))
    for lost in range(1, 10):
        line = Line(lambda number, lost=lost: number == lost)
        line.ends[0].send_long(data, 40, line.now)
        line.run(3000)
        assert data in line.got[1] and not line.ends[0].failed, lost


def test_a_long_message_that_nobody_takes_is_given_up():
    line = Line(lambda number: True)
    line.ends[0].send_long(bytes(20), 20, line.now)
    line.run(1000)
    assert line.ends[0].failed and line.ends[0].is_free()
    assert line.wire[-1][1][0] == k.REFUSED


def test_what_is_too_long_is_refused_at_both_ends():
    line = Line()
    assert not line.ends[0].send_long(bytes(65), 65, line.now)
    frame = CanFrame()
    for data in ("00 FF 00 07", "00 02 40 00", "00 00 00 00"):
        frame.set(0x183456F4, True, hx(data + " FF FF FF FF"), 8)
        assert not line.ends[0].feed(frame, line.now)
        line.run(10)
        assert line.wire[-1] == (0x0C37F456, hx("02 FF FF FF FF FF FF FF"))


def test_frames_of_others_and_of_2015_change_nothing():
    line = Line()
    frame = CanFrame()
    for identifier in (0x183656F5, 0x1836F456, 0x183156F4, 0x1C3656F4, 0x183456F4):
        frame.set(identifier, True, hx("05 01 02 03 04 05 06 07"), 8)
        assert not line.ends[0].feed(frame, line.now)
    frame.set(0x183656F4, True, hx("05 01 02 03 04"), 5)  # BDC: shorter than any short message
    assert not line.ends[0].feed(frame, line.now)
    line.run(100)
    assert line.wire == []
