"""The rows on a terminal: progress while they run, a table at the end."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress
from rich.table import Table
from rich.text import Text

from tools.rows import OUTCOMES, UNVERIFIED, counts

TITLE = "The rows of an outstation (basis unverified)"
_SHORT = {"passes": "passes", "fails": "FAILS", "not applicable": "n/a", "not yet": "not yet"}
_HEADS = {"cpython": "CPython", "micropython": "MicroPy", "cpython-by-c104": "CPy/c104"}
_HEADS["micropython-by-c104"] = "MPy/c104"
_HEADS["m3"] = "M3"
_STYLES = {"passes": "green", "fails": "bold red", "not applicable": "dim", "not yet": "yellow"}


class Progress:
    """One bar a target; call result() from any thread."""

    def __init__(self, targets, total):
        columns = (
            TextColumn("{task.description:>18}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[last]}"),
        )
        self._bars = RichProgress(*columns, console=Console(stderr=True))
        self._tasks = {name: self._bars.add_task(title, total=total, last="") for name, title in targets}

    def __enter__(self):
        self._bars.start()
        return self

    def __exit__(self, *exception):
        self._bars.stop()

    def result(self, result):
        last = "row %d %s" % (result.number, result.outcome)
        self._bars.update(self._tasks[result.target], advance=1, last=last)


def show(report, console=None):
    """The table, then what failed and why, then the counts."""
    console = console or Console()
    table = Table(title=report.get("title", TITLE), header_style="bold")
    table.add_column("row", justify="right", no_wrap=True)
    table.add_column("stimulus → required")
    for name, _ in report["targets"]:
        table.add_column(_HEADS.get(name, name), no_wrap=True)
    group = ""
    for row in report["rows"]:
        if row["group"] != group:
            group = row["group"]
            table.add_section()
            table.add_row("", Text("%s  %s" % (group, report["groups"][group]), style="bold"))
        rule = Text(row["stimulus"])
        if row["required"]:
            rule += Text(" → " + row["required"], style="dim")
        table.add_row(str(row["number"]), rule, *[_cell(row, name) for name, _ in report["targets"]])
    console.print(table)
    for name, title in report["targets"]:
        _reasons(console, report, name, title)
    for name, title in report["targets"]:
        found = counts(report, name)
        console.print("%18s: %s" % (title, ", ".join("%d %s" % (found[o], o) for o in OUTCOMES if found[o])))
    console.print(UNVERIFIED, style="dim")


def _cell(row, name):
    result = row["results"].get(name)
    return Text(_SHORT[result["outcome"]], style=_STYLES[result["outcome"]]) if result else Text("")


def _reasons(console, report, name, title):
    """What was seen instead, and what is not there yet."""
    for row in report["rows"]:
        result = row["results"].get(name)
        if result and result["outcome"] in ("fails", "not yet"):
            style = _STYLES[result["outcome"]]
            console.print(
                Text("%s, row %d %s: " % (title, row["number"], result["outcome"]), style=style)
                + Text(result["text"])
            )
