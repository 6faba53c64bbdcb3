"""SAE J1939-21 transport between two nodes, as GB/T 27930 uses it: RTS/CTS, and BAM for completeness.

TP.CM (PF ECh) opens, paces and ends a transfer of 9 to 1785 bytes, TP.DT (PF EBh) carries 7 bytes each with a
sequence number from 1. One reception and one transmission at a time; a new RTS replaces the reception that
its sender gave up. A gap is asked for again with CTS, at most twice; then the transfer is aborted.
Timers (ms): T1 750 between packets, T2 1250 after our CTS, T3 1250 after our last packet, T4 1050 after a
hold, BAM packets 50 apart.

lint: integer, hot
"""

from protocols.errors import LocalError
from protocols.ticks import sooner, ticks_add, ticks_diff
from protocols.upy import const

PF_CM, PF_DT = 0xEC, 0xEB
BROADCAST = 0xFF
LONGEST = 1785
SHORTEST = 9

_RTS, _CTS, _END, _BAM, _ABORT = const(0x10), const(0x11), const(0x13), const(0x20), const(0xFF)
_PRIORITY = const(7)
_T1, _T2, _T3, _T4, _BAM_GAP = const(750), const(1250), const(1250), const(1050), const(50)
_PACKET = const(7)
_RETRIES = const(2)
ABORT_BUSY, ABORT_RESOURCES, ABORT_TIMEOUT = 1, 2, 3

IDLE, WAIT_CTS, SENDING, WAIT_END, BROADCASTING = 0, 1, 2, 3, 4


def can_id(priority, pf, destination, source):
    """29-bit identifier of a peer-to-peer message (PDU1)."""
    return priority << 26 | pf << 16 | destination << 8 | source


class Transport:
    def __init__(self, own, peer, queue, rx_bytes=512, tx_bytes=64):
        """Addresses of the two nodes; `queue` takes what must be sent; a longer message is refused."""
        self.own = own
        self.peer = peer
        self.queue = queue
        self.cm_id = can_id(_PRIORITY, PF_CM, peer, own)
        self.dt_id = can_id(_PRIORITY, PF_DT, peer, own)
        self.rx = bytearray(rx_bytes)  # the message that feed() announced, in rx[:rx_n]
        self.rx_n = 0
        self.rx_pf = 0
        self.rx_active = False
        self.rx_broadcast = False
        self.rx_next = 0
        self.rx_packets = 0
        self.rx_window = 0
        self.rx_granted = 0
        self.rx_until = 0
        self.rx_retries = 0
        self.rx_gap = False
        self.tx = bytearray(tx_bytes)
        self.tx_n = 0
        self.tx_pf = 0
        self.tx_state = IDLE
        self.tx_next = 0
        self.tx_last = 0
        self.tx_packets = 0
        self.tx_until = 0
        self.aborts = 0  # transfers that ended badly, either way
        self._cm = bytearray(8)

    def reset(self):
        """Forget both transfers."""
        self.rx_active = False
        self.tx_state = IDLE

    # reception

    def feed(self, frame, now):
        """Take a TP.CM or TP.DT frame from the peer; True when a message is complete in rx[:rx_n]."""
        if frame.n < 8:
            return False
        if (frame.id >> 16) & 0xFF == PF_DT:
            return self._data(frame.data, now)
        self._control(frame.data, (frame.id >> 8) & 0xFF, now)
        return False

    def _control(self, data, destination, now):
        kind = data[0]
        if kind == _RTS and destination == self.own:
            self._open(data, False, now)
        elif kind == _BAM and destination == BROADCAST:
            if not self.rx_active or self.rx_broadcast:
                self._open(data, True, now)
        elif kind == _CTS:
            self._cleared(data, now)
        elif kind == _END:
            if self.tx_state == WAIT_END and data[6] == self.tx_pf:
                self.tx_state = IDLE
        elif kind == _ABORT:
            self._aborted(data[6])

    def _aborted(self, pf):
        if self.rx_active and pf == self.rx_pf:
            self.rx_active = False
            self.aborts += 1
        if self.tx_state != IDLE and pf == self.tx_pf:
            self.tx_state = IDLE
            self.aborts += 1

    def _open(self, data, broadcast, now):
        n = data[1] | data[2] << 8
        packets = data[3]
        self.rx_active = False
        if not SHORTEST <= n <= LONGEST or packets != (n + 6) // _PACKET or n > len(self.rx):
            if not broadcast:
                self._send_cm(_ABORT, ABORT_RESOURCES, 0xFF, 0xFF, 0xFF, data[6])
            self.aborts += 1
            return
        self.rx_active = True
        self.rx_broadcast = broadcast
        self.rx_pf = data[6]
        self.rx_n = n
        self.rx_packets = packets
        self.rx_window = data[4] if data[4] else packets
        self.rx_next = 1
        self.rx_retries = 0
        self.rx_gap = False
        if broadcast:
            self.rx_until = ticks_add(now, _T1)
        else:
            self._clear_to_send(now)

    def _clear_to_send(self, now):
        left = self.rx_packets - self.rx_next + 1
        if left > self.rx_window:
            left = self.rx_window
        self.rx_granted = self.rx_next + left - 1
        self._send_cm(_CTS, left, self.rx_next, 0xFF, 0xFF, self.rx_pf)
        self.rx_until = ticks_add(now, _T2)

    def _data(self, data, now):
        if not self.rx_active:
            return False
        sequence = data[0]
        if sequence < self.rx_next:
            return False  # again
        if sequence > self.rx_next:
            if not self.rx_gap:
                self._gap(now)
            return False
        self.rx_gap = False
        at = (sequence - 1) * _PACKET
        count = self.rx_n - at
        if count > _PACKET:
            count = _PACKET
        rx = self.rx
        for i in range(count):
            rx[at + i] = data[i + 1]
        self.rx_next = sequence + 1
        self.rx_until = ticks_add(now, _T1)
        if self.rx_next <= self.rx_packets:
            if not self.rx_broadcast and self.rx_next > self.rx_granted:
                self._clear_to_send(now)
            return False
        self.rx_active = False
        if not self.rx_broadcast:
            self._send_cm(_END, self.rx_n & 0xFF, self.rx_n >> 8, self.rx_packets, 0xFF, self.rx_pf)
        return True

    def _gap(self, now):
        self.rx_gap = True  # what follows it will come again too
        self.rx_retries += 1
        if self.rx_broadcast or self.rx_retries > _RETRIES:
            self._give_up()
        else:
            self._clear_to_send(now)

    def _give_up(self):
        self.rx_active = False
        self.aborts += 1
        if not self.rx_broadcast:
            self._send_cm(_ABORT, ABORT_TIMEOUT, 0xFF, 0xFF, 0xFF, self.rx_pf)

    # transmission

    def send(self, pf, data, n, now, broadcast=False):
        """Begin to send data[:n]; False while another message is on its way. LocalError for a length that
        transport does not carry.
        """
        if not SHORTEST <= n <= len(self.tx):
            raise LocalError("no length for J1939 transport")
        if self.tx_state != IDLE:
            return False
        tx = self.tx
        for i in range(n):
            tx[i] = data[i]
        self.tx_n = n
        self.tx_pf = pf
        self.tx_packets = (n + 6) // _PACKET
        self.tx_next = 1
        if broadcast:
            self.tx_state = BROADCASTING
            self.tx_until = ticks_add(now, _BAM_GAP)
            self._send_cm(_BAM, n & 0xFF, n >> 8, self.tx_packets, 0xFF, pf, BROADCAST)
        else:
            self.tx_state = WAIT_CTS
            self.tx_until = ticks_add(now, _T3)
            self._send_cm(_RTS, n & 0xFF, n >> 8, self.tx_packets, 0xFF, pf)
        return True

    def _cleared(self, data, now):
        if self.tx_state == IDLE or self.tx_state == BROADCASTING or data[6] != self.tx_pf:
            return
        count = data[1]
        if count == 0:
            self.tx_state = WAIT_CTS
            self.tx_until = ticks_add(now, _T4)
            return
        first = data[2]
        if not 1 <= first <= self.tx_packets:
            return
        self.tx_next = first
        self.tx_last = first + count - 1
        if self.tx_last > self.tx_packets:
            self.tx_last = self.tx_packets
        self.tx_state = SENDING
        self._pump(now)

    def _pump(self, now):
        """Queue the packets that were granted, as far as there is room."""
        queue = self.queue
        while self.tx_state == SENDING and queue.count < len(queue.frames):
            self._packet(self.dt_id)
            if self.tx_next > self.tx_last:
                self.tx_state = WAIT_END if self.tx_next > self.tx_packets else WAIT_CTS
                self.tx_until = ticks_add(now, _T3)

    def _packet(self, dt_id):
        at = (self.tx_next - 1) * _PACKET
        cm = self._cm
        cm[0] = self.tx_next
        tx = self.tx
        for i in range(_PACKET):
            cm[i + 1] = tx[at + i] if at + i < self.tx_n else 0xFF
        self.queue.put(dt_id, True, cm, 8)
        self.tx_next += 1

    def _send_cm(self, kind, b1, b2, b3, b4, pf, destination=-1):
        cm = self._cm
        cm[0] = kind
        cm[1] = b1
        cm[2] = b2
        cm[3] = b3
        cm[4] = b4
        cm[5] = 0
        cm[6] = pf
        cm[7] = 0
        self.queue.put(self.cm_id if destination < 0 else self.cm_id | 0xFF00, True, cm, 8)

    def tick(self, now):
        """Let time pass."""
        if self.rx_active and ticks_diff(now, self.rx_until) >= 0:
            self._give_up()
        state = self.tx_state
        if state == SENDING:
            self._pump(now)
        elif state == BROADCASTING:
            if ticks_diff(now, self.tx_until) >= 0:
                self._packet(self.dt_id | 0xFF00)
                self.tx_until = ticks_add(now, _BAM_GAP)
                if self.tx_next > self.tx_packets:
                    self.tx_state = IDLE
        elif state != IDLE and ticks_diff(now, self.tx_until) >= 0:
            self.tx_state = IDLE
            self.aborts += 1
            self._send_cm(_ABORT, ABORT_TIMEOUT, 0xFF, 0xFF, 0xFF, self.tx_pf)

    def next_deadline(self, now):
        """Milliseconds until tick() has something to do; -1 = nothing under way."""
        wait = -1
        if self.rx_active:
            wait = max(ticks_diff(self.rx_until, now), 0)
        if self.tx_state == SENDING:
            return 0
        if self.tx_state != IDLE:
            wait = sooner(wait, max(ticks_diff(self.tx_until, now), 0))
        return wait
