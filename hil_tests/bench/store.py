"""What a write of the budgets' store costs the loop: the longest one is what a board declares in board.json
as stalls_ms.store_write, and writes are made only in a slack that is longer (firmware/guard/host.py).

Two files on this machine's disk, each written, synchronised and read back, with the 100 vehicles that a store
holds at most and with 8.
"""

import json
import os
import time

from drivers.ports.file_slots import FileSlots
from drivers.store import Store
from firmware.guard.budgets import MOST_VEHICLES, ROW_BYTES
from hil_tests.bench.figures import Figure, median, quantile
from tools.mpy import ROOT

NAME = "store"
TITLE = "write of the budgets' store"
SAVES = 1000
QUICK = 20
BOARD = ROOT / "boards" / "sim" / "board.json"


def run(ctx):
    """Figures for a few vehicles and for a full store."""
    declared_ms = json.loads(BOARD.read_text(encoding="utf-8"))["stalls_ms"]["store_write"]
    figures = []
    for vehicles in (8, MOST_VEHICLES):
        found = stalls_ms(ctx.folder("store") / str(vehicles), vehicles, QUICK if ctx.quick else SAVES)
        name = "%d vehicles: " % vehicles
        figures.append(Figure(NAME, name + "median", round(median(found), 2), "ms"))
        late_ms = round(quantile(found, 0.99), 2)
        figures.append(Figure(NAME, name + "99 %", late_ms, "ms", declared_ms, "<=", "target = board.json's"))
        figures.append(Figure(NAME, name + "longest", round(max(found), 2), "ms"))
        ctx.advance(0.5)
    return figures


def stalls_ms(path, vehicles, saves):
    """Milliseconds of each save."""
    store = Store(FileSlots(str(path)))
    store.load()
    found = []
    for _ in range(saves):
        payload = os.urandom(ROW_BYTES * vehicles)
        began = time.perf_counter()
        assert store.save(payload)
        found.append(1000 * (time.perf_counter() - began))
    return found
