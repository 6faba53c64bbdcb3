"""`python -m hil_tests.modbus_rows [--targets NAME,...] [--rows N,...] [--frames N] [--json FILE]
[--html FILE]`: the 49 rows by number, and the matrix of peers, as a table and as a page.

Runs the tests themselves and reads their numbers off their names. The exit status is 1 when one fails, or
when a row has no result.
"""

import argparse
import contextlib
import datetime
import io
import json
import platform
import re
import sys
from pathlib import Path

import pytest
from rich.console import Console

from hil_tests import modbus_rows
from hil_tests.interop import modbus_fuzz, modbus_matrix
from hil_tests.rows.__main__ import numbers
from hil_tests.rows.row import FAILS, PASSES
from tools.rows import page, table

CPYTHON, MICROPYTHON, M3, LIVE, PEERS = "cpython", "micropython", "m3", "live", "peers"
TITLES = {
    CPYTHON: "CPython",
    MICROPYTHON: "MicroPython",
    M3: "Cortex-M3 (QEMU)",
    LIVE: "sockets and ttys",
}
PORTABLE = (CPYTHON, MICROPYTHON, M3)
TITLE = "The rows of a Modbus master and slave (basis unverified)"
HOW = """
Every test is one of the suite; its number is in its name. <b>passes</b>: all tests of the row did, there;
<b>fails</b>: what one of them said stands below. The portable ones run in virtual time on every
interpreter; <i>sockets and ttys</i> are those that want a real line or somebody else's program.
"""


class Collector:
    """A pytest plugin: what each row's tests came to, and what the matrix's did."""

    def __init__(self, wanted, console):
        self.wanted = wanted
        self.console = console
        self.results = {}
        self.peers = {}

    def pytest_collection_modifyitems(self, config, items):
        items[:] = [item for item in items if self._is_wanted(item.nodeid)]

    def _is_wanted(self, nodeid):
        if "test_modbus_matrix" in nodeid:
            return not self.wanted
        number = row_of(nodeid)
        return number is not None and (not self.wanted or number in self.wanted)

    def pytest_runtest_logreport(self, report):
        if report.when != "call" and report.outcome == "passed":
            return
        text = "" if report.outcome == "passed" else last_words(report)
        if "test_modbus_matrix" in report.nodeid:
            self.peers[report.nodeid.rpartition("::")[2]] = text
        else:
            self.add(target_of(report.nodeid), row_of(report.nodeid), text, report.duration)

    def add(self, target, number, text, seconds):
        """One test more of a row: `text` is what its failure said."""
        row = self.results.setdefault(target, {}).setdefault(
            number, {"outcome": PASSES, "text": "", "seconds": 0.0}
        )
        row["seconds"] = round(row["seconds"] + seconds, 2)
        if text:
            row["outcome"] = FAILS
            row["text"] = (row["text"] + " " + text).strip()


def row_of(nodeid):
    """The row of a test, also of one that stands in another's parameter; None for what is none of ours."""
    found = re.search(r"test_modbus_\w+\.py::(test_row_\w+)", nodeid)
    return modbus_rows.number_of(found.group(1)) if found else None


def target_of(nodeid):
    if "test_on_the_cortex_m3" in nodeid:
        return M3
    found = re.search(r"\[(cpython|micropython)\]$", nodeid)
    return found.group(1) if found else LIVE


def last_words(report):
    """The last line of what a failure (or a test that was left out) said."""
    lines = str(report.longrepr).strip().splitlines()
    return lines[-1] if lines else report.outcome


def places(targets):
    """What pytest is to run."""
    found = []
    if CPYTHON in targets or MICROPYTHON in targets:
        found += [path for path in modbus_rows.files() if path.parent.name == "portable"]
    if LIVE in targets:
        found += [path for path in modbus_rows.files() if path.parent.name == "interop"]
    elif PEERS in targets:
        found.append(modbus_rows.ROOT / "hil_tests/interop/test_modbus_matrix.py")
    if M3 in targets:
        found.append(modbus_rows.ROOT / "hil_tests/m3/test_portable.py")
    return [str(path) for path in found]


def lane(targets):
    both = CPYTHON in targets and MICROPYTHON in targets or LIVE in targets or M3 in targets
    return "all" if both else MICROPYTHON if MICROPYTHON in targets else CPYTHON


def run(targets, wanted, console):
    """The collector after its tests."""
    collector = Collector(wanted, console)
    arguments = [*places(targets), "-o", "addopts=", "-p", "no:cacheprovider", "-p", "no:labgrid"]
    arguments += ["-q", "--rootdir", str(modbus_rows.ROOT), "--lane=" + lane(targets)]
    with console.status("rows"), contextlib.redirect_stdout(io.StringIO()):
        pytest.main(arguments, plugins=[collector])
    return collector


def campaign(collector, frames):
    """Row 49 with more frames than the suite has time for."""
    try:
        modbus_fuzz.frames(frames)
        text = ""
    except AssertionError as error:
        text = "of %d random frames: %s" % (frames, error)
    collector.add(LIVE, 49, text, 0.0)


def report(collector, targets, wanted, frames):
    """Everything that table and page show; tools.rows has its shape."""
    columns = [name for name in (*PORTABLE, LIVE) if name in targets]
    shown = [n for n in range(1, 50) if not wanted or n in wanted]
    return {
        "title": TITLE,
        "how": HOW,
        "made": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "machine": "%s, Python %s" % (platform.machine(), platform.python_version()),
        "long": "row 49: %d random frames" % frames,
        "targets": [[name, TITLES[name]] for name in columns],
        "groups": {chr(65 + i): title for i, (_, title) in enumerate(modbus_rows.GROUPS)},
        "rows": [_entry(number, collector.results, columns) for number in shown],
        "peers": collector.peers,
    }


def _entry(number, results, columns):
    letter = next(chr(65 + i) for i, (last, _) in enumerate(modbus_rows.GROUPS) if number <= last)
    return {
        "number": number,
        "group": letter,
        "stimulus": modbus_rows.ROWS[number - 1],
        "required": "",
        "basis": "Modbus rules",
        "checked": "unverified",
        "choice": "",
        "results": {name: results[name][number] for name in columns if number in results.get(name, {})},
    }


def is_good(made):
    """Whether nothing failed and each row has a result on each interpreter."""
    whole = [name for name, _ in made["targets"] if name in PORTABLE]
    for row in made["rows"]:
        if any(name not in row["results"] for name in whole):
            return False
        if any(result["outcome"] == FAILS for result in row["results"].values()):
            return False
    return not any(made["peers"].values())


def show(made, console):
    table.show(made, console)
    if made["peers"]:
        console.print(modbus_matrix.markdown(), markup=False, highlight=False)
        good = sum(not text for text in made["peers"].values())
        console.print("peers: %d of %d tests pass" % (good, len(made["peers"])))
        for name, text in made["peers"].items():
            if text:
                console.print("  %s: %s" % (name, text), markup=False)


def names(text):
    """Target names from a list with commas; "all" is everything but the emulated board."""
    chosen = [*TITLES, PEERS] if text == "all" else text.split(",")
    if text in ("all", "ours"):
        chosen = [CPYTHON, MICROPYTHON, LIVE] + [PEERS] * (text == "all")
    for name in chosen:
        if name not in (*TITLES, PEERS):
            known = ", ".join((*TITLES, PEERS))
            raise argparse.ArgumentTypeError("no target is called %s; there are %s" % (name, known))
    return chosen


def arguments(argv):
    parser = argparse.ArgumentParser(prog="v2g rows --protocol modbus")
    parser.add_argument("--targets", type=names, default=names("all"), metavar="NAME,...")
    parser.add_argument("--rows", type=numbers, default=set(), metavar="N,N-N", help="these rows only")
    parser.add_argument("--frames", type=int, default=1000000, help="random frames of row 49 (10**6)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page there")
    return parser.parse_args(argv)


def main(argv=None):
    """Run, show, write; the exit status."""
    chosen = arguments(argv)
    console = Console()
    collector = run(chosen.targets, chosen.rows, console)
    if LIVE in chosen.targets and (not chosen.rows or 49 in chosen.rows):
        with console.status("row 49: %d random frames" % chosen.frames):
            campaign(collector, chosen.frames)
    made = report(collector, chosen.targets, chosen.rows, chosen.frames)
    show(made, console)
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if chosen.html is not None:
        chosen.html.write_text(page.page(made), encoding="utf-8")
        print("page: %s" % chosen.html)
    return 0 if is_good(made) else 1


if __name__ == "__main__":
    sys.exit(main())
