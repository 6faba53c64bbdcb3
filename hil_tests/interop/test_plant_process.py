"""The plant as a process: ready line, control port, orderly stop, logs, and refusals to start."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pymodbus.client import ModbusTcpClient

from tools.plant.config import default_plant
from tools.plant.control import ControlClient
from tools.plant.faults import FaultError
from tools.plant.process import ROOT, PlantProcess

pytestmark = pytest.mark.live


def start(tmp_path, section, *arguments):
    config = tmp_path / "plant.json"
    config.write_text(json.dumps({"plant": section}), encoding="utf-8")
    command = [sys.executable, "-m", "tools.plant", "--config", str(config), *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def fails_to_start(tmp_path, section, *arguments):
    process = start(tmp_path, section, *arguments)
    out, errors = process.communicate(timeout=20)
    assert out == ""
    return process.returncode, errors


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_ready_line_names_every_face(tmp_path):
    section = default_plant(3)
    section["meter"]["pty"] = str(tmp_path / "meter")
    process = start(tmp_path, section, "--seconds", "0.5")
    out, errors = process.communicate(timeout=20)
    words = out.split()
    assert out.count("\n") == 1 and errors == ""
    assert words[0] == "ready"
    keys = dict(word.split("=") for word in words[1:])
    assert list(keys) == ["meter", "meter_pty", "converter", "control"]
    assert keys["meter_pty"] == section["meter"]["pty"]
    assert len(set(keys["converter"].split(","))) == 3
    assert process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_orderly_stop_completes_the_logs_and_removes_the_link(tmp_path, number):
    section = default_plant(1)
    section["meter"]["pty"] = str(tmp_path / "meter")
    process = start(tmp_path, section, "--log", str(tmp_path / "log"))
    assert process.stdout.readline().startswith("ready ")
    assert os.path.islink(tmp_path / "meter")
    time.sleep(0.3)
    process.send_signal(number)
    _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")
    assert not os.path.lexists(tmp_path / "meter")
    with open(tmp_path / "log" / "truth.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["plant_ms"]) for row in rows[:3]] == [0, 100, 200]
    assert int(rows[2]["t_ns"]) - int(rows[0]["t_ns"]) == 200_000_000


def test_a_stop_does_not_wait_for_clients_that_stay(tmp_path):
    with PlantProcess(default_plant(1)) as plant:
        sockets = []
        for address in (plant.meter, plant.converters[0]):
            host, port = address.rsplit(":", 1)
            sockets.append(socket.create_connection((host, int(port))))
        started = time.monotonic()
        assert plant.stop() == 0
        assert time.monotonic() - started < 5
        for connection in sockets:
            connection.close()


def test_write_log_is_dated_in_the_clock_of_the_host(tmp_path):
    with PlantProcess(default_plant(1), tmp_path) as plant:
        host, port = plant.converters[0].rsplit(":", 1)
        with ModbusTcpClient(host, port=int(port)) as client:
            before_ns = time.monotonic_ns()
            assert not client.write_registers(40225 + 22, [1, 1, 0, 2500], device_id=1).isError()
            after_ns = time.monotonic_ns()
        plant.control.inject("frequency", mhz=49_900)
    with open(tmp_path / "writes.csv", newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert before_ns <= int(row["t_ns"]) <= after_ns
    assert (float(row["wset_w"]), float(row["order_w"]), row["bay"]) == (2500, -2500, "0")
    assert "frequency" in (tmp_path / "events.csv").read_text(encoding="utf-8")


def test_control_port_answers_mistakes_and_goes_on():
    with PlantProcess(default_plant(1)) as plant:
        with pytest.raises(FaultError, match="unknown fault 'meter_mute'; known are meter_silent"):
            plant.control.inject("meter_mute")
        with pytest.raises(FaultError, match="bay 1 is wrong"):
            plant.control.clear("converter_stuck", bay=1)
        with pytest.raises(FaultError, match='unknown "do": \'dance\''):
            plant.control.call("dance")
        host, port = plant.control._socket.getpeername()
        with socket.create_connection((host, port), 5) as raw, raw.makefile("rwb") as file:
            for line in (b"garbage\n", b"[1]\n", b'{"do": "inject", "name": 1, "plant": 2}\n', b"\xff\xfe\n"):
                file.write(line)
                file.flush()
                assert json.loads(file.readline())["ok"] is False
        assert "meter_frozen" in plant.control.call("faults")["faults"]
        assert plant.control.state()["bays"][0]["state"] == "running"


def test_two_control_clients_see_the_same_plant():
    with PlantProcess(default_plant(1)) as plant:
        host, port = plant.control._socket.getpeername()
        second = ControlClient(f"{host}:{port}")
        plant.control.inject("soc", bay=0, bp=777)
        assert second.state()["bays"][0]["soc_bp"] == 777
        second.close()


def test_plant_time_follows_real_time():
    with PlantProcess(default_plant(1)) as plant:
        first, started = plant.control.state()["plant_ms"], time.monotonic()
        time.sleep(0.5)
        passed_ms = (time.monotonic() - started) * 1000
        assert plant.control.state()["plant_ms"] - first == pytest.approx(passed_ms, abs=60)


@pytest.mark.parametrize("key", ["meter", "converter", "control"])
def test_port_in_use_is_named(tmp_path, taken_port, key):
    section, arguments = default_plant(2), []
    if key == "meter":
        section["meter"]["tcp"], where = taken_port, "plant.meter.tcp"
    elif key == "converter":
        section["converters_tcp"][1], where = taken_port, "plant.converters_tcp[1]"
    else:
        arguments, where = ["--control-port", str(taken_port)], "control port"
    code, errors = fails_to_start(tmp_path, section, *arguments)
    assert code == 3
    assert f"{where}: 127.0.0.1:{taken_port} cannot be used (Address already in use)" in errors
    assert "Traceback" not in errors


def test_mistake_in_the_configuration_is_named(tmp_path):
    code, errors = fails_to_start(tmp_path, {"bays": [{"soc_bp": 12_000}]})
    assert code == 2
    assert "plant.bays[0].soc_bp: 12000 is wrong; it must be an integer from 0 to 10000" in errors


def test_a_file_in_place_of_the_link_is_not_overwritten(tmp_path):
    section = default_plant(1)
    section["meter"]["pty"] = str(tmp_path / "precious")
    (tmp_path / "precious").write_text("mine", encoding="utf-8")
    code, errors = fails_to_start(tmp_path, section)
    assert code == 3 and "precious exists and is not a symbolic link" in errors
    assert (tmp_path / "precious").read_text(encoding="utf-8") == "mine"
    section["meter"]["pty"] = str(tmp_path / "nowhere" / "meter")
    code, errors = fails_to_start(tmp_path, section)
    assert code == 3 and "cannot be made (No such file or directory)" in errors


def test_a_stale_link_is_replaced(tmp_path):
    section = default_plant(1)
    link = tmp_path / "meter"
    link.symlink_to("/dev/pts/does-not-exist")
    section["meter"]["pty"] = str(link)
    with PlantProcess(section):
        assert Path(os.readlink(link)).exists()


def test_log_directory_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, errors = fails_to_start(tmp_path, default_plant(1), "--log", str(tmp_path / "file"))
    assert code == 3 and "log directory" in errors and "Traceback" not in errors


def test_plant_process_tells_why_it_did_not_start():
    with pytest.raises(RuntimeError, match="plant.bays: missing"):
        PlantProcess({}).__enter__()
