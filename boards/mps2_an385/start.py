"""Runs by itself after a reset: takes the start record from memory and calls MODULE.main([ARGUMENT, ...]).

The record (start.c names its words) holds the same words as a command line on the host: the dotted name
of the program, then its arguments, separated by NUL. The exit status goes back into it. Without a record
there is no configuration, and so no power: MicroPython's prompt comes up on the console.
"""

import gc

from machine import mem8, mem32

_RECORD = 0x21000000
_MAGIC = (0x56, 0x32, 0x47, 0x53)  # V2GS
_TEXT = 12


def words():
    """The record's words; [] when there is none."""
    for i in range(4):
        if mem8[_RECORD + i] != _MAGIC[i]:
            return []
    text = bytearray(mem32[_RECORD + 4])
    for i in range(len(text)):
        text[i] = mem8[_RECORD + _TEXT + i]
    return text.decode().split("\0")


def run():
    argv = words()
    if not argv:
        print("no start record: no program, no configuration, no power")
        return
    program = __import__(argv.pop(0), None, None, ("main",))
    gc.collect()
    mem32[_RECORD + 8] = program.main(argv) or 0  # who takes a word out of it has the only one


if __name__ == "__main__":
    run()
