"""What a firmware image's frozen code will take, without cross compiler and MicroPython's source: its modules
as the build prepares them, compiled to .mpy, and what mpy-tool makes of each part of such a file.

Function for function, table for table it is exact. Not known here is which names the runtime has anyway:
those of .mpy files themselves are left out, of the others there were TAKEN_ANYWAY bytes in our images.
The default image came out at 124,741 and 125,587 B with two sets of names, and was foreseen within 2 B.
"""

import subprocess

from tools.build import boards
from tools.build.closure import closure, path_of
from tools.build.freeze import SMALL
from tools.build.inline import bring, inline
from tools.build.names import names_to_keep, numbers, parameters
from tools.mpy import ROOT, compiler

TAKEN_ANYWAY = 152
INTERNED = 25  # shorter texts are names
TUPLE, FLOAT, INT, STR, BYTES = 10, 8, 7, 5, 6  # kinds of constants (py/persistentcode.h)
MODULE, RAW_CODE, POINTER, TEXT, SHORT = 17, 12, 4, 16, 2  # bytes on a 32-bit part


def frozen_bytes(board, programs, folder):
    """Bytes of frozen code of these programs and all that they import; `folder` takes files."""
    texts = {path: (ROOT / path).read_text(encoding="utf-8") for path in closure(programs)}
    texts = inline(bring(texts, boards.load(board)["image"]["brings"]), [path_of(name) for name in programs])
    names, shared = set(), set()
    total = 0
    for path, text in texts.items():
        file = File(_compiled(text, folder))
        total += file.size + len(str(path)) + MODULE
        names |= file.names | {str(path)[:-3].replace("/", ".")}
        shared |= file.constants
    for value, size in shared:
        total += size if value not in names else 0
    return total + _names_bytes(names, texts) - TAKEN_ANYWAY


def _compiled(text, folder):
    source, made = folder / "m.py", folder / "m.mpy"
    source.write_text(text, encoding="utf-8")
    argv = [str(compiler()), "-O3", "-march=armv7m", "-msmall-int-bits=31", "-s", "m", "-o", str(made)]
    subprocess.run([*argv, str(source)], check=True)
    return made.read_bytes()


def _names_bytes(names, texts):
    """Bytes of the pool of names, with those made short that may be."""
    kept, mere = names_to_keep(texts), parameters(texts)
    given = numbers(texts, kept | mere)
    pool = set()
    for name in names - {"m"}:
        if name in kept or len(name) < 3 or not name.isidentifier() or name.startswith("__"):
            pool.add(name)
        else:
            pool.add("_" if name in mere else given.get(name, name))
    entry = POINTER + 2 + 1  # its place, hash and length; its end
    return sum(entry + (len(name.encode()) if isinstance(name, str) else 2) for name in pool)


class File:
    """One .mpy file: `size` of what it alone has, its `names`, its `constants` with their bytes, which may
    be another file's too.
    """

    def __init__(self, data):
        self.data = data
        self.at = 4  # behind the head
        self.names, self.constants = set(), set()
        n_names, n_objects = self._number(), self._number()
        self.size = SHORT * n_names + POINTER * n_objects
        for _ in range(n_names):
            length = self._number()
            if not length & 1:  # an odd one stands for a name that every runtime has
                self.names.add(self._take(length >> 1)[:-1].decode() if length else "")
        for _ in range(n_objects):
            self._constant()
        self._code()

    def _number(self):
        value, more = 0, True
        while more:
            byte = self.data[self.at]
            self.at += 1
            value, more = value << 7 | byte & 0x7F, byte & 0x80
        return value

    def _take(self, count, end=1):
        self.at += count + end
        return self.data[self.at - count - end : self.at]

    def _constant(self):
        """The value, put among the constants where it takes room of its own."""
        kind = self.data[self.at]
        self.at += 1
        if kind == TUPLE:
            value = tuple([self._constant() for _ in range(self._number())])
            self.constants.add((value, 2 * POINTER + POINTER * len(value)))
            return value
        if kind < STR:
            return kind
        text = self._take(self._number(), 1 if kind in (STR, BYTES) else 0)
        if kind == STR:
            value = text[:-1].decode()
            if len(value) < INTERNED:
                self.names.add(value)
            else:
                self.constants.add((value, TEXT + len(text)))
            return value
        if kind == BYTES or kind == FLOAT:
            self.constants.add((text, TEXT + len(text) if kind == BYTES else 2 * POINTER))
        elif int(text) not in SMALL:
            self.constants.add((text, TEXT + POINTER))
        return text

    def _code(self):
        """One function and those in it."""
        head = self._number()
        length = head >> 3
        self.size += length
        self._take(length, 0)
        if head & 4:
            count = self._number()
            self.size += RAW_CODE + POINTER * count
            for _ in range(count):
                self._code()
