"""The firmware's console: nobody reads it, or whoever read it has gone. The set-points go on either way."""

import fcntl
import os
import socket
import subprocess

import pytest

from hil_tests.scenarios.live_site import SocketMaster, lean_config, until
from tools import runtime
from tools.child import ROOT
from tools.defaults import write_config
from tools.runtime import INTERPRETERS
from tools.up import free_port

pytestmark = pytest.mark.live

SMALLEST_PIPE = 4096
BYTES_A_KNOCK = 60


def started(interpreter, folder):
    """The firmware behind a pipe of one page, up to its `ready` line; (process, reading end, port)."""
    port = free_port()
    write_config(lean_config(folder, port), folder / "config.json")
    argv, env = runtime.firmware_command(interpreter, folder / "config.json")
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, SMALLEST_PIPE)
    process = subprocess.Popen(argv, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=writing)
    os.close(writing)
    said = b""
    while b"ready iec104=" not in said:
        said += os.read(reading, SMALLEST_PIPE)
    return process, reading, port


def knock(port, times):
    """Connections that come and go: each is worth two lines on the console."""
    for _ in range(times):
        socket.create_connection(("127.0.0.1", port), 10).close()


def answers(port):
    """Whether a set-point is confirmed; connections that are still being closed may cost the first try."""
    try:
        master = SocketMaster("127.0.0.1", port)
    except ConnectionError:
        return False
    confirmed = master.setpoint(1.0)
    master.close()
    return confirmed


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_a_console_that_nobody_reads_stops_nothing(interpreter, tmp_path):
    process, reading, port = started(interpreter, tmp_path)
    try:
        knock(port, 2 * SMALLEST_PIPE // BYTES_A_KNOCK)
        until(lambda: answers(port), "a confirmed set-point")
    finally:
        os.close(reading)
        process.kill()
        process.wait()


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_a_console_whose_reader_has_gone_stops_nothing(interpreter, tmp_path):
    process, reading, port = started(interpreter, tmp_path)
    try:
        os.close(reading)
        knock(port, 20)
        assert process.poll() is None
        until(lambda: answers(port), "a confirmed set-point")
    finally:
        process.kill()
        process.wait()
