"""104 over TLS as masters of other makes bring it: Python's ssl, openssl s_client, c104; and the rows of an
outstation again, through TLS, on both interpreters.

c104 2.2.1's own TLS client cannot connect to anybody (its library wants a host's name that it does not set),
so that c104 comes through a small converter of ours here.
"""

import functools
import json
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hil_tests.rig.tls_station import HOST, TlsStation
from hil_tests.rows import run, wire
from hil_tests.rows.row import PASSES, rows
from tools.runtime import INTERPRETERS

C104 = Path(__file__).with_name("iec104_c104_master.py")
STARTDT, CONFIRMED = bytes.fromhex("680407000000"), bytes.fromhex("68040b000000")
# From every group; what takes long, and what judges by TCP segments, stays with plain TCP.
ROWS = (
    1,
    2,
    3,
    5,
    8,
    12,
    13,
    16,
    17,
    18,
    19,
    20,
    23,
    25,
    30,
    31,
    35,
    36,
    37,
    40,
    41,
    43,
    45,
    47,
    49,
    56,
    57,
    58,
)
ROWS += (61, 62, 63, 71, 73, 74, 78, 79, 80, 84, 85, 86, 90, 97, 100, 105, 107, 108, 110, 111, 113)
OPTIONS = run.Options(day_s=60, apdus=500)
pytestmark = [pytest.mark.live, pytest.mark.timeout(400)]


@pytest.fixture(scope="module", params=INTERPRETERS)
def station(request, tmp_path_factory):
    station = TlsStation(request.param, tmp_path_factory.mktemp("tls"))
    yield station
    station.stop()


def test_the_rows_hold_over_tls_as_over_tcp(station):
    chosen = [row for row in rows() if row.number in ROWS]
    results = [run.run_row(station, row, OPTIONS) for row in chosen]
    assert len(results) == len(ROWS)
    assert not [(r.number, r.text) for r in results if r.outcome != PASSES]


@pytest.mark.needs("openssl")
def test_openssl_s_client(station):
    station.context()
    lab = station.lab
    path = str(lab.path("master"))
    argv = [
        "openssl",
        "s_client",
        "-quiet",
        "-verify_return_error",
        "-connect",
        "%s:%d" % (HOST, station.port),
    ]
    argv += ["-CAfile", str(lab.folder / "ca.crt.pem"), "-cert", path + ".crt.pem", "-key", path + ".key.pem"]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as s_client:
        s_client.stdin.write(STARTDT)
        s_client.stdin.flush()
        assert s_client.stdout.read(6) == CONFIRMED
        s_client.kill()


def test_python_says_close_notify_and_the_link_ends(station):
    t = station.context()
    m = t.master()
    assert t.is_served(m) and t.state()["links"] == 1
    m.sock.settimeout(wire.PATIENCE_S)
    try:
        m.sock.unwrap()
    except ssl.SSLError:
        assert station.name == "micropython"  # its library has no close_notify of its own
    t.master()
    assert t.state()["links"] == 1


class Converter:
    """Plain TCP to TLS, one connection after the other."""

    def __init__(self, port, wrap):
        self.listener = socket.create_server((HOST, 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, args=(port, wrap), daemon=True).start()

    def _serve(self, port, wrap):
        try:
            while True:
                plain, _ = self.listener.accept()
                secure = wrap(socket.create_connection((HOST, port)))
                back = threading.Thread(target=self._pump, args=(secure, plain), daemon=True)
                back.start()
                self._pump(plain, secure)
        except OSError:
            pass  # the test is over

    @staticmethod
    def _pump(source, sink):
        try:
            while octets := source.recv(4096):
                sink.sendall(octets)
        except OSError:
            pass
        for sock in (source, sink):
            sock.close()


def test_c104_interrogates_orders_and_sets_the_clock(station):
    t = station.context()
    converter = Converter(station.port, station.wrap)
    argv = [sys.executable, str(C104), str(converter.port)]
    said = {}
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as master:
        for line in master.stdout:
            news = json.loads(line)
            if news["event"] != "asdu":
                said.setdefault(news["event"], []).append(news)
            if news["event"] == "ready":
                t.update((0x4001, 7250))
    converter.listener.close()
    assert said["started"][0]["initialised"] and said["interrogated"][0]["ended"]
    assert [order["answered"] for order in said["ordered"]] == [True] * 4
    assert said["switched"][0]["answered"] and said["clock"][0]["answered"]
    assert said["end"][0]["value"] == 7.25
    assert t.orders()[:2] == [[0x6201, 50, 12.5], [0x6201, 50, -3.25]]


def test_one_record_carries_one_apdu(station):
    """lib60870's client would leave a second one unread."""
    t = station.context(many_measured=100)
    m = t.master()
    m.i(wire.asdu(100, 6, 0, "14"))
    sizes = []
    read = functools.partial(m.sock.recv, 65536)
    while not sizes or sizes[-1][6:9] != bytes((100, 1, 10)):
        sizes.append(read())
    assert len(sizes) > 5
    assert all(octets[0] == 0x68 and len(octets) == octets[1] + 2 for octets in sizes)
