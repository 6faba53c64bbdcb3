"""A UART whose other end is the test: what it says lies in `outbox`, what it hears in `inbox`."""

from binascii import crc32


class ByteWork:
    """What a UART's driver does for the framed line beside moving bytes."""

    def want(self, n):
        """Nobody sleeps here."""

    def move(self, to, at, buf, start, n):
        to[at : at + n] = bytes(buf[start : start + n])

    def check(self, buf, start, end):
        return crc32(bytes(buf[start:end])) & 0xFFFF


class Wire(ByteWork):
    def __init__(self, inbox=b"", room=100000):
        self.inbox = inbox
        self.outbox = b""
        self.room = room
        self.wanted = 0

    def want(self, n):
        self.wanted = n

    def receive(self, buf, at, limit):
        n = min(limit - at, len(self.inbox))
        buf[at : at + n] = self.inbox[:n]
        self.inbox = self.inbox[n:]
        return at + n

    def write(self, buf, start, n):
        n = min(n, self.room)
        self.room -= n
        self.outbox += bytes(buf[start : start + n])
        return n
