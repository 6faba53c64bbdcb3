"""What the firmware keeps on MicroPython's heap (64-bit unix port, .mpy files), data and code apart, and
the smallest heap in which eight bays follow a set-point.

Code is what a board has in its flash instead (loaded.py says how it is measured). Everything else that
is held after a collect is data: modules, classes, function objects, and what the firmware makes when it
is assembled. Objects on a 32-bit board have half the size.
"""

from hil_tests.bench import loaded, programs
from hil_tests.bench.figures import Figure
from hil_tests.bench.programs import BenchSite
from hil_tests.bench.raw_master import RawMaster
from tools import mpy
from tools.catalogue import Failure
from tools.defaults import default_config, write_config
from tools.runtime import MICROPYTHON

NAME = "heap"
TITLE = "MicroPython's heap"
TARGET_KB = 128
ROOMY_KB = 4096
LEAST_KB, MOST_KB, STEP_KB = 160, 768, 8


def run(ctx):
    """Held after import and with one and eight bays assembled; the smallest heap."""
    ctx.say("held")
    assembled = [held(ctx, bays) for bays in (1, 8)]
    figures = split(ctx, *assembled)
    if ctx.quick:
        ctx.say("does it follow?")
        if follows(ctx, 1, programs.HEAP_KB) is None:
            raise RuntimeError("one bay does not follow in %d KB" % programs.HEAP_KB)
    else:
        figures.append(smallest(ctx))
    return figures


def held(ctx, bays):
    """What target/heap.py says for so many bays."""
    folder = ctx.folder("heap")
    config = default_config(bays, 0, folder)
    config["buses"][0] = {"name": "rs485", "kind": "tcp", "host": "127.0.0.1", "port": 1}
    write_config(config, folder / "config.json")
    return programs.run(MICROPYTHON, "heap", [folder / "config.json"], ROOMY_KB)


def split(ctx, one, eight):
    """Code and data of the two."""
    modules = [name for name in one["modules"].split(",") if name.split(".")[0] in mpy.ROOMS]
    code = loaded.code(modules, ctx.folder("heap-code"))
    octets, _, functions = loaded.bytecode(modules)
    note = "%d modules; bytecode of %d functions %.1f KB, the rest names, constants, prototypes" % (
        len(modules),
        functions,
        octets / 1024,
    )
    figures = [kb("after import: code", code, note=note)]
    figures.append(kb("after import: data", one["imported"] - one["start"] - code))
    for bays, found, target in ((1, one, None), (8, eight, TARGET_KB)):
        name = "assembled, %d bay%s: data" % (bays, "" if bays == 1 else "s")
        note = "of it the configuration %.1f KB" % ((found["configured"] - found["imported"]) / 1024)
        figures.append(kb(name, found["assembled"] - found["start"] - code, target, note))
    return figures


def kb(name, octets, target=None, note=""):
    return Figure(NAME, name, octets / 1024, "KB", target, note=note)


def follows(ctx, bays, heap_kb):
    """Whether the firmware starts with this heap, leads every converter and follows a set-point; what it
    counted, or None.
    """
    site = BenchSite(ctx.folder("heap-live"), MICROPYTHON, bays, heap_kb, ramp_w_per_s=1_000_000)
    watts = 4000 * bays
    try:
        with site, RawMaster("127.0.0.1", site.iec104_port) as master:
            master.setpoint(watts / 1000)
            master.attend(3.0)
            total_w = sum(bay["order_w"] for bay in site.control.state()["bays"])
    except (Failure, ConnectionError, TimeoutError, RuntimeError):
        return None
    return site.counted if total_w == -watts else None


def smallest(ctx):
    """Bisect between a heap that is too small and one that is enough."""
    low, high = LEAST_KB, MOST_KB
    counted = follows(ctx, 8, high)
    if counted is None:
        raise RuntimeError("8 bays do not run in %d KB" % high)
    while high - low > STEP_KB:
        ctx.say("8 bays in %d KB?" % ((low + high) // 2))
        middle = (low + high) // 2
        found = follows(ctx, 8, middle)
        if found is None:
            low = middle
        else:
            high, counted = middle, found
        ctx.advance(STEP_KB / (high - low))
    note = "too small: %d KB; held after the run %.0f KB, %d collects" % (
        low,
        counted["held"] / 1024,
        counted["collects"],
    )
    return Figure(NAME, "smallest heap in which 8 bays follow a set-point", high, "KB", note=note)
