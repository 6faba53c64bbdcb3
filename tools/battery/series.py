"""The series of every bay with a guard, out of a recording: the firmware replays it, so that even what
was not recorded (the must-run line) is what it computed then.

One sample a second. Wear is counted by the firmware's own code (firmware/guard/usage.py), fed from the replay
as the device is fed by its loop: where the recording holds the whole session, and the device's store did not
know the vehicle before, both say the same.
"""

from firmware.guard.line import line_bp
from firmware.guard.usage import Usage
from firmware.image import GOOD
from firmware.orderport.query import bound
from firmware.replay import Replay
from protocols.ticks import ticks_diff

_LINE_S = 15  # from one point of the must-run line to the next


class Bay:
    """Lists of one sample a second; powers in W, + = charging, SOC in 0.01 %."""

    def __init__(self, name, bay, promise, place):
        self.name, self.bay, self.promise = name, bay, promise
        self.t_s, self.soc, self.floor, self.ceiling, self.target = [], [], [], [], []
        self.power_w, self.low_w, self.high_w, self.limit, self.must = [], [], [], [], []
        self.line_s, self.line, self.safe_line = [], [], []
        self.depart_s = None
        self.place = place

    def sample(self, t_s, now):
        bay = self.bay
        if bay.soc_bp.quality != GOOD or bay.power_w.quality != GOOD:
            return
        self.t_s.append(t_s)
        self.soc.append(bay.soc_bp.value)
        self.floor.append(bay.floor_bp.value)
        self.ceiling.append(min(10000, bay.ceiling_bp.value))
        self.target.append(self.promise.target_bp())
        self.power_w.append(bay.power_w.value)
        self.low_w.append(bay.envelope_lo_w.value)
        self.high_w.append(bay.envelope_hi_w.value)
        self.must.append(bay.must.value)
        self.limit.append(bound(bay))
        if bay.depart.quality == GOOD:
            left_s = ticks_diff(bay.depart.value, now) // 1000
            self.depart_s = t_s + left_s
            if t_s % _LINE_S == 0 and left_s > 0:
                self._draw_line(t_s, left_s)

    def _draw_line(self, t_s, left_s):
        """The SOC below which full power would come too late, by what limits the power now; and that with
        the margin, at which charging begins.
        """
        promise = self.promise
        cap_w, target_bp = self.bay.cap_w or promise.full_w, promise.target_bp()
        self.line_s.append(t_s)
        self.line.append(line_bp(promise, target_bp, cap_w, left_s * 1000))
        self.safe_line.append(line_bp(promise, target_bp, cap_w, max(0, left_s * 1000 - promise.margin())))

    def cost(self):
        """[(model, cause, ppm of the capacity with V2G, charging only)], of the whole recording."""
        figures = self.place.record.figures()
        return [(model, cause, ran / 1000, only / 1000) for model, cause, ran, only in figures]


class Collector(Replay):
    """A replay that keeps its series: `bays`, and what differed as any replay."""

    def __init__(self, file):
        super().__init__(file)
        self.ms = 0
        self._next_ms = 0
        self.usage = Usage(self.image, self.config, None)
        guard = self.controller.guard
        promises = {id(own.bay): own.promise for own in (guard.guards if guard is not None else ())}
        self.bays = [
            Bay(row["name"], bay, promises[id(bay)], self.usage.of(number))
            for number, (row, bay) in enumerate(zip(self.config["bays"], self.image.bays), 1)
            if id(bay) in promises
        ]

    def _step(self, frame):
        super()._step(frame)
        self.ms += frame.dt_ms
        if self.usage.last < 0 or ticks_diff(self.controller.last, self.usage.last) >= 1000:
            self.usage.update(self.controller.last)
        while self.ms >= self._next_ms:
            for bay in self.bays:
                bay.sample(self._next_ms // 1000, self.controller.last)
            self._next_ms += 1000


def collect(path):
    """The collector of a recording, replayed to its end."""
    with open(path, "rb") as file:
        collector = Collector(file)
        collector.run()
    collector.usage.keep(collector.controller.last)  # books the sessions
    return collector
