"""The CLI without a run: help is quick; mistakes are told with code, both languages, cause, next action."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from firmware.config import validate
from hil_tests.scenarios.cli_process import environment, run_cli
from tools import cli
from tools.defaults import default_config, new_run_dir, with_plant_ports
from tools.plant.config import check_plant

HEAVY = ("c104", "matplotlib", "numpy", "pymodbus", "sunspec2", "rich.live", "tools.plant", "hil_tests")


def invoke(*arguments):
    return CliRunner().invoke(cli.app, [str(a) for a in arguments])


def told(result, code):
    assert "V%03d  " % code in result.stderr and " | " in result.stderr
    assert result.exit_code == 1 and "Traceback" not in result.output
    return result.stderr


def test_help_names_every_command_and_imports_nothing_heavy():
    result = invoke("--help")
    for name in ("demo", "up", "run", "plant", "check", "bench", "rows", "replay", "lint"):
        assert name in result.output
    code = "import sys, tools.cli; print([m for m in %r if m in sys.modules])" % (HEAVY,)
    loaded = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True)
    assert loaded.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "command, options",
    [
        ("demo", ("--seconds", "--interpreter", "--bays", "--signal", "--json")),
        ("up", ("--iec104-port", "--seconds", "--interpreter", "--bays", "--config")),
        ("run", ("--board", "--config")),
        ("plant", ("--config",)),
        ("check", ("CONFIG",)),
        ("replay", ("FILE", "--interpreter")),
        ("rows", ("--targets", "--rows", "--hours", "--apdus", "--json", "--html")),
    ],
)
def test_every_option_has_a_help_text(command, options):
    result = invoke(command, "--help")
    assert result.exit_code == 0
    for option in options:
        assert option in result.output


@pytest.mark.parametrize("bays", [1, 2, 16])
def test_the_default_configuration_is_valid_for_firmware_and_plant(bays, tmp_path):
    config = default_config(bays, 2404, tmp_path)
    checked = validate(config)
    check_plant(config["plant"])
    tele = checked["telecontrol"]
    assert (tele["port"], tele["common_address"], tele["setpoint_ioa"]) == (2404, 1, 0x6201)
    assert (tele["power_sign"], tele["setpoint_divisor"]) == ("generator", 1000)
    assert checked["control"]["ramp_w_per_s"] * 5 == 2 * bays * 15000
    path = tmp_path / "c.json"
    path.write_text(json.dumps(config))
    result = invoke("check", path)
    assert result.exit_code == 0 and "no mistakes" in result.output and "5.0 s" in result.output


def test_check_shows_masters_link_time_and_orders(tmp_path):
    config = default_config(1, 2404, tmp_path)
    config["telecontrol"].update(
        groups=[{"name": "province", "masters": ["10.0.0.1", "10.0.0.2"]}],
        control_from=["10.0.0.1"],
        utc_offset_min=480,
        summer_time="europe",
        select_s=7,
        commands=[{"order": "setpoint", "types": [50], "operate": "select"}],
        parameters=[{"ioa": "0x8001", "point": "0x4003"}],
    )
    path = tmp_path / "c.json"
    path.write_text(json.dumps(config))
    result = invoke("check", path)
    for words in (
        "at most 4 links; control: 10.0.0.1",
        "redundancy group province: 10.0.0.1, 10.0.0.2",
        "k 12, w 8, t1 15 s, t2 10 s, t3 20 s; 256 events of each kind",
        "time tags in UTC+8:00, European summer time",
        "0x6201 set-point: types 50, select before operate, within 7 s",
        "0x6002 by value / free running: types 45, 58, 46, 59, direct",
        "0x8001 parameter: deadband of the point at 0x4003",
    ):
        assert words in result.output, result.output


def test_plant_ports_of_0_become_the_buses_ports(tmp_path):
    config = default_config(2, 0, tmp_path)
    config["plant"]["converters_tcp"] = [0, 5022]
    config["buses"][2]["port"] = 5022
    done = with_plant_ports(config, ["127.0.0.1:4001", "127.0.0.1:5022"])
    assert done["plant"]["converters_tcp"] == [4001, 5022]
    assert [bus["port"] for bus in done["buses"][1:]] == [4001, 5022]
    assert config["plant"]["converters_tcp"] == [0, 5022]


def test_two_runs_in_one_second_have_folders_of_their_own(tmp_path):
    assert new_run_dir(tmp_path) != new_run_dir(tmp_path)


def test_check_names_every_mistake_with_what_would_be_right(tmp_path):
    path = tmp_path / "bad.json"
    config = default_config(1, 2404, tmp_path)
    config["colour"] = "red"
    config["site"]["import_max_w"] = -3
    del config["control"]["ramp_w_per_s"]
    path.write_text(json.dumps(config))
    text = told(invoke("--lang", "both", "check", path), 103)
    for wanted in (
        "colour",
        "site.import_max_w = -3",
        "whole number",
        "control.ramp_w_per_s",
        "V104",
        "V105",
        "cause: ",
        "do: ",
        "原因: ",
        "处理: ",
    ):
        assert wanted in text


def test_check_of_a_contradiction_and_of_the_plant_section(tmp_path):
    path = tmp_path / "bad.json"
    config = default_config(1, 2404, tmp_path)
    config["site"]["meter"] = "nobody"
    path.write_text(json.dumps(config))
    assert "site.meter = 'nobody'; right: one of: grid" in told(invoke("check", path), 106)
    config["site"]["meter"] = "grid"
    config["plant"]["bays"][0]["colour"] = 1
    path.write_text(json.dumps(config))
    assert "plant.bays[0].colour" in told(invoke("check", path), 517)


def test_check_of_a_file_that_is_not_there_or_not_json(tmp_path):
    told(invoke("check", tmp_path / "nowhere.json"), 101)
    (tmp_path / "x.json").write_text("{")
    told(invoke("check", tmp_path / "x.json"), 102)


def test_an_unknown_board_names_the_known_ones(tmp_path):
    assert "sim" in told(invoke("run", "--board", "teapot", "--config", tmp_path / "c.json"), 511)


def test_bays_and_a_configuration_file_exclude_each_other(tmp_path):
    told(invoke("up", "--bays", 2, "--config", tmp_path / "c.json"), 516)


@pytest.mark.parametrize("more", [("mixed", "--bays", 1), ("infy",), ("mixed", "--board", "mps2_an385")])
def test_converters_that_do_not_go_together_are_refused(more):
    told(invoke("demo", "--converter", *more), 516)


@pytest.mark.parametrize(
    "arguments",
    [
        ("demo", "--bays", 17),
        ("demo", "--interpreter", "lua"),
        ("up", "--iec104-port", 70000),
        ("fly",),
        ("up", "--seconds", -1),
    ],
)
def test_impossible_options_are_a_usage_error(arguments):
    result = invoke(*arguments)
    assert result.exit_code == 2 and "Traceback" not in result.output


def test_a_recording_that_is_not_there_or_no_recording(tmp_path):
    told(invoke("replay", tmp_path / "nowhere.v2gr"), 508)
    (tmp_path / "x.v2gr").write_bytes(b"hello, I am no recording")
    done = run_cli(["replay", "x.v2gr", "--interpreter", "cpython"], tmp_path)
    assert done.returncode == 1 and "V508  " in done.stderr and "Traceback" not in done.stderr


def test_a_demo_with_a_bad_signal_or_an_unwritable_result(tmp_path):
    (tmp_path / "s.csv").write_text("0,1\n1,x\n")
    assert "line 2" in told(invoke("demo", "--signal", tmp_path / "s.csv"), 505)
    told(invoke("demo", "--json", tmp_path / "no" / "where.json"), 515)


def test_messages_follow_the_locale_and_the_option(tmp_path):
    chinese = run_cli(["check", "nowhere.json"], tmp_path, LC_ALL="zh_CN.UTF-8")
    assert "原因: " in chinese.stderr and "cause: " not in chinese.stderr
    english = run_cli(["--lang", "en", "check", "nowhere.json"], tmp_path, LC_ALL="zh_CN.UTF-8")
    assert (
        "cause: " in english.stderr
        and "configuration file cannot be read | 配置文件无法读取" in english.stderr
    )


def test_a_terminal_without_chinese_gets_question_marks_and_no_exception(tmp_path):
    done = run_cli(["check", "nowhere.json"], tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 1 and "V101  configuration file cannot be read | ????????" in done.stderr
