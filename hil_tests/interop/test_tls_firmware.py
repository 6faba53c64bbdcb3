"""The firmware itself behind TLS: set-points, refusals in its log with their codes, files that are missing;
and a board whose handshake stalls for too long, with real sockets.
"""

import json
import ssl
import subprocess
import threading

import pytest

from boards import tls
from boards.sim.board import Board
from drivers.ports.tcp import TcpListener
from firmware.eventlog import EventLog
from hil_tests.rig.tls_lab import Lab
from hil_tests.rows import wire
from hil_tests.rows.context import Context
from hil_tests.rows.targets import free_port
from tools import runtime
from tools.runtime import INTERPRETERS

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    return Lab(tmp_path_factory.mktemp("lab"))


def start(interpreter, folder, section):
    bus = {"name": "converter", "kind": "tcp", "host": "127.0.0.1", "port": free_port()}
    raw = {
        "site": {"import_max_w": 30000, "export_max_w": 30000},
        "buses": [bus],
        "bays": [{"name": "bay1", "rating_w": 15000, "converter": {"bus": "converter"}}],
        "control": {"ramp_w_per_s": 6000},
        "telecontrol": {"plain": False, "tls": section},
    }
    path = folder / "charger.json"
    path.write_text(json.dumps(raw))
    argv, env = runtime.firmware_command(interpreter, path)
    return subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def told(process, beginning, lines):
    """Until a line with this beginning has come."""
    for line in process.stdout:
        lines.append(line)
        if line.startswith(beginning):
            return
    pytest.fail("it ended without %s: %s" % (beginning, "".join(lines)))


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_a_dispatcher_over_tls(lab, interpreter, tmp_path):
    section = lab.section(port=free_port())
    process = start(interpreter, tmp_path, section)
    lines = []
    told(process, "ready ", lines)
    assert lines[-1:] == ["ready tls=127.0.0.1:%d bays=1\n" % section["port"]]
    m = wire.Master(section["port"], wrap=lab.wrapper())
    m.start()
    answers = [a for a in m.ask(Context.setpoint(None, 5.0)) if a.type == 50 and a.cause == 7]
    assert len(answers) == 1 and not answers[0].is_negative
    stranger = wire.Master(section["port"])
    stranger.u(wire.STARTDT_ACT)
    assert stranger.closes(5)
    told(process, "#V466 ", lines)
    m.close()
    runtime.stop(process)
    process.stdout.close()
    assert [line for line in lines if line.startswith("#V460 ")]


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_files_that_are_missing_are_told(lab, interpreter, tmp_path):
    process = start(interpreter, tmp_path, lab.section(port=free_port(), identity="/nowhere/station"))
    said = process.stdout.read()
    process.stdout.close()
    assert process.wait(10) == 3
    assert "#V477 " in said and "/nowhere/station" in said


class Signal:
    value = 0


class Bay:
    def __init__(self):
        self.command_w = Signal()


class SlowBoard(Board):
    tls_stall_ms = 500


def test_a_board_that_stalls_takes_tls_only_while_no_bay_is_energised(lab):
    board, bay = SlowBoard(print), Bay()
    plain = TcpListener("127.0.0.1", 0)
    port = plain.sock.getsockname()[1]
    listener = tls.listen(board, plain, lab.section(), (), [bay], EventLog(16))
    board.poller.add(listener.sock, listener)
    streams, wrap = [], lab.wrapper(newest=ssl.TLSVersion.TLSv1_2)

    def dial():
        """Whether a master gets in, served by the listener meanwhile."""
        found = []

        def call():
            try:
                found.append(wire.Master(port, wrap=wrap))
            except OSError:
                found.append(None)

        caller = threading.Thread(target=call)
        caller.start()
        while caller.is_alive():
            board.wait(10)
            stream = listener.accept()
            if stream is not None:
                streams.append(stream)
        return found[0]

    first = dial()
    assert first is not None
    bay.command_w.value = 7000
    assert dial() is None
    assert streams[0].write(b"\x68\x04\x43\x00\x00\x00", 0, 6) == 6  # established links stay
    assert first.read(5).control == wire.TESTFR_ACT
    bay.command_w.value = 0
    second = dial()
    assert second is not None and len(streams) == 2
    for end in (first, second, *streams, listener):
        end.close()
