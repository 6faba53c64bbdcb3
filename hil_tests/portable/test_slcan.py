"""slcan: what is a frame, what is an answer, what is garbage."""

from hil_tests.portable.support import hx
from protocols import slcan
from protocols.can import CanFrame


def read(*chunks):
    """[(kind, text)] of a stream that arrives in these chunks."""
    reader = slcan.SlcanReader()
    frame = CanFrame()
    found = []
    for chunk in chunks:
        reader.feed(chunk, len(chunk))
        kind = reader.take(frame)
        while kind != slcan.NOTHING:
            if kind == slcan.FRAME:
                found.append((kind, frame.id, frame.extended, frame.remote, bytes(frame.data[: frame.n])))
            elif kind == slcan.COMMAND:
                found.append((kind, bytes(reader.word[: reader.length])))
                reader.next_word()
            else:
                found.append((kind, reader.flags if kind == slcan.FLAGS else None))
            kind = reader.take(frame)
    return found, reader.garbage


def test_frames_of_both_kinds_with_and_without_a_time_stamp():
    found, garbage = read(b"t7E82AABB\rT1810 56F4".replace(b" ", b"") + b"0\rt1001FF1A2B\r")
    assert garbage == 0
    assert found == [
        (slcan.FRAME, 0x7E8, False, False, hx("AABB")),
        (slcan.FRAME, 0x181056F4, True, False, b""),
        (slcan.FRAME, 0x100, False, False, hx("FF")),
    ]


def test_a_frame_may_come_byte_by_byte_and_in_small_letters():
    text = b"T181056f4 5 0a0b0c0d0e\r".replace(b" ", b"")
    found, garbage = read(*[text[i : i + 1] for i in range(len(text))])
    assert found == [(slcan.FRAME, 0x181056F4, True, False, hx("0A0B0C0D0E"))] and garbage == 0


def test_a_remote_frame_has_a_length_and_no_data():
    found, _ = read(b"r1003\rR181056F48\r")
    assert [row[3] for row in found] == [True, True]


def test_answers_and_commands():
    found, garbage = read(b"\r\x07z\rZ\rF80\rV1013\rS5\rO\rC\r")
    kinds = [row[0] for row in found]
    s = slcan
    assert kinds == [s.DONE, s.REFUSED, s.TAKEN, s.TAKEN, s.FLAGS] + [s.COMMAND] * 4
    assert found[4][1] == slcan.FLAG_BUS_ERROR
    assert [row[1] for row in found[5:]] == [b"V1013", b"S5", b"O", b"C"] and garbage == 0


def test_garbage_is_counted_and_the_next_line_is_read():
    lines = (b"t8001AA", b"tXYZ0", b"t1009", b"t1002AA", b"t1001AABB", b"T200000000", b"T", b"t" + b"0" * 60)
    for line in lines:
        found, garbage = read(line + b"\rt1230\r")
        assert found == [(slcan.FRAME, 0x123, False, False, b"")], line
        assert garbage == 1, line


def test_more_than_the_buffer_holds_is_counted_not_crashed():
    reader = slcan.SlcanReader(16)
    reader.feed(b"t" * 40, 40)
    assert reader.garbage == 24 and reader.room() == 0
    assert reader.take(CanFrame()) == slcan.NOTHING


def test_encoding_round_trips():
    frame, back = CanFrame(), CanFrame()
    out = bytearray(40)
    for can_id, extended, n in ((0, False, 0), (0x7FF, False, 8), (0x1FFFFFFF, True, 8), (0, True, 3)):
        frame.set(can_id, extended, hx("0123456789ABCDEF"), n)
        length = slcan.encode(frame, out, 2)
        reader = slcan.SlcanReader()
        reader.feed(bytes(out[2:]), length)
        assert reader.take(back) == slcan.FRAME
        assert (back.id, back.extended, back.n) == (can_id, extended, n)
        assert back.data[:n] == frame.data[:n]
