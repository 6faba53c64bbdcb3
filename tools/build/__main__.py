"""python -m tools.build [BOARD]: builds the board's firmware and says what it takes in flash and RAM."""

import argparse
import sys
from pathlib import Path

from tools.build import BuildError, boards, footprint, image
from tools.emulate import EmulateError, heap


def main(argv=None):
    """Exit status 1 when something is missing, does not compile, or is over the board's budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("board", nargs="?", default="mps2_an385")
    parser.add_argument("--source", type=Path, metavar="DIR", help="a MicroPython checkout")
    parser.add_argument("--modules", action="store_true", help="flash per module too")
    options = parser.parse_args(argv)
    try:
        return report(options.board, options.source, options.modules)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1


def report(board, source=None, modules=False):
    """Build, and print the sizes; 0."""
    built = image.build(board, given_source=source)
    try:
        taken = heap.by_package(built)
    except EmulateError as error:
        print("RAM per package is not measured: %s" % error)
        taken = {}
    for line in footprint.table(built.sizes, boards.load(board)["budget"], taken):
        print(line)
    if modules:
        for path, size in built.sizes["modules"].items():
            print("%7d  %s" % (size, path))
    print(built.elf)
    return 0


if __name__ == "__main__":
    sys.exit(main())
