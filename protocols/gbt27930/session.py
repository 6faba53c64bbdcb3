"""The state machine that every end of a GB/T 27930 session is: one transition table, periodic messages,
time-outs. How messages travel is the affair of the heirs (endpoint.py: 2015; module_end.py: 27930.2-2024).

Sans-IO: time comes in as `now`, next_deadline() says when tick() is wanted again. The tables of an end:

* messages: rows as in tables.py (name ... bytes, fewest, period, fields), a message is its index;
* TRANSITIONS: (state, event, next state); a pair that is not there changes nothing;
* SENDS: state -> messages that are sent there, at once and then in their period;
* WAITS: (state, message, limit in ms, what did not come): EXPIRED unless the message came within its limit,
  counted from the later of its last arrival and the entry of the state; message -1 limits the time in the
  state itself.

A received message is in values[message], with have[message] and its time in time[message]. What is to be sent
stands in values[message] too.
"""

from protocols.gbt27930.codec import decode, encode
from protocols.gbt27930.tables import ABSENT, BYTES, FIELDS, PERIOD_MS
from protocols.ticks import sooner, ticks_add, ticks_diff

EXPIRED = 0  # the event of every time-out
_EVENTS = 32


class Session:
    def __init__(self, messages, transitions, sends, waits):
        self.messages = messages
        self.sends = sends
        self.waits = waits
        self._next = {}
        for row in transitions:
            self._next[row[0] * _EVENTS + row[1]] = row[2]
        self.values = [[ABSENT] * len(row[FIELDS]) for row in messages]
        self.raw = {}  # message -> bytes as they came, for messages with text
        self.have = [False] * len(messages)
        self.time = [0] * len(messages)
        self._due = [0] * len(messages)
        self._data = bytearray(64)
        self.state = 0
        self.since = 0
        self.ignored = 0  # messages that are not known, too short, or not expected

    def forget(self):
        """A new session: nothing was received."""
        for i in range(len(self.have)):
            self.have[i] = False

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

    def dress(self, message, data):
        """Write the bytes fields of a message that was encoded."""

    def sent(self, message, now):
        """A message was queued."""

    def ship(self, message, data, n, now):
        """Hand data[:n] over for sending; False when the line is taken, it stays due then."""
        return False

    # messages

    def take(self, message, data, n, now):
        """A message that came whole."""
        decode(self.messages[message], data, n, self.values[message])
        if message in self.raw:
            self.raw[message] = bytes(data[:n])
        self.have[message] = True
        self.time[message] = now
        self.received(message, now)

    def tick(self, now):
        """Time-outs, then what is due."""
        self._watch(now)
        for message in self.sends[self.state]:
            if ticks_diff(now, self._due[message]) >= 0:
                self.send_once(message, now)

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

    def send_once(self, message, now):
        """Now, whatever its period says; True when it was handed over."""
        row = self.messages[message]
        self.fill(message, now)
        n = row[BYTES]
        data = self._data
        encode(row, self.values[message], data, n)
        self.dress(message, data)
        if not self.ship(message, data, n, now):
            return False
        self._due[message] = ticks_add(now, row[PERIOD_MS])
        self.sent(message, now)
        return True

    def next_deadline(self, now):
        """Milliseconds until tick() has something to do; -1 = nothing."""
        wait_ms = -1
        for message in self.sends[self.state]:
            wait_ms = sooner(wait_ms, max(ticks_diff(self._due[message], now), 0))
        for wait in self.waits:
            if wait[0] == self.state:
                left = wait[2] - ticks_diff(now, self._since(wait[1]))
                wait_ms = sooner(wait_ms, left if left > 0 else 0)
        return wait_ms
