"""drivers/ports/tls.py: order, limits and deadlines of handshakes; the cryptography is played here."""

from drivers.ports import admission as a
from drivers.ports.tls import DONE, MORE, TlsListener
from hil_tests.portable.tls_support import CERTIFICATE, KEY_SHA256, Wires
from protocols.ticks import TICKS_MASK

START = TICKS_MASK - 500
MASTER, STRANGER = "10.0.0.1", "10.0.0.9"
HELLO = bytes((22, 3, 1, 0, 4, 1, 0, 0, 0))
CERTIFY = bytes((22, 3, 3, 0, 4, 11, 0, 0, 0))
BAD = bytes((22, 3, 3, 0, 4, 99, 0, 0, 0))
FINISH = bytes((20, 3, 3, 0, 1, 1))


class Session:
    """A handshake is over with FINISH, fails with BAD; records after it come through as they are."""

    def __init__(self, played, stream):
        self.played = played
        self.stream = stream
        self.is_open = True
        self.held = b""
        self.stuck = False

    def advance(self, message):
        self.played.calculated += 1
        if bytes(message) == FINISH:
            return DONE
        return -a.UNTRUSTED if bytes(message) == BAD else MORE

    def certificate(self):
        return self.played.certificate

    def read_into(self, buf):
        n = self.stream.read_into(buf)
        self.is_open = self.stream.is_open
        return n

    def write(self, buf, start, n):
        self.held += bytes(buf[start : start + n])
        return n

    def flush(self):
        if self.stuck:
            return False
        self.stream.write(self.held, 0, len(self.held))
        self.held = b""
        return True

    def close(self):
        self.is_open = False


class Played:
    """Context, told, poller and clock at once."""

    def __init__(self, most=2, gate=None, **limits):
        self.calculated = 0
        self.certificate = CERTIFICATE
        self.sessions = 0
        self.now = START
        self.told = []
        self.polled = 0
        self.wires = Wires()
        pins = [a.Pin("master", a.digest_of(KEY_SHA256), True, (MASTER,))]
        rates = limits.get("per_minute", 100), limits.get("total", 100)
        self.admission = a.Admission((), pins, rates[0], rates[1], START, gate)
        self.listener = TlsListener(
            self.wires, self, self.admission, self, self, self.clock, limits.get("handshake_ms", 1000), most
        )

    def open(self, stream):
        self.sessions += 1
        return Session(self, stream)

    def clock(self):
        return self.now

    def tls_ended(self, kind, peer, client, now):
        self.told.append((a.KINDS[kind], peer, client))

    def add(self, handle, port):
        assert port is self.listener
        self.polled += 1

    def remove(self, handle):
        self.polled -= 1

    def turn(self, times=1):
        """What the server does in a turn; the streams that it got."""
        got = []
        for _ in range(times):
            stream = self.listener.accept()
            while stream is not None:
                got.append(stream)
                stream = self.listener.accept()
        return got

    def kinds(self):
        return [kind for kind, _, _ in self.told]


def send(wire, octets):
    assert wire.write(octets, 0, len(octets)) == len(octets)


class Gate:
    def __init__(self):
        self.kind = 0

    def refusal(self, now):
        return self.kind


def test_a_client_with_its_certificate_comes_through():
    t = Played()
    wire = t.wires.dial(MASTER)
    send(wire, HELLO + CERTIFY + FINISH)
    streams = t.turn(4)
    assert len(streams) == 1 and t.listener.peer == MASTER and streams[0].client == 0
    assert t.told == [("accepted", MASTER, 0)]
    assert t.polled == 0 and not t.listener.ready
    send(wire, b"abc")
    buf = bytearray(10)
    assert streams[0].read_into(buf) == 3 and buf[:3] == b"abc" and streams[0].ready
    assert streams[0].read_into(buf) == 0 and not streams[0].ready


def test_one_calculation_a_turn_whoever_sends():
    t = Played(most=4)
    for _ in range(3):
        send(t.wires.dial(MASTER), HELLO + CERTIFY + FINISH)
    before = 0
    streams = []
    for _ in range(9):
        streams += t.turn()
        assert t.calculated - before == 1
        before = t.calculated
    assert len(streams) == 3


def test_clients_take_turns():
    t = Played()
    first, second = t.wires.dial(MASTER), t.wires.dial(MASTER)
    send(first, HELLO + CERTIFY + CERTIFY + CERTIFY)
    t.turn()
    send(second, HELLO + FINISH)
    assert len(t.turn(4)) == 1


def test_nothing_is_allocated_for_half_a_hello():
    t = Played()
    wire = t.wires.dial(MASTER)
    send(wire, HELLO[:-1])
    t.turn(5)
    assert t.sessions == 0 and t.listener.ready
    send(wire, HELLO[-1:])
    t.turn()
    assert t.sessions == 1


def test_plain_104_and_noise_end_at_once():
    for octets in (bytes((0x68, 4, 7, 0, 0, 0)), b"GET / HTTP/1.1\r\n\r\n"):
        t = Played()
        wire = t.wires.dial(STRANGER)
        send(wire, octets)
        t.turn()
        assert t.kinds() == ["not_tls"] and not wire.is_open and t.sessions == 0


def test_a_failed_handshake_is_told_by_kind():
    t = Played()
    wire = t.wires.dial(STRANGER)
    send(wire, HELLO + BAD)
    t.turn(3)
    assert t.told == [("untrusted", STRANGER, -1)] and not wire.is_open
    assert t.admission.counts[a.UNTRUSTED] == 1


def test_a_certificate_that_is_not_listed_for_this_address():
    t = Played()
    wire = t.wires.dial(STRANGER)
    send(wire, HELLO + FINISH)
    assert t.turn(3) == []
    assert t.kinds() == ["unpinned"] and not wire.is_open


def test_deadline_also_for_a_client_that_sends_an_octet_now_and_then():
    t = Played(handshake_ms=1000)
    wire = t.wires.dial(MASTER)
    for i in range(len(HELLO) - 1):
        t.now = START + i * 120 & TICKS_MASK
        send(wire, HELLO[i : i + 1])
        t.turn()
    assert t.kinds() == []
    t.now = START + 1000 & TICKS_MASK
    t.turn()
    assert t.kinds() == ["late"] and not wire.is_open


def test_a_client_that_leaves():
    t = Played()
    wire = t.wires.dial(MASTER)
    send(wire, HELLO)
    t.turn()
    wire.close()
    t.turn(2)
    assert t.kinds() == ["gone"] and t.polled == 0


def test_strangers_give_way_and_known_masters_do_not():
    t = Played(most=2)
    idle = [t.wires.dial(STRANGER) for _ in range(2)]
    t.turn()
    wire = t.wires.dial(MASTER)
    t.turn()
    assert t.told == [("full", STRANGER, -1)] and not idle[0].is_open and idle[1].is_open
    t.wires.dial(MASTER)
    t.turn()
    assert not idle[1].is_open
    late = t.wires.dial(STRANGER)
    t.turn()
    assert not late.is_open and wire.is_open and t.kinds() == ["full"] * 3


def test_rate():
    t = Played(most=8, per_minute=2)
    wires = [t.wires.dial(STRANGER) for _ in range(4)]
    t.turn()
    assert [wire.is_open for wire in wires] == [True, True, False, False]
    assert t.kinds() == ["rate", "rate"]


def test_while_a_bay_is_energised_nothing_begins_and_nothing_goes_on():
    gate = Gate()
    t = Played(gate=gate)
    wire = t.wires.dial(MASTER)
    send(wire, HELLO)
    t.turn()
    gate.kind = a.ENERGISED
    send(wire, FINISH)
    refused = t.wires.dial(MASTER)
    assert t.turn(3) == [] and t.calculated == 1
    assert t.kinds() == ["energised"] and not refused.is_open
    gate.kind = 0
    assert len(t.turn(2)) == 1


def test_octets_that_the_socket_did_not_take_count_once():
    t = Played()
    wire = t.wires.dial(MASTER)
    send(wire, HELLO + FINISH)
    stream = t.turn(3)[0]
    stream.session.stuck = True
    data = b"0123456789"
    assert stream.write(data, 0, 10) == 0
    assert stream.write(data, 0, 10) == 0
    stream.session.stuck = False
    assert stream.write(data, 0, 10) == 10
    buf = bytearray(64)
    assert wire.read_into(buf) == 10 and bytes(buf[:10]) == data


def test_closing_ends_all():
    t = Played()
    wires = [t.wires.dial(MASTER) for _ in range(2)]
    t.turn()
    t.listener.close()
    assert not wires[0].is_open and not wires[1].is_open and not t.wires.is_open and t.polled == 0
