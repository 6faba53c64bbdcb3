"""`v2g` as a process in a folder of its own: started, read, interrupted; and what it left behind."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def environment(**extra):
    """Ours, in English, with the project importable from anywhere."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}
    return dict(env, PYTHONPATH=str(ROOT), LANG="C.UTF-8", **extra)


def run_cli(arguments, cwd, timeout_s=60, **extra):
    """A finished run: returncode, stdout, stderr."""
    argv = [sys.executable, "-m", "tools.cli", *map(str, arguments)]
    return subprocess.run(
        argv, cwd=cwd, env=environment(**extra), capture_output=True, text=True, timeout=timeout_s
    )


class CliProcess:
    """A running `v2g`; the lines of both streams are collected as they come."""

    def __init__(self, arguments, cwd):
        self.cwd = Path(cwd)
        argv = [sys.executable, "-m", "tools.cli", *map(str, arguments)]
        self.process = subprocess.Popen(
            argv, cwd=cwd, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.out, self.err = [], []
        self._readers = [
            self._reader(self.process.stdout, self.out),
            self._reader(self.process.stderr, self.err),
        ]

    def _reader(self, stream, lines):
        def read():
            for line in stream:
                lines.append(line.rstrip("\n"))

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        return thread

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.process.poll() is None:
            try:
                self.interrupt()
            except subprocess.TimeoutExpired:
                self.process.kill()  # its children end with it
                self.wait()
                raise

    def wait_line(self, start, timeout_s=60):
        """The first line on stdout that begins with `start`."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            for line in list(self.out):
                if line.startswith(start):
                    return line
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError("no line %r; stdout %r, stderr %r" % (start, self.out, self.err))

    def wait(self, timeout_s=30):
        """Exit status, with every line read."""
        status = self.process.wait(timeout_s)
        for reader in self._readers:
            reader.join(5)
        return status

    def interrupt(self, number=signal.SIGINT, timeout_s=30):
        """Ctrl-C; the exit status."""
        self.process.send_signal(number)
        return self.wait(timeout_s)

    def children(self):
        """{pid: command line} of the processes that work in this run's folder."""
        return processes_naming(str(self.cwd))


def processes_naming(text):
    """{pid: command line} of every process with the text in its command line, ours apart."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it ended meanwhile
        if text in line and int(path.parent.name) != os.getpid():
            found[int(path.parent.name)] = line
    return found


def addresses(ready_line):
    """{what: [HOST:PORT, ...]} of a ready line."""
    return {key: value.split(",") for key, value in re.findall(r"(\w+)=(\S+)", ready_line)}
