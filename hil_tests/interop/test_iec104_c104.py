"""Our IEC 104 ends against c104 (lib60870) in its own process: it dials our station, we dial its server."""

import socket
import time

import pytest

from hil_tests.interop.iec104_support import Channel, Peer, StationServer, dissect, ticks
from hil_tests.portable.test_iec104_pair import Listener
from protocols.iec104 import const as c
from protocols.iec104.apci import STARTED, STOPPED
from protocols.iec104.controlling import ControllingStation
from protocols.iec104.outstation import Outstation
from protocols.iec104.params import Params

pytestmark = pytest.mark.live


class Clock:
    """Wall clock of a station under test."""

    day = 9800
    ms = 0
    valid = False
    settings = 0

    def sample(self, now):
        self.ms = now % 86400000

    def set_utc(self, day, ms, now):
        self.day = day
        self.valid = True
        self.settings += 1
        return True


class Handler:
    def __init__(self):
        self.orders = []

    def operate(self, cmd, type_id, value, link, now):
        self.orders.append((type_id, value))
        return -100 <= value <= 100


def make_station():
    station = Outstation(Params(), Clock())
    station.handler = Handler()
    for i in range(5):
        station.add_point(1 + i, c.M_SP_NA_1).update(i & 1, 0, 0)
        station.add_point(0x4001 + i, c.M_ME_NC_1, 1000, 10).update(1000 * i, 0, 0)
    station.add_command(0x6201, (c.C_SE_NC_1, c.C_SE_TC_1), station.handler)
    station.add_command(0x6001, (c.C_SC_NA_1,), station.handler)
    return station


@pytest.fixture
def station():
    return make_station()


@pytest.fixture
def server(station):
    server = StationServer(station)
    yield server
    server.close()


def serve(server, script, event, *arguments):
    """Run a master script against the server until it has said `event`."""
    peer = Peer(script, server.port, *arguments)
    try:
        assert server.until(lambda: peer.has_said(event), 40), peer.listen()
        return peer
    except BaseException:
        peer.stop()
        raise


def test_c104_master_against_our_station(station, server):
    peer = serve(server, "iec104_c104_master.py", "ready")
    try:
        station.point_at(0x4001).update(7500, 0, ticks())
        assert server.until(lambda: peer.has_said("end"), 20), peer.listen()
    finally:
        peer.stop()
    assert peer.of("started")[0]["initialised"]
    assert peer.of("interrogated")[0]["ended"]
    assert [line["answered"] for line in peer.of("ordered")] == [True] * 4
    assert peer.of("switched")[0]["answered"] and peer.of("clock")[0]["answered"]
    assert peer.of("spontaneous")[0]["arrived"] and peer.of("end")[0]["value"] == 7.5
    interrogated = [a for a in peer.of("asdu") if a["cot"] == 20]
    assert [(a["type"], a["ioa"], a["n"]) for a in interrogated] == [(1, 1, 5), (13, 0x4001, 5)]
    # every order is executed once; the refused one was judged by the handler, NaN never reached it
    assert station.handler.orders == [(50, 12.5), (50, 1000.0), (50, -3.25), (45, True)]
    assert station.clock.settings == 1 and station.clock.valid
    assert [station.counts[k] for k in (c.ACCEPTED, c.REFUSED_HANDLER, c.REFUSED_VALUE)] == [3, 1, 1]


@pytest.mark.needs("tshark", "text2pcap")
def test_tshark_reads_every_frame_that_c104_was_sent(station, server, tmp_path):
    peer = serve(server, "iec104_c104_master.py", "ready")
    peer.stop()
    texts = dissect(server.sent(), tmp_path)
    assert len(texts) == len(server.sent()) > 12
    for text in texts:
        assert "alformed" not in text and "IEC 60870-5-104" in text
    assert any("M_EI_NA_1 Init" in text for text in texts)
    assert any("C_SE_NC_1 ActCon_NEGA" in text for text in texts)


def dial(port, limit_s=10):
    """Connect our controlling station; (channel, master, listener)."""
    end = time.monotonic() + limit_s
    while True:
        try:
            sock = socket.create_connection(("127.0.0.1", port))
            break
        except ConnectionRefusedError:
            assert time.monotonic() < end
            time.sleep(0.05)
    listener = Listener()
    master = ControllingStation(Params(), listener)
    master.reset(ticks())
    return Channel(sock, master), master, listener


def run_until(channel, done, limit_s=10):
    end = time.monotonic() + limit_s
    while time.monotonic() < end and channel.is_open and not done():
        channel.receive()
        channel.machine.tick(ticks())
        channel.flush()
        time.sleep(0.002)
    assert done(), (channel.machine.closed_reason, channel.machine.listener.answers)


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


def test_our_controlling_station_against_c104_server(free_port):
    peer = Peer("iec104_c104_server.py", free_port)
    try:
        peer.wait_for("ready")
        channel, master, heard = dial(free_port)
        master.start(ticks())
        run_until(channel, lambda: master.state == STARTED)
        master.interrogate(ticks())
        run_until(channel, lambda: (100, 10, 0, 20) in heard.answers)
        values = {d[2]: d[3] for d in heard.data if d[1] == 20}
        assert values == {0x4001: 1.5, 1: 1}
        for value, cause in ((12.5, 7), (1000.0, 0x47)):
            heard.answers.clear()
            master.order(c.C_SE_NC_1, 0x6201, value, ticks())
            run_until(channel, lambda: heard.answers)
            assert heard.answers[0] == (50, cause, 0x6201, value)
        heard.answers.clear()
        master.set_clock(9821, 43200000, ticks())
        run_until(channel, lambda: heard.answers)
        assert heard.answers[0][:2] == (103, 7)
        peer.process.stdin.write(b"go\n")
        peer.process.stdin.flush()
        run_until(channel, lambda: (13, 3, 0x4001, 2.0, 0) in heard.data)
        master.stop(ticks())
        run_until(channel, lambda: master.state == STOPPED)
        assert not master.is_closed
        assert [line["value"] for line in peer.of("order")] == [12.5, 1000.0] and peer.has_said("clock")
        channel.close()
    finally:
        peer.stop()
