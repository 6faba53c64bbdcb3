"""Which names of an image must stay as they are, where the others become short (tools/build/freeze.py).

A name takes flash once, by its length, wherever it is said: attributes, functions, parameters. It must stay
where something else than our own compiled code may ask for it: a text that is looked up (getattr, keys of
JSON), a module's path, an exception's class in a traceback, a test that is started by its name. A parameter
that is never given by its name needs none at all: all of those share one.
"""

import ast


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
