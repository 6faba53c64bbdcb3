"""`v2g up` and its parts when something is wrong: a code, both languages, what to do, exit status not 0,
nothing left behind.
"""

import json
import os
import signal
import socket
import time

import pytest

from hil_tests.scenarios.cli_process import CliProcess, run_cli
from tools.defaults import default_config

pytestmark = pytest.mark.live


def listener():
    """A port that is in use."""
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen()
    return s


def assert_told(result_err, code, *words):
    text = "\n".join(result_err) if isinstance(result_err, list) else result_err
    assert "V%03d  " % code in text and " | " in text, text
    assert "  cause: " in text and "  do: " in text
    assert "Traceback" not in text
    for word in words:
        assert word in text, text


def test_a_104_port_in_use_is_named_with_the_option_to_change(tmp_path):
    with listener() as taken:
        port = taken.getsockname()[1]
        done = run_cli(["up", "--iec104-port", port, "--seconds", 1], tmp_path)
    assert done.returncode == 1 and done.stdout == ""
    assert_told(done.stderr, 501, "127.0.0.1:%d" % port, "--iec104-port")


def test_a_104_port_in_use_names_the_key_of_a_configuration_file(tmp_path):
    with listener() as taken:
        config = default_config(1, taken.getsockname()[1], tmp_path)
        (tmp_path / "c.json").write_text(json.dumps(config))
        done = run_cli(["up", "--config", "c.json", "--seconds", 1], tmp_path)
    assert done.returncode == 1
    assert_told(done.stderr, 501, "telecontrol.port in c.json")


def test_a_plant_port_in_use_names_its_key(tmp_path):
    with listener() as taken:
        port = taken.getsockname()[1]
        config = default_config(1, 0, tmp_path)
        config["plant"]["meter"]["tcp"] = port
        (tmp_path / "c.json").write_text(json.dumps(config))
        done = run_cli(["up", "--config", "c.json", "--seconds", 1], tmp_path)
        assert done.returncode == 1
        assert_told(done.stderr, 501, "plant.meter.tcp", str(port))
        done = run_cli(["plant", "--config", "c.json"], tmp_path)
        assert done.returncode == 1
        assert_told(done.stderr, 501, "plant.meter.tcp", str(port))


def test_a_wrong_plant_section_names_its_key(tmp_path):
    config = default_config(1, 0, tmp_path)
    config["plant"]["bays"][0]["soc_bp"] = 10_001
    (tmp_path / "c.json").write_text(json.dumps(config))
    done = run_cli(["up", "--config", "c.json", "--seconds", 1], tmp_path)
    assert done.returncode == 1
    assert_told(done.stderr, 517, "plant.bays[0].soc_bp", "10001")


@pytest.mark.parametrize("victim", ["boards.sim.main", "tools.plant"])
def test_a_child_that_dies_is_named_with_its_last_lines(victim, tmp_path):
    with CliProcess(["up", "--iec104-port", 0, "--interpreter", "cpython"], tmp_path) as up:
        up.wait_line("ready ")
        pid = next(pid for pid, line in up.children().items() if victim in line)
        os.kill(pid, signal.SIGKILL)
        assert up.wait() == 1
    name = "firmware" if victim == "boards.sim.main" else "plant"
    assert_told(up.err, 502, name + ", exit status -9", "  | ready ")
    assert not up.children()


def test_sigterm_is_an_orderly_end_too(tmp_path):
    with CliProcess(["up", "--iec104-port", 0, "--interpreter", "cpython"], tmp_path) as up:
        up.wait_line("ready ")
        assert up.interrupt(signal.SIGTERM) == 0
    assert not up.children()


def test_children_end_when_the_command_is_killed(tmp_path):
    with CliProcess(["up", "--iec104-port", 0, "--interpreter", "cpython"], tmp_path) as up:
        up.wait_line("ready ")
        up.interrupt(signal.SIGKILL)
        deadline = time.monotonic() + 10
        while up.children() and time.monotonic() < deadline:
            time.sleep(0.1)
    assert not up.children()


def test_interrupted_while_starting_nothing_stays(tmp_path):
    with CliProcess(["up", "--iec104-port", 0, "--interpreter", "cpython"], tmp_path) as up:
        while not up.children():
            time.sleep(0.01)
        assert up.interrupt() == 0
    assert not up.children()


def test_run_alone_starts_and_stops_the_firmware(tmp_path):
    config = default_config(1, 0, tmp_path)
    config["buses"], config["meters"], config["site"]["meter"] = config["buses"][1:], [], ""
    (tmp_path / "c.json").write_text(json.dumps(config))
    with CliProcess(
        ["run", "--board", "sim", "--config", "c.json", "--interpreter", "cpython"], tmp_path
    ) as run:
        run.wait_line("ready iec104=127.0.0.1:")
        assert run.interrupt() == 0
    assert any(line.startswith("#V002") for line in run.out)


def test_run_alone_on_a_port_in_use(tmp_path):
    with listener() as taken:
        config = default_config(1, taken.getsockname()[1], tmp_path)
        config["buses"], config["meters"], config["site"]["meter"] = config["buses"][1:], [], ""
        (tmp_path / "c.json").write_text(json.dumps(config))
        done = run_cli(["run", "--config", "c.json", "--interpreter", "cpython"], tmp_path)
    assert done.returncode == 1
    assert_told(done.stderr, 409, "127.0.0.1:%d" % config["telecontrol"]["port"], "telecontrol.port")


def test_plant_alone_starts_and_stops(tmp_path):
    (tmp_path / "c.json").write_text(json.dumps(default_config(1, 0, tmp_path)))
    with CliProcess(["plant", "--config", "c.json"], tmp_path) as plant:
        assert "control=" in plant.wait_line("ready meter=")
        assert plant.interrupt() == 0
