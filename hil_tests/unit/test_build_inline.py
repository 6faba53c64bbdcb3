"""Constants are put in where they are used, and nothing else changes."""

import pytest

from tools.build import inline
from tools.build.closure import closure, path_of

BASE = """
START, STOP = 1, 2
MASK = 0x3FFF
LIMIT = const(10)
NAMES = ("a", "b")
BIG = 1 << 40
OFFSET = -MASK
SHOWN = 7
"""


@pytest.fixture
def put_in(monkeypatch):
    """Inlines modules given by name, for which no file is asked."""

    def work(entries=None, **sources):
        monkeypatch.setattr(inline, "path_of", lambda module: module if module in sources else None)
        return inline.inline(sources, list(sources) if entries is None else entries)

    return work


def test_names_attributes_and_aliases(put_in):
    user = """
from base import LIMIT, START as FIRST, NAMES
import base
def f(x):
    x = LIMIT.to_bytes(3, "big")
    return FIRST + LIMIT + len(NAMES)
"""
    other = """
from room import base as b
def f(x):
    return (x & b.MASK, b.BIG, b.OFFSET,
            b.STOP)
"""
    done = put_in(base=BASE, user=user, other=other, **{"room.base": BASE})
    assert "return 1 + 10 + len(NAMES)" in done["user"]
    assert '(10).to_bytes(3, "big")' in done["user"]
    assert "from base import NAMES" in done["user"]
    assert "(x & 16383, b.BIG, (-16383),\n            2)" in done["other"]
    assert "from room import base as b" in done["other"]
    before = (BASE, user, other, BASE)
    assert [text.count("\n") for text in done.values()] == [text.count("\n") for text in before]


def test_the_import_of_const_goes_where_the_compiler_folds_it(put_in):
    upy = "def const(value):\n    return value\n"
    folded = "from protocols.upy import const\n_X = const(1 << 3)\ndef f():\n    return _X\n"
    called = "from protocols.upy import const\n_X = (const(3), 4)\n"
    done = put_in(folded=folded, called=called, **{"protocols.upy": upy})
    assert "import" not in done["folded"] and "return 8" in done["folded"]
    assert done["called"] == called


CODE = """
def used():
    return 1
def unused():
    return only_there()
def only_there():
    return 3
class Thing:
    def __init__(self):
        self.a = 1
    def method(self):
        return START
    def asked_by_name(self):
        return getattr(self, "asked_by_name")
START = 5
"""


def test_functions_that_nobody_mentions_go(put_in):
    user = "from code import used, Thing\ndef main():\n    return used() + Thing().a\n"
    done = put_in((), code=CODE, user=user)
    assert "def main" not in done["user"]  # nobody starts it
    assert "used" in done["code"] and "unused" not in done["code"] and "only_there" not in done["code"]
    assert "def method" not in done["code"] and "START" not in done["code"]
    assert "asked_by_name" in done["code"] and "__init__" in done["code"]
    assert done["code"].count("\n") == CODE.count("\n")
    compile(done["code"], "code", "exec")


def test_entries_keep_their_functions(put_in):
    assert put_in(["code"], code=CODE)["code"].count("def ") == CODE.count("def ")


def test_what_nobody_mentions_goes(put_in):
    done = put_in(base=BASE, user="from base import START, STOP\nx = START + STOP\n")
    assert done["user"] == "\nx = 1 + 2\n"
    assert "START" not in done["base"] and "NAMES" in done["base"] and "BIG" in done["base"]


@pytest.mark.parametrize(
    "user",
    [
        "from base import MASK\ndef f(MASK):\n    return MASK\n",
        "from base import MASK\nMASK = 3\nx = MASK\n",
        "from base import MASK\ndef f():\n    global MASK\n    MASK = 2\n    return MASK\n",
        "import base\nx = base.MASK\n",
        "import base\nx = getattr(base, 'MASK')\n",
        "from base import MASK\nx = f'{MASK}'\n",
    ],
)
def test_what_is_not_sure_stays(put_in, user):
    done = put_in(base=BASE, user=user)
    assert done["user"] == user
    assert "MASK = 0x3FFF" in done["base"]


def test_a_value_that_is_set_twice_is_none(put_in):
    done = put_in(base="A = 1\nif A:\n    B = 2\nelse:\n    B = 3\nx = A + B\n")
    assert done["base"].endswith("x = 1 + B\n") and "if 1:" in done["base"]


def test_calculated_from_other_modules(put_in):
    middle = "from a import UNIT\nSIZE = 3 * UNIT + 1\n"
    done = put_in(a="UNIT = 4\n", b=middle, c="from b import SIZE\nx = [SIZE]\n")
    assert done["c"] == "\nx = [13]\n"


def test_characters_of_several_bytes_before_a_name(put_in):
    done = put_in(a='UNIT = 4\nx = ("就地", UNIT)  # 就地\n')
    assert 'x = ("就地", 4)  # 就地' in done["a"]


def test_a_number_that_is_asked_for_something_stands_in_parentheses(put_in):
    user = "from base import START\nwhat = START.to_bytes(1, 'big')\n"
    assert "(1).to_bytes" in put_in(base=BASE, user=user)["user"]


def test_the_whole_firmware_still_compiles():
    from tools.mpy import ROOT

    paths = closure(["boards.mps2_an385.main"])
    texts = {path: (ROOT / path).read_text(encoding="utf-8") for path in paths}
    done = inline.inline(texts)
    for path, text in done.items():
        compile(text, str(path), "exec")
        assert text.count("\n") == texts[path].count("\n"), path
    saved = sum(len(texts[path]) - len(text) for path, text in done.items())
    assert saved > 1000
    assert path_of("firmware.loop") in done


def test_a_constant_that_another_module_imports_is_handed_on(put_in):
    middle = "from base import LIMIT, STOP\nfrom base import START\n\ndef f():\n    return STOP\n"
    user = "import middle as m\nfrom middle import LIMIT\ndef f(x):\n    return x + LIMIT + m.START\n"
    room = "from room import middle as m\ndef f():\n    return m.START\n"
    done = put_in(base=BASE, middle=middle, user=user, room=room, **{"room.middle": middle})
    assert "x + 10" in done["user"] and "from middle" not in done["user"]
    assert "return 1" in done["room"]
    assert "import" not in done["room.middle"]


def test_what_is_still_asked_for_stays_all_the_way(put_in):
    middle = "from base import LIMIT\n"
    user = 'from middle import LIMIT\ndef f():\n    return f"{LIMIT}"\n'
    done = put_in(base=BASE, middle=middle, user=user)
    assert done["middle"] == middle and done["user"] == user
    assert "LIMIT = const(10)" in done["base"]
