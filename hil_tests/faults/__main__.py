"""`python -m hil_tests.faults [--markdown FILE]`: the fault table of a DC outlet and an AC pile, from
virtual time.

The exit status is 1 when a row is red.
"""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from hil_tests.faults import outlet_campaign as campaign
from hil_tests.faults import pile_campaign
from hil_tests.rig.outlet import Hardware

HEAD = """# Fault table of a DC outlet and of an AC pile

Virtual time, 1 ms a step of the plant: the firmware's own sequence in front of a model of lock,
contactor, bleeder, converter and vehicle. Each row is run in both directions of energy at {phases}
moments of a {cycle} ms cycle; the figure is the worst. Hardware opens the contactor for e-stop, pilot
and earth by itself (model: {hard} ms, and {drop} ms for the contactor): the column "hung firmware" shows
it alone. Rows "AC": the whole firmware, its lines polled every 20 ms over a remote I/O, a vehicle that
charges. The firmware is not the safety function.

"""


def main(argv):
    parser = argparse.ArgumentParser(prog="v2g faults", description=__doc__.splitlines()[0])
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there")
    options = parser.parse_args(argv)
    console = Console()
    results = [campaign.run(fault) for fault in track(campaign.FAULTS, "faults", console=console)]
    piles = track(pile_campaign.FAULTS, "AC pile", console=console)
    results += [pile_campaign.run(fault) for fault in piles]
    if options.markdown:
        options.markdown.write_text(head() + campaign.table(results) + "\n", encoding="utf-8")
    show(console, results)
    return 0 if all(r.is_good for r in results) else 1


def head():
    return HEAD.format(
        phases=len(campaign.PHASES_MS), cycle=100, hard=Hardware.HARD_STOP_MS, drop=Hardware.CONTACTOR_MS
    )


def show(console, results):
    heads, _, *rows = [line.strip("| ").split(" | ") for line in campaign.table(results).splitlines()]
    table = Table(title="Outlets: what is injected, and when it is dead")
    for number, name in enumerate(heads[:9]):
        table.add_column(name.strip(" |"), justify="right" if 3 <= number <= 6 else "left")
    for row, result in zip(rows, results, strict=True):
        table.add_row(*[cell.strip(" |") for cell in row[:9]], style="" if result.is_good else "bold red")
    console.print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
