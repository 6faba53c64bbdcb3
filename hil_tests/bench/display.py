"""The table of figures, and a line that says what is being measured."""

import os

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

_SIGNS = {"<=": "≤", ">=": "≥", "==": "="}


def number(value):
    """Three to four digits that matter."""
    if isinstance(value, int) or value == int(value):
        return "%d" % value
    return "%.0f" % value if abs(value) >= 1000 else "%.3g" % value


def with_unit(value, unit):
    return number(value) if not unit else number(value) + (unit if unit == "x" else " " + unit)


def wanted(figure):
    """The target as text."""
    if figure.target is None:
        return ""
    return "%s %s" % (_SIGNS[figure.sense], with_unit(figure.target, figure.unit))


def verdict(figure):
    if figure.reached is None:
        return ""
    return "[green]yes[/]" if figure.reached else "[bold red]no[/]"


def table(title, figures):
    """One measure's figures."""
    made = Table(title=title, title_justify="left", show_lines=False, expand=True)
    made.add_column("measured", ratio=4)
    made.add_column("value", justify="right", no_wrap=True)
    made.add_column("target", justify="right", no_wrap=True)
    made.add_column("reached", justify="center")
    made.add_column("how", ratio=5, style="dim")
    for figure in figures:
        value = with_unit(figure.value, figure.unit)
        made.add_row(figure.name, value, wanted(figure), verdict(figure), figure.note)
    return made


def conditions(quick):
    """What a reader must know of the machine and of the run."""
    text = "%d cores, load %.1f at the start" % (os.cpu_count(), os.getloadavg()[0])
    return text + ("; QUICK: too few repetitions to quote" if quick else "")


class Bar:
    """Progress of one measure on the terminal; use as a context manager, call with (text, share)."""

    def __init__(self, console, title):
        self._title = title
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )

    def __enter__(self):
        self._progress.start()
        self._task = self._progress.add_task(self._title, total=1.0)
        return self

    def __exit__(self, *exception):
        self._progress.stop()

    def __call__(self, text, share):
        self._progress.update(self._task, description="%s: %s" % (self._title, text), completed=share)


def console():
    """A terminal, or lines of 150 columns for a file."""
    made = Console()
    return made if made.is_terminal else Console(width=150)
