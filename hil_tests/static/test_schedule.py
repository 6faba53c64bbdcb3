"""Which process of pytest-xdist runs what, and that every file says truly whether it is live."""

import os
import re
import signal
import subprocess
import sys

import pytest

from hil_tests.lanes import schedule
from tools.mpy import ROOT

LIVE = "hil_tests/scenarios/test_live_faults.py"
LONG = "hil_tests/scenarios/test_guard_days.py"
ON_BOARD = "hil_tests/m3/test_portable.py::test_on_the_cortex_m3[test_ticks.py"
SHORT = "hil_tests/portable/test_ticks.py"
# Helpers that start processes which run in real time, or stand for them.
STARTERS = r"tools.up import|import .*\b(CliProcess|LiveSite|SocketMaster|PlantProcess|TlsStation|Peer)\b"


@pytest.mark.parametrize(
    "units, is_last, wanted",
    [
        ((SHORT, LIVE, ON_BOARD, LONG), True, LIVE),
        ((SHORT, LIVE, ON_BOARD, LONG), False, LONG),
        ((SHORT, LIVE, ON_BOARD), False, ON_BOARD),
        ((SHORT, ON_BOARD), True, ON_BOARD),
        ((LIVE,), False, None),
        ((), True, None),
    ],
)
def test_live_files_are_the_last_process_s_and_the_rest_goes_by_length(units, is_last, wanted):
    assert schedule.choose(units, is_last) == wanted


def test_on_the_cortex_m3_a_portable_file_is_a_unit_everywhere_else_a_file():
    assert schedule.unit_of(ON_BOARD + "::test_add]") == ON_BOARD
    assert schedule.unit_of(LIVE + "::test_a[x::y]") == LIVE


def test_every_rank_is_that_of_a_file_or_folder():
    assert all((ROOT / prefix).exists() for prefix in schedule.RANKS)


def test_whoever_starts_processes_in_real_time_is_marked_live():
    files = [path for path in (ROOT / "hil_tests").rglob("test_*.py") if path.parent.name != "static"]
    found = [path for path in files if re.search(STARTERS, path.read_text(encoding="utf-8"))]
    names = [str(path.relative_to(ROOT)) for path in found]
    assert len(names) > 10
    assert [name for name in names if not schedule.is_live(name)] == []


HOUSE = {
    "test_a.py": """
import os, pytest

pytestmark = MARK

def test_live():
    assert os.getpriority(os.PRIO_PROCESS, 0) == BASE
""",
    "test_b.py": """
import os, signal, subprocess, sys

def test_other():
    assert os.getpriority(os.PRIO_PROCESS, 0) == min(BASE + 5, 19)

def test_ctrl_c():
    program = "import signal; print(1, flush=True); signal.pause()"
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(60)
""",
}


def test_two_processes_share_the_work_and_ctrl_c_is_heard_wherever_they_were_started(tmp_path):
    """In a house of its own, started deaf to Ctrl-C as a shell starts what is in its background."""
    (tmp_path / "conftest.py").write_bytes((ROOT / "hil_tests" / "conftest.py").read_bytes())
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    live: live\n")
    for name, text in HOUSE.items():
        text = text.replace("MARK", schedule.MARK)
        (tmp_path / name).write_text(text.replace("BASE", str(os.getpriority(os.PRIO_PROCESS, 0))))
    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    argv += ["-n", "2", "--dist", "loadfile", "-v"]
    result = subprocess.run(
        [*argv, "--rootdir", str(tmp_path), str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"\[gw1\].* PASSED test_a.py::test_live", result.stdout), result.stdout
    assert re.search(r"\[gw0\].* PASSED test_b.py::test_other", result.stdout), result.stdout
