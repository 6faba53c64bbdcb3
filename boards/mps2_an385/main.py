"""Starts the firmware on the emulated Cortex-M3: `main([CONFIGURATION])`, the configuration itself as JSON text.

A second word `ticks=N` sets the millisecond clock first, so that a run can begin just before its wrap.
"""

from machine import mem32

from boards.mps2_an385.board import Board, write_line
from boards.station import start
from firmware.config import parse

_COUNTER = 0x40028018


def main(arguments):
    """Run until Ctrl-C on the console; returns the exit status."""
    for word in arguments[1:]:
        if word.startswith("ticks="):
            mem32[_COUNTER] = int(word[6:])
    text = arguments[0]
    arguments[0] = ""
    return start(Board(write_line), lambda: parse(text))
