"""Days of policy: image and controller of the firmware in steps of 60 s against the plant's batteries, no
bytes and no wires. Random cars, wishes, orders and site limits, all from a seed; some cars come later, some
drivers change their minds, leave early or stay on.
"""

import random

from firmware.assembly import make_image
from firmware.config import validate
from firmware.controller import Controller
from firmware.guard.departure import MODE_ORDERLY, MODE_V2G
from firmware.image import CONVERTER_OFF, CONVERTER_RUNNING
from protocols.ticks import TICKS_MASK, ticks_add
from tools.plant.battery import Battery

STEP_MS = 60000
RATING_W = 15000
ETA = 0.94
LATEST = 15 * 60  # no announced departure is later than this minute


class Car:
    """A battery behind a converter of fixed efficiency; what it takes or gives is physics."""

    def __init__(self, capacity_wh, soc_bp, resistance_mohm):
        self.battery = Battery(
            {
                "capacity_wh": capacity_wh,
                "soc_bp": soc_bp,
                "nominal_dv": 4000,
                "resistance_mohm": resistance_mohm,
                "temperature_dc": 250,
            }
        )
        self.delivered_wh = 0.0
        self.discharged_wh = 0.0

    def soc_bp(self):
        return self.battery.soc_bp()

    def run(self, ac_w, dt_h):
        """Let AC power flow for a while; what a full or an empty battery refuses does not flow."""
        battery = self.battery
        room_w = (battery.capacity_wh - battery.stored_wh) / dt_h / ETA
        ac_w = min(room_w, max(ac_w, -battery.stored_wh / dt_h * ETA))
        dc_w = ac_w * ETA if ac_w >= 0 else ac_w / ETA
        self.battery.step(dc_w, dt_h)
        self.delivered_wh += ac_w * dt_h
        self.discharged_wh -= min(0, ac_w * dt_h)
        return ac_w


class Day:
    """One random day of `bays` cars, minute by minute; `moves`: with late, changed and broken sessions."""

    def __init__(self, seed, bays=None, moves=False):
        self.seed = seed
        rng = self.rng = random.Random(seed)
        self.count = bays or rng.choice((1, 1, 1, 2, 3, 4))
        self.capacity_wh = [rng.choice((30000, 45000, 60000, 80000)) for _ in range(self.count)]
        self.hours = [rng.uniform(0.5, 14) for _ in range(self.count)]
        self.targets = [rng.randrange(4000, 10001, 100) for _ in range(self.count)]
        self.minimums = [min(rng.choice((0, 2000, 3000)), target) for target in self.targets]
        self.modes = [rng.choice((MODE_V2G, MODE_V2G, MODE_ORDERLY)) for _ in range(self.count)]
        self.caps_pct = [rng.choice((50, 50, 25, 10)) for _ in range(self.count)]
        self.site_w = 10**6 if self.count == 1 else rng.choice((10**6, self.count * RATING_W * 2 // 3))
        self.cars = [
            Car(c, rng.randrange(1000, 9500), rng.choice((20, 50, 90))) for c in self.capacity_wh
        ]
        self.sessions = [[(0, self.targets[i], self._minute(i))] for i in range(self.count)]
        self.gone = [depart for [(_, _, depart)] in self.sessions]  # when each car is unplugged
        if moves:
            for i in range(self.count):
                self._move(i, random.Random(seed * 7919 + i))
        config = validate(self._raw())
        self.image = make_image(config)
        self.controller = Controller(self.image, config)
        self.now = TICKS_MASK - rng.randrange(10**7)
        self.controller.start(self.now)
        self.power_w = [0] * self.count
        self.minute = 0
        self.there = [False] * self.count
        self.answers_w = []  # (ordered, what came) of each minute
        self.order_w = self.order()
        self._sessions_of_now()

    def _minute(self, i):
        return int(self.hours[i] * 60)

    def _move(self, i, rng):
        """Some come later, some change their session once or twice, some leave early or late."""
        come, target, depart = self.sessions[i][0]
        if rng.random() < 0.3:
            come = rng.randrange(0, 240)
            depart = min(LATEST, depart + come)
            self.sessions[i] = [(come, target, depart)]
        while rng.random() < 0.3 and depart - come > 20:
            come = rng.randrange(come + 1, depart - 10)
            if rng.random() < 0.7:
                depart = min(LATEST, come + rng.randrange(10, 600))
            if rng.random() < 0.5:
                target = rng.randrange(max(4000, self.minimums[i]), 10001, 100)
            self.sessions[i].append((come, target, depart))
        self.gone[i] = depart
        if rng.random() < 0.1:
            self.gone[i] = rng.randrange(come + 1, depart)
        elif rng.random() < 0.1:
            self.gone[i] = depart + rng.randrange(1, 90)

    def _raw(self):
        bays = []
        for i in range(self.count):
            battery = {
                "capacity_wh": self.capacity_wh[i],
                "chemistry": "nmc",
                "c_rate_pct": self.caps_pct[i],
            }
            bays.append(
                {"name": "b%d" % i, "rating_w": RATING_W, "converter": {"bus": "b"}, "battery": battery}
            )
        return {
            "site": {
                "import_max_w": self.site_w,
                "export_max_w": 10**6,
                "load_max_w": 0,
                "load_min_w": 0,
            },
            "buses": [{"name": "b", "kind": "tcp", "host": "h"}],
            "bays": bays,
            "control": {"ramp_w_per_s": 1000000, "validity_s": 0},
        }

    def order(self):
        """Dispatch that wants most of what hurts: long discharges, and never a charge by itself."""
        total_w = RATING_W * self.count
        return self.rng.choice((-total_w, -total_w, -total_w // 2, 0, total_w // 4))

    def cap_w(self, i):
        """The most that car `i` may be charged with, its taper apart."""
        return min(RATING_W, self.capacity_wh[i] * self.caps_pct[i] // 100)

    def session(self, i):
        """(since, target, departure) that holds now or is the next one, minutes."""
        found = self.sessions[i][0]
        for row in self.sessions[i]:
            if row[0] <= self.minute:
                found = row
        return found

    def _sessions_of_now(self):
        """Cars come and wishes change; True if so."""
        news = False
        for i, bay in enumerate(self.image.bays):
            since, target, depart = self.session(i)
            if since == self.minute:
                bay.target_bp.put(target, self.now)
                bay.minimum_bp.put(min(target, self.minimums[i]), self.now)
                bay.depart.put(ticks_add(self.now, (depart - self.minute) * STEP_MS), self.now)
                bay.mode.put(self.modes[i], self.now)
                self.there[i] = news = True
        return news

    def step(self, order_w, step_ms=STEP_MS):
        """A minute of the day, or a part of it."""
        self.now = ticks_add(self.now, step_ms)
        for i, bay in enumerate(self.image.bays):
            bay.power_w.put(self.power_w[i], self.now)
            bay.state.put(CONVERTER_RUNNING if self.there[i] else CONVERTER_OFF, self.now)
            bay.soc_bp.put(self.cars[i].soc_bp(), self.now)
        self.image.station.master_alive.put(1, self.now)
        self.image.station.agc_w.put(order_w, self.now)
        self.controller.step(self.now)
        for i, bay in enumerate(self.image.bays):
            self.power_w[i] = round(self.cars[i].run(bay.command_w.value, step_ms / 3600000))
        self.minute += step_ms // STEP_MS

    def run(self, watch=None):
        """Minutes until the last car is gone; `watch(day, news)` is asked before each of them."""
        for minute in range(max(self.gone) + 1):
            news = self._sessions_of_now() or minute == 0
            if watch is not None:
                watch(self, news)
            for i in range(self.count):
                if minute == self.gone[i]:
                    self.leave(i)
            if minute % 7 == 0:
                self.order_w = self.order()
            self.step(self.order_w)
            self.answers_w.append((self.order_w, sum(self.power_w)))

    def leave(self, i):
        """The car is gone: its place is empty and wants nothing."""
        bay = self.image.bays[i]
        bay.target_bp.put(0, self.now)
        bay.depart.fail()
        bay.mode.put(MODE_ORDERLY, self.now)
        self.there[i] = False
