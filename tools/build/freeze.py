"""freeze.py TREE ARGUMENT...: MicroPython's own makemanifest.py, for a board with 31-bit small integers.

Its mpy-tool freezes integers above 8191 in a constant tuple as big integers, because some target has room for
no more; calculating with one of those allocates, and each takes 20 bytes of flash. Our boards have room for
30 bits and a sign. It also keeps every file's path among the names, for tracebacks only; a traceback of
ours says `protocols.iec104.link`, which is among the names anyway. And it writes every constant tuple and
long text where it is said; here equal ones are one, whichever module says them. The tools are loaded from the
tree and changed in memory only.

Where the environment has V2G_NAMES (a file with one name a line, made by tools/build/names.py), every name
of ours that does not stand alone in a line there becomes a short one, the same one in the whole image; those
that stand behind a `=` all become one, and so do those behind one number. The file with `.map` added says
which.
"""

import importlib.util
import os
import string
import subprocess
import sys
from keyword import iskeyword
from pathlib import Path

SMALL = range(-(2**30), 2**30)
_SHARED = "_"  # the name of parameters that need none


def load(path):
    """A Python file as a module, whatever its name."""
    spec = importlib.util.spec_from_file_location(path.stem.replace("-", "_"), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def system(command):
    """makemanifest's way to run a program; mpy-tool comes back to this file."""
    if command[1].endswith("mpy-tool.py"):
        command = [command[0], __file__, *command[1:]]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return (0, result.stdout) if result.returncode == 0 else (-1, result.stdout + result.stderr)


def name_modules(tool):
    """Make mpy-tool's modules name their source as an import does."""
    freeze = tool.freeze_mpy

    def freeze_named(idents, modules):
        names = tool.global_qstrs
        for module in modules:
            path = module.source_file
            dotted = path.str[:-3].replace("/", ".")
            module.qstr_table[0] = names.find_by_str(dotted) or names.add(dotted)
            names.qstrs.remove(path)
        return freeze(idents, modules)

    tool.freeze_mpy = freeze_named


def share_constants(tool):
    """Make equal constants one: tuples, and texts that are not among the names."""
    freeze = tool.CompiledModule.freeze_constant_obj
    made = {}

    def freeze_once(module, name, value):
        if not isinstance(value, (tuple, str, bytes)):
            return freeze(module, name, value)
        key = repr(value)  # True is no 1 there, and 1.0 neither
        if key not in made:
            made[key] = freeze(module, name, value)
        return made[key]

    tool.CompiledModule.freeze_constant_obj = freeze_once


def shorten_names(tool, path):
    """Give mpy-tool's modules short names, but for those in the file and the runtime's own."""
    freeze = tool.freeze_mpy

    def freeze_short(idents, modules):
        words = Path(path).read_text(encoding="utf-8").split("\n")
        kept = {word for word in words if word[:1] != "=" and " " not in word}
        shared = {word[1:] for word in words if word[:1] == "="} - kept
        numbers = {name: int(number) for number, _, name in (word.partition(" ") for word in words) if name}
        said = tool.global_qstrs.qstrs[1:]
        kept.add(_SHARED)
        taken = {q.str for q in said} | kept
        short = (name for name in short_names() if name not in taken and name not in idents)
        given, lines = {}, []  # in the order of the numbers: what is busy stands together, apart in the cache
        for name in sorted(taken - kept, key=lambda name: (numbers.get(name, len(numbers)), name)):
            if len(name) > 2 and name.isidentifier() and not name.startswith("__") and name not in idents:
                number = -1 if name in shared else numbers.get(name, name)
                if number not in given:
                    given[number] = _SHARED if name in shared else next(short)
                lines.append((given[number], name))
        new = {name: tool.QStrType(other) for other, name in lines}
        for q in said:
            if q.str in new:
                q.__dict__.update(new[q.str].__dict__)
        Path(path + ".map").write_text("".join("%s %s\n" % line for line in lines), encoding="utf-8")
        return freeze(idents, modules)

    tool.freeze_mpy = freeze_short


def short_names():
    """Every identifier of two letters, then of three."""
    names = [""]
    letters = string.ascii_uppercase + string.ascii_lowercase  # in the order of the pool of names
    while True:
        names = [name + letter for name in names for letter in letters]
        if len(names[0]) > 1:
            yield from (name for name in names if not iskeyword(name))


def main(argv):
    first = Path(argv[0])
    sys.argv = [str(first), *argv[1:]]
    if first.name == "mpy-tool.py":
        sys.path.insert(0, str(first.parent))
        tool = load(first)
        tool.mp_small_int_fits = SMALL.__contains__
        if os.environ.get("V2G_NAMES"):
            shorten_names(tool, os.environ["V2G_NAMES"])
        name_modules(tool)
        share_constants(tool)
    else:
        sys.path.insert(0, str(first / "tools"))
        tool = load(first / "tools" / "makemanifest.py")
        tool.system = system
    return tool.main()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
