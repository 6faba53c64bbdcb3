"""`v2g up`: one ready line, live truth on Modbus TCP, a dispatcher's set-point moves the plant's own meter,
an orderly end.
"""

import json
import socket
import struct
import subprocess
import sys
import time

import pytest
from pymodbus.client import ModbusTcpClient

from hil_tests.scenarios.cli_process import ROOT, CliProcess, addresses, environment
from tools.runtime import INTERPRETERS

pytestmark = pytest.mark.live

LOAD_W = 2000


def meter_w(client):
    """Power at the plant's grid connection, W, + = import (SDM630 register 0x34)."""
    registers = client.read_input_registers(0x34, count=2, device_id=1).registers
    return struct.unpack(">f", struct.pack(">HH", *registers))[0]


def play(iec104, plan, folder, seconds=0):
    """The c104 master in a process of its own; (exit status, its events)."""
    file = folder / "plan.json"
    file.write_text(json.dumps(plan))
    host, port = iec104.rsplit(":", 1)
    argv = [sys.executable, "-m", "tools.master.c104_master", host, port, "--plan", str(file)]
    done = subprocess.run(
        argv + ["--seconds", str(seconds)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def refused(address):
    """True when nobody listens there any more."""
    host, port = address.rsplit(":", 1)
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) != 0


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_a_set_point_over_104_moves_the_plants_own_meter(interpreter, tmp_path):
    with CliProcess(["up", "--iec104-port", 0, "--interpreter", interpreter], tmp_path) as up:
        where = addresses(up.wait_line("ready "))
        assert set(where) == {"iec104", "meter", "converter"} and len(where["converter"]) == 1
        host, port = where["meter"][0].rsplit(":", 1)
        with ModbusTcpClient(host, port=int(port)) as meter:
            assert meter_w(meter) == pytest.approx(LOAD_W, abs=5)
            status, events = play(where["iec104"][0], [[0, 6.0]], tmp_path, seconds=3)
            assert status == 0 and [e["event"] for e in events][-1] == "end"
            assert meter_w(meter) == pytest.approx(LOAD_W - 6000, abs=30)  # + on the wire = into the grid
        assert up.children()
        assert up.interrupt() == 0
    assert up.out == [up.out[0]] and up.out[0].startswith("ready ")
    assert all(refused(a) for group in where.values() for a in group)
    assert not up.children()
    log = next(tmp_path.glob("runs/*/firmware.log")).read_text()
    assert "#V002" in log  # the firmware withdrew its leases itself


def test_the_confirmations_and_points_are_seen_by_a_foreign_master(tmp_path):
    with CliProcess(["up", "--iec104-port", 0, "--interpreter", "cpython"], tmp_path) as up:
        where = addresses(up.wait_line("ready "))
        status, events = play(where["iec104"][0], [[0, 3.0], [0.5, 99.0], [1.0, -3.0]], tmp_path, seconds=2)
    kinds = [e["event"] for e in events]
    assert status == 1 and kinds.count("confirmed") == 2 and kinds.count("refused") == 1
    assert kinds.index("connected") < kinds.index("sent") and "interrogated" in kinds
    points = [e for e in events if e["event"] == "point"]
    assert {e["type"] for e in points} >= {1, 13} and any(e["cot"] == 20 for e in points)
    winner = [e["value"] for e in points if e["ioa"] == 0x4026]
    assert winner[-1] == 331
    echo = [e["value"] for e in points if e["ioa"] == 0x4001]
    assert echo[-1] == pytest.approx(-3.0)


def test_seconds_end_it_by_itself_with_two_bays(tmp_path):
    with CliProcess(
        ["up", "--iec104-port", 0, "--bays", 2, "--seconds", 1, "--interpreter", "cpython"], tmp_path
    ) as up:
        where = addresses(up.wait_line("ready "))
        began = time.monotonic()
        assert up.wait() == 0
        assert time.monotonic() - began < 10
    assert len(where["converter"]) == 2 and not up.children()


def test_the_runs_configuration_starts_the_same_site_again(tmp_path):
    with CliProcess(["up", "--iec104-port", 0, "--seconds", 0, "--interpreter", "cpython"], tmp_path) as up:
        first = addresses(up.wait_line("ready "))
        assert up.wait() == 0
    config = next(tmp_path.glob("runs/*/config.json"))
    with CliProcess(["up", "--config", config, "--seconds", 0, "--interpreter", "cpython"], tmp_path) as up:
        again = addresses(up.wait_line("ready "))
        assert up.wait() == 0
    assert (again["iec104"], again["converter"]) == (first["iec104"], first["converter"])
