"""What the firmware keeps on MicroPython's heap (64-bit unix port, .mpy files), data and bytecode apart, and
the smallest heap in which eight bays follow a set-point.

Bytecode is what a board has in its flash instead: the code of every function in the .mpy files, in whole heap
blocks. The code at a module's top level is not counted, for it is gone after the import. Everything else is
called data, also the tables that come with the code (constants, names) and that a frozen build would not have
in its heap: the figure for data is an upper bound. A 32-bit board needs about half.
"""

from hil_tests.bench import programs
from hil_tests.bench.figures import Figure
from hil_tests.bench.mpyfile import functions_of
from hil_tests.bench.programs import BenchSite
from hil_tests.bench.raw_master import RawMaster
from tools import mpy
from tools.catalogue import Failure
from tools.defaults import default_config, write_config
from tools.runtime import MICROPYTHON

NAME = "heap"
TITLE = "MicroPython's heap"
TARGET_KB = 128
BLOCK = 32
ROOMY_KB = 4096
LEAST_KB, MOST_KB, STEP_KB = 160, 768, 8


def run(ctx):
    """Held after import and with one and eight bays assembled; the live heap; the smallest heap."""
    figures = []
    for bays in (1, 8):
        ctx.say("held by %d bay(s)" % bays)
        figures += held(ctx, bays)
    if ctx.quick:
        ctx.say("does it follow?")
        follows(ctx, 1, programs.HEAP_KB)
    else:
        figures.append(smallest(ctx))
    return figures


def held(ctx, bays):
    folder = ctx.folder("heap")
    config = default_config(bays, 0, folder)
    config["buses"][0] = {"name": "rs485", "kind": "tcp", "host": "127.0.0.1", "port": 1}
    write_config(config, folder / "config.json")
    found = programs.run(MICROPYTHON, "heap", [folder / "config.json"], ROOMY_KB)
    code, functions, modules = bytecode(found["modules"].split(","))
    note = "%d bytes of bytecode in %d functions of %d modules" % (code, functions, modules)
    figures = []
    if bays == 1:
        figures.append(kb("after import: bytecode", code, note=note))
        figures.append(kb("after import: data", found["imported"] - found["start"] - code))
    data = found["assembled"] - found["start"] - code
    name = "assembled, %d bay%s: data" % (bays, "" if bays == 1 else "s")
    target = TARGET_KB if bays == 8 else None
    note = "of it configuration %.1f KB" % ((found["configured"] - found["imported"]) / 1024)
    figures.append(kb(name, data, target, note))
    return figures


def kb(name, octets, target=None, note=""):
    return Figure(NAME, name, octets / 1024, "KB", target, note=note)


def bytecode(modules):
    """(bytes in whole blocks, functions, modules) of the portable rooms among the imported modules."""
    octets = functions = files = 0
    for name in modules:
        if name.split(".")[0] not in mpy.ROOMS:
            continue
        path = mpy.BUILD.joinpath(*name.split("."))
        file = path.with_suffix(".mpy") if path.with_suffix(".mpy").exists() else path / "__init__.mpy"
        sizes = functions_of(file.read_bytes())[1:]
        octets += sum(-(-size // BLOCK) * BLOCK for size in sizes)
        functions += len(sizes)
        files += 1
    return octets, functions, files


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
    except (Failure, ConnectionError, TimeoutError):
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
