"""Builds a firmware image for a board: MicroPython's own port, untouched, with our portable rooms frozen in.

`source` finds MicroPython, `closure` says which of our modules a program needs, `image` builds and caches,
`footprint` says what it takes in flash and RAM, `boards` reads a board's folder.
"""


class BuildError(Exception):
    """The image cannot be built; the text says what is missing and what to do about it."""


class Missing(BuildError):
    """Something that this machine has not got."""
