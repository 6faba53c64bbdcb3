"""protocols.outbuf: what goes in comes out once, in order, and nothing is half accepted."""

from protocols.outbuf import OutBuffer

from hil_tests.portable.support import no_heap


def drained(out):
    data = bytes(out.buf[out.start : out.end])
    out.consumed(out.pending())
    return data


def test_reserve_encode_commit():
    out = OutBuffer(8)
    at = out.reserve(3)
    assert at == 0 and out.pending() == 0
    out.buf[at] = 1
    out.buf[at + 1] = 2
    out.buf[at + 2] = 3
    out.commit(3)
    assert out.pending() == 3
    assert drained(out) == b"\x01\x02\x03"
    assert out.start == 0 and out.end == 0


def test_full_buffer_takes_nothing():
    out = OutBuffer(4)
    assert out.put(b"abc", 3)
    assert not out.put(b"de", 2)
    assert out.reserve(2) == -1
    assert drained(out) == b"abc"


def test_room_at_the_front_is_used_again():
    out = OutBuffer(4)
    out.put(b"abcd", 4)
    out.consumed(3)
    assert out.put(b"efg", 3)
    assert drained(out) == b"defg"


def test_long_run_keeps_order():
    out = OutBuffer(7)
    sent, got = b"", b""
    for i in range(200):
        piece = bytes((i & 0xFF, i * 3 & 0xFF, i * 7 & 0xFF))[: 1 + i % 3]
        if out.put(piece, len(piece)):
            sent += piece
        n = i % 4
        if n > out.pending():
            n = out.pending()
        got += bytes(out.buf[out.start : out.start + n])
        out.consumed(n)
    got += drained(out)
    assert got == sent


def test_clear():
    out = OutBuffer(4)
    out.put(b"abcd", 4)
    out.clear()
    assert out.pending() == 0 and out.put(b"wxyz", 4)


def test_nothing_is_allocated_after_init():
    out = OutBuffer(4)
    data = b"abc"
    no_heap(out.put, data, 3)
    no_heap(out.consumed, 2)
    no_heap(out.put, data, 3)
    no_heap(out.reserve, 4)
