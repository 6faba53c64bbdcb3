"""The control step for eight bays: bytes it allocates on MicroPython, and how many steps a second."""

from hil_tests.bench import programs
from hil_tests.bench.figures import Figure
from tools.defaults import default_config, write_config
from tools.runtime import INTERPRETERS, MICROPYTHON

NAME = "step"
TITLE = "control step for 8 bays"
BAYS = 8


def run(ctx):
    """Allocation, rate and worst time, per interpreter."""
    folder = ctx.folder("step")
    config = folder / "config.json"
    write_config(default_config(BAYS, 2404, folder), config)
    steps = 200 if ctx.quick else 3000
    figures = []
    for i, interpreter in enumerate(INTERPRETERS):
        ctx.say(interpreter)
        found = programs.run(interpreter, "step", [config, steps])
        if not found["command_w"]:
            raise RuntimeError("the step commanded nothing: its inputs are not what it needs")
        figures += judge(interpreter, steps, found)
        ctx.advance((i + 1) / len(INTERPRETERS))
    return figures


def judge(interpreter, steps, found):
    note = "%d steps; inputs and orders change before each" % steps
    figures = []
    if interpreter == MICROPYTHON:
        figures.append(Figure(NAME, "allocated, collector off", found["allocated"], "B", 0, "==", note))
        figures.append(Figure(NAME, "all steps run under heap_lock()", found["locked"], "", 1, "==", note))
    rate = steps * 1e6 / found["total_us"]
    times = "median %d us, longest %d us" % (found["median_us"], found["longest_us"])
    figures.append(Figure(NAME, interpreter + ", steps a second", rate, "/s", note=times))
    return figures
