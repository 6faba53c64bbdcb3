"""Lane (a): every portable test on the emulated Cortex-M3, with 31-bit integers, 24-bit floats and 140
KB of heap.

Each file is started once on a fresh board, in whichever process of pytest asks first (lanes/schedule.py gives
a file to one alone); what each of its tests said becomes a test here. The files are frozen into one image:
a start takes 0.1 s, and what a file costs is what its tests compute, ten times as long as on the host. Time
is counted in instructions, so that a run repeats bit for bit.
"""

import functools
from pathlib import Path

import pytest

from hil_tests.lanes import micropython
from hil_tests.m3 import images
from tools import mpy
from tools.build.closure import too_large_floats

RUNNER = "hil_tests.portable.utest"
FILES = sorted((mpy.ROOT / mpy.SUITE).glob("test_*.py"))


def named(path):
    names = micropython.test_names(path)
    return [pytest.param(path, name, id="%s::%s" % (path.name, name)) for name in names]


@functools.cache
def outcomes(path):
    """What the tests of one file said on the board."""
    module = "%s.%s" % (images.SUITE, Path(path).stem)
    ended = images.run([RUNNER, module, *micropython.test_names(path)])
    how = "was stopped" if ended.status is None else "ended with status %d" % ended.status
    return micropython.parse(ended.output, "the board " + how)


def cases():
    """Every test of every file, for parametrize."""
    return [test for path in FILES for test in named(path)]


def passes(path, name):
    """The test passed on the board; pytest's failure with the board's words otherwise."""
    if not images.fits(path):
        text = "line %d: a float that single precision cannot hold" % too_large_floats(path)[0]
        pytest.fail(text, pytrace=False)
    images.get("tests")
    said = outcomes(path)
    nothing = micropython.Outcome(False, "the board said nothing about this test: it ended before")
    outcome = said.get(name) or said.get(None) or nothing
    if not outcome.passed:
        pytest.fail("on the Cortex-M3:\n" + outcome.text, pytrace=False)
