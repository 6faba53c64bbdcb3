"""Our Modbus master at full speed: `main([WHERE, BAUD, UNITS, COUNT])` reads WORDS input registers from unit
1..UNITS in turn, COUNT times, over drivers/modbus_bus.py and the simulated board's real ports.

WHERE: HOST:PORT, or a serial device with BAUD. Prints the time between the start of the first and the end of
the last transaction, and how many failed.
"""

import sys

from boards.sim.board import Board
from hil_tests.bench.target.clock import elapsed_us, ticks_us
from protocols.ticks import ticks_diff

WORDS = 10


class Reader:
    """A device that wants the bus whenever it is free; the units take turns."""

    stop_frame = b""

    def __init__(self, units):
        self.units = units
        self.unit = 0
        self.count = 0
        self.failures = 0
        self.began = 0

    def urgency(self, now):
        return 0

    def due_in(self, now):
        return 0

    def begin(self, master, now):
        if not self.began:
            self.began = ticks_us()
        self.unit = self.unit % self.units + 1
        master.read(self.unit, 4, 0, WORDS, now)

    def done(self, master, now):
        self.count += 1

    def failed(self, master, now):
        self.count += 1
        self.failures += 1
        return False

    def lost(self, now):
        """The next connection is as good."""

    def is_told(self, power_w):
        return True


def bus_row(where, baud):
    row = {"name": "bench", "kind": "rtu", "device": where, "baud": baud, "parity": "N", "timeout_ms": 1000}
    if not where.startswith("/"):
        host, port = where.split(":")
        row.update({"kind": "tcp", "host": host, "port": int(port)})
    return row


def main(arguments):
    where, baud, units, count = arguments[0], int(arguments[1]), int(arguments[2]), int(arguments[3])
    board = Board(None)
    bus = board.make_bus(bus_row(where, baud))
    reader = Reader(units)
    bus.add(reader)
    while reader.count < count:
        bus.service(board.now())
        if not bus.port.ready:
            board.wait(max(0, ticks_diff(bus.wake_at, board.now())))
    total_us = elapsed_us(ticks_us(), reader.began)
    sys.stdout.write("bench total_us=%d failures=%d\n" % (total_us, reader.failures))
    bus.close()
    return 0
