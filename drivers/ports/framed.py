"""Frames on a serial line between the controller and its network front end: many links over one wire
that cannot open or close.

Frame: 0xA5, sequence, link, kind, length n (0..250), n bytes, then the low half of the CRC-32 (ISO-HDLC)
of everything behind 0xA5, high byte first.
  RESET  link 0, "?" says that every link and listener is gone and asks for the answer "!"; the sequence
           begins at 0
  LISTEN link 0, "HOST:PORT" asks; the answer has no text
  OPEN   towards the network: "HOST:PORT", or "record" for the recording; towards us: the peer's address,
           or the answer to ours
  DATA   bytes of the link
  CLOSE  the link is over; the text says why. On link 0: LISTEN was refused
We number the links that we open from 128 up, the front end its own from 1 to 127. A frame that is
damaged or missing ends every link at once, for a TCP stream with a hole in it is worth nothing; until
the next RESET all other frames are dropped.

Byte work is the UART driver's, which has it in hardware or in C: receive, write, move, check.
"""

from protocols.outbuf import OutBuffer
from protocols.upy import const

RESET, LISTEN, OPEN, DATA, CLOSE = 0, 1, 2, 3, 4
FAULT = 255  # never on the wire: the frame that waits was damaged, or one before it is missing
ASK, ANSWER = b"?", b"!"
SYNC = 0xA5
LONGEST = 250  # bytes in a frame
HEADER, TAIL = 5, 2
_SYNC = const(0xA5)
_HEADER = const(5)
_TAIL = const(2)
_PATIENCE = const(16)  # frames
_TX_BYTES = const(600)


class FrameLine:
    """Both directions of the wire; holds one received frame until somebody takes it."""

    def __init__(self, uart):
        """`uart`: receive(buf, at, limit), want(n), write(buf, start, n), move(to, at, buf, start, n) and
        check(buf, start, end), as in drivers/ports/cmsdk_uart.py.
        """
        self.uart = uart
        self.rx = bytearray(_HEADER + LONGEST + _TAIL)
        self.tx = OutBuffer(_TX_BYTES)
        self.waiting = False  # a good frame stands in rx
        self.kind = self.link = self.length = 0
        self.faults = 0
        self.dropped = 0
        self._deaf = True  # until a RESET
        self._have = 0
        self._wanted = 1
        self._next_in = 0
        self._next_out = 0

    def pump(self):
        """Move bytes; True when a frame waits (FAULT: the thread is lost)."""
        if self.tx.end > self.tx.start:
            self.flush()
        rx = self.rx
        uart = self.uart
        have = self._have
        while not self.waiting:
            want = _HEADER if have < _HEADER else _HEADER + rx[4] + _TAIL
            have = uart.receive(rx, have, want)
            self._have = have
            if have and rx[0] != _SYNC:
                self._skip()
            elif have < want:
                # the shortest frame is worth a wake-up, and then all of it
                self._want(want - have if have >= _HEADER else _HEADER + _TAIL - have)
                return False
            elif want == _HEADER:
                if rx[4] > LONGEST:
                    self._skip()
            else:
                self._complete()
            have = self._have
        return True

    def _want(self, n):
        if n != self._wanted:
            self._wanted = n
            self.uart.want(n)

    def _skip(self):
        """Look for the next byte that may begin a frame."""
        rx = self.rx
        at = 1
        while at < self._have and rx[at] != _SYNC:
            at += 1
        for i in range(at, self._have):
            rx[i - at] = rx[i]
        self._have -= at

    def _complete(self):
        rx = self.rx
        end = self._have - _TAIL
        self.kind, self.link, self.length = rx[3], rx[2], rx[4]
        sound = self.uart.check(rx, 1, end) == rx[end] << 8 | rx[end + 1]
        if sound and self.kind == RESET:
            self._deaf = False
        elif self._deaf:
            self._drop()
            return
        elif not sound or rx[1] != self._next_in:
            self.faults += 1
            self._deaf = True
            self.dropped = 0
            self.kind, self.link, self.length = FAULT, 0, 0
        self._next_in = (rx[1] + 1) & 0xFF
        self.waiting = True

    def _drop(self):
        """The other end has not heard our RESET, or not yet: repeat it now and then."""
        self.dropped += 1
        self._have = 0
        if self.dropped % _PATIENCE == 0:
            self.reset(ASK)

    def reset(self, what):
        """Send a RESET, ASK or ANSWER."""
        self._next_out = 0
        self.send(RESET, 0, what, 0, 1)

    def take(self):
        """The waiting frame is dealt with."""
        self.waiting = False
        self._have = 0

    def text(self):
        """The waiting frame's bytes as text."""
        return bytes(self.rx[_HEADER : _HEADER + self.length]).decode()

    def room(self):
        """Bytes of the longest DATA frame that can be sent now; 0 when none."""
        tx = self.tx
        return max(0, min(LONGEST, len(tx.buf) - tx.pending() - _HEADER - _TAIL))

    def send(self, kind, link, buf, start, n):
        """One frame with buf[start:start+n]; False when there is no room for it."""
        tx = self.tx
        at = tx.reserve(_HEADER + n + _TAIL)
        if at < 0:
            return False
        out = tx.buf
        out[at] = _SYNC
        out[at + 1] = self._next_out
        out[at + 2] = link
        out[at + 3] = kind
        out[at + 4] = n
        end = at + _HEADER + n
        if n:
            self.uart.move(out, at + _HEADER, buf, start, n)
        crc = self.uart.check(out, at + 1, end)
        out[end] = crc >> 8
        out[end + 1] = crc & 0xFF
        tx.commit(_HEADER + n + _TAIL)
        self._next_out = (self._next_out + 1) & 0xFF
        self.flush()
        return True

    def flush(self):
        tx = self.tx
        if tx.end > tx.start:
            tx.consumed(self.uart.write(tx.buf, tx.start, tx.end - tx.start))
