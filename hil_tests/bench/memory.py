"""Bytes that one more connection and one more queued event take in our station, on both interpreters.

An event waits in a slot of a ring that is made at the start: what a slot takes, a queued event takes,
and no more however many masters wait for it. The unix port's objects are twice those of a 32-bit board;
the slots are the same.
"""

from hil_tests.bench import programs
from hil_tests.bench.figures import Figure
from tools.runtime import INTERPRETERS

NAME = "memory"
TITLE = "memory of a connection and of a queued event"


def run(ctx):
    """Figures of both interpreters, without targets."""
    figures = []
    for interpreter in INTERPRETERS:
        ctx.say(interpreter)
        found = programs.run(interpreter, "memory")
        note = "a binary one and another one: half of both"
        event = found["two_slots_by_100"] / 200
        figures.append(Figure(NAME, interpreter + ": a queued event", event, "B", note=note))
        figures.append(Figure(NAME, interpreter + ": a connection", found["link"], "B", note="mean of four"))
        ctx.advance(1.0)
    return figures
