"""Bad days of the TLS port, on both interpreters: whatever knocks, a master that is in keeps its set-points
answered, and the next good one gets in.
"""

import random
import socket
import subprocess
import time

import pytest

from hil_tests.rig.tls_station import HOST, Flights, TlsStation
from hil_tests.rows import wire
from tools.runtime import INTERPRETERS

STRANGER = "127.0.0.2"
STARTDT = bytes.fromhex("680407000000")
PATIENCE_S = 10
pytestmark = [pytest.mark.live, pytest.mark.timeout(200)]


@pytest.fixture(scope="module", params=INTERPRETERS)
def station(request, tmp_path_factory):
    station = TlsStation(request.param, tmp_path_factory.mktemp("tls"))
    yield station
    station.stop()


def knock(station, source=STRANGER):
    sock = socket.socket()
    sock.bind((source, 0))
    sock.settimeout(PATIENCE_S)
    sock.connect((HOST, station.port))
    return sock


def known(station):
    """The list of clients, with the good master's address in it."""
    clients = station.lab.section()["clients"]
    clients[0]["from"] = [HOST]
    return clients


def ends(sock):
    """The station closes; what it said before is not looked at."""
    try:
        while sock.recv(4096):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    sock.close()
    return True


def counts(t):
    return t.state()["tls"]["counts"]


def counted(t, kind, n):
    """Until `n` handshakes ended in this way."""
    end = time.monotonic() + PATIENCE_S
    while counts(t).get(kind, 0) < n and time.monotonic() < end:
        time.sleep(0.02)
    return counts(t).get(kind, 0)


def bent(octets, dice):
    octets = bytearray(octets)
    for _ in range(1 + dice.randrange(3)):
        octets[dice.randrange(len(octets))] ^= 1 << dice.randrange(8)
    return bytes(octets)


def test_hellos_that_come_octet_by_octet(station):
    t = station.context({"handshake_s": 2, "max_handshakes": 3})
    good = t.master()
    slow = [knock(station) for _ in range(3)]
    hello = Flights(station.lab).hello()
    for octet in hello[:30]:
        for sock in slow:
            sock.sendall(bytes((octet,)))
        assert t.is_served(good)
    assert counted(t, "late", 3) == 3
    assert all(ends(sock) for sock in slow)
    assert t.master()


def test_slow_strangers_do_not_hold_the_places(station):
    t = station.context({"handshake_s": 60, "max_handshakes": 2, "clients": known(station)})
    slow = [knock(station) for _ in range(2)]
    good = t.master()
    assert t.is_served(good) and counts(t)["full"] == 1
    for sock in slow:
        sock.close()


def test_fifty_connections_at_once(station):
    t = station.context({"per_minute": 20, "total_per_minute": 30, "clients": known(station)})
    good = t.master()
    hello = Flights(station.lab).hello()
    socks = []
    for i in range(50):
        sock = knock(station, "127.0.0.%d" % (2 + i % 5))
        sock.sendall(hello)
        socks.append(sock)
        assert t.is_served(good)
    assert counted(t, "rate", 20) == 20
    for sock in socks:
        sock.close()
    assert t.master()


def test_one_address_that_dials_too_often(station):
    t = station.context({"per_minute": 5})
    good = t.master()
    socks = [knock(station) for _ in range(12)]
    assert counted(t, "rate", 7) == 7
    assert t.is_served(good) and t.master()
    for sock in socks:
        sock.close()


def test_plain_104_http_and_noise(station):
    t = station.context()
    good = t.master()
    dice = random.Random(114)
    for octets in (
        STARTDT,
        b"GET / HTTP/1.1\r\n\r\n",
        dice.randbytes(2000),
        bytes(5),
        b"\x16\x03\x01\xff\xff",
    ):
        sock = knock(station)
        sock.sendall(octets)
        assert ends(sock)
        assert t.is_served(good)
    assert counts(t)["not_tls"] == 5


def test_hellos_bent_on_their_way(station):
    t = station.context()
    good = t.master()
    dice = random.Random(1)
    for i in range(60):
        sock = knock(station)
        sock.sendall(bent(Flights(station.lab).hello(), dice))
        if i % 6 == 0:
            assert t.is_served(good)
        sock.close()
    assert t.is_served(good) and t.master()


def test_second_flights_bent_on_their_way(station):
    """Certificate, key exchange, signature and Finished, a few bits turned."""
    t = station.context()
    good = t.master()
    dice = random.Random(2)
    for _ in range(40):
        sock = knock(station)
        flight = Flights(station.lab).second_flight(sock)
        sock.sendall(bent(flight, dice))
        sock.close()
    assert t.is_served(good) and t.master()
    assert counts(t)["accepted"] == 2  # not one of them got in


def test_clients_that_go_away_in_mid_handshake(station):
    t = station.context()
    good = t.master()
    for n in range(8):
        sock = knock(station)
        flight = Flights(station.lab).second_flight(sock)
        sock.sendall(flight[: len(flight) * n // 8])
        sock.close()
        assert t.is_served(good)
    assert counted(t, "gone", 8) == 8
    assert t.master()


def test_half_open_handshakes_end_at_their_deadline(station):
    t = station.context({"handshake_s": 1})
    good = t.master()
    socks = [knock(station) for _ in range(3)]
    Flights(station.lab).second_flight(socks[0])
    socks[1].sendall(Flights(station.lab).hello()[:100])
    assert all(ends(sock) for sock in socks)
    assert counts(t)["late"] == 3 and t.is_served(good)


def test_many_messages_in_one_record(station):
    """As some libraries send them: the whole second flight's plain messages behind one header."""
    t = station.context()
    good = t.master()
    sock = knock(station)
    client = Flights(station.lab)
    flight = client.second_flight(sock)
    plain, rest, at = b"", b"", 0
    while flight[at] == 22 and not rest:
        size = 5 + (flight[at + 3] << 8 | flight[at + 4])
        plain += flight[at + 5 : at + size]
        at += size
        if flight[at] != 22:
            rest = flight[at:]
    sock.sendall(b"\x16\x03\x03" + len(plain).to_bytes(2, "big") + plain + rest)
    while client.answer(sock.recv(4096)):
        pass
    client.client.do_handshake()  # over: nothing is missing
    client.client.write(STARTDT)
    sock.sendall(client.outgoing.read())
    assert t.is_served(good)
    assert counts(t)["accepted"] == 2
    sock.close()


def test_a_reader_that_stopped_gets_everything_later(station):
    t = station.context(many_measured=500)
    m = t.master(receive_bytes=4096)
    m.acknowledges = True
    for _ in range(3):
        found = m.interrogate(wire.asdu(100, 6, 0, "14"))
        assert sum(a.n for a in found if a.cause == 20) > 500


@pytest.mark.needs("openssl")
def test_renegotiation_is_refused_and_hurts_nobody(station):
    t = station.context()
    good = t.master()
    lab, path = station.lab, str(station.lab.path("second"))
    argv = ["openssl", "s_client", "-tls1_2", "-connect", "%s:%d" % (HOST, station.port)]
    argv += ["-CAfile", str(lab.folder / "ca.crt.pem"), "-cert", path + ".crt.pem", "-key", path + ".key.pem"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(argv, stdin=subprocess.PIPE, **quiet) as s_client:
        assert counted(t, "accepted", 2) == 2
        s_client.stdin.write(b"R\n")
        s_client.stdin.flush()
        for _ in range(5):
            assert t.is_served(good)
        s_client.kill()
    assert counts(t) == {"accepted": 2} and t.master()
