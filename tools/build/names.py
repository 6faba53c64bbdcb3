"""Which names of an image must stay as they are, where the others become short (tools/build/freeze.py).

A name takes flash once, by its length, wherever it is said: attributes, functions, parameters. It must stay
where something else than our own compiled code may ask for it: a text that is looked up (getattr, keys of
JSON), a module's path, an exception's class in a traceback, a test that is started by its name. A parameter
that is never given by its name needs none at all: all of those share one.

Other names share a short one when no module says both, so that no namespace can hold both: a module's globals
and the attributes that a class sets on `self` are said in one file, its parents' files count as the same, and
what is set on another object than `self` shares with nobody. Names in functions that run every cycle (by the
marks of tools/lint/hot.py) share only with others': the runtime remembers one place a name, in whatever table
it found it last.
"""

import ast
import builtins
from collections import defaultdict

from tools.lint.context import FLAG
from tools.lint.hot import COLD


def lines_of(texts):
    """The file that tools/build/freeze.py reads, in lines: `name` stays, `=name` is a mere parameter's,
    `3 name` is one with all others of number 3.
    """
    kept, mere = names_to_keep(texts), parameters(texts)
    lines = sorted(kept) + ["=" + name for name in sorted(mere)]
    given = numbers(texts, kept | mere)
    return lines + ["%d %s" % (number, name) for name, number in sorted(given.items())]


def names_to_keep(texts):
    """Names that must stay, of {path: source} of one image."""
    kept = {"main", "time"}
    for path, text in texts.items():
        kept.update(path.with_suffix("").parts)
        is_test = path.parts[0] == "hil_tests"
        for node in ast.walk(ast.parse(text, str(path))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                kept.add(node.value)
                kept.update(node.value.split("."))
            elif isinstance(node, ast.ClassDef) or (is_test and isinstance(node, ast.FunctionDef)):
                kept.add(node.name)
    return {name for name in kept if name.isidentifier()}


def parameters(texts):
    """Names that are parameters of functions and nothing else, and never said in a call."""
    found, other = set(), set()
    for path, text in texts.items():
        tree = ast.parse(text, str(path))
        for node in ast.walk(tree):
            if isinstance(node, ast.arg):
                found.add(node.arg)
            elif isinstance(node, ast.Attribute):
                other.add(node.attr)
            elif isinstance(node, ast.keyword) and node.arg:
                other.add(node.arg)
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                other.add(node.name)
            elif isinstance(node, ast.alias):
                other.update((node.asname or node.name).split("."))
                other.update(node.name.split("."))
            elif isinstance(node, ast.Global):
                other.update(node.names)
        other.update(_bound_outside(tree))
    return found - other


def _bound_outside(tree):
    """Names that are bound outside of functions."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            yield node.id
        waiting += [n for n in ast.iter_child_nodes(node) if not isinstance(n, (ast.FunctionDef, ast.Lambda))]


def numbers(texts, without=()):
    """{name: number}: which names of {path: source} may be one and the same short name; the busy ones first.
    Those of the runtime and of `without` are left out.
    """
    said, busy, alone = _where_said(texts)
    taken = []  # of each number: the homes that have a name of it
    given = {}
    own = said.keys() - without - vars(builtins).keys()
    for name in sorted(own, key=lambda name: (name not in busy, name not in alone, -len(said[name]), name)):
        number = len(taken)
        if name not in busy and name not in alone:
            free = (i for i, homes in enumerate(taken) if homes is not None and not homes & said[name])
            number = next(free, number)
        if number == len(taken):
            taken.append(None if name in alone else set())
        if taken[number] is not None:
            taken[number] |= said[name]
        given[name] = number
    return given


def _where_said(texts):
    """({name: homes that say it}, names of what runs every cycle, names set on other objects than self)."""
    trees = {path: ast.parse(text, str(path)) for path, text in texts.items()}
    home = _homes(trees)
    said, busy, alone = defaultdict(set), set(), set()
    for path, tree in trees.items():
        for node in ast.walk(tree):
            for name in _names_of(node):
                said[name].add(home[path])
        lines = texts[path].split("\n")
        if any("hot" in found.group(1) for found in map(FLAG.match, lines) if found):
            busy.update(_busy(tree, lines, False))
        alone.update(_set_outside(tree))
    return said, busy, alone


def _busy(node, lines, is_inside):
    """Names in the functions below a node that run every cycle."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        if node.name == "__init__" or COLD in lines[node.lineno - 1]:
            return
        is_inside = is_inside or isinstance(node, ast.FunctionDef)
    if is_inside:
        yield from _names_of(node)
    for child in ast.iter_child_nodes(node):
        yield from _busy(child, lines, is_inside)


def _set_outside(tree):
    """Attributes that are set on another object than a method's own."""
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    inside = {id(node) for one in classes for node in ast.walk(one)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            if id(node) not in inside or getattr(node.value, "id", "") != "self":
                yield node.attr


def _names_of(node):
    """What a node says by name."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [node.attr]
    if isinstance(node, (ast.arg, ast.keyword)):
        return [node.arg] if node.arg else []
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, ast.alias):
        return (node.asname or "").split(".") + node.name.split(".")
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return node.names
    return [node.name] if isinstance(node, ast.ExceptHandler) and node.name else []


def _homes(trees):
    """{path: home}: files with classes of which one inherits from the other are one home."""
    home = {path: path for path in trees}
    makers = defaultdict(list)  # of a class's name: the files that define it
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                makers[node.name].append(path)
    for path, tree in trees.items():
        asked = {a.asname: a.name for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names}
        for base in [b for n in ast.walk(tree) if isinstance(n, ast.ClassDef) for b in n.bases]:
            name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", None)
            for maker in makers[asked.get(name, name)]:
                old, new = home[path], home[maker]
                home = {file: new if its == old else its for file, its in home.items()}
    return home
