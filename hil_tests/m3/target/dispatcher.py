"""A dispatcher in the board's memory, at the far end of a 104 link: starts it, gives set-points and general
interrogations, floods, and acknowledges what it gets. It answers in no time, and reads headers only.
"""

import mps2  # lint: ok P20 (boards/mps2_an385/start.c brings it)

_STARTDT = b"\x68\x04\x07\x00\x00\x00"
_INTERROGATION = b"\x64\x01\x06\x00\x01\x00\x00\x00\x00\x14"
_SETPOINT = b"\x32\x01\x06\x00\x01\x00\x01\x62\x00\x00\x00\xc0\x40\x00"  # 6.0 kW
_REQUEST = b"\x2d\x01\x06\x00\x01\x00\x01\x60\x00\x01"  # C_SC without the select it needs: refused
_FLOOD = 6  # orders in one packet
_MOST = 240


class Dispatcher:
    """`port`: his end of the wire, whose `buf` has at least _MOST bytes."""

    def __init__(self, port):
        self.port = port
        self.received = 0
        self.sent = 0
        self.asked = 0
        self.out = bytearray(_MOST)
        port.write(_STARTDT, 0, len(_STARTDT))

    def serve(self, now):
        """Take in the whole frames of what came, and acknowledge them."""
        port = self.port
        if not port.ready:
            return
        port.ready = False
        buf, n = port.buf, port.have
        at = 0
        while at + 2 <= n and at + 2 + buf[at + 1] <= n:
            if not buf[at + 2] & 1:
                self.received += 1
            at += 2 + buf[at + 1]
        mps2.move(buf, 0, buf, at, n - at)
        port.have = n - at
        self._frame(0, 1, b"")
        port.write(self.out, 0, 6)

    def _frame(self, at, control, asdu):
        out = self.out
        out[at] = 0x68
        out[at + 1] = 4 + len(asdu)
        out[at + 2] = control & 0xFF
        out[at + 3] = control >> 8 & 0xFF
        out[at + 4] = self.received << 1 & 0xFF
        out[at + 5] = self.received >> 7 & 0xFF
        out[at + 6 : at + 6 + len(asdu)] = asdu
        return at + 6 + len(asdu)

    def _order(self, at, asdu):
        at = self._frame(at, self.sent << 1, asdu)
        self.sent = (self.sent + 1) & 0x7FFF
        return at

    def ask(self):
        """By turns: nothing, a set-point, everything there is, a set-point with that, a flood of orders."""
        what = self.asked % 5
        self.asked += 1
        at = 0
        if what in (1, 3):
            at = self._order(at, _SETPOINT)
        if what in (2, 3):
            at = self._order(at, _INTERROGATION)
        for _ in range(_FLOOD if what == 4 else 0):
            at = self._order(at, _REQUEST)
        if at:
            self.port.write(self.out, 0, at)
