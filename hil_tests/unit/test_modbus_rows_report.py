"""What `v2g rows --protocol modbus` makes of the tests' names, of their results, and of arguments."""

import argparse
import io
import json
import subprocess
import sys

import pytest
from rich.console import Console

from hil_tests.modbus_rows import __main__ as command
from hil_tests.modbus_rows import ROOT, ROWS
from tools.rows import page


class Report:
    """What pytest says of one test."""

    def __init__(self, nodeid, failure=""):
        self.when = "call"
        self.nodeid = nodeid
        self.outcome = "failed" if failure else "passed"
        self.longrepr = failure
        self.duration = 0.1


PORTABLE = "hil_tests/portable/test_modbus_rows_tcp.py::test_row_%02d_x[%s]"
LIVE = "hil_tests/interop/test_modbus_slave.py::test_row_48_y"
ON_BOARD = "hil_tests/m3/test_portable.py::test_on_the_cortex_m3[%s]"
MATRIX = "hil_tests/interop/test_modbus_matrix.py::test_our_slave_and_their_master[umodbus-TCP]"


def test_rows_and_targets_are_read_off_the_names():
    for nodeid, row, target in (
        (PORTABLE % (25, "cpython"), 25, "cpython"),
        (PORTABLE % (7, "micropython"), 7, "micropython"),
        (LIVE, 48, "live"),
        (ON_BOARD % "test_modbus_rows_tcp.py::test_row_25_x", 25, "m3"),
        (ON_BOARD % "test_iec104_pair.py::test_row_9_x", None, "m3"),
    ):
        assert (command.row_of(nodeid), command.target_of(nodeid)) == (row, target), nodeid


def made(*reports):
    collector = command.Collector(set(), None)
    for report in reports:
        collector.pytest_runtest_logreport(report)
    return command.report(collector, ["cpython", "live"], set(), 5)


def test_one_failure_makes_a_row_fail_and_the_table_says_so():
    result = made(
        *[Report(PORTABLE % (n, "cpython")) for n in range(1, 50)],
        Report(PORTABLE % (30, "cpython"), "first line\nE  assert 1 == <2>"),
        Report(MATRIX, "no answer"),
    )
    outcomes = [row["results"]["cpython"]["outcome"] for row in result["rows"]]
    assert outcomes.count("fails") == 1 and outcomes[29] == "fails" and not command.is_good(result)
    console = Console(file=io.StringIO(), width=120)
    command.show(result, console)
    text = console.file.getvalue()
    assert "CPython, row 30 fails: E  assert 1 == <2>" in text and "48 passes, 1 fails" in text
    assert "umodbus-TCP]: no answer" in text
    assert "assert 1 == &lt;2&gt;" in page.page(result) and "49 rows" not in page.page(result)


def test_a_row_without_a_result_is_no_success():
    reports = [Report(PORTABLE % (n, "cpython")) for n in range(1, 50)]
    assert command.is_good(made(*reports)) and not command.is_good(made(*reports[:-1]))


def test_arguments():
    assert command.names("all") == ["cpython", "micropython", "live", "peers"]
    assert command.names("m3,peers") == ["m3", "peers"]
    with pytest.raises(argparse.ArgumentTypeError):
        command.names("c104")


def test_the_command_runs_rows_and_writes_both_files(tmp_path):
    argv = [sys.executable, "-m", "hil_tests.modbus_rows", "--targets", "cpython", "--rows", "1-3,17"]
    argv += ["--json", str(tmp_path / "r.json"), "--html", str(tmp_path / "r.html")]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "4 passes" in done.stdout, done.stdout + done.stderr
    result = json.loads((tmp_path / "r.json").read_text())
    assert [row["number"] for row in result["rows"]] == [1, 2, 3, 17]
    assert ROWS[16] in (tmp_path / "r.html").read_text()
