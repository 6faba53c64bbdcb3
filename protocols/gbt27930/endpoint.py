"""What both ends of a GB/T 27930-2015 session share beyond the machine itself (session.py): frames with a PF
for each message, J1939 transport for the long ones, strikes.

feed() takes a frame, tick() lets time pass, `queue` holds what must be sent.
"""

from protocols.can import FrameQueue
from protocols.gbt27930.session import Session
from protocols.gbt27930.tables import (
    CHARGER,
    FEWEST,
    FROM_CHARGER,
    MESSAGES,
    PF,
    PRIORITY,
    SESSION_2015,
    SESSION_DISCHARGE,
    VEHICLE,
)
from protocols.j1939 import PF_CM, PF_DT, Transport, can_id
from protocols.ticks import sooner

_QUEUE = 40  # a transport message of 1785 bytes needs no more at once: it is pumped


class Endpoint(Session):
    def __init__(self, is_charger, discharge, transitions, sends, waits, rx_bytes):
        """`discharge`: the messages of GB/T 18487.4-2025 are known too."""
        super().__init__(MESSAGES, transitions, sends, waits)
        own, peer = (CHARGER, VEHICLE) if is_charger else (VEHICLE, CHARGER)
        self.queue = FrameQueue(_QUEUE)
        self.transport = Transport(own, peer, self.queue, rx_bytes)
        self.own = own
        self.peer = peer
        self.is_charger = is_charger
        self.known = {}  # PF -> message that the peer sends
        self.set_session(SESSION_DISCHARGE if discharge else SESSION_2015)
        self.strikes = 0

    def set_session(self, messages):
        """Which messages the PF of a frame may mean from now on."""
        self.known.clear()
        for message in messages:
            row = MESSAGES[message]
            if row[FROM_CHARGER] != self.is_charger:
                self.known[row[PF]] = message

    def forget(self):
        """A new session: nothing was received."""
        super().forget()
        self.transport.reset()
        self.queue.clear()

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
        self.take(message, data, n, now)

    def tick(self, now):
        self.transport.tick(now)
        super().tick(now)

    def ship(self, message, data, n, now):
        row = MESSAGES[message]
        if n > 8:
            return self.transport.send(row[PF], data, n, now)
        return self.queue.put(can_id(row[PRIORITY], row[PF], self.peer, self.own), True, data, n)

    def next_deadline(self, now):
        return sooner(self.transport.next_deadline(now), super().next_deadline(now))
