"""What a row is: number, rule, basis, the station that it needs, and one test; and what it can come to.

A row's test gets a Context (context.py), and passes unless check() says what was seen instead.
"""

import importlib

PASSES, FAILS = "passes", "fails"
NOT_APPLICABLE, NOT_YET = "not applicable", "not yet"

GROUPS = {
    "A": "Framing",
    "B": "Sequence numbers and acknowledgement",
    "C": "Timers",
    "D": "Start, stop, redundancy",
    "E": "Header of the ASDU",
    "F": "Initialisation, interrogation, counters, read, clock, test, reset",
    "G": "Commands and set-points",
    "H": "Data, quality, time, events",
    "I": "Robustness and security",
}
MODULES = ("framing", "sequence", "timers", "startstop", "redundancy", "header", "structure", "services")
MODULES += ("clock", "commands", "selection", "data", "timetags", "events", "robust", "secure")
_BY_NUMBER = {}


class RowFailed(Exception):
    """The station did something else; the text says what was seen."""


class NotApplicable(Exception):
    """This row cannot be run against this target; the text says why."""


class Row:
    def __init__(self, number, stimulus, required, basis, run, settings):
        self.number = number
        self.stimulus = stimulus
        self.required = required
        self.basis = basis  # clause and edition as far as we know them; never checked against the text
        self.run = run
        self.choice = settings.pop("choice", "")  # where the standard leaves one: ours
        self.needs = settings.pop("needs", ())  # capabilities of the target
        self.not_yet = settings.pop("not_yet", "")  # why there is no test of this row
        self.station = settings  # parameters of the station that it wants

    @property
    def group(self):
        ends = ((10, "A"), (22, "B"), (30, "C"), (46, "D"), (60, "E"), (77, "F"), (96, "G"), (109, "H"))
        return next((letter for end, letter in ends if self.number <= end), "I")


def row(number, stimulus, required, basis, **settings):
    """Decorator: the function below is the test of this row."""

    def register(run):
        assert number not in _BY_NUMBER, "row %d is defined twice" % number
        _BY_NUMBER[number] = Row(number, stimulus, required, basis, run, settings)
        return run

    return register


def rows():
    """All rows in order."""
    for name in MODULES:
        importlib.import_module("hil_tests.rows." + name)
    return [_BY_NUMBER[number] for number in sorted(_BY_NUMBER)]


def check(condition, seen):
    """The row fails with `seen` (what the station did) unless the condition holds."""
    if not condition:
        raise RowFailed(seen)


class Result:
    def __init__(self, number, target, outcome, text="", seconds=0.0):
        self.number = number
        self.target = target
        self.outcome = outcome
        self.text = text
        self.seconds = seconds

    def as_dict(self):
        return {"outcome": self.outcome, "text": self.text, "seconds": round(self.seconds, 2)}
