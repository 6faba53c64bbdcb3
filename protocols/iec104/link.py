"""One connection of a controlling station to the outstation: answers, waiting answers, and the order in
which data leaves.

Order of sending: answers first (as the window opens, in the order of the requests), M_EI_NA_1 once per
master and start, then in turn one ASDU of events, the confirmation of a clock synchronisation once the
events before it are out, and one ASDU of every running scan. An answer that finds the window closed
waits in a fixed buffer. A request is looked at only when its answer has room: a peer that asks without
reading or acknowledging is closed ("overrun"), its last request not executed.

lint: hot
"""

from protocols.iec104 import const as c
from protocols.iec104.apci import (
    STARTDT_ACT,
    STARTDT_CON,
    STARTED,
    STOPDT_ACT,
    STOPDT_CON,
    STOPPED,
    STOPPING,
    Apci,
)
from protocols.iec104.codec import put_header
from protocols.iec104.scan import Scan
from protocols.iec104.services import receive
from protocols.outbuf import OutBuffer
from protocols.upy import const

_STARTED = const(4)
_EI_MARK = const(0x7FFF)


class Link(Apci):
    def __init__(self, station):
        self.station = station
        self.peer = ""
        self.group = None
        self.may_control = False
        self.interrogation = Scan()
        self.counters = Scan()
        self.scans = [self.interrogation, self.counters]
        self.is_clock_pending = False
        self._clock_asdu = bytearray(16)
        self._clock_binary = 0
        self._clock_other = 0
        self._is_ei_sent = False
        self._waiting = OutBuffer(station.params.answer_bytes)
        Apci.__init__(self, station.params)

    def open(self, peer, group, cycles, now):  # lint: cold
        """Serve a new connection."""
        self.reset(now)
        self.peer = peer
        self.group = group
        self.may_control = False
        while len(self.scans) < 2 + cycles:
            self.scans.append(Scan())
        self._forget()

    def _forget(self):
        """Drop the state of requests that run."""
        self._waiting.clear()
        self.is_clock_pending = False
        for scan in self.scans:
            scan.stop()

    # link layer

    def feed(self, buf, n, now):
        """Take buf[:n] as received; confirmations are in `tx` on return."""
        Apci.feed(self, buf, n, now)
        if self.state == _STARTED:
            if self.heard_ms == now:
                self.station.master_seen = now
            self.pump(now)

    def tick(self, now):
        Apci.tick(self, now)
        if self.state == _STARTED:
            self.pump(now)

    def on_asdu(self, buf, at, n, now):
        if self._waiting.end and not self._waits(n):
            self.close("overrun")
        else:
            receive(self.station, self, buf, at, n, now)

    def _waits(self, n):
        """Whether one more answer to n octets can wait."""
        return self._waiting.reserve(max(n, 24) + 1) >= 0

    def on_acked(self, mark):
        group = self.group
        if group.link is self:
            if mark == _EI_MARK:
                group.is_initialised = True
            else:
                group.acknowledged(mark)

    def on_window(self, now):
        if self.state == STOPPING and not self.unacked:
            self._stopped()

    def _on_u(self, control, now):
        if control == STARTDT_ACT:
            self.put_u(STARTDT_CON)
            if self.state != STARTED:
                self.state = STARTED
                self._is_ei_sent = False
                self.station.on_started(self)
            self.pump(now)
        elif control == STOPDT_ACT:
            self._stop(now)

    def _stop(self, now):
        """STOPDT act: acknowledge what was received; confirm once our own frames are acknowledged."""
        if self.state == STARTED:
            if self.owed:
                self.put_s(now)
            self.state = STOPPING
            self._forget()
            self.station.on_stopping(self)
        if not self.unacked:
            self._stopped()

    def _stopped(self):
        self.state = STOPPED
        self.put_u(STOPDT_CON)
        self.station.on_stopped(self)

    def demote(self):
        """Another link of the group was started: this one falls silent and gives its events back."""
        self.state = STOPPED
        self._forget()
        self.station.on_stopped(self)

    def on_closed(self, reason):
        self._forget()
        self.station.on_stopped(self)
        self.station.on_link_closed(self, reason)

    # application layer

    def answer(self, buf, at, n, cause, now):
        """Mirror the ASDU buf[at:at+n] with another cause; T is kept, a broadcast address becomes our own."""
        waiting = self._waiting
        if not waiting.end:
            to = self.begin(n)
            if to >= 0:
                self._mirror(self.tx.buf, to, buf, at, n, cause)
                self.send(n, 0, now)
                return
        to = waiting.reserve(n + 1)
        if to < 0:
            self.close("overrun")
            return
        waiting.buf[to] = n
        self._mirror(waiting.buf, to + 1, buf, at, n, cause)
        waiting.commit(n + 1)

    def _mirror(self, out, to, buf, at, n, cause):
        out[to] = buf[at]
        out[to + 1] = buf[at + 1]
        out[to + 2] = cause | buf[at + 2] & 0x80
        for i in range(3, n):
            out[to + i] = buf[at + i]
        if buf[at + 4] & buf[at + 5] == 0xFF and cause & 0x3F != c.COT_UNKNOWN_CA:
            own = self.station.common_address
            out[to + 4] = own & 0xFF
            out[to + 5] = own >> 8

    def answer_behind_events(self, buf, at, n, cause, now):
        """Confirm a clock synchronisation after the events that wait now."""
        self._mirror(self._clock_asdu, 0, buf, at, n, cause)
        self._clock_binary = self.group.binary.ring.head
        self._clock_other = self.group.other.ring.head
        self.is_clock_pending = True

    def drop_events(self):
        self.group.drop()

    def pump(self, now):
        """Move what waits into `tx` as far as the window and the room go."""
        self._is_starved = False
        while self._waiting.end:
            if not self._send_waiting(now):
                return
        if not self._is_ei_sent and not self.group.is_initialised and not self._send_ei(now):
            return
        while self._pump_once(now):
            pass

    def _pump_once(self, now):
        ca = self.station.common_address
        is_sent = self.group.emit(self, ca, now)
        if self.is_clock_pending and self.group.is_past(self._clock_binary, self._clock_other):
            self.is_clock_pending = False
            self.answer(self._clock_asdu, 0, 16, self._clock_asdu[2] & 0x7F, now)
            is_sent = True
        for scan in self.scans:
            if scan.at >= 0 and scan.step(self, ca, now):
                is_sent = True
        return is_sent

    def _send_waiting(self, now):
        waiting = self._waiting
        at = waiting.start
        n = waiting.buf[at]
        to = self.begin(n)
        if to < 0:
            return False
        out = self.tx.buf
        for i in range(n):
            out[to + i] = waiting.buf[at + 1 + i]
        self.send(n, 0, now)
        waiting.consumed(n + 1)
        return True

    def _send_ei(self, now):
        """M_EI_NA_1, before any other data to this master."""
        at = self.begin(10)
        if at < 0:
            return False
        buf = self.tx.buf
        put_header(buf, at, c.M_EI_NA_1, 1, c.COT_INITIALISED, 0, self.station.common_address)
        for i in range(6, 9):
            buf[at + i] = 0
        buf[at + 9] = self.station.params.cause_of_initialisation
        self.send(10, _EI_MARK, now)
        self._is_ei_sent = True
        return True
