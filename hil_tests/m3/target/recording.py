"""Recordings on the board: `main(["record", CONFIG, STEPS])` runs the station with devices in memory and
writes what the recorder says, byte for byte, to UART3; `main(["replay", ADDRESS, LENGTH])` replays one
that lies in memory.
"""

from machine import mem8

from drivers.ports.cmsdk_uart import CmsdkUart
from hil_tests.m3.target.counter import report

_RECORD_UART = 3


class UartFile:
    """A file to write to, on a serial line that somebody keeps."""

    def __init__(self):
        self.uart = CmsdkUart(_RECORD_UART, 115200)

    def write(self, data):
        at = 0
        while at < len(data):
            at += self.uart.write(data, at, len(data) - at)

    def close(self):
        """A line has no end."""


class MemoryFile:
    """A file to read from, in memory outside the heap."""

    def __init__(self, address, length):
        self.at = address
        self.end = address + length

    def read(self, n):
        n = min(n, self.end - self.at)
        data = bytearray(n)
        for i in range(n):
            data[i] = mem8[self.at + i]
        self.at += n
        return bytes(data)


def main(arguments):
    if arguments[0] == "record":
        record(arguments[1:])
    else:
        replay(int(arguments[1]), int(arguments[2]))
    return 0


def record(arguments):
    from boards.mps2_an385.main import read
    from boards.station import assemble
    from hil_tests.m3.target.inside import InsideBoard

    steps = int(arguments.pop())
    board = InsideBoard()
    board.set_ticks((1 << 30) - 3000)

    def open_record(path):
        board._give_back()
        return UartFile()

    board.open_record = open_record
    loop = assemble(board, read(board, arguments.pop()))
    loop.start()
    image = loop.image
    while loop.steps < steps:
        if loop.steps % 8 == 0:
            image.station.agc_w.put((7321, -14999, 3, -4000)[loop.steps // 8 % 4], board.now())
            image.order_event = True
        if loop.steps % 50 < 40:
            image.station.master_alive.put(1, board.now())
        board.converter.registers[board.converter.at[713] + 4] = 20 + loop.steps % 71
        loop.turn()
    report("gaps", board.recorder.gaps)
    report("now", board.now())


def replay(address, length):
    from firmware.replay import Replay

    run = Replay(MemoryFile(address, length))
    run.run()
    report("steps", run.steps)
    report("snapshots", run.snapshots)
    report("compared", run.compared)
    report("differing", run.differing)
    for mismatch in run.mismatches:
        print("step %d %s recorded %d replayed %d" % mismatch)
