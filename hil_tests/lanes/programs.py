"""Tests that run an external program say so with `@pytest.mark.needs("tshark")`.

Where the program is missing the test is left out and named at the end of the run; in CI (environment CI=true)
it fails instead.
"""

import os
import shutil

import pytest

from tools.setup_host import PROGRAMS

LEFT_OUT = []


def missing(item):
    """The programs that the item needs and that are not there."""
    wanted = [program for mark in item.iter_markers("needs") for program in mark.args]
    return [program for program in wanted if shutil.which(program) is None]


def advice(program):
    return "%s (install: apt-get install %s)" % (program, PROGRAMS.get(program, program))


def in_ci():
    return os.environ.get("CI", "").lower() in ("true", "1")


def check(item):
    """Leave the item out, or fail in CI, when a program that it needs is missing."""
    programs = missing(item)
    if not programs:
        return
    text = "needs " + ", ".join(advice(program) for program in programs)
    if in_ci():
        pytest.fail("%s; in CI nothing is left out" % text, pytrace=False)
    LEFT_OUT.append("%s %s" % (item.nodeid, text))
    pytest.skip(text)


def summary(terminal):
    """The list of what was left out, so that nobody takes a shorter run for a whole one."""
    if not LEFT_OUT:
        return
    terminal.section(
        "LEFT OUT: %d tests, because a program is missing" % len(LEFT_OUT), yellow=True, bold=True
    )
    for line in LEFT_OUT:
        terminal.line("left out: " + line, yellow=True)
