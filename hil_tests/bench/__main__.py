"""`python -m hil_tests.bench [MEASURE ...] [--quick] [--json FILE]`; without a name, all of them.

The exit status is 0 when everything could be measured, also where a target was missed: a busy machine
must not fail a build. 1: something could not be measured.
"""

import argparse
import json
import sys
import tempfile
import traceback
from pathlib import Path

from hil_tests.bench import codec, confirm, display, events, forged, guard, heap, live, masters, memory
from hil_tests.bench import modbus, step, store, tls
from hil_tests.bench.context import Context

MEASURES = (codec, step, guard, confirm, masters, live, events, memory, heap, forged, store, modbus, tls)


def arguments(argv):
    names = [measure.NAME for measure in MEASURES]
    parser = argparse.ArgumentParser(prog="v2g bench", description="Measure what the firmware must reach.")
    parser.add_argument("measure", nargs="*", help="one or more of: " + ", ".join(names))
    parser.add_argument("--quick", action="store_true", help="the fewest repetitions; not to be quoted")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    chosen = parser.parse_args(argv)
    for name in chosen.measure:
        if name not in names:
            parser.error("no measure is called %s; there are %s" % (name, ", ".join(names)))
    return chosen


def main(argv=None):
    """Measure, show, write; the exit status."""
    chosen = arguments(argv)
    console = display.console()
    conditions = display.conditions(chosen.quick)
    console.print(conditions)
    figures, failed = [], []
    with tempfile.TemporaryDirectory(prefix="v2g-bench-") as folder:
        for measure in MEASURES:
            if chosen.measure and measure.NAME not in chosen.measure:
                continue
            found = one(console, measure, chosen.quick, folder)
            if found is None:
                failed.append(measure.NAME)
            else:
                figures += found
    if chosen.json is not None:
        record = {"conditions": conditions, "failed": failed, "figures": [f.as_dict() for f in figures]}
        chosen.json.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    summary(console, figures, failed)
    return 1 if failed else 0


def one(console, measure, quick, folder):
    """Figures of one measure, shown; None when it could not be taken."""
    try:
        with display.Bar(console, measure.TITLE) as bar:
            figures = measure.run(Context(quick, folder, bar))
    except Exception:  # noqa: BLE001 one measure that fails leaves the others their turn
        console.print("[bold red]%s could not be measured[/]" % measure.NAME)
        console.print(traceback.format_exc(), markup=False, highlight=False)
        return None
    console.print(display.table(measure.TITLE, figures))
    return figures


def summary(console, figures, failed):
    judged = [figure for figure in figures if figure.reached is not None]
    missed = [figure for figure in judged if not figure.reached]
    console.print("%d of %d targets reached" % (len(judged) - len(missed), len(judged)))
    for figure in missed:
        console.print("  missed: %s, %s" % (figure.measure, figure.name))
    for name in failed:
        console.print("  not measured: %s" % name)


if __name__ == "__main__":
    sys.exit(main())
