"""Names that may become short in an image, and names that must stay."""

from pathlib import Path

from tools.build.freeze import short_names
from tools.build.names import names_to_keep, parameters

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
