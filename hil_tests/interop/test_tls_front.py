"""`v2g tls-front` in front of a plain station: masters keep their identity, ends go through, pressure too."""

import json
import ssl
import subprocess
import sys
import threading
import time

import pytest

from firmware import config
from hil_tests.rig.tls_lab import Lab
from hil_tests.rig.tls_station import HOST
from hil_tests.rows import run, targets, wire
from hil_tests.rows.context import Context
from hil_tests.rows.row import PASSES, rows
from tools.front.app import Front
from tools.front.settings import FRONT

FIRST, SECOND = "127.0.0.11", "127.0.0.12"
ROWS = (1, 2, 12, 19, 31, 32, 35, 38, 45, 47, 62, 67, 78, 97, 107, 113)
OPTIONS = run.Options(day_s=60, apdus=300)
pytestmark = [pytest.mark.live, pytest.mark.timeout(200)]


class Served:
    """A front in a thread of this process."""

    def __init__(self, lab, port, **changes):
        section = lab.section()
        for client, bind in zip(section["clients"], (FIRST, SECOND, "", "")):
            client["bind"] = bind
        raw = {"tls": dict(section, listen=HOST), "station": {"host": HOST, "port": port}, **changes}
        errors = []
        settings = config.section(raw, FRONT, "", errors)
        assert not errors
        self.lines = []
        self.front = Front(settings, self.lines.append)
        self.port = self.front.port
        self._stop = False
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while not self._stop:
            self.front.turn(50)
        self.front.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._stop = True
        self._thread.join()

    def said(self, code):
        return [line for line in self.lines if " V%d  " % code in line]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    return Lab(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="module")
def station():
    station = targets.make("micropython")
    yield station
    station.stop()


def plain(station, **settings):
    answer, seconds = station.fresh(settings)
    return Context(station, seconds, answer)


def eventually(holds, limit_s=10):
    end = time.monotonic() + limit_s
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()


def test_masters_keep_their_own_addresses(lab, station):
    t = plain(station, allow=[FIRST, SECOND], control_from=[SECOND])
    with Served(lab, station.port) as front:
        first = wire.Master(front.port, wrap=lab.wrapper("master"))
        second = wire.Master(front.port, wrap=lab.wrapper("second"))
        first.start()
        second.start()
        assert not t.is_served(first) and t.is_served(second)
        assert {entry[0] for entry in t.state()["log"]} == {FIRST, SECOND}
        assert len(front.said(460)) == 2 and "master, 127.0.0.1" in front.said(460)[0]
        first.close()
        second.close()
        assert eventually(lambda: t.state()["links"] == 0)


def test_who_is_not_listed_never_reaches_the_station(lab, station):
    t = plain(station)
    with Served(lab, station.port) as front:
        for name in ("", "unlisted", "expired", "rogue"):
            try:
                m = wire.Master(front.port, wrap=lab.wrapper(name))
                m.u(wire.STARTDT_ACT)
                assert m.closes(5) and not m.frames
                m.close()
            except OSError:
                pass  # refused in the handshake
        assert t.state()["links"] == 0
        assert all(front.said(code) for code in (469, 470, 471, 473))


def test_the_station_closes_and_the_master_hears_it_in_order(lab, station):
    plain(station)
    with Served(lab, station.port) as front:
        m = wire.Master(front.port, wrap=lab.wrapper())
        m.start()
        m.send(b"\x00\x00\x00\x00\x00\x00")
        m.sock.settimeout(5)
        assert m.sock.recv(100) == b""  # close_notify: without it an SSLEOFError
        assert eventually(lambda: front.said(551)) and "station" in front.said(551)[0]


def test_what_a_master_sent_last_still_arrives(lab, station):
    t = plain(station)
    with Served(lab, station.port) as front:
        m = wire.Master(front.port, wrap=lab.wrapper())
        m.start()
        for i in range(5):
            m.i(t.setpoint(float(i)))
        m.sock.settimeout(5)
        try:
            m.sock.unwrap()
        except ssl.SSLError:
            pass  # answers stand before the close_notify
        assert eventually(lambda: len(t.orders()) == 5)


def test_no_station_is_said(lab):
    with Served(lab, targets.free_port()) as front:
        m = wire.Master(front.port, wrap=lab.wrapper())
        assert m.closes(10)
        assert eventually(lambda: front.said(552)) and "unreachable" in front.said(552)[0]


def test_places(lab, station):
    plain(station)
    with Served(lab, station.port, max_links=1) as front:
        m = wire.Master(front.port, wrap=lab.wrapper())
        m.start()
        late = wire.Master(front.port, wrap=lab.wrapper("second"))
        assert late.closes(5) and eventually(lambda: front.said(553))
        assert m.fence() == [] and not m.is_closed


def test_the_rows_hold_through_it(lab):
    station = targets.make("cpython")
    with Served(lab, station.port) as front:
        station.dial_port, station.wrap = front.port, lab.wrapper()
        results = [run.run_row(station, row, OPTIONS) for row in rows() if row.number in ROWS]
        station.stop()
    assert not [(r.number, r.text) for r in results if r.outcome != PASSES] and len(results) == len(ROWS)


def test_the_command_serves_until_ctrl_c(lab, tmp_path, station):
    plain(station)
    port = targets.free_port()
    section = dict(lab.section(listed=("master",)), listen=HOST, port=port)
    path = tmp_path / "front.json"
    path.write_text(json.dumps({"tls": section, "station": {"port": station.port}}))
    argv = [sys.executable, "-m", "tools.cli", "tls-front", "--config", str(path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert "V550" in process.stdout.readline()
        m = wire.Master(port, wrap=lab.wrapper())
        m.start()
        assert "V460" in process.stdout.readline()
        process.send_signal(2)
        assert m.closes(5)
        assert process.wait(10) == 0
