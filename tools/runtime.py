"""Finds the interpreters and says how to start something portable on them.

Both lanes start the same way, `start.py MODULE ARGUMENT...`, with MODULE.main([ARGUMENT, ...]) as the
program: MicroPython from the compiled rooms in `build/mpy`, CPython from the sources.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from tools import mpy

MICROPYTHON = "micropython"
CPYTHON = "cpython"
INTERPRETERS = (MICROPYTHON, CPYTHON)
FIRMWARE = "boards.sim.main"
HEAP_KB = 512
ORDER_PORT_KB = 128  # its code and lines, as the unix port keeps them


class RuntimeMissing(Exception):
    """An interpreter that was asked for is not installed; the text says what to do."""


def micropython():
    """Path of the MicroPython unix binary: the environment's own first, then the system's."""
    beside = Path(sys.executable).parent / "micropython"
    if beside.exists():
        return str(beside)
    found = shutil.which("micropython")
    if found is None:
        raise RuntimeMissing(
            "micropython was not found: run `make setup` (or, on Debian, apt-get install micropython)"
        )
    return found


def command(interpreter, module, arguments=(), heap_kb=HEAP_KB):
    """(argv, env) that run `module.main(arguments)`; compiles what changed when it is for MicroPython."""
    env = {k: v for k, v in os.environ.items() if k not in ("MICROPYPATH", "PYTHONPATH")}
    tail = [module] + [str(argument) for argument in arguments]
    if interpreter == MICROPYTHON:
        start = mpy.build() / "start.py"
        return [micropython(), "-X", "heapsize=%dk" % heap_kb, str(start)] + tail, env
    if interpreter == CPYTHON:
        start = mpy.write_start()
        env["PYTHONPATH"] = str(mpy.ROOT)
        return [sys.executable, "-u", str(start)] + tail, env
    raise ValueError("interpreter %r: not one of %s" % (interpreter, ", ".join(INTERPRETERS)))


def emulated_command(board, config_path):
    """(argv, env) that start the firmware of an emulated board; its image is built when needed."""
    return [
        sys.executable,
        "-u",
        "-m",
        "tools.emulate",
        str(Path(config_path).resolve()),
        "--board",
        board,
    ], None


def firmware_command(interpreter, config_path, heap_kb=HEAP_KB):
    """(argv, env) that start the firmware of the simulated board in the foreground with this configuration
    file.
    """
    heap_kb += ORDER_PORT_KB if has_order_port(config_path) else 0
    return command(interpreter, FIRMWARE, [Path(config_path).resolve()], heap_kb)


def has_order_port(config_path):
    """Whether the configuration switches it on; what is wrong with it, the firmware itself will say."""
    try:
        row = json.loads(Path(config_path).read_text(encoding="utf-8")).get("order_port", {})
    except (OSError, ValueError, AttributeError):
        return False
    return isinstance(row, dict) and row.get("enabled") is True


def stop(process, patience_s=5):
    """End a started program in good order; returns its exit status.

    By SIGINT, which both interpreters turn into KeyboardInterrupt (MicroPython cannot catch SIGTERM, so a
    parent that is asked to end hands it on in this way); by SIGKILL when that took too long.
    """
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        return process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
