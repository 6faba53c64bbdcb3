"""HMAC (RFC 2104) with SHA-256, where there is no module `hmac`: MicroPython has hashlib.sha256 alone."""

import hashlib

_BLOCK = 64
_SHORTEST_KEY = 16


class Mac:
    """The authenticator with one key: `key` of 16 octets or more."""

    def __init__(self, key):
        if len(key) < _SHORTEST_KEY:
            raise ValueError("a key of at least 16 octets")
        if len(key) > _BLOCK:
            key = hashlib.sha256(key).digest()
        key = key + bytes(_BLOCK - len(key))
        self._inner = bytes([octet ^ 0x36 for octet in key])
        self._outer = bytes([octet ^ 0x5C for octet in key])

    def digest(self, first, second):
        """32 octets over both pieces, one after the other."""
        inner = hashlib.sha256(self._inner)
        inner.update(first)
        inner.update(second)
        outer = hashlib.sha256(self._outer)
        outer.update(inner.digest())
        return outer.digest()

    def hex(self, first, second):
        """The same as 64 lower case digits, octets."""
        return hex_of(self.digest(first, second))


def hex_of(octets):
    return "".join(["%02x" % octet for octet in octets]).encode()


def same(a, b):
    """Whether two byte strings are equal; takes as long whatever differs."""
    if len(a) != len(b):
        return False
    differing = 0
    for i in range(len(a)):
        differing |= a[i] ^ b[i]
    return differing == 0
