"""Reads one meter for the tests, on either interpreter: `main([MODEL, WHERE, UNIT, SIGN, PT, CT])` prints the
station's signals, one line `name value` each, `-` where there is none. WHERE: HOST:PORT or a serial device.
"""

import sys

from boards.sim.board import Board
from drivers.meter_modbus import MeterModbus
from firmware.image import GOOD, STATION_ROWS, Image
from protocols.ticks import ticks_diff

_LONGEST_MS = 3000
_NAMES = [row[0] for row in STATION_ROWS[:7]]


def bus_row(where):
    row = {"name": "m", "kind": "rtu", "device": where, "baud": 9600, "parity": "N", "timeout_ms": 300}
    if not where.startswith("/"):
        host, port = where.split(":")
        row.update({"kind": "tcp", "host": host, "port": int(port)})
    return row


def main(arguments):
    model, where, unit, sign, pt, ct = arguments
    table = __import__("drivers.maps." + model, None, None, ["POINTS"])
    board = Board(None)
    station = Image({}, []).station
    driver = MeterModbus(int(unit), 100, int(sign), table, station, int(pt), int(ct))
    bus = board.make_bus(bus_row(where))
    bus.add(driver)
    began = board.now()
    asked = 2 * len(driver.requests)
    while bus.master.requests < asked and ticks_diff(board.now(), began) < _LONGEST_MS:
        board.wait(5)
        bus.service(board.now())
    while bus.active is not None:
        board.wait(5)
        bus.service(board.now())
    for name in _NAMES:
        signal = getattr(station, name)
        sys.stdout.write("%s %s\n" % (name, signal.value if signal.quality == GOOD else "-"))
    bus.close()
    return 0
