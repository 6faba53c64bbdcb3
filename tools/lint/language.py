"""P0x and P1x: syntax and class features that MicroPython's compiler refuses or silently treats otherwise."""

import ast
import builtins
import re

UNHONOURED = (
    "__init_subclass__",
    "__set_name__",
    "__format__",
    "__index__",
    "__bytes__",
    "__class_getitem__",
    "__slots__",
    "__prepare__",
    "__instancecheck__",
    "__subclasscheck__",
    "__missing__",
    "__reversed__",
    "__length_hint__",
)
UNKEPT = (
    "__cause__",
    "__context__",
    "__traceback__",
    "__annotations__",
    "__doc__",
    "__qualname__",
    "__mro__",
)
MODERN = tuple(getattr(ast, n) for n in ("Match", "TryStar", "TypeAlias") if hasattr(ast, n))
ASYNC = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
DISPLAYS = (ast.List, ast.Tuple, ast.Set)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def newer_syntax(context, node):
    if isinstance(node, MODERN):
        yield node, "%s is a syntax error on MicroPython: write if/elif" % type(node).__name__.lower()
    if isinstance(node, ast.arguments) and node.posonlyargs:
        yield node.posonlyargs[0], "positional-only `/` is a syntax error on MicroPython: leave it out"
    if getattr(node, "type_params", None):
        yield node, "type parameters are a syntax error on MicroPython: leave them out"
    if isinstance(node, ast.FormattedValue) and node.conversion == ord("a"):
        yield node, "`!a` is a syntax error on MicroPython: write `!r`"


def star_in_display(context, node):
    if isinstance(node, DISPLAYS) and isinstance(getattr(node, "ctx", None), (ast.Load, type(None))):
        for element in node.elts:
            if isinstance(element, ast.Starred):
                yield (
                    element,
                    "`*` inside a display is a syntax error on MicroPython: write `list(a) + list(b)`",
                )
    if isinstance(node, ast.Dict) and None in node.keys:
        yield node, "`**` inside a dict is a syntax error on MicroPython: write d.update()"


def no_coroutines(context, node):
    if isinstance(node, ASYNC):
        yield node, "no coroutines in the portable rooms: a machine with feed() and tick(now) instead"


def parenthesised_with(context, node):
    if (
        isinstance(node, ast.With)
        and len(node.items) > 1
        and re.match(r"\s*with\s*\($", context.line(node).rstrip())
    ):
        yield node, "a parenthesised `with` is a syntax error on MicroPython: nest them"


def class_keywords(context, node):
    if isinstance(node, ast.ClassDef):
        for keyword in node.keywords:
            yield (
                node,
                "class keyword `%s=` is not there on MicroPython: an explicit table instead" % keyword.arg,
            )


def property_in_class(context, node):
    if isinstance(node, ast.ClassDef):
        for inner in ast.walk(node):
            for decorator in getattr(inner, "decorator_list", ()):
                name = context.name_of(decorator)
                if name == "property" or name.endswith((".setter", ".getter", ".deleter")):
                    yield (
                        decorator,
                        "one property makes every attribute store of the class four times slower: a method",
                    )
            if isinstance(inner, ast.Call) and context.name_of(inner.func) == "property":
                yield (
                    inner,
                    "one property makes every attribute store of the class four times slower: a method",
                )


def unhonoured_names(context, node):
    name = node.name if isinstance(node, FUNCTIONS) else ""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        name = node.id
    if name in UNHONOURED:
        yield node, "%s is ignored by MicroPython: an explicit call or table instead" % name
    if isinstance(node, ast.Attribute) and node.attr in UNKEPT and not context.is_guarded(node):
        yield node, "%s does not exist on MicroPython: keep what you need yourself" % node.attr


def function_attribute(context, node):
    if (
        isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
    ):
        names = [n.name for n in context.tree.body if isinstance(n, ast.FunctionDef)]
        if node.value.id in names:
            yield node, "functions have no attributes on MicroPython: a class or a module's name"


def runtime_generics(context, node):
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and not context.is_annotation(node)
    ):
        if node.value.id in ("list", "dict", "tuple", "set", "type", "frozenset"):
            yield (
                node,
                "%s[...] fails at run time on MicroPython: only annotations may say it" % node.value.id,
            )


def step_slice(context, node):
    if isinstance(node, ast.Slice) and node.step is not None:
        yield node, "a slice with a step fails on str, bytes and tuples on MicroPython: a loop over range()"


def dict_order(context, node):
    """`for x in d.items()`; sorted(...) around it is fine."""
    loops = [node] if isinstance(node, ast.For) else []
    if isinstance(node, COMPREHENSIONS):
        loops = node.generators
    for loop in loops:
        over = loop.iter
        called = isinstance(over, ast.Call) and isinstance(over.func, ast.Attribute)
        by_method = called and over.func.attr in ("items", "keys", "values")
        if by_method or isinstance(over, ast.Dict) or context.name_of(over) in context.dicts:
            if "# any order" not in context.line(over) and "# any order" not in context.line(node):
                yield (
                    over,
                    "MicroPython's dicts have no order: a tuple or list of pairs, sorted(), or `# any order`",
                )


def bool_is_int(context, node):
    """isinstance(True, int) is False on MicroPython; the function must deal with bool as well."""
    if not (
        isinstance(node, ast.Call) and context.name_of(node.func) == "isinstance" and len(node.args) == 2
    ):
        return
    kinds = node.args[1].elts if isinstance(node.args[1], ast.Tuple) else [node.args[1]]
    names = [context.name_of(kind) for kind in kinds]
    if "int" not in names or "bool" in names:
        return
    around = context.function(node) or context.tree
    if not any(_is_about_bool(n) for n in ast.walk(around)):
        yield node, "isinstance(True, int) is False on MicroPython: test bool first, by name, on both"


def _is_about_bool(node):
    return (isinstance(node, ast.Name) and node.id == "bool") or (
        isinstance(node, ast.Constant) and node.value is True
    )


def delete_from_buffer(context, node):
    if isinstance(node, ast.Delete):
        for target in node.targets:
            if isinstance(target, ast.Subscript) and context.name_of(target.value) in context.buffers:
                yield target, "bytearray cannot delete on MicroPython: move the bytes down, or `b[i:j] = b''`"


def builtin_init(context, node):
    if isinstance(node, ast.Attribute) and node.attr == "__init__" and isinstance(node.value, ast.Name):
        if isinstance(getattr(builtins, node.value.id, None), type):
            yield node, "%s has no __init__ to call on MicroPython: super().__init__(...)" % node.value.id


RULES = {
    "P01": newer_syntax,
    "P02": star_in_display,
    "P03": no_coroutines,
    "P04": parenthesised_with,
    "P05": class_keywords,
    "P06": property_in_class,
    "P07": unhonoured_names,
    "P08": function_attribute,
    "P09": runtime_generics,
    "P10": step_slice,
    "P11": dict_order,
    "P12": bool_is_int,
    "P13": delete_from_buffer,
    "P14": builtin_init,
}
