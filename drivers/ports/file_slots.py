"""The slots of a store as two files, PATH.0 and PATH.1.

On CPython a write has reached the disk when it returns (fsync); MicroPython/unix has no such call: there a
record survives the process, and a power cut only once the operating system has written it out.
"""

import os


class FileSlots:
    def __init__(self, path):
        """OSError where files cannot be made there; both exist afterwards."""
        self.paths = (path + ".0", path + ".1")
        for name in self.paths:
            with open(name, "ab"):
                pass

    def read(self, i):
        """All bytes of slot i."""
        with open(self.paths[i], "rb") as file:
            return file.read()

    def write(self, i, data):
        """Replace slot i."""
        with open(self.paths[i], "wb") as file:
            file.write(data)
            file.flush()
            if hasattr(os, "fsync"):
                os.fsync(file.fileno())
