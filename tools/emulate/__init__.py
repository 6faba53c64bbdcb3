"""Boots a board's image in QEMU and connects its UARTs to the host: console, tty lines, network front ends.

`qemu` is the emulator's command line and a program that runs to its end, `frames` and `bridge` are the host's
side of the framed lines, `session` is a live run of the firmware.
"""


class EmulateError(Exception):
    """The board cannot be emulated; the text says what is missing and what to do about it."""
