"""The images that these tests run, built once a session and left out by name where they cannot be built."""

import functools

import pytest

from hil_tests.lanes import programs
from tools import mpy
from tools.build import BuildError, Missing, boards, image
from tools.build.closure import too_large_floats
from tools.emulate import EmulateError, qemu

BOARD = "mps2_an385"
SUITE = "hil_tests.portable"
TARGET = "hil_tests.m3.target"


def modules_of(package):
    """Dotted names of a folder's modules, sorted."""
    folder = mpy.ROOT.joinpath(*package.split("."))
    return ["%s.%s" % (package, path.stem) for path in sorted(folder.glob("*.py")) if fits(path)]


def fits(path):
    """Whether a module can be frozen at all."""
    return path.stem != "__init__" and not too_large_floats(path)


def build(name):
    """The image "firmware", or "tests" with the suite and the programs of these tests in it."""
    return image.build(BOARD, name, modules_of(SUITE) + modules_of(TARGET) if name == "tests" else ())


@functools.cache
def _built(name):
    try:
        qemu.program(BOARD)
        return build(name)
    except (BuildError, EmulateError) as error:
        return error


def get(name):
    """The image "firmware" or "tests"; the test is left out, in CI it fails, when there is none."""
    built = _built(name)
    if isinstance(built, BuildError) and not isinstance(built, Missing):
        pytest.fail(str(built), pytrace=False)
    if isinstance(built, Exception):
        text = "the lane of the Cortex-M3: %s" % built
        if programs.in_ci():
            pytest.fail("%s; in CI nothing is left out" % text, pytrace=False)
        if text not in programs.LEFT_OUT:
            programs.LEFT_OUT.append(text)
        pytest.skip(text.partition("\n")[0])
    return built


def budget():
    """What the board allows."""
    return boards.load(BOARD)["budget"]


def run(words, **how):
    """Run a program of the tests' image to its end."""
    return qemu.run(get("tests"), words, **how)
