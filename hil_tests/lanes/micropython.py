"""The MicroPython lane: each portable test file is run once by the target's small runner, its lines become
pytest items.

A file may ask for another heap with a line `lane: heap=384k` in its docstring; the unix port's objects are
twice as large as those of a 32-bit board, so that HEAP_KB here stands for half of it there.
"""

import ast
import re
import subprocess

import pytest

from tools import mpy, runtime

NAME = "micropython"
HEAP_KB = 192
LIMIT_S = 150
RUNNER = "hil_tests.portable.utest"


def test_names(path):
    """Names of the top-level `test_*` functions of a file, without importing it."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return [n.name for n in tree.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]


def heap_kb(path):
    found = re.search(r"^\s*lane: heap=(\d+)k\s*$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return int(found.group(1)) if found else HEAP_KB


class Outcome:
    """What one test said on the target: `passed`, and `text`, what to show when it did not."""

    def __init__(self, passed, text):
        self.passed = passed
        self.text = text


def parse(output, ending):
    """Outcomes by test name from the runner's output; `ending` says how the interpreter ended, for a test cut
    short by it.

    The outcome under None belongs to whatever no test can be blamed for: the import, or a death between two
    tests.
    """
    outcomes = {}
    running, said, done = None, [], False
    for line in output.splitlines():
        found = re.match(r"UT (\S+) (\S+) (RUN|PASS|FAIL|DONE)$", line)
        if found is None:
            said.append(line)
            continue
        _, name, word = found.groups()
        if word == "RUN":
            running, said = name, []
        elif word == "DONE":
            done = True
        else:
            outcomes[name] = Outcome(word == "PASS", "\n".join(said))
            running, said = None, []
    if running is not None:
        text = "%s while %s was running\n%s" % (ending, running, "\n".join(said))
        outcomes[running] = Outcome(False, text)
    elif not done:
        outcomes[None] = Outcome(False, "\n".join(said + [ending]))
    return outcomes


def run_file(module, names, heap):
    """Run the tests of one module on the target; returns outcomes as `parse` does."""
    argv, env = runtime.command(runtime.MICROPYTHON, RUNNER, [module] + names, heap)
    try:
        result = subprocess.run(
            argv,
            env=env,
            cwd=mpy.ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LIMIT_S,
        )
    except subprocess.TimeoutExpired as error:
        return parse(_text(error.stdout), "the interpreter was stopped after %d s" % LIMIT_S)
    code = result.returncode
    ending = "killed by signal %d" % -code if code < 0 else "ended with status %d" % code
    return parse(
        _text(result.stdout), "the interpreter was " + ending if code < 0 else "the interpreter " + ending
    )


def _text(raw):
    return (raw or b"").decode("utf-8", "replace")


class MicroPythonFile(pytest.File):
    """The portable test file as the target sees it."""

    outcomes = None

    def collect(self):
        for name in test_names(self.path):
            yield MicroPythonItem.from_parent(self, name="%s[%s]" % (name, NAME), test=name)

    def outcome_of(self, item):
        """Outcome of one item; the first call runs the file once, with every selected test."""
        if self.outcomes is None:
            names = [i.test for i in item.session.items if i.parent is self]
            module = ".".join(self.path.relative_to(mpy.ROOT).with_suffix("").parts)
            try:
                self.outcomes = run_file(module, names, heap_kb(self.path))
            except mpy.CompileError as error:
                self.outcomes = {None: Outcome(False, str(error))}
        nothing = Outcome(False, "the target said nothing about this test: it ended before")
        return self.outcomes.get(item.test) or self.outcomes.get(None) or nothing


class TargetFailure(Exception):
    """A test failed on the target; the text is the target's own."""


class MicroPythonItem(pytest.Item):
    """One test of a portable file on MicroPython."""

    def __init__(self, *, test, **kwargs):
        super().__init__(**kwargs)
        self.test = test
        self.fixturenames = ()  # plugins that look for fixtures find none
        self.extra_keyword_matches.add(NAME)

    def runtest(self):
        outcome = self.parent.outcome_of(self)
        if not outcome.passed:
            raise TargetFailure(outcome.text)

    def repr_failure(self, excinfo):
        if isinstance(excinfo.value, TargetFailure):
            return "on MicroPython:\n%s" % excinfo.value
        return super().repr_failure(excinfo)

    def reportinfo(self):
        return self.path, None, self.name
