"""The order port's lines: authenticators, replays, forged lines; both ends against each other."""

import json

from hil_tests.portable.orderport_forge import KEY, Random, feed, make_link, sent, siege
from hil_tests.portable.support import raises
from protocols.errors import LocalError
from protocols.orderport.client import ClientLink, PeerError
from protocols.orderport.hmac import Mac, same
from protocols.orderport.line import LONGEST, ORDER, seal
from protocols.orderport.station import MOST_FORGED

FORGED_LINES = 1500


class Pair:
    def __init__(self, key=KEY):
        self.station = make_link()
        self.client = ClientLink(Mac(key))
        self.client.feed(sent(self.station))

    def order(self, entries):
        """The line of an order, sent."""
        line = self.client.order(entries)
        feed(self.station, line)
        return line

    def answered(self, entries):
        self.station.answer(entries)
        self.client.feed(sent(self.station))
        return self.client.answer


def test_hmac_by_the_vectors_of_rfc_4231():
    vectors = (
        (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (b"\xaa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        (
            b"\xaa" * 131,
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    )
    for key, data, digest in vectors:
        assert Mac(key).hex(data, b"") == digest.encode()
        assert Mac(key).hex(data[:5], data[5:]) == digest.encode()
    assert raises(ValueError, Mac, b"short")
    assert same(b"ab", b"ab") and not same(b"ab", b"ac") and not same(b"a", b"ab")


def test_an_order_and_its_answer():
    pair = Pair()
    pair.order({"order": "status"})
    assert pair.station.request == {"n": 1, "order": "status"}
    assert pair.answered({"ok": True, "power_w": -5})["power_w"] == -5
    assert pair.client.answer["n"] == 1 and pair.station.request is None
    pair.order({"order": "explain"})
    assert pair.station.request["n"] == 2


def test_one_order_at_a_time_whatever_comes_behind_it():
    pair = Pair()
    first, second = pair.client.order({"order": "a"}), pair.client.order({"order": "b"})
    feed(pair.station, first + second)
    assert pair.station.request["order"] == "a"
    pair.station.answer({"ok": True})
    pair.station.work()
    assert pair.station.request["order"] == "b"


def test_a_replayed_line_is_refused_here_and_elsewhere():
    pair = Pair()
    line = pair.order({"order": "status"})
    pair.answered({"ok": True})
    feed(pair.station, line)
    assert pair.station.request is None
    assert json.loads(sent(pair.station).decode())["code"] == 483
    other = make_link(Random())
    other.random.count = 7
    feed(other, b"\n")  # another nonce
    sent(other)
    feed(other, line)
    assert other.request is None and json.loads(sent(other).decode())["code"] == 482


def test_another_key_gets_nothing_and_the_third_time_no_more():
    pair = Pair(bytes(32))
    for _ in range(MOST_FORGED):
        assert not pair.station.is_closed
        pair.order({"order": "status"})
    assert pair.station.is_closed and pair.station.request is None and pair.station.room() == 0
    assert pair.station.refused == MOST_FORGED


def test_what_is_no_sealed_line():
    cases = ((b"{}\n", 481), (b"GET / HTTP/1.1\r\n", 481), (b"x" * LONGEST, 480))
    for line, code in cases:
        link = make_link()
        sent(link)
        feed(link, line)
        assert link.request is None
        assert json.loads(sent(link).decode())["code"] == code
    bodies = (b"[1]", b'{"n":true}', b'{"n":0}', b'{"n":"1"}', b'{"n":1.5}', b"{nonsense}", b'{"order":"x"}')
    for body in bodies:
        link = make_link()
        sent(link)
        feed(link, seal(body, link.mac, ORDER + link.nonce))
        assert link.request is None and not link.is_closed
        assert json.loads(sent(link).decode())["code"] == 484, body


def test_deep_nesting_is_survived():
    link = make_link()
    feed(link, seal(b'{"n":1,"x":' + b"[" * 900 + b"]" * 900 + b"}", link.mac, ORDER + link.nonce))
    assert not link.is_closed


def test_an_answer_that_is_not_the_stations():
    pair = Pair()
    pair.order({"order": "status"})
    pair.station.answer({"ok": True})
    good = sent(pair.station)
    assert raises(PeerError, pair.client.feed, good.replace(b"true", b"null"))
    pair.client.order({"order": "status"})
    assert raises(PeerError, pair.client.feed, good)  # of another order
    assert raises(PeerError, pair.client.feed, b"SSH-2.0\n")
    assert raises(LocalError, ClientLink(Mac(KEY)).order, {"order": "status"})
    assert raises(LocalError, pair.client.order, {"order": "x" * LONGEST})


def test_an_empty_line_begins_anew():
    pair = Pair()
    nonce = pair.station.nonce
    feed(pair.station, b"\r\n")
    pair.client.feed(sent(pair.station))
    assert pair.station.nonce != nonce
    pair.order({"order": "status"})
    assert pair.station.request["n"] == 1


def test_a_peer_that_does_not_read_is_given_up():
    link = make_link()
    for _ in range(100):
        if not link.is_closed:
            feed(link, b"\n")
    assert link.is_closed


def test_forged_lines_change_nothing():
    """Thousands here; a million in `v2g bench`."""
    assert siege(FORGED_LINES, 4711) == FORGED_LINES
