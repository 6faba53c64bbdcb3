"""What the firmware keeps on MicroPython's heap: `main([CONFIG])` imports it and assembles it, and
prints the bytes held after each, collected, and the modules that were imported.
"""

import gc
import sys


def _held():
    gc.collect()
    return gc.mem_alloc()


def main(arguments):
    """Measure and print."""
    at_start = _held()
    import boards.sim.main

    imported = _held() - boards.sim.room.BYTES
    config = boards.sim.main.load(arguments[0])
    configured = _held() - boards.sim.room.BYTES
    board = boards.sim.board.Board(print)
    loop = boards.station.assemble(board, config)
    boards.sim.room.give_back()
    assembled = _held()
    total = assembled + gc.mem_free()
    loop.server.close(0)
    for driver in loop.drivers:
        driver.close()
    modules = ",".join(sorted([name for name in sys.modules if sys.modules[name] is not None]))
    print(
        "bench start=%d imported=%d configured=%d assembled=%d total=%d modules=%s"
        % (at_start, imported, configured, assembled, total, modules)
    )
    return 0
