"""Starts the firmware on the emulated Cortex-M3: `main([CONFIGURATION])`, the configuration itself as
JSON text.

A second word `ticks=N` sets the millisecond clock first, so that a run can begin just before its wrap.
"""

import gc
import sys

from machine import mem32

import firmware
from boards.mps2_an385.board import Board, write_line
from boards.station import start, tell

_COUNTER = 0x40028018
_START_ONLY = ("config", "consistency", "schema")  # of firmware; what they hold is worth 5 KB of heap


def main(arguments):
    """Run until Ctrl-C on the console; returns the exit status."""
    for word in arguments[1:]:
        if word.startswith("ticks="):
            mem32[_COUNTER] = int(word[6:])
    board = Board(write_line)
    config = read(board, arguments.pop(0))
    return start(board, config) if config else 2


def read(board, text):
    """The checked configuration, or None after its errors were told; the checker leaves the heap."""
    from firmware.config import ConfigError, parse

    config = None
    try:
        config = parse(text)
    except ConfigError as error:
        tell(board, error.errors)
    for name in _START_ONLY:
        del sys.modules["firmware." + name]
        delattr(firmware, name)
    gc.collect()
    return config
