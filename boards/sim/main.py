"""Starts the firmware on the simulated board: `main([CONFIG])`, the path of a configuration.

What it puts together stands in boards/station.py, and what the exit status means too.
"""

from boards.sim.board import Board, write_line
from boards.station import start, tell
from firmware.config import ConfigError, load


def main(arguments):
    """Run until Ctrl-C or SIGTERM; returns the exit status."""
    if len(arguments) != 1:
        write_line("usage: boards.sim.main CONFIG.json")
        return 2
    board = Board(write_line)
    try:
        config = load(arguments[0])
    except ConfigError as error:
        return tell(board, error.errors)
    return start(board, config)
