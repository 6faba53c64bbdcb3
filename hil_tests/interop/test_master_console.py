"""The dispatch console `v2g master` against our firmware on both interpreters, against c104's server, over
TLS, and at its prompt.
"""

import csv
import io
import socket
import threading

import pytest
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console as Screen

from hil_tests.interop.iec104_support import Peer
from hil_tests.rig.tls_station import TlsStation
from hil_tests.scenarios.cli_process import CliProcess, addresses, run_cli
from tools.catalogue import Failure
from tools.catalogue_host import MASTER_EXPECTED, MASTER_LINK_LOST, MASTER_NO_STATION, MASTER_NOT_STARTED
from tools.catalogue_host import MASTER_COMMAND, MASTER_REFUSED, MASTER_TLS, MASTER_UNANSWERED
from tools.master.run import Session, default_telecontrol
from tools.runtime import INTERPRETERS
from tools.up import free_port

pytestmark = pytest.mark.live


class Lab:
    """A session whose screen is a string."""

    def __init__(self, address, **options):
        self.session = Session(default_telecontrol(), address, **options)
        self.console = self.session.console
        self.console.screen = Screen(file=io.StringIO(), width=120)

    def __enter__(self):
        try:
            self.session.dial()
        except BaseException:
            self.session.close()
            raise
        return self

    def __exit__(self, *exception):
        self.session.close()

    def __call__(self, *lines):
        """Run them; what was printed."""
        self.console.screen.file.seek(0)
        self.console.screen.file.truncate()
        self.session.run(lines)
        return self.console.screen.file.getvalue()

    def refused(self, line):
        with pytest.raises(Failure) as caught:
            self(line)
        return caught.value


@pytest.fixture(scope="module", params=INTERPRETERS)
def station(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("up")
    with CliProcess(["up", "--iec104-port", 0, "--interpreter", request.param], folder) as up:
        yield addresses(up.wait_line("ready "))["iec104"][0]


def test_a_dispatchers_day(station):
    with Lab(station) as lab:
        assert "objects" in lab("gi") and "power_w" in lab("points")
        assert "confirmed setpoint -5 C_SE_NC_1" in lab("set setpoint -5")
        lab("expect agc_w = -5 within 5", "expect power_w = -5 within 20 tol 0.1")
        assert "C_SE_NA_1" in lab("set setpoint -0.0001 as C_SE_NA_1")
        assert "clock set" in lab("clock") and "C_SE_TC_1" in lab("set setpoint 3 tagged")
        assert "agc_w = 3 kW" in lab("expect agc_w = 3 within 5", "read agc_w")
        assert "C_SC_NA_1" in lab("set agc_request off", "expect agc_enabled = off within 5")
        assert lab.refused("set setpoint 2").code == MASTER_REFUSED
        lab("set agc_request on select", "set agc_request on execute", "expect agc_enabled = on within 5")
        lab("set agc_request on select", "set agc_request on cancel")
        assert lab.refused("set agc_request on execute").code == MASTER_REFUSED
        lab("set setpoint 1 test ql 3", "test", "counters", "gi 3", "reset events")
        assert "median" in lab("status")
        lab("stop")
        assert lab.refused("gi").code == MASTER_NOT_STARTED
        lab("start", "gi", "set setpoint 0")


def test_refusals_are_shown_by_kind_on_both_sides(station):
    with Lab(station) as lab:
        before = lab("counts")
        wanted = {
            "set 0x7777 5": "COT 47", "set power_w 5": "COT 47", "param power_w low 3": "COT 44",
            "activate power_w 1": "COT 44", "set setpoint 5000": "COT 7", "set setpoint nan": "COT 7",
            "set setpoint 5 tagged age 7200": "COT 7", "read 0x7777": "COT 47",
        }  # fmt: skip
        for line, cause in wanted.items():
            failure = lab.refused(line)
            assert failure.code == MASTER_REFUSED and cause in failure.detail, (line, failure.detail)
        after = lab("counts")
        assert after != before
        for kind in ("ioa", "type", "handler", "value", "time"):
            line = next(x for x in after.splitlines() if x.split()[:1] == [kind])
            assert int(line.split()[-1]) >= 1, line
        assert "negative confirmation" in after


def test_bad_words_say_what_is_right_and_cost_nothing(station):
    with Lab(station) as lab:
        lab("gi")
        for line in ("frobnicate", "set setpoint", "set setpoint five", "gi 17", 'say "', "expect soc_bp"):
            failure = lab.refused(line)
            assert failure.code == MASTER_COMMAND and failure.detail, line
        assert lab.refused("expect soc_bp > 1000").code == MASTER_EXPECTED
        lab("# a comment", "", "gi")


def test_a_script_a_played_file_a_log_and_the_exit_status(station, tmp_path):
    (tmp_path / "signal.csv").write_text("t_s,kW\n0,1\n0.2,-2\n0.4,3\n")
    script = "gi\nplay signal.csv\nexpect agc_w = 3 within 5\nwatch power_w for 0.3\nset setpoint 0\n"
    (tmp_path / "lab.txt").write_text(script)
    done = run_cli(["master", station, "--script", "lab.txt", "--log", "log.csv"], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 sent, 3 confirmed, 0 refused" in done.stdout
    rows = list(csv.DictReader((tmp_path / "log.csv").open(encoding="utf-8-sig")))
    out = [(row["point"], row["value"]) for row in rows if row["direction"] == "out" and row["point"]]
    assert out == [("setpoint", v) for v in ("1.0", "-2.0", "3.0", "0.0")]
    assert {row["cause"] for row in rows if row["type_name"] == "M_ME_NC_1"} >= {"20"}
    failed = run_cli(["master", station, "set setpoint 1e9", "say never"], tmp_path)
    assert failed.returncode == 1 and "V562" in failed.stderr and "never" not in failed.stdout
    nobody = run_cli(["master", "127.0.0.1:%d" % free_port(), "gi"], tmp_path)
    assert nobody.returncode == 1 and "V560" in nobody.stderr and "该地址无" in nobody.stderr


def test_the_prompt_goes_on_after_a_mistake(station):
    from tools.master.prompt import converse

    lab, told = Lab(station), []
    with create_pipe_input() as keys, lab:
        keys.send_text("gi\rset 0x7777 1\rnonsense\rset setpoint -1\rexpect agc_w = -1 within 5\r\x04")
        converse(lab.console, told.append, input=keys, output=DummyOutput(), history=InMemoryHistory())
    assert [failure.code for failure in told] == [MASTER_REFUSED, MASTER_COMMAND]
    assert "confirmed setpoint -1" in lab.console.screen.file.getvalue()


def test_completion_offers_commands_then_names():
    from prompt_toolkit.document import Document

    from tools.master.prompt import Names

    names = Names(Session(default_telecontrol(), "127.0.0.1").book)

    def offered(text):
        return [found.text for found in names.get_completions(Document(text), None)]

    assert offered("se") == ["set"] and "setpoint" in offered("set setp") and offered("help wat") == ["watch"]


def test_c104s_server_serves_the_console():
    port = free_port()
    peer = Peer("iec104_c104_server.py", port)
    try:
        peer.wait_for("ready")
        with Lab("127.0.0.1:%d" % port) as lab:
            assert "2 objects" in lab("gi")
            lab("expect 0x4001 = 1.5", "expect 1 = on", "set setpoint 7.25", "clock")
            assert lab.refused("set setpoint 1000").code == MASTER_REFUSED
            assert lab.refused("set 0x7777 1").code == MASTER_REFUSED
            assert "the station tells no counts" in lab("counts")
            peer.process.stdin.write(b"\n")
            peer.process.stdin.flush()
            lab("expect 0x4001 = 2 within 10")
        assert [line["value"] for line in peer.of("order")] == [7.25, 1000.0] and peer.of("clock")
    finally:
        peer.stop()


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_tls_with_both_certificates_and_a_stranger(interpreter, tmp_path):
    target = TlsStation(interpreter, tmp_path)
    try:
        target.context().close()
        where = "127.0.0.1:%d" % target.port
        authority = target.lab.folder / "ca.crt.pem"
        with Lab(where, tls=target.lab.path("master")) as lab:
            assert "objects" in lab("gi") and "confirmed" in lab("set setpoint 2")
        for name in ("rogue", "self_signed", "expired"):
            with pytest.raises(Failure) as caught:
                with Lab(where, tls=target.lab.path(name), authority=authority, timeout_s=3):
                    pass
            assert caught.value.code in (MASTER_TLS, MASTER_LINK_LOST), name
        with pytest.raises(Failure) as caught:
            Lab(where, tls=tmp_path / "nobody")
        assert caught.value.code == MASTER_TLS
    finally:
        target.stop()


def closes(listener, replies):
    """Serve one master: these octets after its STARTDT, then the end."""
    sock, _ = listener.accept()
    with sock:
        sock.recv(6)
        for reply in replies:
            sock.sendall(reply)


@pytest.mark.parametrize(
    "replies, code",
    [((), MASTER_LINK_LOST), ((b"HTTP/1.1 400\r\n",), MASTER_LINK_LOST)],
    ids=["closes", "speaks otherwise"],
)
def test_what_is_no_station_is_told_as_such(replies, code):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=closes, args=(listener, replies), daemon=True)
        thread.start()
        with pytest.raises(Failure) as caught:
            with Lab("127.0.0.1:%d" % listener.getsockname()[1], timeout_s=3):
                pass
        thread.join(5)
    assert caught.value.code == code


def test_a_mute_station_and_no_station():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with pytest.raises(Failure) as caught:
            with Lab("127.0.0.1:%d" % listener.getsockname()[1], timeout_s=0.3):
                pass
    assert caught.value.code == MASTER_UNANSWERED
    with pytest.raises(Failure) as caught:
        with Lab("127.0.0.1:%d" % free_port()):
            pass
    assert caught.value.code == MASTER_NO_STATION
