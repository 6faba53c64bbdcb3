"""The host's side of the framed line; the format stands in drivers/ports/framed.py, and is written anew
here.
"""

import binascii
import enum

SYNC = 0xA5
LONGEST = 250
ASK, ANSWER = b"?", b"!"


class Kind(enum.IntEnum):
    """What a frame is."""

    RESET = 0
    LISTEN = 1
    OPEN = 2
    DATA = 3
    CLOSE = 4


def encode(sequence, link, kind, payload=b""):
    """One frame, at most LONGEST bytes of payload."""
    body = bytes((sequence, link, kind, len(payload))) + payload
    return bytes((SYNC,)) + body + (binascii.crc32(body) & 0xFFFF).to_bytes(2, "big")


class Decoder:
    """Bytes in, frames out: (sequence, link, kind, payload), or None for one that was damaged."""

    def __init__(self):
        self._buffer = bytearray()

    def feed(self, data):
        self._buffer += data
        frames = []
        while (frame := self._next()) is not False:
            frames.append(frame)
        return frames

    def _next(self):
        buffer = self._buffer
        at = buffer.find(SYNC)
        if at != 0:
            del buffer[: at if at > 0 else len(buffer)]
        if len(buffer) < 5:
            return False
        size = buffer[4]
        if size > LONGEST:
            del buffer[:1]
            return self._next()
        if len(buffer) < 5 + size + 2:
            return False
        body, check = bytes(buffer[1 : 5 + size]), int.from_bytes(buffer[5 + size : 7 + size], "big")
        del buffer[: 7 + size]
        if binascii.crc32(body) & 0xFFFF != check or body[2] not in list(Kind):
            return None
        return body[0], body[1], Kind(body[2]), body[4:]
