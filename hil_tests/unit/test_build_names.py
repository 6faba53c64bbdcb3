"""Names that may become short in an image, and names that must stay."""

from pathlib import Path

from tools.build.freeze import share_constants, short_names
from tools.build.names import names_to_keep, numbers, parameters

CODE = """
import sys
LIMIT = 3
class Thing:
    size = 1
    def __init__(self, given, named, stored):
        self.stored = stored
    def method(self, other):
        return getattr(self, "asked") + LIMIT
def outer(inner, LIMIT):
    return Thing(inner, named=2, stored=inner)
"""
TEXTS = {Path("firmware/thing.py"): CODE}


def test_what_others_may_ask_for_stays():
    assert names_to_keep(TEXTS) >= {"firmware", "thing", "Thing", "asked"}
    assert not names_to_keep(TEXTS) & {"method", "outer", "given"}
    assert "method" in names_to_keep({Path("hil_tests/portable/test_thing.py"): CODE})


def test_only_parameters_that_are_nothing_else_share_a_name():
    assert parameters(TEXTS) == {"self", "given", "other", "inner"}


def test_short_names_are_identifiers_and_differ():
    names = short_names()
    some = [next(names) for _ in range(4000)]
    assert len(set(some)) == 4000 and all(name.isidentifier() for name in some)
    assert "is" not in some and max(map(len, some)) == 3


def numbers_of(**files):
    return numbers({Path("firmware/%s.py" % name): text for name, text in files.items()})


OWN = "class %s:\n def __init__(self):\n  self.%s = 1\n"


def test_names_that_no_module_says_both_are_one():
    given = numbers_of(a=OWN % ("A", "first"), b=OWN % ("B", "second"))
    assert given["first"] == given["second"]


def test_names_of_one_module_or_of_a_class_and_its_parent_differ():
    given = numbers_of(a=OWN % ("A", "first"), b="from a import A\n" + OWN % ("B(A)", "second"))
    assert given["first"] != given["second"]
    given = numbers_of(a=OWN % ("A", "first") + OWN % ("B", "second"))
    assert given["first"] != given["second"]


def test_what_another_module_says_too_is_kept_apart_there():
    given = numbers_of(a=OWN % ("A", "first"), b=OWN % ("B", "second") + "def f(a):\n return a.first\n")
    assert given["first"] != given["second"]


def test_what_is_set_on_anothers_object_shares_with_nobody():
    given = numbers_of(a=OWN % ("A", "first"), b="def f(a):\n a.mark = 1\n", c=OWN % ("C", "second"))
    assert given["first"] == given["second"] != given["mark"]
    assert list(given.values()).count(given["mark"]) == 1


def test_what_runs_every_cycle_shares_with_nothing_that_does():
    hot = '"""Head.\n\nlint: hot\n"""\nclass %s:\n def step(self):\n  return self.%s\n'
    given = numbers_of(a=hot % ("A", "first"), b=hot % ("B", "second"), c=OWN % ("C", "third"))
    assert given["first"] != given["second"]
    assert given["third"] in (given["first"], given["second"])


def test_equal_constants_are_frozen_once():
    class Tool:
        class CompiledModule:
            def freeze_constant_obj(self, name, value):
                return "&" + name

    share_constants(Tool)
    module = Tool.CompiledModule()
    one = module.freeze_constant_obj("one", (1, 2))
    assert module.freeze_constant_obj("two", (1, 2)) == one
    alike = {"a": (1,), "b": (True,), "c": (1.0,)}
    assert len({module.freeze_constant_obj(name, value) for name, value in alike.items()}) == 3
