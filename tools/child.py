"""A child process with a log file, its last lines at hand, and an orderly end.

Children live in a process group of their own, so that Ctrl-C reaches only us and we stop them in order, each
with the SIGINT that a Ctrl-C of its own would be: MicroPython knows no other signal. If we are killed, the
kernel sends it. No session of their own: the first tty that a session's leader opens becomes its controlling
terminal (MicroPython's open() has no O_NOCTTY), and a serial line that hangs up would kill the firmware.
"""

import collections
import ctypes
import queue
import signal
import subprocess
import threading
import time
from pathlib import Path

from tools.catalogue import Failure
from tools.catalogue_host import CHILD_DIED, CHILD_LATE

ROOT = Path(__file__).resolve().parent.parent
PR_SET_PDEATHSIG = 1
LAST_LINES = 12
STOP_S = 5


_LIBC = ctypes.CDLL(None)


def _before_exec():
    """In the child: SIGINT counts, even in a shell's background, and comes when the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGINT)


class Child:
    """`name` is for people; every line it prints goes to the log, to `last` and to `on_line(line)`."""

    def __init__(self, name, argv, log_path, env=None, on_line=None):
        self.name = name
        self.last = collections.deque(maxlen=LAST_LINES)
        self.log_path = log_path
        self._on_line = on_line
        self._lines = queue.Queue()
        self._log = open(log_path, "w", encoding="utf-8", buffering=1)
        self.process = subprocess.Popen(
            argv,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            process_group=0,
            preexec_fn=_before_exec,
        )
        self._reader = threading.Thread(target=self._read, name="log of " + name, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            line = line.rstrip("\n")
            self._log.write(line + "\n")
            self.last.append(line)
            self._lines.put(line)
            if self._on_line is not None:
                self._on_line(line)
        self._lines.put(None)

    def wait_line(self, start, timeout_s):
        """The first line that begins with `start`; Failure when the child ends or the time is over."""
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise Failure(CHILD_LATE, "%s, after %g s" % (self.name, timeout_s), self.last) from None
            if line is None:
                raise self.died()
            if line.startswith(start):
                return line

    def returncode(self):
        """None while it runs."""
        return self.process.poll()

    def died(self):
        """The Failure that says how it ended, with its last lines."""
        self.process.wait()
        self._reader.join(1)
        return Failure(CHILD_DIED, "%s, exit status %d" % (self.name, self.process.returncode), self.last)

    def wait(self, timeout_s):
        """Exit status, or None when it still runs."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, timeout_s=STOP_S):
        """SIGINT, wait, and SIGKILL for one that does not listen; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            if self.wait(timeout_s) is None:
                self.process.kill()
                self.process.wait()
        self._reader.join(1)
        self._log.close()
        return self.process.returncode
