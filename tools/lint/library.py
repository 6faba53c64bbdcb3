"""P2x: imports, names, methods and arguments of the standard library that MicroPython lacks or reads
otherwise.

The tables were taken from the interpreters; hil_tests/static/test_lint.py asks MicroPython again that each
entry is really missing.
"""

import ast
import re

EVERYWHERE = {
    "array": ("array",),
    "binascii": ("hexlify", "unhexlify", "crc32"),
    "collections": ("namedtuple", "OrderedDict", "deque"),
    "errno": None,
    "gc": None,
    "io": ("BytesIO", "StringIO", "IOBase", "open"),
    "json": ("dumps", "loads", "dump", "load"),
    "math": None,
    "micropython": None,
    "struct": ("pack", "pack_into", "unpack", "unpack_from", "calcsize"),
    "sys": (
        "argv",
        "byteorder",
        "exit",
        "implementation",
        "maxsize",
        "modules",
        "path",
        "platform",
        "stderr",
        "stdin",
        "stdout",
        "version",
        "version_info",
        "print_exception",
    ),
    "hashlib": ("sha256", "md5", "sha1"),
    "os": ("remove", "rename", "stat", "mkdir", "listdir", "getcwd", "unlink", "rmdir"),
}
# What only a board or a port may touch: the clock, and what its runtime brings.
PORTS = {
    "time": (
        "ticks_ms",
        "ticks_us",
        "ticks_add",
        "ticks_diff",
        "sleep",
        "sleep_ms",
        "sleep_us",
        "time",
        "time_ns",
        "gmtime",
        "localtime",
        "mktime",
    ),
    "select": ("poll", "POLLIN", "POLLOUT", "POLLERR", "POLLHUP"),
    "socket": None,
    "ssl": None,
    "tls": None,
    "termios": None,
    "machine": None,
    "serial": None,
    "can": None,
    "random": ("getrandbits", "randint", "random", "seed", "randrange", "choice", "uniform"),
    "platform": None,
}
ROOMS = ("boards", "drivers", "firmware", "protocols")

MISSING_NAMES = frozenset(
    """
BaseExceptionGroup BlockingIOError BrokenPipeError BufferError ChildProcessError ConnectionAbortedError
ConnectionError ConnectionRefusedError ConnectionResetError DeprecationWarning EnvironmentError
ExceptionGroup FileExistsError FileNotFoundError FloatingPointError IOError InterruptedError
IsADirectoryError ModuleNotFoundError NotADirectoryError PermissionError ProcessLookupError RecursionError
ReferenceError ResourceWarning RuntimeWarning SystemError TimeoutError UnboundLocalError UnicodeDecodeError
UnicodeEncodeError UserWarning Warning ascii breakpoint format vars
""".split()
)

# Only names that no type of MicroPython has and that are no likely names of our own methods.
MISSING_METHODS = frozenset(
    """
capitalize casefold expandtabs format_map isalnum isascii isdecimal isidentifier isnumeric isprintable
istitle ljust maketrans removeprefix removesuffix rjust swapcase title translate zfill as_integer_ratio
bit_count bit_length conjugate is_integer tobytes tolist toreadonly frombytes fromlist byteswap _replace
_asdict _fields _make fullmatch findall finditer strerror
""".split()
)
MISSING_OF_BYTEARRAY = ("clear", "copy", "insert", "pop", "remove", "reverse")

# What MicroPython takes by keyword: builtin -> names, method -> names. Functions that are not named here are
# taken as ours.
BUILTIN_KEYWORDS = {
    "print": ("end", "sep", "file"),
    "sorted": ("key", "reverse"),
    "max": ("key", "default"),
    "min": ("key", "default"),
    "enumerate": ("start",),
    "open": ("mode", "encoding"),
}
POSITIONAL = "int str bytes bytearray sum zip map filter round pow iter range bool float list tuple set array"
for _name in POSITIONAL.split():
    BUILTIN_KEYWORDS[_name] = ()
METHOD_KEYWORDS = {"sort": ("key", "reverse")}
for _name in "split rsplit encode decode find index startswith endswith strip join dumps loads load".split():
    METHOD_KEYWORDS[_name] = ()


def imports(context, node):
    """Only what every runtime brings; a port may take its runtime's own; the other half of a guarded import
    is free.
    """
    if isinstance(node, ast.Import):
        wanted = [(alias.name, None) for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        if node.level:
            yield node, "no relative imports: name the whole path, as every runtime reads it"
            return
        wanted = [(node.module or "", alias.name) for alias in node.names]
    else:
        return
    for module, name in wanted:
        message = _refusal(context, module, name)
        if message and not _guarded_standard(context, node, module):
            yield node, message


def _refusal(context, module, name):
    root = module.split(".")[0]
    if root in ROOMS or (context.is_test and root == "hil_tests"):
        return "" if name != "*" else "`import *` hides what is used: name it"
    table = dict(EVERYWHERE, **PORTS) if context.is_port or context.is_test else EVERYWHERE
    if module not in table:
        where = (
            "ports and boards may import it"
            if module in PORTS
            else "MicroPython or the house does not have it"
        )
        return "import of %s: %s; write it without, or in a port" % (module, where)
    names = table[module]
    if name is not None and names is not None and name not in names:
        return "%s.%s is not there on MicroPython" % (module, name)
    return ""


def _guarded_standard(context, node, module):
    return context.is_guarded(node) and (context.is_port or context.is_test or module in EVERYWHERE)


def module_attributes(context, node):
    """`time.monotonic`, `struct.error`, `collections.Counter`: an attribute of a module that MicroPython's
    lacks.
    """
    if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
        return
    names = dict(EVERYWHERE, **PORTS).get(node.value.id)
    if (
        names is None
        or node.attr in names
        or not _is_imported(context, node.value.id)
        or context.is_guarded(node)
    ):
        return
    yield (
        node,
        "%s.%s is not there on MicroPython (there are: %s)" % (node.value.id, node.attr, " ".join(names)),
    )


def _is_imported(context, module):
    return any(
        isinstance(n, ast.Import) and any(a.name == module and not a.asname for a in n.names)
        for n in ast.walk(context.tree)
    )


def missing_names(context, node):
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in MISSING_NAMES:
        if not context.is_guarded(node) and not context.is_annotation(node):
            hint = "OSError and its errno" if node.id[0].isupper() else "something plainer"
            yield node, "%s is not there on MicroPython: %s" % (node.id, hint)


def missing_methods(context, node):
    if not isinstance(node, ast.Attribute):
        return
    if node.attr in MISSING_METHODS and context.name_of(node.value) != "self":
        yield (
            node,
            ".%s is not there on MicroPython (padding: `%%-8s` or `%%05d`; prefix: startswith and a slice)"
            % node.attr,
        )
    if node.attr in MISSING_OF_BYTEARRAY and context.name_of(node.value) in context.buffers:
        yield node, "bytearray.%s is not there on MicroPython: indices and a fill count" % node.attr


def byte_order_calls(context, node):
    """Signed conversions and keywords: MicroPython ignores or refuses them."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return
    if node.func.attr == "from_bytes":
        if node.keywords or len(node.args) != 2:
            yield (
                node,
                "from_bytes(b, 'big') positional and unsigned only (a third argument is silently ignored): "
                "subtract 1 << bits yourself",
            )
    if node.func.attr == "to_bytes" and (node.keywords or len(node.args) != 2):
        yield node, "to_bytes(n, 'big') positional and unsigned only: mask with & yourself"


def keywords(context, node):
    if not (isinstance(node, ast.Call) and node.keywords):
        return
    if isinstance(node.func, ast.Name):
        name, known = node.func.id, BUILTIN_KEYWORDS.get(node.func.id)
    else:
        name = getattr(node.func, "attr", "")
        known = METHOD_KEYWORDS.get(name)
    for keyword in node.keywords:
        if known is not None and keyword.arg and keyword.arg not in known:
            yield node, "%s(%s=) is not taken by MicroPython: by position, or without" % (name, keyword.arg)


def error_arguments(context, node):
    if isinstance(node, ast.Call) and context.name_of(node.func) == "OSError" and len(node.args) == 1:
        yield node, "OSError(code) leaves .errno None on CPython: OSError(code, text)"
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "decode"
        and len(node.args) > 1
    ):
        yield node, "decode() has no error handling on MicroPython: catch UnicodeError"
    if isinstance(node, ast.Call) and context.name_of(node.func) == "iter" and len(node.args) == 2:
        yield node, "iter(f, sentinel) is not there on MicroPython: a while loop"


def struct_formats(context, node):
    if isinstance(node, ast.Call) and context.name_of(node.func).split(".")[-1] in (
        "pack",
        "pack_into",
        "unpack",
        "unpack_from",
        "calcsize",
    ):
        first = node.args[0] if node.args else None
        if (
            isinstance(first, ast.Constant)
            and isinstance(first.value, str)
            and re.search(r"[?cnN]", first.value)
        ):
            yield node, "struct format %r is not there on MicroPython: b B h H i I q Q f d s x" % first.value


RULES = {
    "P20": imports,
    "P21": module_attributes,
    "P22": missing_names,
    "P23": missing_methods,
    "P24": byte_order_calls,
    "P25": keywords,
    "P26": error_arguments,
    "P27": struct_formats,
}
