"""Reads one meter for the tests, on either interpreter: `main([MODEL, WHERE, UNIT, SIGN, PT, CT])`
prints the station's signals, one line `name value` each, `-` where there is none. WHERE: HOST:PORT or a
serial device; UNIT is the address of a DL/T 645 meter. A seventh argument: the power of each phase too.
"""

import sys

from boards.sim.board import Board
from boards.station import make_meter
from firmware.image import GOOD, MEASURED, STATION_ROWS, Group, Image
from protocols.ticks import ticks_diff

_LONGEST_MS = 3000
_REQUESTS = 12  # every signal at least once
_NAMES = [row[0] for row in STATION_ROWS[:7]]


def bus_row(model, where):
    row = {"name": "m", "kind": "rtu", "device": where, "baud": 9600, "parity": "N", "timeout_ms": 300}
    if not where.startswith("/"):
        host, port = where.split(":")
        row.update({"kind": "tcp", "device": "", "host": host, "port": int(port)})
    if model == "dlt645":
        row["kind"] = model
    return row


def meter_row(model, unit, sign, pt, ct):
    row = {"name": "m", "model": model, "period_ms": 100, "address": unit, "unit": int(unit) & 0xFF}
    row.update({"sign": int(sign), "pt_ratio": int(pt), "ct_ratio": int(ct)})
    return row


def main(arguments):
    board = Board(None)
    station = Image({}, []).station
    bus = board.make_bus(bus_row(arguments[0], arguments[1]))
    phases = [Group((("grid_power_w", MEASURED),), {}) for _ in arguments[6:] for _ in range(3)]
    bus.add(make_meter(meter_row(arguments[0], *arguments[2:6]), station, phases))
    began = board.now()
    while bus.master.requests < _REQUESTS and ticks_diff(board.now(), began) < _LONGEST_MS:
        board.wait(5)
        bus.service(board.now())
    while bus.active is not None:
        board.wait(5)
        bus.service(board.now())
    for name in _NAMES:
        signal = getattr(station, name)
        sys.stdout.write("%s %s\n" % (name, signal.value if signal.quality == GOOD else "-"))
    for i in range(len(phases)):
        signal = phases[i].grid_power_w
        sys.stdout.write("phase%d %s\n" % (i + 1, signal.value if signal.quality == GOOD else "-"))
    bus.close()
    return 0
