"""Puts integer constants where their names are used, over all modules of one image.

MicroPython keeps every public name of a module in a dictionary on the heap, looks it up at every use, and
builds a table with such names in it on the heap too. What a C compiler does with an enumeration is done here
once for the whole image: a name in capitals that its module sets once to an integer becomes that integer,
also behind an import, or behind the import of another module that imports it; what nobody refers to any more,
assignment or import, goes, and so do functions and methods that no module of the image mentions. Lines keep
their numbers.
Left alone is whatever a function hides, assigns or looks up by a computed name.
"""

import ast
import re
from collections import Counter

from tools.build.closure import path_of

NAME = re.compile(r"_?[A-Z][A-Z0-9_]*$")
FOLDER = "protocols.upy"  # of `const`
SMALL = range(-(2**30), 2**30)
OPERATORS = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.LShift: lambda a, b: a << b,
    ast.RShift: lambda a, b: a >> b,
    ast.BitOr: lambda a, b: a | b,
    ast.BitAnd: lambda a, b: a & b,
}


class Module:
    """One source file: its tree, what its names mean, and the edits to be made."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.lines = text.encode().split(b"\n")  # the tree counts columns in bytes
        self.tree = ast.parse(text, str(path))
        self.bound = _bindings(self.tree)
        self.constants = {}  # name -> value, its own
        self.offered = {}  # name -> value, its own and those that it imports for all of itself
        self.known = {}  # name -> value, its own and imported
        self.aliases = {}  # name -> a module of ours
        self.sources = {}  # node of an import -> the module of ours that it imports from
        self.edits = []  # (line, column, end line, end column, text)

    def replace(self, node, text):
        self.edits.append((node.lineno, node.col_offset, node.end_lineno, node.end_col_offset, text))

    def drop(self, node, text):
        """Replace a node, and forget what was to be replaced in it."""
        inside = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
        self.edits = [e for e in self.edits if not (inside[0] <= e[:2] and e[2:4] <= inside[1])]
        self.replace(node, text)

    def result(self):
        """The source with its edits made, line for line."""
        lines = list(self.lines)
        for line, column, end_line, end_column, text in sorted(self.edits, reverse=True):
            head, tail = lines[line - 1][:column], lines[end_line - 1][end_column:]
            lines[line - 1] = head + text.encode() + (tail if end_line == line else b"")
            for number in range(line, end_line):
                lines[number] = b""
            if end_line > line:
                lines[end_line - 1] = tail
        return b"\n".join(lines).decode()


def inline(texts, entries=()):
    """{path: source} of one image, with its constants put in; functions of the `entries`, which are started
    by name, all stay.
    """
    modules = {path: Module(path, text) for path, text in texts.items()}
    for module in modules.values():
        _find_constants(module, modules)
    for module in modules.values():
        _find_imports(module, modules)
    for module in modules.values():
        _put_in(module)
    _clear_functions(modules, entries)
    while any([_clear_imports(module, asked) for module, asked in _asked(modules).items()]):
        pass  # what is gone may have been the last to ask elsewhere
    needed = set().union(*(_still_said(module) for module in modules.values()))
    for module in modules.values():
        _clear_assignments(module, needed)
    return {path: module.result() for path, module in modules.items()}


def bring(texts, modules):
    """{path: source} without what is only there where a board has no such module: of `try: from M import N`
    with its `except`, M being one of `modules`, the import stays. Lines keep their numbers.
    """
    return {path: _brought(text, modules) for path, text in texts.items()}


def _brought(text, modules):
    lines = text.split("\n")
    for node in ast.parse(text).body:
        first = node.body[0] if isinstance(node, ast.Try) else None
        if isinstance(first, ast.ImportFrom) and first.module in modules:
            gone = node.end_lineno - node.lineno
            lines[node.lineno - 1 : node.end_lineno] = [ast.unparse(first)] + [""] * gone
    return "\n".join(lines)


def _bindings(tree):
    """How often each name is bound anywhere in a file: assigned, imported, parameter, function, class."""
    bound = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound[node.id] += 1
        elif isinstance(node, ast.arg):
            bound[node.arg] += 1
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound[node.name] += 1
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            bound[node.name] += 1
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            bound.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            bound.update(2 * node.names)
    return bound


def _assigned(node):
    """(name, value node) pairs of a plain assignment to names in capitals; () for anything else."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return ()
    target, value = node.targets[0], node.value
    pairs = [(target, value)]
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        pairs = list(zip(target.elts, value.elts))
    if not all(isinstance(name, ast.Name) and NAME.match(name.id) for name, _ in pairs):
        return ()
    return [(name.id, value) for name, value in pairs]


def _find_constants(module, modules):
    """Fill module.constants; other modules' constants that it uses are found on the way."""
    if module.known:
        return
    for node in module.tree.body:
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            source = modules.get(path_of(node.module))
            if source is not None and source is not module:
                _find_constants(source, modules)
                for alias in node.names:
                    if alias.name in source.offered:
                        module.known[alias.asname or alias.name] = source.offered[alias.name]
        for name, value in _assigned(node):
            number = _evaluate(value, module.known)
            if number is not None and number in SMALL and module.bound[name] == 1:
                module.constants[name] = module.known[name] = number
    module.offered = {name: value for name, value in module.known.items() if module.bound[name] == 1}


def _evaluate(node, known):
    """The integer that an expression of constants is, or None."""
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) is int else None
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "const":
        return _evaluate(node.args[0], known)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = _evaluate(node.operand, known)
        return None if number is None else -number
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        left, right = _evaluate(node.left, known), _evaluate(node.right, known)
        return None if left is None or right is None else OPERATORS[type(node.op)](left, right)
    return None


def _find_imports(module, modules):
    """Names of the file that stand for one of our modules, and constants imported inside functions."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            source = modules.get(path_of(node.module))
            if source is not None:
                module.sources[node] = source
            for alias in node.names:
                name = alias.asname or alias.name
                behind = modules.get(path_of("%s.%s" % (node.module, alias.name)))
                if behind is not None and module.bound[name] == 1:
                    module.aliases[name] = behind
                elif source is not None and alias.name in source.offered:
                    module.known[name] = source.offered[alias.name]


def _put_in(module):
    """Edits: each use of a constant becomes its value; places inside an f-string are not known exactly."""
    hidden = {id(n) for f in ast.walk(module.tree) if isinstance(f, ast.JoinedStr) for n in ast.walk(f)}
    for node in ast.walk(module.tree):
        number = None if id(node) in hidden else _value_of(node, module)
        if number is not None:
            node.is_inlined = True
            is_asked = module.lines[node.end_lineno - 1][node.end_col_offset :].startswith(b".")
            module.replace(node, "(%d)" % number if number < 0 or is_asked else str(number))


def _value_of(node, module):
    """The constant that a name, or an attribute of an imported module, stands for; None for other nodes."""
    if not isinstance(getattr(node, "ctx", None), ast.Load):
        return None
    if isinstance(node, ast.Name) and module.bound[node.id] == 1:
        return module.known.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        behind = module.aliases.get(node.value.id)
        if behind is not None and node.attr in behind.offered:
            node.value.is_inlined = True
            return behind.offered[node.attr]
    return None


def _loaded(module):
    """Names that are loaded somewhere and were not put in."""
    return {
        node.id
        for node in _living(module.tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and not hasattr(node, "is_inlined")
    }


def _asked(modules):
    """{module: names that others still import from it, or ask it for}."""
    asked = {module: set() for module in modules.values()}
    for other in modules.values():
        for node in _living(other.tree):
            if isinstance(node, ast.ImportFrom) and node in other.sources:
                asked[other.sources[node]].update(alias.name for alias in node.names)
            elif isinstance(node, ast.Attribute) and not hasattr(node, "is_inlined"):
                if isinstance(node.value, ast.Name) and node.value.id in other.aliases:
                    asked[other.aliases[node.value.id]].add(node.attr)
    return asked


def _clear_imports(module, asked):
    """Edits: imports of the module's first level that nobody needs any more; whether there were any."""
    used, found = _loaded(module) | asked, False
    folds = _only_folds(module.tree)
    for node in module.tree.body:
        if not isinstance(node, ast.ImportFrom) or node.level:
            continue
        kept = []
        for alias in node.names:
            name = alias.asname or alias.name
            ours = name in module.known or name in module.aliases
            if node.module == FOLDER and alias.name == "const" and folds:
                continue
            if not ours or name in used or module.bound[name] != 1:
                kept.append(alias)
        if len(kept) < len(node.names):
            words = [a.name + (" as " + a.asname if a.asname else "") for a in kept]
            module.drop(node, "from %s import %s" % (node.module, ", ".join(words)) if kept else "")
            node.names, found = kept, True
    return found


def _only_folds(tree):
    """Whether `const` stands only where the compiler, which knows it itself, folds it: NAME = const(...)."""
    folded = [
        node.value.func
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.value, ast.Call)
    ]
    said = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "const"]
    return all(node in folded for node in said)


def _still_said(module):
    """Every name that the file still mentions in any way, in a text too: getattr may look it up."""
    said = set()
    for node in _living(module.tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and not hasattr(node, "is_inlined"):
            said.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            said.add(node.value)
        elif isinstance(node, ast.Attribute) and not hasattr(node, "is_inlined"):
            said.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            said.update(alias.name for alias in node.names)
    return said


def _clear_assignments(module, needed):
    """Edits: constants that nobody mentions any more."""
    for node in module.tree.body:
        pairs = _assigned(node)
        if pairs and all(name in module.constants and name not in needed for name, _ in pairs):
            module.drop(node, "")


def _living(tree):
    """Every node but those in functions that are gone."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [n for n in ast.iter_child_nodes(node) if not hasattr(n, "is_gone")]


def _clear_functions(modules, entries):
    """Edits: functions and methods that nobody mentions; then those that only they mentioned."""
    found = True
    while found:
        said = set().union(*(_still_said(module) for module in modules.values()))
        found = [(m, n) for path, m in modules.items() if path not in entries for n in _unsaid(m.tree, said)]
        for module, node in found:
            node.is_gone = True
            module.drop(node, "pass")


def _unsaid(tree, said):
    """Functions of the first level and methods, not mentioned and not the language's own."""
    homes = [tree] + [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for node in [node for home in homes for node in home.body]:
        if isinstance(node, ast.FunctionDef) and node.name not in said and not hasattr(node, "is_gone"):
            if not node.name.startswith("__") and not node.decorator_list:
                yield node
