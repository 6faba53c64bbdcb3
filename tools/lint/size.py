"""S0x: files and functions stay short enough to be read at one go, and a file says at its head what holds in
it.
"""

import ast

MODULE_LINES = 400
FUNCTION_LINES = 50


def long_module(context, node):
    if isinstance(node, ast.Module) and len(context.lines) > MODULE_LINES:
        yield node, "%d lines; at most %d: split it by what it is about" % (len(context.lines), MODULE_LINES)


def long_function(context, node):
    if isinstance(node, ast.FunctionDef):
        lines = node.end_lineno - node.lineno + 1
        if lines >= FUNCTION_LINES:
            yield node, "%s has %d lines; fewer than %d: name its parts" % (node.name, lines, FUNCTION_LINES)


def no_head(context, node):
    """An empty file needs none."""
    if (
        isinstance(node, ast.Module)
        and node.body
        and not ast.get_docstring(node)
        and not context.lines[0].startswith("#")
    ):
        yield node, "no head: a docstring with the file's rules and clauses"


RULES = {"S01": long_module, "S02": long_function, "S03": no_head}
