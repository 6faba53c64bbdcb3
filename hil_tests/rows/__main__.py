"""`python -m hil_tests.rows [--targets NAME,...] [--rows N,...] [--json FILE] [--html FILE]`: all rows
against all targets, as a table and as a page.

The exit status is 1 when a row of ours fails, or one of ours has no result; what peers do is reported only.
"""

import argparse
import datetime
import json
import platform
import sys
from pathlib import Path

from hil_tests.rows import run, targets
from hil_tests.rows.row import FAILS, GROUPS, rows
from tools import runtime
from tools.rows import page, table


def numbers(text):
    """Row numbers from "1-10,44"."""
    found = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def names(text):
    """Target names from a list with commas; "ours", "again" (ours, asked by c104) and "all" are several."""
    short = {"ours": runtime.INTERPRETERS, "all": targets.NAMES, "again": targets.AGAIN}
    chosen = [name for word in text.split(",") for name in short.get(word, (word,))]
    for name in chosen:
        if name not in targets.NAMES:
            raise argparse.ArgumentTypeError(
                "no target is called %s; there are %s" % (name, ", ".join(targets.NAMES))
            )
    return [name for name in targets.NAMES if name in chosen]


def arguments(argv):
    parser = argparse.ArgumentParser(
        prog="v2g rows", description="The 116 rules of an outstation, row by row."
    )
    parser.add_argument(
        "--targets",
        type=names,
        default=list(targets.NAMES),
        metavar="NAME,...",
        help="ours, again, all, or some of: " + ", ".join(targets.NAMES),
    )
    parser.add_argument("--rows", type=numbers, default=set(), metavar="N,N-N", help="these rows only")
    parser.add_argument("--hours", type=float, default=24.0, help="length of row 95 in virtual time (24)")
    parser.add_argument("--apdus", type=int, default=20000, help="forged APDUs of row 110 (20000)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page there")
    return parser.parse_args(argv)


def report(results, options):
    """Everything that table and page show."""
    numbered = {row.number: row for row in rows()}
    found = sorted({number for of_target in results.values() for number in of_target})
    return {
        "made": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "machine": "%s, Python %s" % (platform.machine(), platform.python_version()),
        "long": "row 95: %g h of virtual time; row 110: %d APDUs" % (options.day_s / 3600, options.apdus),
        "targets": [[name, targets.make(name).title] for name in results],
        "groups": GROUPS,
        "rows": [_entry(numbered[number], results) for number in found],
    }


def _entry(row, results):
    return {
        "number": row.number,
        "group": row.group,
        "stimulus": row.stimulus,
        "required": row.required,
        "basis": row.basis,
        "checked": "unverified",
        "choice": row.choice,
        "results": {name: of[row.number].as_dict() for name, of in results.items() if row.number in of},
    }


def main(argv=None):
    """Run, show, write; the exit status."""
    chosen = arguments(argv)
    options = run.Options(day_s=round(chosen.hours * 3600), apdus=chosen.apdus)
    total = sum(not chosen.rows or row.number in chosen.rows for row in rows())
    with table.Progress([(name, targets.make(name).title) for name in chosen.targets], total) as progress:
        results = run.run(chosen.targets, chosen.rows, options, progress.result)
    made = report(results, options)
    table.show(made)
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if chosen.html is not None:
        chosen.html.write_text(page.page(made), encoding="utf-8")
        print("page: %s" % chosen.html)
    ours = [of for name, of in results.items() if targets.make(name).is_ours]
    is_whole = all(len(of) == total for of in results.values())
    return 1 if not is_whole or any(r.outcome == FAILS for of in ours for r in of.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
