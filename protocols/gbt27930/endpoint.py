"""What both ends of a GB/T 27930 session share: one transition table, periodic messages, time-outs, strikes.

Sans-IO: feed() takes a frame, tick() lets time pass, `queue` holds what must be sent, next_deadline() says
when tick() is wanted again. An end is described by three tables of its module:

* TRANSITIONS: (state, event, next state); a pair that is not there changes nothing and is counted;
* SENDS: state -> messages that are sent there, at once and then in their period;
* WAITS: (state, message, limit in ms, time-out field of the error message): EXPIRED unless the message came
  within its limit, counted from the later of its last arrival and the entry of the state; message -1 limits
  the time in the state itself.

A received message is in values[message], with have[message] and its time in time[message]. What is to be sent
stands in values[message] too.
"""

from protocols.can import FrameQueue
from protocols.gbt27930.codec import decode, encode
from protocols.gbt27930.tables import (
    ABSENT,
    BYTES,
    CHARGER,
    FEWEST,
    FIELDS,
    FROM_CHARGER,
    MESSAGES,
    PERIOD_MS,
    PF,
    PRIORITY,
    SESSION_2015,
    SESSION_DISCHARGE,
    VEHICLE,
)
from protocols.j1939 import PF_CM, PF_DT, Transport, can_id
from protocols.ticks import sooner, ticks_add, ticks_diff

EXPIRED = 0  # the event of every time-out
_QUEUE = 40  # a transport message of 1785 bytes needs no more at once: it is pumped
_EVENTS = 32


class Endpoint:
    def __init__(self, is_charger, discharge, transitions, sends, waits, rx_bytes):
        """`discharge`: the messages of GB/T 18487.4-2025 are known too."""
        own, peer = (CHARGER, VEHICLE) if is_charger else (VEHICLE, CHARGER)
        self.queue = FrameQueue(_QUEUE)
        self.transport = Transport(own, peer, self.queue, rx_bytes)
        self.own = own
        self.peer = peer
        self.is_charger = is_charger
        self.sends = sends
        self.waits = waits
        self._next = {}
        for row in transitions:
            self._next[row[0] * _EVENTS + row[1]] = row[2]
        self.known = {}  # PF -> message that the peer sends
        self.set_session(SESSION_DISCHARGE if discharge else SESSION_2015)
        self.values = [[ABSENT] * len(row[FIELDS]) for row in MESSAGES]
        self.raw = {}  # message -> bytes as they came, for messages with text: BRM
        self.have = [False] * len(MESSAGES)
        self.time = [0] * len(MESSAGES)
        self._due = [0] * len(MESSAGES)
        self._data = bytearray(64)
        self.state = 0
        self.since = 0
        self.strikes = 0
        self.ignored = 0  # messages that are not known, too short, or not expected

    def set_session(self, messages):
        """Which messages the PF of a frame may mean from now on."""
        self.known.clear()
        for message in messages:
            row = MESSAGES[message]
            if row[FROM_CHARGER] != self.is_charger:
                self.known[row[PF]] = message

    def forget(self):
        """A new session: nothing was received."""
        for i in range(len(self.have)):
            self.have[i] = False
        self.transport.reset()
        self.queue.clear()

    # events

    def happen(self, event, now):
        """Follow the table; True when it has the pair."""
        after = self._next.get(self.state * _EVENTS + event, -1)
        if after < 0:
            return False
        before = self.state
        self.state = after
        self.since = now
        for message in self.sends[after]:
            self._due[message] = now
        self.entered(before, event, now)
        return True

    def entered(self, before, event, now):
        """A state was entered; the ends act here."""

    def received(self, message, now):
        """A message was taken; the ends turn it into events."""

    def fill(self, message, now):
        """A message is about to be sent: bring values[message] up to date."""

    def expired(self, wait, now):
        """A row of WAITS ran out; the ends act before EXPIRED happens."""

    # frames

    def feed(self, frame, now):
        """Take a frame from the bus; others' frames change nothing."""
        frame_id = frame.id
        if not frame.extended or frame.remote or frame_id & 0xFF != self.peer:
            return
        pf = (frame_id >> 16) & 0xFF
        destination = (frame_id >> 8) & 0xFF
        if pf == PF_CM or pf == PF_DT:
            if destination == self.own or destination == 0xFF:
                transport = self.transport
                if transport.feed(frame, now):
                    self._take(transport.rx_pf, transport.rx, transport.rx_n, now)
        elif destination == self.own:
            self._take(pf, frame.data, frame.n, now)

    def _take(self, pf, data, n, now):
        message = self.known.get(pf, -1)
        if message < 0 or n < MESSAGES[message][FEWEST]:
            self.ignored += 1
            return
        decode(MESSAGES[message], data, n, self.values[message])
        if message in self.raw:
            self.raw[message] = bytes(data[:n])
        self.have[message] = True
        self.time[message] = now
        self.received(message, now)

    def tick(self, now):
        """Time-outs, then what is due."""
        self.transport.tick(now)
        self._watch(now)
        for message in self.sends[self.state]:
            if ticks_diff(now, self._due[message]) >= 0:
                self._send(message, now)

    def _watch(self, now):
        state = self.state
        for wait in self.waits:
            if wait[0] == state and ticks_diff(now, self._since(wait[1])) >= wait[2]:
                self.expired(wait, now)
                self.happen(EXPIRED, now)
                return

    def _since(self, message):
        """When the wait for `message` began."""
        if message >= 0 and self.have[message] and ticks_diff(self.time[message], self.since) > 0:
            return self.time[message]
        return self.since

    def _send(self, message, now):
        row = MESSAGES[message]
        self.fill(message, now)
        n = row[BYTES]
        data = self._data
        encode(row, self.values[message], data, n)
        self.dress(message, data)
        if n > 8:
            if not self.transport.send(row[PF], data, n, now):
                return  # the line is taken; it stays due
        elif not self.queue.put(can_id(row[PRIORITY], row[PF], self.peer, self.own), True, data, n):
            return
        self._due[message] = ticks_add(now, row[PERIOD_MS])
        self.sent(message, now)

    def dress(self, message, data):
        """Write the bytes fields of a message that was encoded."""

    def sent(self, message, now):
        """A message was queued."""

    def send_once(self, message, now):
        """Outside the periods."""
        self._send(message, now)

    def next_deadline(self, now):
        """Milliseconds until tick() has something to do; -1 = nothing."""
        wait_ms = self.transport.next_deadline(now)
        for message in self.sends[self.state]:
            wait_ms = sooner(wait_ms, max(ticks_diff(self._due[message], now), 0))
        for wait in self.waits:
            if wait[0] == self.state:
                left = wait[2] - ticks_diff(now, self._since(wait[1]))
                wait_ms = sooner(wait_ms, left if left > 0 else 0)
        return wait_ms
