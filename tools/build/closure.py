"""Which modules of ours a program needs: what it imports, what that imports, and the packages around them.

Imports are read from the syntax tree, at any depth; a name that is no module of ours is the runtime's.
"""

import ast
import struct

from tools.mpy import ROOT


def path_of(module):
    """Path of a module or package below the root, or None when it is not ours."""
    base = ROOT.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path.relative_to(ROOT)
    return None


def imported(path):
    """Dotted names that the file may import; of `from a import b` both a and a.b."""
    names = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module)
            names.update("%s.%s" % (node.module, alias.name) for alias in node.names)
    return names


def closure(modules):
    """Paths, sorted, of everything that the modules need, themselves included."""
    found = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        path = path_of(name)
        if path is None or path in found:
            continue
        found.add(path)
        parts = name.split(".")
        waiting.extend(".".join(parts[:n]) for n in range(1, len(parts)))
        waiting.extend(imported(path))
    return sorted(found)


def too_large_floats(path):
    """Lines with a float that single precision cannot hold; MicroPython's tools cannot freeze such a file."""
    lines = []
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            try:
                struct.pack("<f", node.value)
            except OverflowError:
                lines.append(node.lineno)
    return lines
