"""How GB/T 27930.2-2024 carries its messages between two nodes: unreliable short, reliable short, long.

Backed by (see modules.py for the letters): identifiers, control types and byte places D (a third-party DBC of
a 27930.2 tester) and O (OpenChaoJi's transport layer, open source of the same family); the times O, as a
class-B stack has them: they are parameters here, unverified for this part of the standard.

* PF 36h, priority 6: unreliable short, byte 0 is the PGI; nothing is answered.
* PF 35h, priority 4: reliable short; the receiver answers at once with a control frame 0 that names the PGI.
  Without it the message is sent again after RESEND_MS, RESENDS times; then the link has failed.
* PF 34h, priority 6: long, up to 1785 bytes. Frame 0 announces (frames, bytes low, high); the receiver asks
  with control 1 (first frame, how many) and gets frames 1..n of seven bytes, FRAME_MS apart; it asks again
  for what is missing, and ends with control 3 (frames, bytes). CONTROL_MS without an answer: the sender says
  its last frame again, TRIES times, then control 2, and the link has failed; WHOLE_MS limits the transfer.
* PF 37h, priority 3: control frames of both directions.

One transmission at a time, reliable or long (that a sender has no second one under way is assumed); one
reception. A repeated reliable message is answered and handed over again: its reader must not mind.

lint: integer, hot
"""

from protocols.j1939 import can_id
from protocols.ticks import sooner, ticks_add, ticks_diff
from protocols.upy import const

PF_LONG, PF_RELIABLE, PF_UNRELIABLE, PF_CONTROL = 0x34, 0x35, 0x36, 0x37
PRIORITIES = (6, 4, 6, 3)
HEARD, ASKED, REFUSED, ENDED = 0, 1, 2, 3  # byte 0 of a control frame
RESEND_MS, RESENDS = 250, 4
FRAME_MS, CONTROL_MS, TRIES, WHOLE_MS = 10, 100, 3, 10000
LONGEST = 1785
_PACKET = const(7)
_FULL = const(8)

IDLE, RELIABLE, ANNOUNCED, SENDING, WAITING = 0, 1, 2, 3, 4


class Carrier:
    def __init__(self, own, peer, queue, rx_bytes=64, tx_bytes=64):
        """Addresses of the two nodes; `queue` takes what must be sent; a longer message is refused."""
        self.queue = queue
        self.own = own
        self.peer = peer
        self.ids = [can_id(PRIORITIES[i], PF_LONG + i, peer, own) for i in range(4)]
        self.rx = bytearray(rx_bytes)  # the message that feed() announced, in rx[:rx_n]
        self.rx_n = 0
        self.state = IDLE
        self.failed = False  # the last transmission was given up
        self._tx = bytearray(tx_bytes)
        self._tx_n = 0
        self._frames = 0  # of the transmission
        self._next = 0  # frame to send
        self._last = 0  # of those that were asked for
        self._tries = 0
        self._at = 0  # when something is due
        self._until = 0
        self._frame = bytearray(_FULL)
        self._long = bytearray(rx_bytes)
        self._long_n = 0
        self._long_frames = 0  # 0 = no reception
        self._done_frames = 0  # of the last one that came whole
        self._seen = bytearray(rx_bytes // _PACKET + 2)
        self._long_until = 0

    def reset(self):
        """Give up what is under way."""
        self.state = IDLE
        self.failed = False
        self._long_frames = self._done_frames = 0

    def is_free(self):
        """Whether another reliable or long message may start."""
        return self.state == IDLE

    # sending

    def send_unreliable(self, data, n):
        """A short message that nobody answers; False when the queue is full."""
        self._fill(data, n)
        return self.queue.put(self.ids[2], True, self._frame, _FULL)

    def send_reliable(self, data, n, now):
        """A short message; False while another one is under way."""
        if self.state != IDLE or n > _FULL:
            return False
        self._keep(data, n, now)
        self.state = RELIABLE
        return self._say_reliable(now)

    def send_long(self, data, n, now):
        """A long message; False while another one is under way."""
        if self.state != IDLE or n > len(self._tx):
            return False
        self._keep(data, n, now)
        self._frames = (n + _PACKET - 1) // _PACKET
        self.state = ANNOUNCED
        return self._announce(now)

    def _keep(self, data, n, now):
        for i in range(n):
            self._tx[i] = data[i]
        self._tx_n = n
        self._tries = 0
        self.failed = False
        self._until = ticks_add(now, WHOLE_MS)

    def _fill(self, data, n):
        for i in range(_FULL):
            self._frame[i] = data[i] if i < n else 0xFF

    def _say_reliable(self, now):
        self._at = ticks_add(now, RESEND_MS)
        self._fill(self._tx, self._tx_n)
        return self.queue.put(self.ids[1], True, self._frame, _FULL)

    def _announce(self, now):
        self._at = ticks_add(now, CONTROL_MS)
        return self._put(0, 0, self._frames, self._tx_n)

    def _put(self, which, first, second, number):
        """A frame of these bytes: first, second, number low and high."""
        frame = self._frame
        for i in range(_FULL):
            frame[i] = 0xFF
        frame[0] = first
        frame[1] = second
        frame[2] = number & 0xFF
        frame[3] = number >> 8
        return self.queue.put(self.ids[which], True, frame, _FULL)

    def _say_frame(self, number):
        frame = self._frame
        frame[0] = number
        at = (number - 1) * _PACKET
        for i in range(_PACKET):
            frame[1 + i] = self._tx[at + i] if at + i < self._tx_n else 0xFF
        return self.queue.put(self.ids[0], True, frame, _FULL)

    def tick(self, now):
        """Repeat, go on, or give up."""
        if self._long_frames and ticks_diff(now, self._long_until) >= 0:
            self._long_frames = 0
        if self.state == IDLE or ticks_diff(now, self._at) < 0:
            return
        if self.state == SENDING:
            self._go_on(now)
            return
        self._tries += 1
        if self._tries > (RESENDS if self.state == RELIABLE else TRIES) or self._is_over(now):
            self._give_up()
        elif self.state == RELIABLE:
            self._say_reliable(now)
        elif self.state == ANNOUNCED:
            self._announce(now)
        else:
            self._say_frame(self._last)
            self._at = ticks_add(now, CONTROL_MS)

    def _is_over(self, now):
        return self.state != RELIABLE and ticks_diff(now, self._until) >= 0

    def _go_on(self, now):
        if not self._say_frame(self._next):
            return  # the queue is full: once more with the next tick
        self._next += 1
        self._at = ticks_add(now, FRAME_MS)
        if self._next > self._last:
            self.state = WAITING
            self._at = ticks_add(now, CONTROL_MS)

    def _give_up(self):
        if self.state != RELIABLE:
            self._put(3, REFUSED, 0xFF, 0xFFFF)
        self.state = IDLE
        self.failed = True

    # receiving

    def feed(self, frame, now):
        """Take a frame; True when rx[:rx_n] has a message."""
        identifier = frame.id
        if not frame.extended or frame.remote or frame.n < _FULL or identifier & 0xFF != self.peer:
            return False
        if identifier >> 8 & 0xFF != self.own:
            return False
        pf = identifier >> 16 & 0xFF
        if pf == PF_CONTROL:
            self._control(frame.data, now)
        elif pf == PF_LONG and identifier >> 26 == PRIORITIES[0]:
            return self._take_long(frame.data, now)
        elif pf == PF_RELIABLE or pf == PF_UNRELIABLE and identifier >> 26 == PRIORITIES[2]:
            if pf == PF_RELIABLE:
                self._put(3, HEARD, 0xFF, frame.data[0] | 0xFF00)
            for i in range(_FULL):
                self.rx[i] = frame.data[i]
            self.rx_n = _FULL
            return True
        return False

    def _control(self, data, now):
        state = self.state
        kind = data[0]
        if kind == HEARD:
            if state == RELIABLE and data[2] == self._tx[0]:
                self.state = IDLE
        elif state < ANNOUNCED:
            return  # of nothing that we said
        elif kind == ASKED:
            self._asked(data[1], data[2], now)
        elif kind == REFUSED:
            self.state = IDLE
            self.failed = True
        elif kind == ENDED:
            self.state = IDLE

    def _asked(self, first, count, now):
        if first < 1 or first > self._frames or count < 1:
            return
        self._next = first
        self._last = min(first + count - 1, self._frames)
        self._tries = 0
        self._at = now
        self.state = SENDING

    def _take_long(self, data, now):
        if data[0] == 0:
            self._begin(data, now)
            return False
        if not self._long_frames or data[0] > self._long_frames:
            if not self._long_frames and data[0] == self._done_frames:
                self._put(3, ENDED, self._done_frames, self._long_n)  # our word was lost
            return False
        number = data[0]
        at = (number - 1) * _PACKET
        for i in range(_PACKET):
            if at + i < self._long_n:
                self._long[at + i] = data[1 + i]
        self._seen[number] = 1
        missing = self._missing()
        if missing:
            if number == self._long_frames:
                self._put(3, ASKED, missing, self._long_frames - missing + 1 | 0xFF00)
            return False
        self._put(3, ENDED, self._long_frames, self._long_n)
        for i in range(self._long_n):
            self.rx[i] = self._long[i]
        self.rx_n = self._long_n
        self._done_frames = self._long_frames
        self._long_frames = 0
        return True

    def _begin(self, data, now):
        n = data[2] | data[3] << 8
        frames = (n + _PACKET - 1) // _PACKET
        if n > len(self._long) or n == 0 or frames != data[1]:
            self._put(3, REFUSED, 0xFF, 0xFFFF)
            return
        self._long_n = n
        self._long_frames = frames
        self._long_until = ticks_add(now, WHOLE_MS)
        for i in range(len(self._seen)):
            self._seen[i] = 0
        self._put(3, ASKED, 1, frames | 0xFF00)

    def _missing(self):
        """The first frame that has not come; 0 = none."""
        for number in range(1, self._long_frames + 1):
            if not self._seen[number]:
                return number
        return 0

    def next_deadline(self, now):
        """Milliseconds until tick() has something to do; -1 = nothing."""
        wait_ms = -1
        if self.state != IDLE:
            wait_ms = max(ticks_diff(self._at, now), 0)
        if self._long_frames:
            wait_ms = sooner(wait_ms, max(ticks_diff(self._long_until, now), 0))
        return wait_ms
