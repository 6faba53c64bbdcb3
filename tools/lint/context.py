"""What a rule knows about the file it looks at: rooms, flags, parents, enclosing functions."""

import ast
import re
from typing import NamedTuple

FLAG = re.compile(r"^[\s#*]*lint:\s*((?:integer|hot)(?:[\s,]+(?:integer|hot))*)\s*$")
OK = re.compile(r"#\s*lint:\s*ok\s+((?:[A-Z]\d\d[\s,]*)+)")


class Finding(NamedTuple):
    path: str
    line: int
    code: str
    message: str

    def __str__(self):
        return "%s:%d %s %s" % self


class Context:
    """One parsed file. `path` is relative to the repository's root and tells the room."""

    def __init__(self, path, source):
        self.path = str(path)
        self.lines = source.splitlines()
        self.tree = ast.parse(source, self.path)
        self.flags = self._read_flags()
        self.parents = {}
        self.hot = {}  # of the nodes that were asked about: whether they run every cycle
        self.constants = set()
        self.buffers = set()
        self.dicts = set()
        for node in ast.walk(self.tree):
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
            self._note_kind(node)

    def _read_flags(self):
        head = list(self.lines)
        if self.tree.body:
            head = self.lines[: self.tree.body[0].end_lineno]
        flags = set()
        for line in head:
            found = FLAG.match(line)
            if found:
                flags.update(re.split(r"[\s,]+", found.group(1)))
        return flags

    def _note_kind(self, node):
        """Remember names that are bound to a const(), a bytearray or a dict anywhere in the file."""
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            return
        name = self.name_of(node.targets[0])
        if not name:
            return  # an element or a slice: nothing that could be known again
        value = node.value
        called = self.name_of(value.func) if isinstance(value, ast.Call) else ""
        if called == "const":
            self.constants.add(name)
        elif called == "bytearray":
            self.buffers.add(name)
        elif called in ("dict", "json.loads", "json.load") or isinstance(value, (ast.Dict, ast.DictComp)):
            self.dicts.add(name)

    @property
    def room(self):
        return self.path.replace("\\", "/").split("/")[0]

    @property
    def is_port(self):
        """A board or a port may import what its runtime brings."""
        return self.room == "boards" or self.path.startswith("drivers/ports/")

    @property
    def is_test(self):
        return self.room == "hil_tests"

    @staticmethod
    def name_of(node):
        """`a.b.c` of a Name or a chain of attributes, else an empty text."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        parts.append(node.id)
        return ".".join(reversed(parts))

    def line(self, node):
        number = getattr(node, "lineno", 0)
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def ancestors(self, node):
        while node in self.parents:
            node = self.parents[node]
            yield node

    def function(self, node):
        """The innermost enclosing def or lambda, or None."""
        for above in self.ancestors(node):
            if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                return above
        return None

    def is_within(self, node, *kinds):
        return any(isinstance(above, kinds) for above in self.ancestors(node))

    def is_annotation(self, node):
        """Annotations are parsed by MicroPython and never evaluated."""
        child = node
        for above in self.ancestors(node):
            if isinstance(above, (ast.AnnAssign, ast.arg)) and above.annotation is child:
                return True
            if isinstance(above, ast.FunctionDef) and above.returns is child:
                return True
            child = above
        return False

    def is_guarded(self, node):
        """The other runtime's turn: in a `try` for Import- or AttributeError, or an `if` about runtimes."""
        wanted = ("ImportError", "AttributeError")
        for above in self.ancestors(node):
            if isinstance(above, ast.Try):
                caught = [n for h in above.handlers if h.type for n in ast.walk(h.type)]
                if any(isinstance(n, ast.Name) and n.id in wanted for n in caught):
                    return True
            if isinstance(above, ast.If) and self._is_about_runtime(above.test):
                return True
        return False

    @staticmethod
    def _is_about_runtime(test):
        names = [n.id for n in ast.walk(test) if isinstance(n, ast.Name)]
        names += [n.attr for n in ast.walk(test) if isinstance(n, ast.Attribute)]
        return any(n in ("hasattr", "implementation") or "MICROPYTHON" in n for n in names)

    def is_constant(self, node):
        """A value that MicroPython folds into the code: literals, const() names, tuples and signs of them."""
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, ast.UnaryOp):
            return self.is_constant(node.operand)
        if isinstance(node, ast.BinOp):
            return self.is_constant(node.left) and self.is_constant(node.right)
        if isinstance(node, ast.Tuple):
            return all(self.is_constant(e) for e in node.elts)
        return isinstance(node, ast.Name) and node.id in self.constants

    def is_allowed(self, finding):
        number = finding.line
        found = OK.search(self.lines[number - 1]) if 0 < number <= len(self.lines) else None
        return bool(found) and finding.code in found.group(1)
