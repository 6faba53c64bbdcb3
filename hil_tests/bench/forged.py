"""A million random and mutated APDUs (row 110) against our station on both interpreters: no exception,
nothing operated that was not a well-formed order, no growth of the heap.

The generator is the portable suite's own (hil_tests/portable/iec104_forge.py), which judges every order
that comes through; here it runs whole. As many forged lines go against the order port.
"""

from hil_tests.bench import programs
from hil_tests.bench.figures import Figure
from tools.runtime import INTERPRETERS, MICROPYTHON

NAME = "forged"
TITLE = "forged APDUs and orders against our station"
APDUS = 1_000_000
QUICK = 3000
SEED = 104
HEAP_KB = 512
LIMIT_S = 3600


def run(ctx):
    """Figures of both interpreters."""
    figures = []
    for interpreter in INTERPRETERS:
        ctx.say(interpreter)
        count = QUICK if ctx.quick else APDUS
        found = programs.run(interpreter, "forged", [count, SEED], HEAP_KB, LIMIT_S)
        note = "%d connections, %d of them were orders in order; seed %d" % (
            found["links"],
            found["orders"],
            SEED,
        )
        figures.append(
            Figure(NAME, interpreter + ": forged APDUs survived", found["apdus"], "", count, "==", note)
        )
        if interpreter == MICROPYTHON:
            grown = found["late"] - found["early"]
            note = "held %d B after a tenth of them" % found["early"]
            figures.append(
                Figure(NAME, interpreter + ": heap grown since", max(grown, 0), "B", 512, "<=", note)
            )
        found = programs.run(interpreter, "forged_orders", [count, SEED], HEAP_KB, LIMIT_S)["lines"]
        note = "none became an order; seed %d" % SEED
        name = interpreter + ": forged lines at the order port survived"
        figures.append(Figure(NAME, name, found, "", count, "==", note))
        ctx.advance(1.0)
    return figures
