"""tools.lint: each rule finds its bad snippet and nothing else; what it says about MicroPython is asked of
MicroPython.
"""

import subprocess

import pytest

from hil_tests.static import lint_cases
from tools import runtime
from tools.lint import RULES, check_source, library
from tools.lint.__main__ import main


def codes(source, path="firmware/example.py"):
    return [finding.code for finding in check_source(source, path)]


@pytest.mark.parametrize("code, source", lint_cases.BAD, ids=lambda v: v if len(v) == 3 else None)
def test_each_rule_finds_its_case(code, source):
    assert codes(lint_cases.with_head(code, source)) == [code]


def test_every_rule_has_a_case():
    assert {code for code, _ in lint_cases.BAD} == set(RULES) - {"S01", "S03"}


@pytest.mark.parametrize("source", lint_cases.GOOD)
def test_nothing_is_said_about_good_code(source):
    assert codes(source) == []


def test_a_long_file_and_one_without_a_head():
    assert codes('"""Head."""\n' + "X = 1\n" * 400) == ["S01"]
    assert codes("X = 1\n") == ["S03"]
    assert codes("") == []


def test_ports_and_boards_may_import_what_their_runtime_brings():
    source = '"""Head."""\nimport select\nimport socket\nimport termios\nimport serial\n'
    assert codes(source, "drivers/ports/serial.py") == [] and codes(source, "boards/sim/main.py") == []
    assert (
        codes(source, "firmware/loop.py") == ["P20"] * 4 and codes(source, "protocols/loop.py") == ["P20"] * 4
    )


def test_the_other_runtime_s_half_of_a_guarded_import_is_free():
    tried = "try:\n    from time import ticks_ms\nexcept ImportError:\n    from time import monotonic_ns\n"
    source = '"""Head."""\n' + tried
    assert codes(source, "boards/sim/clock.py") == []
    tried = 'import sys\nif hasattr(sys, "print_exception"):\n    pass\nelse:\n    sys.excepthook()\n'
    assert codes('"""Head."""\n' + tried, "boards/sim/main.py") == []


def test_a_finding_can_be_allowed_on_its_line_with_its_code():
    bad = '"""Head."""\nA = b[::2]'
    assert codes(bad) == ["P10"]
    assert codes(bad + "  # lint: ok P10 a list of ours") == []
    assert codes(bad + "  # lint: ok P11 the wrong code") == ["P10"]


def test_an_element_that_is_a_dict_makes_no_other_loop_one():
    assert codes('"""Head."""\nd = [0]\nd[0] = {}\nfor k in f():\n    pass') == []


def test_a_finding_says_where(tmp_path, capsys):
    file = tmp_path / "a.py"
    file.write_text('"""Head."""\n\nA = b[::2]\n')
    assert main([str(file)]) == 1
    assert capsys.readouterr().out.startswith("%s:3 P10 a slice with a step" % file)
    file.write_text('"""Head."""\n')
    assert main([str(tmp_path)]) == 0
    file.write_text("def f(:\n")
    assert main([str(file)]) == 1
    assert ":1 P00 " in capsys.readouterr().out


def on_micropython(source):
    argv = [runtime.micropython(), "-c", source]
    result = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout.split()


def test_names_in_the_tables_are_really_missing_on_micropython():
    names = sorted(library.MISSING_NAMES)
    assert (
        on_micropython("import builtins\nfor n in %r:\n    if hasattr(builtins, n): print(n)" % names) == []
    )


def test_methods_in_the_tables_are_really_missing_on_micropython():
    kinds = "('', b'', bytearray(1), [], (), {}, set(), 1, 1.5, memoryview(b''), " \
            "array('B'), OSError(1, ''), re.compile(''), P(1))"
    source = (
        "import re\nfrom array import array\nfrom collections import namedtuple\n"
        "P = namedtuple('P', ('x',))\n"
        "for n in %r:\n    for o in %s:\n        if hasattr(o, n): print(n)\n"
        % (sorted(library.MISSING_METHODS), kinds)
    )
    assert on_micropython(source) == []
    source = "for n in %r:\n    if hasattr(bytearray(1), n): print(n)" % (library.MISSING_OF_BYTEARRAY,)
    assert on_micropython(source) == []


def test_names_that_may_be_imported_are_really_there_on_micropython():
    named = {m: n for m, n in dict(library.EVERYWHERE, **library.PORTS).items() if n}
    source = (
        "for m, names in %r.items():\n    for n in names:\n"
        "        if not hasattr(__import__(m), n): print(m, n)"
        % named
    )
    assert on_micropython(source) == []


@pytest.mark.parametrize(
    "code, source", [c for c in lint_cases.BAD if c[0][0] == "H"], ids=lambda v: v if len(v) == 3 else None
)
def test_what_the_hot_rules_forbid_does_allocate(code, source):
    assert on_micropython(lint_cases.heap_probe(source)) == ["allocates"]


@pytest.mark.parametrize("source", lint_cases.FREE)
def test_what_the_hot_rules_let_pass_is_free(source):
    assert codes(lint_cases.with_head("H", source)) == []
    assert on_micropython(lint_cases.heap_probe(source)) == ["free"]
