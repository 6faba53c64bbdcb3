"""Child processes: waited for, read, stopped in order, killed when they do not listen; how they ended."""

import sys
import time

import pytest

from firmware import codes
from tools.catalogue import Failure
from tools.catalogue_host import CHILD_DIED, CHILD_LATE
from tools.child import Child
from tools.up import firmware_failure, words_of

pytestmark = pytest.mark.live

ORDERLY = """
import time
try:
    print("ready a=1 b=x:2,y:3", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("bye", flush=True)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""


def child(tmp_path, program, **settings):
    return Child("part", [sys.executable, "-c", program], tmp_path / "part.log", **settings)


def test_ready_line_log_and_orderly_end(tmp_path):
    lines = []
    part = child(tmp_path, ORDERLY, on_line=lines.append)
    assert words_of(part.wait_line("ready ", 20)) == {"a": "1", "b": "x:2,y:3"}
    assert part.returncode() is None
    assert part.stop() == 0
    assert lines[-1] == "bye" and (tmp_path / "part.log").read_text().endswith("bye\n")


def test_a_child_that_does_not_listen_is_killed(tmp_path):
    part = child(tmp_path, STUBBORN)
    part.wait_line("ready", 20)
    began = time.monotonic()
    assert part.stop(timeout_s=0.3) == -9
    assert time.monotonic() - began < 5


def test_a_child_that_is_not_ready_in_time(tmp_path):
    part = child(tmp_path, "print('warming up', flush=True); import time; time.sleep(60)")
    with pytest.raises(Failure) as caught:
        part.wait_line("ready ", 0.5)
    part.stop()
    assert caught.value.code == CHILD_LATE and caught.value.detail == "part, after 0.5 s"


def test_a_child_that_ends_before_it_is_ready_is_quoted(tmp_path):
    part = child(tmp_path, "print('first'); print('no such device'); raise SystemExit(3)")
    with pytest.raises(Failure) as caught:
        part.wait_line("ready ", 20)
    part.stop()
    assert caught.value.code == CHILD_DIED and caught.value.detail == "part, exit status 3"
    assert caught.value.lines == ("first", "no such device")


class Ended:
    """What firmware_failure looks at."""

    name = "firmware"

    def __init__(self, *lines):
        self.last = lines


@pytest.mark.parametrize(
    "lines, code, detail",
    [
        (
            ("#V409 port already in use: 127.0.0.1:2404: busy",),
            codes.PORT_IN_USE,
            "firmware: 127.0.0.1:2404: busy",
        ),
        (("#V204 converter answers again (1)", "oops"), CHILD_DIED, "it ended"),
        (
            ("Traceback", "MemoryError: memory allocation failed"),
            codes.OUT_OF_MEMORY,
            "firmware: MemoryError",
        ),
        ((), CHILD_DIED, "it ended"),
    ],
)
def test_the_firmwares_own_code_is_passed_on(lines, code, detail):
    failure = firmware_failure(Failure(CHILD_DIED, "it ended", lines), Ended(*lines))
    assert failure.code == code and failure.detail.startswith(detail) and failure.lines == lines
