"""protocols/tls/records.py: one record, one message at a time; what is no TLS is known at once."""

from protocols.tls.records import FORGED, LARGEST, WAITS, WHOLE, RecordReader

HELLO = bytes((22, 3, 1, 0, 9, 1, 0, 0, 5, 1, 2, 3, 4, 5))


def message(kind, n):
    return bytes((kind, 0, n >> 8, n & 0xFF)) + bytes([i & 0xFF for i in range(n)])


def record(kind, body):
    return bytes((kind, 3, 3, len(body) >> 8, len(body) & 0xFF)) + body


class Feed:
    """Gives a reader what it wants out of a stream of octets, `step` of them at most."""

    def __init__(self, octets, step=100000):
        self.rest = octets
        self.step = step
        self.reader = RecordReader()

    def state(self):
        """Until something comes of it, or the octets are used up."""
        reader = self.reader
        state = WAITS
        while state == WAITS and self.rest:
            n = min(reader.wanted(), self.step, len(self.rest))
            reader.buf[reader.n : reader.n + n] = self.rest[:n]
            self.rest = self.rest[n:]
            state = reader.took(n)
        return state

    def pieces(self):
        """All pieces of the record that is whole."""
        found = []
        n = self.reader.next_piece()
        while n:
            found.append(bytes(self.reader.buf[self.reader.start : self.reader.start + n]))
            n = self.reader.next_piece()
        return found


def test_a_record_in_one_piece_and_octet_by_octet():
    for step in (1, 3, 1000):
        feed = Feed(HELLO, step)
        assert feed.state() == WHOLE
        assert feed.pieces() == [HELLO]


def test_never_more_than_one_record_is_asked_for():
    second = record(20, b"\1")
    feed = Feed(HELLO + second)
    assert feed.state() == WHOLE
    assert feed.rest == second
    assert feed.pieces() == [HELLO]
    assert feed.state() == WHOLE
    assert feed.pieces() == [second]


def test_several_plain_messages_become_several_records():
    parts = [message(11, 300), message(16, 33), message(15, 70)]
    feed = Feed(HELLO + record(22, b"".join(parts)))
    assert feed.state() == WHOLE and feed.pieces() == [HELLO]
    assert feed.state() == WHOLE
    assert feed.pieces() == [record(22, part) for part in parts]


def test_a_message_over_two_records_stays_whole_in_both():
    long = message(11, 500)
    short = message(16, 33)
    feed = Feed(HELLO + record(22, long[:200]) + record(22, long[200:] + short))
    assert feed.state() == WHOLE and feed.pieces() == [HELLO]
    assert feed.state() == WHOLE and feed.pieces() == [record(22, long[:200])]
    assert feed.state() == WHOLE
    assert feed.pieces() == [record(22, long[200:]), record(22, short)]


def test_encrypted_records_are_not_cut():
    secret = record(22, bytes(40))  # as messages these octets would be ten
    feed = Feed(HELLO + record(20, b"\1") + secret)
    assert feed.state() == WHOLE and feed.pieces() == [HELLO]
    assert feed.state() == WHOLE and len(feed.pieces()) == 1
    assert feed.state() == WHOLE and feed.pieces() == [secret]


def test_what_cannot_begin_tls():
    startdt = bytes((0x68, 4, 7, 0, 0, 0))
    server_hello = bytes((22, 3, 3, 0, 4, 2, 0, 0, 0))
    for octets in (
        startdt,
        b"GET / HTTP/1.1\r\n",
        b"\x80\x2e\x01\x00\x02",  # SSL 2
        record(23, b"abc"),
        bytes((22, 2, 0, 0, 5)) + bytes(5),
        bytes((22, 3, 1, 0, 0)),
        bytes((22, 3, 1, LARGEST + 1 >> 8, LARGEST + 1 & 0xFF)),
        server_hello,
    ):
        assert Feed(octets).state() == FORGED, octets


def test_a_largest_record_fits():
    body = message(1, LARGEST - 4)
    feed = Feed(record(22, body), 77)
    assert feed.state() == WHOLE
    assert feed.pieces() == [record(22, body)]


def test_later_records_may_not_be_of_unknown_kinds():
    feed = Feed(HELLO + record(24, b"\1\0\1"))
    assert feed.state() == WHOLE and feed.pieces() == [HELLO]
    assert feed.state() == FORGED
