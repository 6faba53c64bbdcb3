"""drivers/ports/framed.py, front_end.py: links over one wire, against a front end of frames made by hand."""

from binascii import crc32

from drivers.ports.framed import CLOSE, DATA, LISTEN, OPEN, RESET, FrameLine
from drivers.ports.front_end import FramedClient, FramedListener, FrontEnd
from hil_tests.portable.front_end_wire import Wire
from protocols.ticks import TICKS_MASK, ticks_add

START = TICKS_MASK - 300


class Far:
    """The front end: sends frames, takes frames apart."""

    def __init__(self, wire):
        self.wire = wire
        self.next = 0

    def send(self, kind, link, payload=b""):
        if kind == RESET:
            self.next = 0
        self.wire.inbox += self.frame(kind, link, payload)

    def frame(self, kind, link, payload):
        body = bytes((self.next, link, kind, len(payload))) + payload
        self.next = (self.next + 1) & 0xFF
        return b"\xa5" + body + (crc32(body) & 0xFFFF).to_bytes(2, "big")

    def taken(self):
        """[(kind, link, payload)] of what has arrived; each frame must be sound."""
        data, frames = self.wire.outbox, []
        self.wire.outbox = b""
        while data:
            n = data[4]
            assert data[0] == 0xA5 and crc32(data[1 : 5 + n]) & 0xFFFF == data[5 + n] << 8 | data[6 + n]
            frames.append((data[3], data[2], data[5 : 5 + n]))
            data = data[7 + n :]
        return frames


def joined(room=100000):
    """(front end, far end), past the first RESET."""
    wire = Wire(room=room)
    near = FrontEnd(wire)
    far = Far(wire)
    assert far.taken() == [(RESET, 0, b"?")]
    far.send(RESET, 0, b"!")
    near.pump()
    return near, far


def connected():
    near, far = joined()
    client = FramedClient(near, "10.0.0.1:502")
    client.service(START)
    assert far.taken() == [(OPEN, 128, b"10.0.0.1:502")] and not client.is_open
    far.send(OPEN, 128)
    assert near.pump() and client.is_open and client.ready
    client.service(START)
    return near, far, client


def test_a_client_connects_and_both_sides_talk():
    near, far, client = connected()
    assert client.generation == 1
    assert client.write(b"xxhelloyy", 2, 5) == 5
    assert far.taken() == [(DATA, 128, b"hello")]
    buf = bytearray(8)
    assert client.read_into(buf) == 0 and not client.ready
    far.send(DATA, 128, b"0123456789")
    assert near.pump() and client.ready
    assert client.read_into(buf) == 8 and buf == b"01234567" and client.ready
    assert client.read_into(buf) == 2 and buf[:2] == b"89" and not client.ready
    assert not near.pump()


def test_frames_byte_by_byte_and_after_noise():
    near, far, client = connected()
    data = b"\x00\xa5\x00\x01\x02\xff" + far.frame(DATA, 128, b"abc")  # the second byte looks like a frame
    for i in range(len(data)):
        far.wire.inbox += data[i : i + 1]
        woken = near.pump()
    assert woken and client.read_into(bytearray(10)) == 3


def test_a_damaged_frame_ends_every_link_and_asks_for_a_new_beginning():
    near, far, client = connected()
    frame = bytearray(far.frame(DATA, 128, b"abc"))
    frame[6] ^= 1
    far.wire.inbox = bytes(frame) + far.frame(DATA, 128, b"later")
    assert near.pump() and client.is_over and not client.is_open
    assert far.taken() == [(RESET, 0, b"?")]
    assert not near.pump() and near.line.faults == 1  # what comes before the answer is dropped
    client.service(START)
    client.service(ticks_add(START, 300))
    far.send(RESET, 0, b"!")
    far.send(OPEN, 129)
    assert near.pump() and near.pump() and client.is_open and client.generation == 2


def test_a_missing_frame_is_noticed_by_its_number():
    near, far, client = connected()
    far.next += 1
    far.send(DATA, 128, b"abc")
    assert near.pump() and client.is_over


def test_a_lost_reset_is_repeated():
    near, far, client = connected()
    far.next += 1
    far.send(DATA, 128, b"abc")
    near.pump()
    far.taken()
    for _ in range(16):
        far.send(DATA, 128, b"on and on")
        near.pump()
    assert far.taken() == [(RESET, 0, b"?")]


def test_a_new_front_end_is_answered_and_asked_to_listen_again():
    near, far = joined()
    listener = FramedListener(near, "0.0.0.0", 2404)
    assert far.taken() == [(LISTEN, 0, b"0.0.0.0:2404")] and listener.refusal is None
    far.send(LISTEN, 0)
    near.pump()
    assert listener.is_open and listener.refusal == ""
    far.send(RESET, 0, b"?")
    near.pump()
    assert far.taken() == [(RESET, 0, b"!"), (LISTEN, 0, b"0.0.0.0:2404")]


def test_a_refused_listener_says_why():
    near, far = joined()
    listener = FramedListener(near, "h", 1)
    far.send(CLOSE, 0, b"Address already in use")
    near.pump()
    assert not listener.is_open and listener.refusal == "Address already in use"


def test_peers_come_and_go():
    near, far = joined()
    listener = FramedListener(near, "h", 1)
    far.taken()
    for number in (1, 2):
        far.send(OPEN, number, b"192.168.1.%d" % number)
    assert near.pump() and listener.ready
    first = listener.accept()
    assert listener.peer == "192.168.1.1" and listener.accept() is None
    assert near.pump()
    second = listener.accept()
    assert listener.peer == "192.168.1.2"
    assert first.read_into(bytearray(9)) == 0 and not first.ready
    far.send(DATA, 2, b"two")
    near.pump()
    assert second.ready and not first.ready
    far.send(CLOSE, 1)
    assert not near.pump() or second.ready  # the frame of the second waits until it is read
    assert second.read_into(bytearray(9)) == 3
    assert near.pump() and first.is_over
    first.close()
    second.close()
    assert far.taken() == [(CLOSE, 2, b"")]
    far.send(DATA, 2, b"too late")
    assert not near.pump() and not near.line.waiting


def test_a_lost_connection_is_made_again_after_a_while():
    near, far, client = connected()
    far.send(CLOSE, 128, b"reset by peer")
    assert near.pump() and not client.is_open and client.ready
    client.service(START)
    client.service(ticks_add(START, 199))
    assert far.taken() == []
    client.service(ticks_add(START, 200))
    assert far.taken() == [(OPEN, 129, b"10.0.0.1:502")]
    client.service(ticks_add(START, 5200))  # no answer
    client.service(ticks_add(START, 5599))
    assert far.taken() == [(CLOSE, 129, b"")]
    client.service(ticks_add(START, 5600))
    assert far.taken() == [(OPEN, 130, b"10.0.0.1:502")]


def test_a_line_that_takes_nothing_holds_the_writer_back():
    near, far, client = connected()
    near.line.uart.room = 0
    sent = 0
    while client.write(bytes(100), 0, 100):
        sent += 1
    assert 1 <= sent <= 20 and client.is_open
    client.close()
    near.line.uart.room = 100000
    near.pump()
    near.pump()
    frames = far.taken()
    assert len(frames) == sent + 1 and frames[-1] == (CLOSE, 128, b"")


def test_only_a_whole_frame_is_worth_waking_for():
    near, far, client = connected()
    wire = far.wire
    assert not near.pump() and wire.wanted == 7
    data = far.frame(DATA, 128, b"0123456789")
    wire.inbox = data[:3]
    assert not near.pump() and wire.wanted == 4
    wire.inbox = data[3:7]
    assert not near.pump() and wire.wanted == 10
    wire.inbox = data[7:]
    assert near.pump() and client.read_into(bytearray(20)) == 10 and wire.wanted == 7


def test_frames_that_wait_together_are_read_in_one_turn():
    near, far, first = connected()
    second = FramedClient(near, "10.0.0.2:502")
    second.service(START)
    far.send(OPEN, 129)
    assert near.pump()
    buf = bytearray(20)
    second.read_into(buf)
    far.send(DATA, 128, b"first")
    far.send(DATA, 129, b"second")
    far.send(CLOSE, 128)
    assert near.pump() and first.ready and not second.ready
    assert first.read_into(buf) == 5 and second.ready
    assert second.read_into(buf) == 6 and first.is_over
    assert near.pump() and not near.pump()  # the close is news for whoever sleeps


def test_a_frame_is_no_longer_than_it_may_be():
    line = FrameLine(Wire())
    assert line.room() == 250
    near, far, client = connected()
    assert client.write(bytes(600), 0, 600) == 250
    far.wire.inbox = b"\xa5\x00\x80\x03\xfb" + bytes(300)  # 251 bytes: no frame
    assert not near.pump()
