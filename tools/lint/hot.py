"""H0x, in files with a line `lint: hot`: what takes memory from MicroPython's heap each time it runs.

Looked at: every function but `__init__` and those with `# lint: cold` on their `def` or `class` line. What
stands in a `raise` or an `assert` may allocate: it is not the way that runs every cycle.
"""

import ast

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
MAKERS = frozenset(
    "enumerate zip divmod map filter sorted reversed list tuple dict set frozenset bytes bytearray "
    "memoryview str float complex array iter slice namedtuple deque repr hex bin open input".split()
)
MAKER_METHODS = frozenset(
    "items keys values format join split rsplit partition to_bytes hex append extend insert copy strip lower "
    "upper replace unpack unpack_from setdefault popitem".split()
)
COLD = "# lint: cold"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def is_hot(context, node):
    """True in a function of a hot file that runs every cycle."""
    if "hot" not in context.flags:
        return False
    if node not in context.hot:
        context.hot[node] = _runs_every_cycle(context, node)
    return context.hot[node]


def _runs_every_cycle(context, node):
    if (
        context.is_within(node, ast.Raise, ast.Assert)
        or context.is_annotation(node)
    ):
        return False
    if any(isinstance(n, ast.ClassDef) and COLD in context.line(n) for n in context.ancestors(node)):
        return False
    around = context.function(node)
    while around is not None:
        if getattr(around, "name", "") == "__init__" or COLD in context.line(around):
            return False
        if context.function(around) is None:
            return not _is_default(context, node, around)
        around = context.function(around)
    return False


def _is_default(context, node, function):
    """Decorators and defaults of a def run once."""
    chain = [node] + list(context.ancestors(node))
    return any(part is function.args for part in chain)


def texts(context, node):
    if not is_hot(context, node):
        return
    if isinstance(node, ast.JoinedStr):
        yield node, "an f-string allocates: a code and integer arguments, the text is made elsewhere"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant):
        if isinstance(node.left.value, (str, bytes)):
            yield node, "%-formatting allocates: a code and integer arguments, the text is made elsewhere"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        if any(
            isinstance(side, ast.Constant) and isinstance(side.value, (str, bytes))
            for side in (node.left, node.right)
        ):
            yield node, "joining texts allocates: a code and integer arguments, the text is made elsewhere"


def comprehensions(context, node):
    if isinstance(node, COMPREHENSIONS) and is_hot(context, node):
        yield node, "a comprehension allocates: a loop into something made in __init__"


def displays(context, node):
    if isinstance(node, (ast.List, ast.Dict, ast.Set)) and isinstance(
        getattr(node, "ctx", ast.Load()), ast.Load
    ):
        if is_hot(context, node):
            yield node, "a %s display allocates: make it in __init__" % type(node).__name__.lower()


def tuples(context, node):
    if not (isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and is_hot(context, node)):
        return
    if context.is_constant(node):
        return
    above = context.parents.get(node)
    swap = isinstance(above, ast.Assign) and len(node.elts) <= 3 and isinstance(above.targets[0], ast.Tuple)
    if swap and not any(isinstance(e, ast.Starred) for e in above.targets[0].elts):
        return
    if isinstance(above, ast.Return):
        yield node, "returning a tuple allocates: results in attributes, or one integer"
    else:
        yield node, "a tuple of values allocates: make it in __init__, compare one by one"


def slices(context, node):
    """`a[i:j] = b` and comparing is free; taking a slice makes an object."""
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Slice)
        and isinstance(node.ctx, ast.Load)
    ):
        if is_hot(context, node):
            yield node, "taking a slice allocates: indices, or a view made in __init__"


def stars(context, node):
    if not is_hot(context, node):
        return
    if isinstance(node, ast.Call):
        if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
            yield node, "a call with * or ** allocates: name the arguments"
    if isinstance(node, ast.Starred) and isinstance(node.ctx, ast.Store):
        yield node, "unpacking into a * allocates a list: indices"


def star_parameters(context, node):
    if isinstance(node, ast.FunctionDef) and "hot" in context.flags and (node.args.vararg or node.args.kwarg):
        if node.name != "__init__" and COLD not in context.line(node):
            yield node, "a * parameter allocates at each call: name the parameters"


def closures(context, node):
    if isinstance(node, FUNCTIONS) and is_hot(context, node):
        yield node, "a function made here allocates each time: a method, or make it in __init__"
    if isinstance(node, (ast.Yield, ast.YieldFrom)) and is_hot(context, node):
        yield node, "a generator allocates at its start: a loop over indices"


def makers(context, node):
    if not (isinstance(node, ast.Call) and is_hot(context, node)):
        return
    name = context.name_of(node.func)
    if name in MAKERS:
        yield node, "%s() makes an object: indices, range(), or make it in __init__" % name
    elif _is_class_name(name):
        yield node, "%s(...) makes an object: make it in __init__ and fill it" % name
    elif isinstance(node.func, ast.Attribute) and node.func.attr in MAKER_METHODS:
        yield (
            node,
            ".%s() allocates: fixed buffers, `b[i] << 8 | b[i + 1]`, tuples instead of dicts"
            % node.func.attr,
        )
    elif name in ("unpack", "unpack_from", "struct.pack"):
        yield node, "%s() allocates: `b[i] << 8 | b[i + 1]`, or pack_into" % name
    elif (
        isinstance(node.func, ast.Attribute)
        and node.func.attr in ("encode", "decode")
        and _is_text_call(node)
    ):
        yield node, ".%s() allocates: bytes made in __init__" % node.func.attr


def _is_class_name(name):
    last = name.split(".")[-1].lstrip("_")
    return last[:1].isupper() and not last.isupper()


def _is_text_call(node):
    """encode() and decode() of texts; our codecs' own take more."""
    return not node.args or (len(node.args) == 1 and isinstance(node.args[0], ast.Constant))


def bound_methods(context, node):
    """`self.method` that is not called makes an object; `self.attribute` does not."""
    if not (isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and is_hot(context, node)):
        return
    above = context.parents.get(node)
    if context.name_of(node.value) != "self" or (isinstance(above, ast.Call) and above.func is node):
        return
    for outer in context.ancestors(node):
        if isinstance(outer, ast.ClassDef):
            if any(isinstance(n, ast.FunctionDef) and n.name == node.attr for n in outer.body):
                yield node, "taking a bound method allocates: keep it in an attribute from __init__"
            return


def ranges(context, node):
    """`for i in range(a, b, CONSTANT)` is compiled into a counting loop; any other range is an object."""
    if not (isinstance(node, ast.Call) and context.name_of(node.func) == "range" and is_hot(context, node)):
        return
    above = context.parents.get(node)
    if not (isinstance(above, ast.For) and above.iter is node):
        yield node, "a range outside `for ... in` is an object: compare with < instead"
    elif len(node.args) == 3 and not context.is_constant(node.args[2]):
        yield node, "a range with a computed step is an object: a while loop"


def floats(context, node):
    if not is_hot(context, node):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, float):
        yield node, "float arithmetic allocates: integers in a smaller unit"
    if isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.Div):
        yield node, "`/` makes a float, which allocates: `//`"


RULES = {
    "H01": texts,
    "H02": comprehensions,
    "H03": displays,
    "H04": tuples,
    "H05": slices,
    "H06": stars,
    "H07": star_parameters,
    "H08": closures,
    "H09": makers,
    "H10": ranges,
    "H11": floats,
    "H12": bound_methods,
}
