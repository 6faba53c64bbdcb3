"""The battery's guard: promises over thousands of random days, what is called and what comes, and what it
costs on the Cortex-M3 in instructions.
"""

import concurrent.futures
import os

from hil_tests.bench.figures import Figure
from hil_tests.rig import days

NAME = "guard"
TITLE = "battery's guard: promises, capability, cost"
CHUNK = 25


def run(ctx):
    """Figures; `--quick` takes few days."""
    promises, calls = (100, 25) if ctx.quick else (10_000, 1_000)
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        ctx.say("departures")
        feasible, missed = _departures(ctx, pool, promises)
        ctx.say("calls")
        called = [c for found in pool.map(days.called_day, range(calls)) for c in found]
    short = [c for c in called if c[1] < 0.98 * c[0]]
    note = "%d random days, steps of 60 s, %d feasible targets" % (promises, feasible)
    share = 100 * (1 - len(short) / len(called))
    held = "%d calls of the reported 15 min figure in %d days; came = mean >= 98 %% of it"
    held %= (len(called), calls)
    figures = [
        Figure(NAME, "feasible targets missed", len(missed), "", 0, "==", note + "; ".join(missed[:3])),
        Figure(NAME, "calls that came", share, "%", 99, ">=", held),
    ]
    ctx.say("Cortex-M3")
    return figures + _instructions()


def _departures(ctx, pool, count):
    feasible, missed = 0, []
    chunks = range(0, count, CHUNK)
    for done, (more, texts) in enumerate(pool.map(_chunk, chunks), 1):
        feasible += more
        missed += texts
        ctx.advance(0.8 * done / len(chunks))
    return feasible, missed


def _chunk(first):
    feasible, missed = 0, []
    for seed in range(first, first + CHUNK):
        more, texts = days.departures(seed)
        feasible += more
        missed += texts
    return feasible, missed


def _instructions():
    """Of a step with and without guards, and of a minute of wear; nothing where the emulator is missing."""
    from hil_tests.m3 import ceilings, images
    from tools.build import BuildError
    from tools.emulate import qemu

    try:
        image = images.build("tests")
    except BuildError as error:
        return [Figure(NAME, "instructions on the Cortex-M3", 0, "", note="not built: %s" % error)]
    figures = []
    for bays in (1, 4):
        for what in ("step", "guard"):
            ended = qemu.run(image, [ceilings.MEASURE, what, str(bays)])
            for line in ended.output.splitlines():
                if line.startswith("MEASURE "):
                    _, name, value = line.split()
                    unit = "B" if name.endswith("bytes") else "instr."
                    figures.append(Figure(NAME, name, int(value), unit))
    return figures
