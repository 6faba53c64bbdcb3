"""The firmware of the simulated board, started as ever, that tells at its end what its loop did.

`main([CONFIG])` prints after the stop: steps, event steps, the longest gap of the loop while energised
(µs), gaps longer than the budget, requests, replies, time-outs and errors of all buses, and on
MicroPython what is allocated after a collect, and collects with the bytes that they freed.
"""

import gc

from boards.sim.board import Board, write_line
from boards.station import assemble, run
from firmware.config import load

BUDGET_US = 20000
SERIAL_BUS = "rs485"
_ON_MICROPYTHON = hasattr(gc, "mem_alloc")


class CountingPort:
    """A bus's port that counts the octets in both directions."""

    def __init__(self, bus):
        self._read_into = bus.port.read_into
        self._write = bus.port.write
        bus.port.octets = 0
        self.port = bus.port
        bus.port.read_into = self.read_into
        bus.port.write = self.write

    def read_into(self, buf):
        n = self._read_into(buf)
        self.port.octets += n
        return n

    def write(self, buf, start, n):
        n = self._write(buf, start, n)
        self.port.octets += n
        return n


class Watched:
    """Listens in on a loop: how often a turn was longer than the budget, what each collect freed."""

    def __init__(self, loop):
        self.loop = loop
        self.turns = 0
        self.over_budget = 0
        self.collects = 0
        self.freed = 0
        self.longest_idle_us = 0
        self._wait = loop.board.wait
        self._idle = loop.board.idle
        self._woke_us = loop.board.now_us()
        loop.board.wait = self.wait
        loop.board.idle = self.idle

    def wait(self, ms):
        """A turn is what lies between two waits."""
        board = self.loop.board
        self.turns += 1
        if board.elapsed_us(self._woke_us) > BUDGET_US and self.loop._energised():
            self.over_budget += 1
        self._wait(ms)
        self._woke_us = board.now_us()

    def idle(self, slack_ms):
        board = self.loop.board
        began = board.now_us()
        before = gc.mem_alloc() if _ON_MICROPYTHON else 0
        self._idle(slack_ms)
        if _ON_MICROPYTHON and gc.mem_alloc() < before:
            self.collects += 1
            self.freed += before - gc.mem_alloc()
        spent_us = board.elapsed_us(began)
        if spent_us > self.longest_idle_us and self.loop._energised():
            self.longest_idle_us = spent_us


def main(arguments):
    """Run until Ctrl-C; the exit status of the firmware."""
    board = Board(write_line)
    config = load(arguments[0])
    loop = assemble(board, config)
    watched = Watched(loop)
    for bus in loop.drivers:
        if bus.name == SERIAL_BUS:
            CountingPort(bus)
    began_ms = board.now()
    status = run(board, loop, config)
    if _ON_MICROPYTHON:
        gc.collect()
    write_line("bench " + _counted(loop, watched, board.now() - began_ms & 0x3FFFFFFF))
    return status


def _counted(loop, watched, ran_ms):
    text = "ran_ms=%d steps=%d event_steps=%d" % (ran_ms, loop.steps, loop.event_steps)
    text += " turns=%d" % watched.turns
    text += " gap_us=%d over_budget=%d idle_us=%d" % (
        loop.longest_gap_us,
        watched.over_budget,
        watched.longest_idle_us,
    )
    for name in ("requests", "replies", "timeouts", "crc_errors", "mismatches", "exceptions"):
        text += " %s=%d" % (name, sum([getattr(bus.master, name) for bus in loop.drivers]))
    serial = [bus for bus in loop.drivers if bus.name == SERIAL_BUS]
    text += " serial_requests=%d" % sum([bus.master.requests for bus in serial])
    text += " serial_octets=%d" % sum([bus.port.octets for bus in serial])
    held = gc.mem_alloc() if _ON_MICROPYTHON else 0
    text += " held=%d collects=%d freed=%d" % (held, watched.collects, watched.freed)
    return text
