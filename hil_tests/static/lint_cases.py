"""Snippets for tools.lint: BAD (rule, code), GOOD (nothing found), FREE (hot and nothing found; MicroPython
agrees).

In snippets for the H rules `run()` is what runs every cycle; a, b, t, d, o stand for an integer, a bytearray,
a list, a dict and an object.
"""

BAD = (
    ("P01", "match x:\n    case 1:\n        pass"),
    ("P01", "def f(a, /):\n    pass"),
    ("P01", "try:\n    pass\nexcept* ValueError:\n    pass"),
    ("P01", "f'{x!a}'"),
    ("P02", "x = [*a]"),
    ("P02", "x = (1, *a)"),
    ("P02", "x = {**a}"),
    ("P03", "async def f():\n    pass"),
    ("P04", "with (\n    open('a') as a,\n    open('b') as b,\n):\n    pass"),
    ("P05", "class A(B, metaclass=C):\n    pass"),
    ("P06", "class A:\n    @property\n    def x(self):\n        return 1"),
    ("P06", "class A:\n    x = property(f)"),
    ("P07", "class A:\n    def __index__(self):\n        return 1"),
    ("P07", "class A:\n    __slots__ = ('x',)"),
    ("P07", "x = error.__cause__"),
    ("P08", "def f():\n    pass\nf.calls = 0"),
    ("P09", "x = list[int]"),
    ("P10", "x = b[::-1]"),
    ("P11", "for k, v in d.items():\n    pass"),
    ("P11", "d = {}\nfor k in d:\n    pass"),
    ("P11", "x = [k for k in d.keys()]"),
    ("P12", "x = isinstance(y, int)"),
    ("P13", "b = bytearray(8)\ndel b[:2]"),
    (
        "P14",
        "class A(ValueError):\n    def __init__(self, x):\n        ValueError.__init__(self, x)",
    ),
    ("P20", "import dataclasses"),
    ("P20", "from typing import Any"),
    ("P20", "from collections import Counter"),
    ("P20", "import time"),
    ("P20", "import pymodbus"),
    ("P20", "from . import image"),
    ("P20", "from protocols.ticks import *"),
    ("P21", "import struct\nx = struct.error"),
    ("P21", "import sys\nx = sys.settrace"),
    ("P22", "try:\n    pass\nexcept TimeoutError:\n    pass"),
    ("P22", "x = vars(y)"),
    ("P23", "x = s.zfill(4)"),
    ("P23", "x = n.bit_length()"),
    ("P23", "x = view.tobytes()"),
    ("P23", "b = bytearray(8)\nb.pop()"),
    ("P24", "x = int.from_bytes(b, 'big', signed=True)"),
    ("P24", "x = int.from_bytes(b, 'big', True)"),
    ("P24", "x = n.to_bytes(length=2, byteorder='big')"),
    ("P25", "print(1, flush=True)"),
    ("P25", "x = s.split(sep=',')"),
    ("P25", "import json\nx = json.loads(s, parse_float=str)"),
    ("P26", "raise OSError(5)"),
    ("P26", "x = b.decode('utf8', 'ignore')"),
    ("P27", "import struct\nx = struct.pack('>?', True)"),
    ("I01", "x = 0.5"),
    ("I02", "x = a / 2"),
    ("I02", "a /= 2"),
    ("I03", "x = round(y)"),
    ("I03", "import math"),
    ("I04", "x = 0x40000000"),
    ("H01", "def run():\n    return f'{a}'"),
    ("H01", "def run():\n    return '%d' % a"),
    ("H01", "def run():\n    return 'x' + str_"),
    ("H02", "def run():\n    return sum(x for x in t)"),
    ("H03", "def run():\n    return []"),
    ("H03", "def run():\n    return {1: 2}"),
    ("H04", "def run():\n    return a, a"),
    ("H04", "def run():\n    return a in (a, 2)"),
    ("H05", "def run():\n    return b[1:3]"),
    ("H06", "def run():\n    return o.two(*t)"),
    ("H06", "def run():\n    x, *y = t"),
    ("H07", "def run(*x):\n    return a\nprobe = lambda: run(1)"),
    ("H08", "def run():\n    return lambda: 1"),
    ("H08", "def run():\n    def inner():\n        return 1\n    return inner"),
    ("H09", "def run():\n    return divmod(a, 2)"),
    ("H09", "def run():\n    for i, x in enumerate(t):\n        pass"),
    ("H09", "def run():\n    for k in d.items():  # any order\n        pass"),
    ("H09", "def run():\n    return Thing()"),
    ("H09", "from struct import unpack_from\ndef run():\n    return unpack_from('>H', b)"),
    ("H09", "def run():\n    return str_.encode()"),
    ("H10", "def run():\n    return a in range(9)"),
    ("H10", "def run():\n    for i in range(0, 9, a):\n        pass"),
    ("H11", "def run():\n    return a * 0.5"),
    ("H11", "def run():\n    return a / 2"),
    ("H12", "class K:\n    def run(self):\n        return self.run\nrun = K().run"),
    ("S02", "def f():\n" + "    pass\n" * 49),
)

GOOD = (
    '"""Head."""\nfrom protocols.ticks import ticks_diff\nimport json\nfrom array import array\n',
    '"""Head."""\ndef f(x: "list[int]") -> list[int]:\n    return x[1:]\n',
    '"""Head."""\nfor k in sorted(d.items()):\n    pass\nfor k in d.values():  # any order\n    pass\n',
    '"""Head."""\ndef f(x):\n    return isinstance(x, int) and not isinstance(x, bool)\n',
    '"""Head."""\nraise OSError(5, "no port")\n',
    '"""Head."""\nx = int.from_bytes(b, "big")\ny = x.to_bytes(2, "big")\nz = max(a, b, key=f)\n',
    '"""Head.\n\nlint: integer\n"""\nx = a // 2\ny = -0x40000000\nz = 0x3FFFFFFF\n',
    '"""Head.\n\nlint: hot\n"""\nclass A:\n    def __init__(self):\n        self.b = [1.5, f(*x)]\n'
    "    def set_up(self):  # lint: cold\n        return [i for i in self.b]\n",
    '"""Head.\n\nlint: integer, hot\n"""\ndef f(a, b=(1, 2)):\n'
    '    if a:\n        raise ValueError("%d is too big" % a)\n',
    '"""Head.\n\nlint: hot\n"""\nclass A:  # lint: cold\n    def text(self):\n        return "%d" % self.x\n',
)

FREE = (
    "def run():\n    b[0:2] = c",
    "def run():\n    x, y, z = a, a, t[0]\n    return x",
    "def run():\n    return a in (1, 2, 3)",
    "_K = const(4)\ndef run():\n    return (_K, -1)",
    "def run():\n    for i in range(0, a, 2):\n        pass\n    for x in t:\n        pass",
    "def run():\n    return max(a, t[0]) + len(t) + d.get(1) + int(a) + abs(a)",
    "def run():\n    return isinstance(o, Thing) and o.two(1, y=2) and b[0] << 8 | b[1]",
    "from struct import pack_into\ndef run():\n    pack_into('>H', b, 0, a)",
    "def run():\n    return type(o) is Thing",
)

STAGE = """
import micropython
from micropython import const
class Thing:
    def two(self, x, y=0):
        return y
a, b, c, t, d, o, str_ = 7, bytearray(8), b"ab", [3, 4], {1: 2}, Thing(), "text"
"""

PROBE = """
probe = globals().get("probe") or run
probe()
micropython.heap_lock()
answer = "free"
try:
    probe()
except MemoryError:
    answer = "allocates"
micropython.heap_unlock()
print(answer)
"""


def with_head(code, source):
    """The snippet as a file with the flag that its rule wants."""
    flag = {"I": "\n\nlint: integer\n", "H": "\n\nlint: hot\n"}.get(code[0], "")
    return '"""Head.%s"""\n%s\n' % (flag, source)


def heap_probe(source):
    """A MicroPython program that says whether the snippet's `run()` (or `probe()`) takes from the heap, the
    second time it runs.
    """
    return STAGE + source + "\n" + PROBE
