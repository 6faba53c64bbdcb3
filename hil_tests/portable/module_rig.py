"""Both ends of a 27930.2-2024 session on a bus in memory, in virtual time; the wire may be cut or bent."""

from protocols.can import CanFrame
from protocols.gbt27930 import module_charger as c
from protocols.gbt27930 import module_vehicle as v
from protocols.gbt27930.vehicle import VehicleState
from protocols.ticks import TICKS_MASK, ticks_add


class Rig:
    def __init__(self, options=None, discharge_variant=0, waits=c.WAITS):
        self.charger = c.ModuleCharger(options or c.ModuleOptions(), waits)
        self.bms = VehicleState()
        self.vehicle = v.ModuleVehicle(self.bms, discharge_variant=discharge_variant)
        self.now = TICKS_MASK - 1500
        self.ms = 0
        self.lose = None  # (from the charger?, PF, byte 0) -> True = this frame never arrives
        self.last = {}  # (id, byte 0) -> data of the last
        self.states = [c.IDLE]
        self.insulate = self.precharge = True

    def plug(self):
        self.vehicle.plugged(self.now)
        self.charger.start(self.now)
        self._note()

    def run(self, ms):
        for _ in range(ms // 10):
            self.ms += 10
            self.now = ticks_add(self.now, 10)
            if self.charger.state == c.DETECT and self.insulate:
                self.charger.insulated(self.now)
            if self.charger.state == c.PREPARE and self.precharge:
                self.charger.output_ready(self.now)
            if self.vehicle.waits_for_contactors():
                self.vehicle.ready(self.now)
            self.charger.tick(self.now)
            self._note()
            self.vehicle.tick(self.now)
            while self._carry():
                self._note()

    def until(self, state, limit_ms=120000):
        end = self.ms + limit_ms
        while self.charger.state != state:
            assert self.ms < end, "the charger stays in " + c.STATE_NAMES[self.charger.state]
            self.run(10)

    def _carry(self):
        """One frame of either side; whether there was one."""
        charger, vehicle = self.charger, self.vehicle
        return self._move(charger, vehicle, True) or self._move(vehicle, charger, False)

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
        self.last[(copy.id, copy.data[0])] = bytes(copy.data[: copy.n])
        if self.lose is None or not self.lose(from_charger, copy.id >> 16 & 0xFF, copy.data[0]):
            receiver.feed(copy, self.now)
        return True
