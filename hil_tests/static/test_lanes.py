"""The lanes themselves: a failure, an import error, a hang and a death of the interpreter are told apart and
named.
"""

import os
import shutil
import subprocess
import sys

import pytest

from hil_tests.lanes import micropython, programs
from tools import mpy, runtime
from tools.mpy import ROOT

CASES = '''"""A file that goes wrong in every way."""


def test_good():
    assert 1 + 1 == 2


def test_fails():
    value = 3
    assert value == 4, value


def test_kills():
    import sys
    sys.stdout.write("last words\\n")
    sys.exit(7)


def test_later():
    pass
'''


WAITS = """import select

def main(argv):
    try:
        print("ready")
        while True:
            select.poll().poll(100)
    except KeyboardInterrupt:
        return 5
"""


@pytest.fixture
def target(tmp_path, monkeypatch):
    """A build folder of our own with the runner and one module; returns run(names)."""
    out = tmp_path / "mpy"
    mpy.build((mpy.SUITE,), out)
    (tmp_path / "cases.py").write_text(CASES)
    mpy.compile_file(tmp_path / "cases.py", out / "cases.mpy")
    (tmp_path / "broken.py").write_text("import no_such_module\n")
    mpy.compile_file(tmp_path / "broken.py", out / "broken.mpy")
    (tmp_path / "hangs.py").write_text("def test_hangs():\n    while True:\n        pass\n")
    mpy.compile_file(tmp_path / "hangs.py", out / "hangs.mpy")
    monkeypatch.setattr(mpy, "build", lambda: out)
    return lambda module, *names: micropython.run_file(module, list(names), micropython.HEAP_KB)


def test_pass_and_failure_with_the_target_s_traceback(target):
    outcomes = target("cases", "test_good", "test_fails")
    assert outcomes["test_good"].passed
    assert not outcomes["test_fails"].passed
    assert (
        "line 10, in test_fails" in outcomes["test_fails"].text
        and "AssertionError: 3" in outcomes["test_fails"].text
    )


def test_death_names_the_test_that_was_running(target):
    outcomes = target("cases", "test_good", "test_kills", "test_later")
    assert outcomes["test_good"].passed and "test_later" not in outcomes
    assert (
        outcomes["test_kills"].text
        == "the interpreter ended with status 7 while test_kills was running\nlast words"
    )


def test_import_error_is_everybody_s(target):
    outcomes = target("broken", "test_any")
    assert list(outcomes) == [None] and "no module named 'no_such_module'" in outcomes[None].text


def test_hang_is_stopped_and_named(target, monkeypatch):
    outcomes = {}
    for limit_s in (2, 10, 50):  # a busy machine may take longer to come to the test
        monkeypatch.setattr(micropython, "LIMIT_S", limit_s)
        if "test_hangs" not in outcomes:
            outcomes = target("hangs", "test_hangs")
            said = "stopped after %d s while test_hangs was running" % limit_s
    assert said in outcomes["test_hangs"].text


def test_start_gives_both_interpreters_the_same_arguments_and_status(tmp_path):
    (tmp_path / "says.py").write_text("def main(argv):\n    print(argv)\n    return len(argv)\n")
    shutil.copy(mpy.write_start(), tmp_path / "start.py")
    for interpreter in ([sys.executable], [runtime.micropython(), "-X", "heapsize=64k"]):
        result = subprocess.run(
            interpreter + [str(tmp_path / "start.py"), "says", "a b", "c"],
            capture_output=True,
            text=True,
            cwd="/",
        )
        assert (result.returncode, result.stdout) == (2, "['a b', 'c']\n"), result.stderr


@pytest.mark.parametrize("interpreter", runtime.INTERPRETERS)
def test_stop_is_a_keyboard_interrupt_on_both(tmp_path, interpreter):
    (tmp_path / "waits.py").write_text(WAITS)
    shutil.copy(mpy.write_start(), tmp_path / "start.py")
    binary = sys.executable if interpreter == runtime.CPYTHON else runtime.micropython()
    argv = [binary, str(tmp_path / "start.py"), "waits"]
    env = dict(os.environ, PYTHONUNBUFFERED="1")
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=env)
    assert process.stdout.readline() == "ready\n"
    assert runtime.stop(process) == 5
    process.stdout.close()


def test_stop_ends_what_does_not_listen():
    deaf = "import signal as s; s.signal(s.SIGINT, s.SIG_IGN); print(1, flush=True); s.pause()"
    process = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    assert runtime.stop(process, 0.2) == -9
    process.stdout.close()


def test_commands_of_both_interpreters():
    argv, env = runtime.firmware_command("micropython", "x.json", 256)
    assert argv[1:] == [
        "-X",
        "heapsize=256k",
        str(mpy.BUILD / "start.py"),
        "boards.sim.main",
        str(ROOT.cwd() / "x.json"),
    ]
    assert "MICROPYPATH" not in env
    argv, env = runtime.firmware_command("cpython", "x.json")
    assert argv[0] == sys.executable and argv[-2] == "boards.sim.main" and env["PYTHONPATH"] == str(ROOT)
    with pytest.raises(ValueError, match="'jython': not one of micropython, cpython"):
        runtime.firmware_command("jython", "x.json")


def test_missing_micropython_says_what_to_do(monkeypatch):
    monkeypatch.setattr(runtime.sys, "executable", "/nowhere/python")
    monkeypatch.setattr(runtime.shutil, "which", lambda name: None)
    with pytest.raises(runtime.RuntimeMissing, match="make setup"):
        runtime.micropython()


NEEDY = 'import pytest\n\n\n@pytest.mark.needs("no-such-program")\ndef test_needy():\n    pass\n'


@pytest.mark.parametrize("ci", ("", "true"))
def test_missing_program_is_named_and_in_ci_fails(tmp_path, ci):
    """In a house of its own: this conftest, one test that needs what nobody has."""
    shutil.copy(ROOT / "hil_tests" / "conftest.py", tmp_path / "conftest.py")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "test_needy.py").write_text(NEEDY)
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "CI": ci},
    )
    if ci:
        assert result.returncode == 1 and "in CI nothing is left out" in result.stdout, result.stdout
    else:
        assert result.returncode == 0, result.stdout + result.stderr
        assert "LEFT OUT: 1 tests" in result.stdout
        assert (
            "left out: test_needy.py::test_needy needs no-such-program "
            "(install: apt-get install no-such-program)"
            in result.stdout
        )


def test_every_program_that_a_test_needs_has_a_package(request):
    wanted = {
        program
        for item in request.session.items
        for mark in item.iter_markers("needs")
        for program in mark.args
    }
    assert wanted <= set(programs.PROGRAMS), "name the Debian package in tools/setup_host.py"
