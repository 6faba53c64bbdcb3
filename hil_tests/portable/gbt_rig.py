"""Charger and vehicle on a bus in memory, in virtual time; the wire may be cut or bent."""

from protocols.can import CanFrame
from protocols.gbt27930 import charger as c
from protocols.gbt27930 import tables as t
from protocols.gbt27930 import vehicle as v
from protocols.j1939 import can_id
from protocols.ticks import TICKS_MASK, ticks_add

START = TICKS_MASK - 1500  # the ticks wrap within the first two seconds


class Rig:
    def __init__(self, options=None, bms=None):
        self.options = options or c.ChargerOptions()
        self.charger = c.Charger(self.options)
        self.bms = bms or v.VehicleState()
        self.vehicle = v.Vehicle(self.bms)
        self.now = START
        self.ms = 0
        self.at = {}  # id -> when it was sent, ms; the newest
        self.last = {}  # id -> data of the last
        self.lose = None  # (from the charger?, PF) -> True = this frame never arrives
        self.close_after_ms = 300  # the vehicle's contactors
        self.insulate = True  # our owner's work is done at once, or not at all
        self.precharge = True
        self.states = [c.IDLE]

    def plug(self):
        self.vehicle.plugged(self.now)
        self.charger.start(self.now)
        self._note()

    def run(self, ms, step_ms=10):
        """Let this time pass; the owners do their part."""
        end = self.ms + ms
        while self.ms < end:
            self.ms += step_ms
            self.now = ticks_add(self.now, step_ms)
            self._owners()
            self._note()
            self.charger.tick(self.now)
            self._note()
            self.vehicle.tick(self.now)
            self._carry()

    def until(self, state, limit_ms=120000):
        """Run until the charger is in this state."""
        end = self.ms + limit_ms
        while self.charger.state != state:
            assert self.ms < end, "the charger stays in " + c.STATE_NAMES[self.charger.state]
            self.run(10)

    def _owners(self):
        charger, vehicle = self.charger, self.vehicle
        if charger.state == c.INSULATION and self.insulate:
            charger.insulated(self.now)
        if charger.state == c.PREPARE and self.precharge:
            charger.output_ready(self.now)
        if vehicle.state == v.PREPARE:
            if ((self.now - vehicle.since) & TICKS_MASK) >= self.close_after_ms:
                vehicle.ready(self.now)

    def _carry(self):
        busy = True
        while busy:
            busy = self._move(self.charger, self.vehicle, True)
            busy = self._move(self.vehicle, self.charger, False) or busy

    def _note(self):
        if self.charger.state != self.states[-1]:
            self.states.append(self.charger.state)

    def _move(self, sender, receiver, from_charger):
        frame = sender.queue.head()
        if frame is None:
            return False
        copy = CanFrame()
        copy.copy(frame)
        sender.queue.drop()
        self.last[copy.id] = bytes(copy.data[: copy.n])
        at = self.at.setdefault(copy.id, [])
        if len(at) >= 300:
            at[:150] = []
        at.append(self.ms)
        if self.lose is None or not self.lose(from_charger, (copy.id >> 16) & 0xFF):
            receiver.feed(copy, self.now)
            self._note()
        return True

    def times(self, message):
        """When frames with this message's identifier were sent, ms; the newest."""
        return self.at.get(self._id(message), [])

    def data_of(self, message):
        """Data of the last frame of this message."""
        return self.last.get(self._id(message))

    def _id(self, message):
        row = t.MESSAGES[message]
        ends = (t.VEHICLE, t.CHARGER) if row[t.FROM_CHARGER] else (t.CHARGER, t.VEHICLE)
        return can_id(row[t.PRIORITY], row[t.PF], ends[0], ends[1])
