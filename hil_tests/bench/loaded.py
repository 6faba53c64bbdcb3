"""How much of MicroPython's heap is code: what loading the .mpy files takes before any of it has run.

Each module is compiled again inside an `if` that is never true, so that an import loads its bytecode,
prototypes, names and constants, and makes no object of it. The same number of empty modules is taken
off. On a board all of this is frozen into flash. What stands at a module's top level goes away after a
real import and is not counted.
"""

import subprocess

from hil_tests.bench.mpyfile import functions_of
from tools import mpy, runtime

BLOCK = 32  # bytes of a heap block on the 64-bit unix port
_PROGRAM = """
import gc
gc.collect()
gc.disable()
held = [gc.mem_alloc()]
for letter in "eg":
    for i in range(%d):
        __import__("%%s%%03d" %% (letter, i))
    held.append(gc.mem_alloc())
print(held[1] - held[0], held[2] - held[1])
"""


def blocks(octets):
    """Whole heap blocks that hold so many octets, in octets."""
    return -(-octets // BLOCK) * BLOCK


def path_of(module, root, suffix):
    """File of a module below `root`, as a module or as a package."""
    path = root.joinpath(*module.split("."))
    file = path.with_suffix(suffix)
    return file if file.exists() else path / ("__init__" + suffix)


def bytecode(modules):
    """(octets of the functions' bytecode, octets of the top levels', functions), in whole blocks."""
    inner = top = functions = 0
    for module in modules:
        sizes = functions_of(path_of(module, mpy.BUILD, ".mpy").read_bytes())
        top += blocks(sizes[0])
        inner += sum(blocks(size) for size in sizes[1:])
        functions += len(sizes) - 1
    return inner, top, functions


def code(modules, folder):
    """Octets of heap that the code of these modules takes, measured on the interpreter."""
    for i, module in enumerate(modules):
        text = path_of(module, mpy.ROOT, ".py").read_text(encoding="utf-8")
        body = "".join("    %s\n" % line for line in text.splitlines())
        _compile(folder / ("g%03d.py" % i), 'if __name__ == "never":\n    0\n' + body)
        _compile(folder / ("e%03d.py" % i), "0\n")
    program = folder / "load.py"
    program.write_text(_PROGRAM % len(modules))
    argv = [runtime.micropython(), "-X", "heapsize=4m", str(program)]
    ended = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=60)
    if ended.returncode:
        raise RuntimeError("loading the modules: " + ended.stdout + ended.stderr)
    empty, full = (int(word) for word in ended.stdout.split())
    return full - empty - bytecode(modules)[1]


def _compile(source, text):
    source.write_text(text, encoding="utf-8")
    mpy.compile_file(source, source.with_suffix(".mpy"))
    source.unlink()
