"""What both ends of a GB/T 27930.2-2024 session share: messages by PGI over the carrier, one after another.

Reliable and long messages wait in a list until the carrier is free; say() appends. heard() tells of each one
that the peer answered; when the carrier gives up, LINK_LOST happens. Unverified as modules.py tells.
"""

from protocols.can import FrameQueue
from protocols.gbt27930 import modules as m
from protocols.gbt27930.carrier import Carrier
from protocols.gbt27930.session import Session
from protocols.gbt27930.tables import BYTES, CHARGER, FEWEST, FROM_CHARGER, VEHICLE
from protocols.ticks import sooner

LINK_LOST = 31  # event of every table
_QUEUE = 24
_WAITING = 6


class ModuleEnd(Session):
    def __init__(self, is_charger, transitions, sends, waits):
        super().__init__(m.MESSAGES, transitions, sends, waits)
        own, peer = (CHARGER, VEHICLE) if is_charger else (VEHICLE, CHARGER)
        self.queue = FrameQueue(_QUEUE)
        self.carrier = Carrier(own, peer, self.queue)
        self.is_charger = is_charger
        self.to_say = []
        self.saying = -1  # the message that is under way
        self.strikes = 0
        self.known = {}
        for i in range(len(m.MESSAGES)):
            if m.MESSAGES[i][FROM_CHARGER] != is_charger:
                self.known[m.MESSAGES[i][m.PGI]] = i

    def forget(self):
        super().forget()
        self.carrier.reset()
        self.queue.clear()
        self.to_say = []
        self.saying = -1

    def heard(self, message, now):
        """The peer answered this message; the ends turn it into events."""

    def say(self, message):
        """Reliably, after what waits already; once is enough."""
        if message not in self.to_say and len(self.to_say) < _WAITING:
            self.to_say.append(message)

    def feed(self, frame, now):
        """Take a frame from the bus; others' frames change nothing."""
        carrier = self.carrier
        whole = carrier.feed(frame, now)
        self._finish(now)
        if not whole:
            return
        message = self.known.get(carrier.rx[0], -1)
        if message < 0 or carrier.rx_n < m.MESSAGES[message][FEWEST]:
            self.ignored += 1
            return
        self.take(message, carrier.rx, carrier.rx_n, now)

    def tick(self, now):
        carrier = self.carrier
        carrier.tick(now)
        self._finish(now)
        if self.to_say and carrier.is_free() and self.send_once(self.to_say[0], now):
            self.saying = self.to_say.pop(0)
        super().tick(now)

    def _finish(self, now):
        """What was under way was heard, or given up."""
        carrier = self.carrier
        if self.saying < 0 or not carrier.is_free():
            return
        message = self.saying
        self.saying = -1
        if carrier.failed:
            carrier.failed = False
            self.to_say = []
            self.happen(LINK_LOST, now)
        else:
            self.heard(message, now)

    def dress(self, message, data):
        data[0] = m.MESSAGES[message][m.PGI]

    def ship(self, message, data, n, now):
        travels = m.MESSAGES[message][m.TRAVELS]
        if travels == m.UNRELIABLE:
            return self.carrier.send_unreliable(data, n)
        if travels == m.RELIABLE:
            return self.carrier.send_reliable(data, n, now)
        return self.carrier.send_long(data, m.MESSAGES[message][BYTES], now)

    def next_deadline(self, now):
        if self.to_say and self.carrier.is_free():
            return 0
        return sooner(self.carrier.next_deadline(now), super().next_deadline(now))
