"""Starts the firmware on the emulated Cortex-M3: `main([CONFIGURATION])`, the configuration itself as
JSON text.

A second word `ticks=N` sets the millisecond clock first, so that a run can begin just before its wrap.
"""

import gc
import sys

from machine import mem32

from boards.mps2_an385.board import Board, write_line
from boards.station import start, tell

_COUNTER = 0x40028018


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
    known = set(sys.modules)
    from firmware.config import ConfigError, parse

    config = None
    try:
        config = parse(text)
    except ConfigError as error:
        tell(board, error.errors)
    for name in [name for name in sys.modules if name not in known]:  # any order
        forget(name)
    gc.collect()
    return config


def forget(name):
    """A module that only the check has loaded leaves the heap; together they are worth 7 KB."""
    del sys.modules[name]
    package, _, own = name.rpartition(".")
    if package in sys.modules:
        delattr(sys.modules[package], own)
