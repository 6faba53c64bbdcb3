"""I0x, in files with a line `lint: integer`: no float comes into being, and no literal leaves a 31-bit small
integer.
"""

import ast

SMALLEST, BIGGEST = -(1 << 30), (1 << 30) - 1


def is_integer_file(context):
    return "integer" in context.flags


def float_literal(context, node):
    if is_integer_file(context) and isinstance(node, ast.Constant) and isinstance(node.value, float):
        yield node, "float literal in an integer file: an integer in a smaller unit"


def true_division(context, node):
    if (
        is_integer_file(context)
        and isinstance(node, (ast.BinOp, ast.AugAssign))
        and isinstance(node.op, ast.Div)
    ):
        yield node, "`/` makes a float: `//`, and say which way it rounds"


def float_call(context, node):
    if not is_integer_file(context):
        return
    if isinstance(node, ast.Call) and context.name_of(node.func) in ("float", "round"):
        yield node, "%s() belongs to a protocol's edge: integers here" % context.name_of(node.func)
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module]
        if "math" in names:
            yield node, "math makes floats: integers here"


def big_literal(context, node):
    """Also in hot files: such a number is an object on the heap of a 32-bit board."""
    if not (context.flags and isinstance(node, ast.Constant) and type(node.value) is int):
        return
    negative = isinstance(context.parents.get(node), ast.UnaryOp) and node.value == -SMALLEST
    if node.value > BIGGEST and not negative:
        yield node, "%d leaves a 31-bit small integer: another unit, or halves" % node.value


RULES = {"I01": float_literal, "I02": true_division, "I03": float_call, "I04": big_literal}
