"""slcan (Lawicel's serial line CAN): frames as text over a byte stream, both ends, sans-IO.

A command ends with CR. `t`/`T` carry a frame with 3 or 8 hexadecimal digits of identifier, one digit of
length and the data, `r`/`R` a remote frame; an adapter may append four digits of time stamp. `S0`..`S8` set
the bit rate, `O`, `L` and `C` open, open for listening only and close, `F` asks for the status flags, `V` and
`N` for version and serial number. An adapter answers CR (done), BEL (refused), `z`/`Z` CR (frame taken) or
`Fxx` CR.

One class serves both ends: take() gives the next frame or command and says which it was. What cannot be read
is counted in `garbage` and skipped to its CR. After the adapters' manual (Lawicel CAN232) as the public
drivers read it; the meaning of the flag bits beyond bus error is general knowledge.

lint: integer, hot
"""

from protocols.can import EXTENDED_MASK, STANDARD_MASK
from protocols.errors import LocalError
from protocols.upy import const

NOTHING, FRAME, DONE, REFUSED, TAKEN, FLAGS, COMMAND = 0, 1, 2, 3, 4, 5, 6
RATES = (10000, 20000, 50000, 100000, 125000, 250000, 500000, 800000, 1000000)  # S0..S8
_RATE_COMMANDS = (b"S0\r", b"S1\r", b"S2\r", b"S3\r", b"S4\r", b"S5\r", b"S6\r", b"S7\r", b"S8\r")

_CR, _BEL, _LF = const(13), const(7), const(10)
_LONGEST = const(32)  # T + 8 + 1 + 16 + time stamp 4
FLAG_RX_FULL, FLAG_TX_FULL, FLAG_WARNING, FLAG_OVERRUN = 1, 2, 4, 8
FLAG_PASSIVE, FLAG_ARBITRATION, FLAG_BUS_ERROR = 32, 64, 128

_HEX = b"0123456789ABCDEF"


def _digit(c):
    """Value of a hexadecimal digit, -1 for any other byte."""
    if 48 <= c <= 57:
        return c - 48
    if 65 <= c <= 70:
        return c - 55
    if 97 <= c <= 102:
        return c - 87
    return -1


def rate_command(bitrate):
    """`S0`..`S8` for a bit rate in bit/s; LocalError when slcan has none for it."""
    if bitrate not in RATES:
        raise LocalError("slcan has no such bit rate")
    at = RATES.index(bitrate)
    return _RATE_COMMANDS[at]


def encode(frame, out, at):
    """Write the frame as text into `out` from `at`; its length in bytes (at most 27)."""
    start = at
    out[at] = (82 if frame.remote else 84) if frame.extended else (114 if frame.remote else 116)
    at += 1
    shift = 28 if frame.extended else 8
    while shift >= 0:
        out[at] = _HEX[(frame.id >> shift) & 15]
        at += 1
        shift -= 4
    out[at] = 48 + frame.n
    at += 1
    if not frame.remote:
        data = frame.data
        for i in range(frame.n):
            out[at] = _HEX[data[i] >> 4]
            out[at + 1] = _HEX[data[i] & 15]
            at += 2
    out[at] = _CR
    return at + 1 - start


class SlcanReader:
    """Takes bytes, gives frames and the other end's words."""

    def __init__(self, size=1024):
        self._buf = bytearray(size)
        self._start = 0
        self._end = 0
        self.word = bytearray(_LONGEST)  # the last line, without its CR
        self.length = 0
        self.flags = 0
        self.garbage = 0

    def room(self):
        """Bytes that feed() takes now."""
        return len(self._buf) - (self._end - self._start)

    def feed(self, data, n):
        """Take data[:n]; what does not fit is lost and counted as garbage."""
        if n > len(self._buf) - self._end:
            self._compact()
        buf = self._buf
        at = self._end
        fits = len(buf) - at
        if n > fits:
            self.garbage += n - fits
            n = fits
        for i in range(n):
            buf[at + i] = data[i]
        self._end = at + n

    def _compact(self):
        buf = self._buf
        at = 0
        for i in range(self._start, self._end):
            buf[at] = buf[i]
            at += 1
        self._start = 0
        self._end = at

    def clear(self):
        """Forget what was received: the connection is a new one."""
        self._start = self._end = 0
        self.length = 0

    def take(self, frame):
        """The next thing in the stream: FRAME (in `frame`), DONE, REFUSED, TAKEN, FLAGS (in `flags`), COMMAND
        (in `word[:length]`), or NOTHING.
        """
        while self._start < self._end:
            c = self._buf[self._start]
            self._start += 1
            if c == _BEL:
                self.length = 0
                return REFUSED
            if c == _CR:
                kind = self._line(frame)
                if kind != COMMAND:
                    self.length = 0
                if kind != NOTHING:
                    return kind
            elif c != _LF:
                self._collect(c)
        return NOTHING

    def _collect(self, c):
        if self.length < 0:
            return  # in the rest of a line that is too long
        if self.length == 0 or self.length < _LONGEST:
            self.word[self.length] = c
            self.length += 1
        else:
            self.length = -1

    def _line(self, frame):
        n = self.length
        if n == 0:
            return DONE
        if n < 0:
            self.garbage += 1
            return NOTHING
        c = self.word[0]
        if c in b"tTrR":
            if self._frame(frame, c, n):
                return FRAME
            self.garbage += 1
            return NOTHING
        if n == 1 and c in b"zZ":
            return TAKEN
        if n == 3 and c == 70 and _digit(self.word[1]) >= 0 and _digit(self.word[2]) >= 0:
            self.flags = _digit(self.word[1]) << 4 | _digit(self.word[2])
            return FLAGS
        return COMMAND

    def _frame(self, frame, c, n):
        word = self.word
        frame.extended = c in b"TR"
        frame.remote = c in b"rR"
        at = 9 if frame.extended else 4
        if n <= at:
            return False
        value = 0
        for i in range(1, at):
            d = _digit(word[i])
            if d < 0 or value > 0x1FFFFFF:
                return False
            value = value << 4 | d
        length = _digit(word[at])
        if value > (EXTENDED_MASK if frame.extended else STANDARD_MASK) or not 0 <= length <= 8:
            return False
        at += 1
        end = at if frame.remote else at + 2 * length
        if n != end and n != end + 4:
            return False
        frame.id = value
        frame.n = length
        return frame.remote or self._data(frame.data, at, length)

    def _data(self, data, at, length):
        word = self.word
        for i in range(length):
            hi = _digit(word[at])
            lo = _digit(word[at + 1])
            if hi < 0 or lo < 0:
                return False
            data[i] = hi << 4 | lo
            at += 2
        return True

    def next_word(self):
        """A COMMAND has been read: the next line begins."""
        self.length = 0
