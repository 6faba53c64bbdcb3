"""The series of every bay with a guard, out of a recording: the firmware replays it, so that even what
was not recorded (the must-run line) is what it computed then.

One sample a second; wear is fed once a minute. The wear of the run stands beside that of the same car
charged at full power on arrival and then left alone: the difference is what V2G cost, or saved. Both
start as a battery of AGED_DAYS equal days, as the first days of a new one would weigh too much.
"""

from firmware import codes
from firmware.guard.wear import DAY_MINUTES, Wear
from firmware.image import GOOD
from firmware.replay import Replay
from protocols.ticks import ticks_diff

AGED_DAYS = 730
TEMP_DC = 250  # where nobody tells the battery's temperature
_LINE_S = 15  # from one point of the must-run line to the next


class Bay:
    """Lists of one sample a second; powers in W, + = charging, SOC in 0.01 %."""

    def __init__(self, name, bay, promise, battery):
        self.name, self.bay, self.promise = name, bay, promise
        self.t_s, self.soc, self.floor, self.ceiling, self.target = [], [], [], [], []
        self.power_w, self.low_w, self.high_w, self.limit, self.must = [], [], [], [], []
        self.line_s, self.line = [], []
        self.depart_s = None
        self.lfp = battery["chemistry"] == "lfp"
        self.capacity_wh = battery["capacity_wh"]
        self.wear, self.charged_only = aged(self.lfp), aged(self.lfp)
        self.before = self.wear.losses()
        self.reference_bp = None

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
        self.limit.append(self._limit())
        if bay.depart.quality == GOOD:
            left_s = ticks_diff(bay.depart.value, now) // 1000
            self.depart_s = t_s + left_s
            if t_s % _LINE_S == 0 and left_s > 0:
                self._draw_line(t_s, left_s)
        if t_s % 60 == 0:
            self._age()

    def _limit(self):
        """What bound the command, 0 when nothing did."""
        bay = self.bay
        if bay.must.value:
            return bay.must.value
        if bay.command_w.value >= bay.envelope_hi_w.value:
            return bay.limit_hi.value
        if bay.command_w.value <= bay.envelope_lo_w.value:
            return bay.limit_lo.value
        return codes.LIMIT_NONE

    def _draw_line(self, t_s, left_s):
        """The SOC below which full power would come too late, by what limits the power now."""
        promise = self.promise
        self.line_s.append(t_s)
        self.line.append(
            promise.line_bp(promise.target_bp(), self.bay.cap_w or promise.full_w, left_s * 1000)
        )

    def _age(self):
        soc_bp = self.bay.soc_bp.value
        self.wear.minute(soc_bp, TEMP_DC)
        if self.reference_bp is None:
            self.reference_bp = soc_bp
        step_bp = self.promise.full_w * 10000 // 60 * 94 // 100 // self.capacity_wh
        if self.reference_bp < self.promise.target_bp():
            self.reference_bp = min(self.promise.target_bp(), self.reference_bp + step_bp)
        self.charged_only.minute(self.reference_bp, TEMP_DC)

    def finish(self):
        """Book what is left of the day."""
        for wear in (self.wear, self.charged_only):
            wear.flow.finish()
            if wear.minutes:
                wear.close_day()

    def cost(self):
        """[(model, cause, ppm of the capacity with V2G, charging only)]."""
        rows = []
        names = ("BLAST LFP", "Naumann LFP") if self.lfp else ("BLAST NMC", "Xu 2018 NMC")
        ran, reference = self.wear.losses(), self.charged_only.losses()
        for k, model in enumerate(names):
            for j, cause in enumerate(("time", "use")):
                begun = self.before[k][j]
                rows.append((model, cause, (ran[k][j] - begun) / 1000, (reference[k][j] - begun) / 1000))
        return rows


class Collector(Replay):
    """A replay that keeps its series: `bays`, and what differed as any replay."""

    def __init__(self, file):
        super().__init__(file)
        self.ms = 0
        self._next_ms = 0
        guard = self.controller.guard
        promises = {id(own.bay): own.promise for own in (guard.guards if guard is not None else ())}
        self.bays = [
            Bay(row["name"], bay, promises[id(bay)], row["battery"])
            for row, bay in zip(self.config["bays"], self.image.bays)
            if id(bay) in promises
        ]

    def _step(self, frame):
        super()._step(frame)
        self.ms += frame.dt_ms
        while self.ms >= self._next_ms:
            for bay in self.bays:
                bay.sample(self._next_ms // 1000, self.controller.last)
            self._next_ms += 1000


def aged(lfp):
    """A battery that has stood and driven for AGED_DAYS: 65 % SOC, 0.2 full cycles a day."""
    wear = Wear(lfp)
    for _ in range(AGED_DAYS):
        wear.minutes = DAY_MINUTES
        wear.soc_sum = 6500 * DAY_MINUTES
        wear.temp_sum = TEMP_DC * DAY_MINUTES
        wear.rate_sum = round(wear._rate(0.65, 298.15) * wear.rate_units) * DAY_MINUTES
        wear.cube_sum = round(0.15**3 * 100000) * DAY_MINUTES
        wear.moved_bp = wear.fast_bp = 4000
        wear.fast_minutes = 300
        wear.low_bp, wear.high_bp = 5500, 7500
        wear.close_day()
    return wear


def collect(path):
    """The collector of a recording, replayed to its end."""
    with open(path, "rb") as file:
        collector = Collector(file)
        collector.run()
    for bay in collector.bays:
        bay.finish()
    return collector
