"""Starts what is measured: the programs in `target/` on either interpreter, the whole site with the
measuring start of the firmware, and c104's server.
"""

import subprocess
import sys
from pathlib import Path

from tools import mpy, runtime
from tools.child import Child
from tools.defaults import default_config
from tools.up import FIRMWARE_START_S, Site, free_port, words_of

HERE = Path(__file__).resolve().parent
TARGET = "hil_tests.bench.target."
HEAP_KB = runtime.HEAP_KB
_RESULT = "bench "


def command(interpreter, program, arguments=(), heap_kb=HEAP_KB):
    """(argv, env) of a program in `target/`; compiles it when it is for MicroPython."""
    argv_env = runtime.command(interpreter, TARGET + program, arguments, heap_kb)
    if interpreter == runtime.MICROPYTHON:
        for source in sorted((HERE / "target").glob("*.py")):
            compiled = mpy.BUILD / source.relative_to(mpy.ROOT).with_suffix(".mpy")
            if not mpy.is_current(source, compiled):
                mpy.compile_file(source, compiled)
    return argv_env


def results(lines):
    """{key: value} of the last line `bench key=value ...`, whole numbers as int."""
    found = [line for line in lines if line.startswith(_RESULT)]
    if not found:
        raise RuntimeError("the program gave no result:\n" + "\n".join(lines))
    words = words_of(found[-1])
    return {key: int(word) if word.lstrip("-").isdigit() else word for key, word in words.items()}


def run(interpreter, program, arguments=(), heap_kb=HEAP_KB, timeout_s=120):
    """Run a program in `target/` to its end; its results."""
    argv, env = command(interpreter, program, arguments, heap_kb)
    ended = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=timeout_s)
    if ended.returncode:
        raise RuntimeError("%s on %s: %s" % (program, interpreter, (ended.stdout + ended.stderr).strip()))
    return results(ended.stdout.splitlines())


class BenchSite(Site):
    """Plant and firmware as `v2g up` starts them, but the firmware through target/firmware.py, which
    says at its end what it counted: `counted` after the `with` block.
    """

    def __init__(self, folder, interpreter, bays, heap_kb=HEAP_KB, **control):
        folder.mkdir(parents=True, exist_ok=True)
        config = default_config(bays, 0, folder)
        config["control"].update(control)
        super().__init__(config, folder, interpreter)
        self.heap_kb = heap_kb
        self.counted = {}

    def _start_firmware(self):
        argv, env = command(self.interpreter, "firmware", [self._write_config().resolve()], self.heap_kb)
        self.firmware = Child("firmware", argv, self.run_dir / "firmware.log", env)
        self.firmware.wait_line("ready ", FIRMWARE_START_S)

    def __exit__(self, *exception):
        super().__exit__(*exception)
        if exception[0] is None:
            self.counted = results(self.firmware.last)  # RuntimeError when it ended in another way

    @property
    def iec104_port(self):
        return int(self.iec104.rsplit(":", 1)[1])


class Peer:
    """c104's server; `handler`: "python" or "none" (see c104_server.py)."""

    def __init__(self, handler):
        self.handler = handler
        self.port = free_port()
        self._process = None

    def __enter__(self):
        argv = [sys.executable, str(HERE / "c104_server.py"), str(self.port), self.handler]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self._process.stdout.readline().strip() != "ready":
            raise RuntimeError("c104's server did not start")
        return self

    def __exit__(self, *exception):
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def transmit(self, n):
        """Start `n` spontaneous transmissions; `claimed()` waits for their end."""
        self._process.stdin.write("%d\n" % n)
        self._process.stdin.flush()

    def claimed(self):
        """How many of them the library says it has sent."""
        return int(self._process.stdout.readline())
