"""Lanes of the suite: `--lane=cpython|micropython|all` (all by default; with the `=`).

A file hil_tests/portable/test_*.py is collected twice: by pytest itself for CPython, and as a MicroPythonFile
for the target. Every other test is the host's and belongs to the lane cpython. lanes/schedule.py says which
process runs what when there are several.
"""

import signal

import pytest

from hil_tests.lanes import micropython, programs, schedule

CPYTHON = "cpython"
PORTABLE = "portable"


def pytest_addoption(parser):
    parser.addoption(
        "--lane",
        choices=(CPYTHON, micropython.NAME, "all"),
        default="all",
        help="run the portable tests on this interpreter only (default: all)",
    )


def pytest_configure(config):
    """A shell starts what it does not wait for deaf to Ctrl-C, and children inherit that: tests send it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    schedule.give_way(config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return schedule.Scheduling(config, log) if config.getoption("dist") == "loadfile" else None


def is_portable(path):
    return path.parent.name == PORTABLE and path.name.startswith("test_") and path.suffix == ".py"


def pytest_collect_file(file_path, parent):
    if is_portable(file_path) and parent.config.getoption("lane") != CPYTHON:
        return micropython.MicroPythonFile.from_parent(parent, path=file_path)
    return None


@pytest.fixture
def lane(request):
    """The lane's name, which a portable test carries in its own name on CPython too; portable tests ask for
    no fixture.
    """
    return request.param


def pytest_generate_tests(metafunc):
    if is_portable(metafunc.definition.path):
        metafunc.fixturenames.append("lane")
        metafunc.parametrize("lane", [CPYTHON], indirect=True)


def pytest_collection_modifyitems(config, items):
    if config.getoption("lane") == micropython.NAME:
        others = [i for i in items if not isinstance(i, micropython.MicroPythonItem)]
        config.hook.pytest_deselected(items=others)
        items[:] = [i for i in items if isinstance(i, micropython.MicroPythonItem)]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    programs.check(item)


def pytest_sessionfinish(session):
    """A worker of pytest-xdist hands its list to the controller, which knows nothing of the tests."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = programs.LEFT_OUT


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    for line in getattr(node, "workeroutput", {}).get("left_out", ()):
        if line not in programs.LEFT_OUT:
            programs.LEFT_OUT.append(line)


def pytest_terminal_summary(terminalreporter):
    programs.summary(terminalreporter)
