"""Link machine of IEC 60870-5-104: framing, sequence numbers, windows, timers, start and stop; the base of
both roles.

Clauses 5.1-5.4 (numbers, t1-t3, start/stop), 6 (APCI), 9.6 (k, w), from general knowledge. Where the
standard leaves a choice:
- Anything that is not a valid APDU (start octet, length 4..253, control field, reserved bits, several or
  no U functions, an I frame without a whole data unit identifier) closes the link at once, without
  waiting for the announced octets.
- An I frame that may not be received in this state closes the link before its ASDU is looked at; so does
  an S frame while stopped, unless own frames are still un-acknowledged.
- A confirmation that nobody asked for is ignored. Only TESTFR con ends a test; t3 restarts with every
  frame received.
- When the peer does not read, U and S frames beyond the spare room in `tx` are dropped: t1 ends such a
  link.

A subclass implements on_asdu, on_acked, on_window, on_closed and _on_u. The pump writes `tx`; time comes
in as `now` (ms modulo 2**30).

lint: hot
"""

from array import array
from struct import pack_into

from protocols.iec104.const import MAX_APDU
from protocols.outbuf import OutBuffer
from protocols.ticks import ticks_diff
from protocols.upy import const

STOPPED = 1
STARTING = 2
STARTED = 4
STOPPING = 8

STARTDT_ACT = 0x07
STARTDT_CON = 0x0B
STOPDT_ACT = 0x13
STOPDT_CON = 0x23
TESTFR_ACT = 0x43
TESTFR_CON = 0x83
_START_STOP = (STARTDT_ACT, STARTDT_CON, STOPDT_ACT, STOPDT_CON)

_START = const(0x68)
_SEQ = const(0x7FFF)
_SPARE = const(24)  # octets of tx that only S and U frames may use
_STARTED = const(4)
_STOPPED = const(1)


class Apci:
    RECEIVING = STARTED  # states in which I frames are accepted, by role

    def __init__(self, params):
        self.tx = OutBuffer(params.tx_bytes)
        self._k = params.k
        self._w = params.w
        self._t1 = params.t1_ms
        self._t2 = params.t2_ms
        self._t3 = params.t3_ms
        self._rx = bytearray(MAX_APDU)
        self._sent_ms = array("i", [0] * params.k)
        self._marks = array("h", [0] * params.k)
        self.reset(0)

    def reset(self, now):
        """A new connection: stopped, all numbers 0."""
        self.tx.clear()
        self.state = STOPPED
        self.is_closed = False
        self.closed_reason = ""
        self._have = 0  # octets of an incomplete frame in _rx
        self.vs = 0  # V(S), next number to send
        self.vr = 0  # V(R), next number expected
        self.va = 0  # oldest number not acknowledged by the peer
        self.unacked = 0  # own I frames without acknowledgement
        self._oldest = 0  # index of the oldest of them in _sent_ms and _marks
        self.owed = 0  # received I frames that we have not acknowledged
        self._owed_ms = now
        self.heard_ms = now
        self.is_testing = False
        self._test_ms = now
        self._is_starved = False  # an I frame waits for room in tx, not for the window

    def close(self, reason):
        """End the link; the driver closes the port when it sees is_closed."""
        if not self.is_closed:
            self.is_closed = True
            self.closed_reason = reason
            self.state = STOPPED
            self.on_closed(reason)

    # receiving

    def feed(self, buf, n, now):
        """Take buf[:n] as received; answers are in `tx` on return."""
        at = self._fill(buf, n, now) if self._have else 0
        while at < n and not self.is_closed:
            size = self._frame_size(buf, at, n)
            if self.is_closed:
                return  # what follows a bad frame is no frame, and may be longer than _rx
            if at + size > n:
                self._keep(buf, at, n)
                return
            self._frame(buf, at, size, now)
            at += size

    def _frame_size(self, buf, at, n):
        """Octets of the frame at `at` as far as they are known; closes the link on a bad start or length."""
        if buf[at] != _START:
            self.close("framing")
        elif n - at > 1:
            length = buf[at + 1]
            if 4 <= length <= 253:
                return length + 2
            self.close("framing")
        return 2

    def _keep(self, buf, at, n):
        rx = self._rx
        for i in range(n - at):
            rx[i] = buf[at + i]
        self._have = n - at

    def _fill(self, buf, n, now):
        """Complete the kept frame from buf[:n]; returns the octets used."""
        rx = self._rx
        have = self._have
        at = 0
        while at < n:
            rx[have] = buf[at]
            have += 1
            at += 1
            size = self._frame_size(rx, 0, have)
            if self.is_closed:
                return n
            if have == size and have > 2:
                self._have = 0
                self._frame(rx, 0, size, now)
                return at
        self._have = have
        return at

    def _frame(self, buf, at, size, now):
        self.heard_ms = now
        control = buf[at + 2]
        if not control & 1:
            self._i_frame(buf, at, size, now)
        elif size != 6 or buf[at + 4] & 1:
            self.close("framing")
        elif control == 1 and not buf[at + 3]:
            self._s_frame((buf[at + 4] | buf[at + 5] << 8) >> 1, now)
        elif control & 2 and not (buf[at + 3] | buf[at + 4] | buf[at + 5]):
            self._u_frame(control, now)
        else:
            self.close("framing")

    def _i_frame(self, buf, at, size, now):
        if size < 12 or buf[at + 4] & 1:
            self.close("framing")
        elif not self.state & self.RECEIVING:
            self.close("not_started")
        elif (buf[at + 2] | buf[at + 3] << 8) >> 1 != self.vr:
            self.close("sequence")
        elif self._acknowledge((buf[at + 4] | buf[at + 5] << 8) >> 1, now):
            self.vr = self.vr + 1 & _SEQ
            if not self.owed:
                self._owed_ms = now
            self.owed += 1
            self.on_asdu(buf, at + 6, size - 6, now)
            if self.owed >= self._w:
                self.put_s(now)

    def _s_frame(self, nr, now):
        if self.state == _STOPPED and not self.unacked:
            self.close("not_started")
        elif self._acknowledge(nr, now):
            self.on_window(now)

    def _acknowledge(self, nr, now):
        """Release own frames below N(R); False when the peer acknowledges what was never sent."""
        n = nr - self.va & _SEQ
        if n > self.unacked:
            self.close("sequence")
            return False
        while n:
            n -= 1
            mark = self._marks[self._oldest]
            self._oldest += 1
            if self._oldest == self._k:
                self._oldest = 0
            self.unacked -= 1
            if mark:
                self.on_acked(mark)
        self.va = nr
        return True

    def _u_frame(self, control, now):
        if control == TESTFR_ACT:
            self.put_u(TESTFR_CON)
        elif control == TESTFR_CON:
            self.is_testing = False
        elif control in _START_STOP:
            self._on_u(control, now)
        else:
            self.close("framing")

    # sending

    def begin(self, n):
        """Offset in tx.buf for an ASDU of up to n octets, or -1 while the window or the buffer is full."""
        if self.unacked >= self._k:
            return -1
        at = self.tx.reserve(n + 6 + _SPARE)
        if at < 0:
            self._is_starved = True
            return -1
        return at + 6

    def send(self, n, mark, now):
        """Send the n octets encoded at begin(); a `mark` other than 0 (16 bits) comes back in on_acked."""
        tx = self.tx
        pack_into("<BBHH", tx.buf, tx.end, _START, n + 4, self.vs << 1, self.vr << 1)
        tx.end += n + 6
        self.vs = self.vs + 1 & _SEQ
        i = self._oldest + self.unacked
        if i >= self._k:
            i -= self._k
        self._sent_ms[i] = now
        self._marks[i] = mark
        self.unacked += 1
        self.owed = 0

    def put_s(self, now):
        """Acknowledge what was received."""
        at = self.tx.reserve(6)
        if at < 0:
            self._owed_ms = now  # tried again after another t2
            return
        pack_into("<BBHH", self.tx.buf, at, _START, 4, 1, self.vr << 1)
        self.tx.commit(6)
        self.owed = 0

    def put_u(self, control):
        at = self.tx.reserve(6)
        if at >= 0:
            pack_into("<BBHH", self.tx.buf, at, _START, 4, control, 0)
            self.tx.commit(6)

    # time

    def tick(self, now):
        """Run t1, t2 and t3."""
        if self.is_closed:
            return
        if self.unacked and ticks_diff(now, self._sent_ms[self._oldest]) >= self._t1:
            self.close("t1")
        elif self.is_testing:
            if ticks_diff(now, self._test_ms) >= self._t1:
                self.close("t1")
        elif ticks_diff(now, self.heard_ms) >= self._t3:
            self.test(now)
        if self.owed and ticks_diff(now, self._owed_ms) >= self._t2:
            self.put_s(now)

    def test(self, now):
        """Send TESTFR act and await its confirmation."""
        self.is_testing = True
        self._test_ms = now
        self.put_u(TESTFR_ACT)

    def next_deadline(self, now):
        """Milliseconds until tick() has something to do, 0 = now, -1 = never (closed)."""
        if self.is_closed:
            return -1
        if self._is_starved and not self.tx.end:
            return 0
        if self.is_testing:
            ms = self._t1 - ticks_diff(now, self._test_ms)
        else:
            ms = self._t3 - ticks_diff(now, self.heard_ms)
        if self.unacked:
            ms = min(ms, self._t1 - ticks_diff(now, self._sent_ms[self._oldest]))
        if self.owed:
            ms = min(ms, self._t2 - ticks_diff(now, self._owed_ms))
        return max(ms, 0)
