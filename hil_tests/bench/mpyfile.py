"""What is in an .mpy file (version 6): how many bytes of bytecode, and how many functions.

Layout from MicroPython's own loader: "M", version, flags, small-int bits; the number of strings and of
constant objects; the strings; the objects; then code as a tree, each node with its kind, length, bytes
and children.
"""

_VERSION = 6
_FUN_TABLE, _STR, _BYTES, _TUPLE = 0, 5, 6, 10
_LAST_SINGLETON = 4


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0
        self.functions = []  # bytes of bytecode, the module's own first

    def number(self):
        value = 0
        while True:
            octet = self.data[self.at]
            self.at += 1
            value = value << 7 | octet & 0x7F
            if not octet & 0x80:
                return value

    def string(self):
        """A known string is only a number; a new one ends with a zero."""
        size = self.number()
        if not size & 1:
            self.at += (size >> 1) + 1

    def constant(self):
        kind = self.data[self.at]
        self.at += 1
        if kind <= _LAST_SINGLETON:
            return
        size = self.number()
        if kind == _TUPLE:
            for _ in range(size):
                self.constant()
        else:
            self.at += size + (kind in (_STR, _BYTES))

    def code(self):
        word = self.number()
        if word & 3:
            raise ValueError("native code")
        self.functions.append(word >> 3)
        self.at += word >> 3
        if word & 4:
            for _ in range(self.number()):
                self.code()


def functions_of(data):
    """Bytes of bytecode of each function in an .mpy file, the module's own code first."""
    if data[:1] != b"M" or data[1] != _VERSION:
        raise ValueError("not an .mpy file of version %d" % _VERSION)
    reader = Reader(data)
    reader.at = 4
    strings, constants = reader.number(), reader.number()
    for _ in range(strings):
        reader.string()
    for _ in range(constants):
        reader.constant()
    reader.code()
    if reader.at != len(data):
        raise ValueError("%d bytes were not understood" % (len(data) - reader.at))
    return reader.functions
