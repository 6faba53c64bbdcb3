"""Days of policy: image and controller of the firmware in steps of 60 s against the plant's batteries, no
bytes and no wires. Random cars, wishes, orders and site limits, all from a seed.

A feasible target is one that full power from the arrival on reaches: the reference runs the same battery
beside the day, with nobody else at the connection; of several cars behind one limit only those whose whole
demand fits (edf_feasible) are judged.
"""

import random

from firmware.assembly import make_image
from firmware.config import validate
from firmware.controller import Controller
from firmware.guard.departure import MODE_ORDERLY, MODE_V2G
from firmware.image import CONVERTER_RUNNING
from protocols.ticks import TICKS_MASK, ticks_add
from tools.plant.battery import Battery

STEP_MS = 60000
RATING_W = 15000
ETA = 0.94


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
        dc_w = ac_w * ETA if ac_w >= 0 else ac_w / ETA
        if not self.battery.takes(dc_w, dt_h):
            dc_w = ac_w = 0
        self.battery.step(dc_w, dt_h)
        self.delivered_wh += ac_w * dt_h
        self.discharged_wh -= min(0, ac_w * dt_h)
        return ac_w


class Day:
    """One random day of `bays` cars; `steps` of it run by `run`."""

    def __init__(self, seed, bays=None):
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
        self.start_bp = [car.soc_bp() for car in self.cars]
        config = validate(self._raw())
        self.image = make_image(config)
        self.controller = Controller(self.image, config)
        self.now = TICKS_MASK - rng.randrange(10**7)
        self.controller.start(self.now)
        self.power_w = [0] * self.count
        for i, bay in enumerate(self.image.bays):
            bay.target_bp.put(self.targets[i], self.now)
            bay.minimum_bp.put(self.minimums[i], self.now)
            bay.depart.put(ticks_add(self.now, round(self.hours[i] * 3600000)), self.now)
            bay.mode.put(self.modes[i], self.now)

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

    def step(self, order_w):
        """A minute of the day."""
        self.now = ticks_add(self.now, STEP_MS)
        for i, bay in enumerate(self.image.bays):
            bay.power_w.put(self.power_w[i], self.now)
            bay.state.put(CONVERTER_RUNNING, self.now)
            bay.soc_bp.put(self.cars[i].soc_bp(), self.now)
        self.image.station.master_alive.put(1, self.now)
        self.image.station.agc_w.put(order_w, self.now)
        self.controller.step(self.now)
        for i, bay in enumerate(self.image.bays):
            self.power_w[i] = round(self.cars[i].run(bay.command_w.value, STEP_MS / 3600000))

    def run(self, watch=None):
        """Minutes until the last departure; returns [(bay, target, SOC at departure)] of the missed ones."""
        missed = []
        order_w = self.order()
        for minute in range(int(max(self.hours) * 60) + 1):
            for i in range(self.count):
                if minute == int(self.hours[i] * 60) and self.cars[i].soc_bp() < self.targets[i]:
                    missed.append((i, self.targets[i], self.cars[i].soc_bp()))
                if minute == int(self.hours[i] * 60):
                    self.leave(i)
            if minute % 7 == 0:
                order_w = self.order()
            self.step(order_w)
            if watch is not None:
                watch(self, minute)
        return missed

    def leave(self, i):
        """The car is gone: its place is empty and wants nothing."""
        bay = self.image.bays[i]
        bay.target_bp.put(0, self.now)
        bay.depart.fail()
        bay.mode.put(MODE_ORDERLY, self.now)

    def feasible(self, i):
        """Whether full power from the arrival on reaches the target of car `i`, by simulation; for several
        cars behind a limit: whether all of them together, the earliest departure first.
        """
        if self.site_w < self.count * RATING_W:
            return i in self._edf()
        return self._alone(i)

    def _fresh(self, i):
        car = Car(self.capacity_wh[i], self.start_bp[i], self.cars[i].battery.resistance_ohm * 1000)
        return car

    def _alone(self, i):
        car = self._fresh(i)
        for _ in range(int(self.hours[i] * 60) - 1):
            car.run(self._full_w(i, car, RATING_W), STEP_MS / 3600000)
        return car.soc_bp() >= self.targets[i]

    def _full_w(self, i, car, room_w):
        if car.soc_bp() >= self.targets[i]:
            return 0
        cap_w = min(RATING_W, self.capacity_wh[i] * self.caps_pct[i] // 100, room_w)
        ceiling = max(9000, self.targets[i] + 200)
        return min(cap_w, RATING_W * max(0, ceiling - car.soc_bp()) // 500)

    def _edf(self):
        """Cars whose targets are met when the earliest departures come first; none if any is not."""
        cars = [self._fresh(i) for i in range(self.count)]
        order = sorted(range(self.count), key=lambda i: self.hours[i])
        met = set()
        for minute in range(int(max(self.hours) * 60) + 1):
            room_w = self.site_w
            for i in order:
                if minute < int(self.hours[i] * 60) - 1:
                    power_w = self._full_w(i, cars[i], room_w)
                    room_w -= power_w
                    cars[i].run(power_w, STEP_MS / 3600000)
                elif cars[i].soc_bp() >= self.targets[i]:
                    met.add(i)
        return met if len(met) == self.count else set()


def departures(seed):
    """(feasible targets, missed ones as texts) of one random day."""
    day = Day(seed)
    feasible = [i for i in range(day.count) if day.feasible(i)]
    missed = day.run()
    texts = [
        "seed %d bay %d: %d of %d" % (seed, i, soc, target) for i, target, soc in missed if i in feasible
    ]
    return len(feasible), texts


class Called:
    """Plays a dispatcher who now and then calls what the station reports for 15 min, and counts what came."""

    MINUTES = 15

    def __init__(self, rng):
        self.rng = rng
        self.left = 0
        self.wanted_w = 0
        self.came_w = []
        self.calls = []  # (wanted, mean that came, least minute), W, + = as wanted

    def order(self, day):
        """The order of this minute, or None while nothing is called."""
        if self.left == 0:
            if self.rng.random() > 0.02:
                return None
            station = day.image.station
            discharge = self.rng.random() < 0.6
            figure = station.discharge_15min_w.value if discharge else -station.charge_15min_w.value
            if figure == 0:
                return None
            self.wanted_w, self.left, self.came_w = -figure, self.MINUTES, []
        return self.wanted_w

    def count(self, day):
        """After the minute."""
        if self.left == 0:
            return
        sign = 1 if self.wanted_w > 0 else -1
        self.came_w.append(sign * sum(day.power_w))
        self.left -= 1
        if self.left == 0:
            mean_w = sum(self.came_w) / len(self.came_w)
            self.calls.append((sign * self.wanted_w, mean_w, min(self.came_w)))


def called_day(seed):
    """[(wanted, mean, least minute)] of the calls of one random day."""
    day = Day(seed)
    caller = Called(random.Random(seed + 1))
    for minute in range(int(min(day.hours) * 60)):
        order_w = caller.order(day)
        day.step(day.order() if order_w is None and minute % 7 == 0 else order_w or 0)
        caller.count(day)
    return caller.calls


def station_at(rng):
    """A day whose cars have no departure, after two minutes: something to compare a table with."""
    day = Day(rng.randrange(10**6), rng.choice((1, 2, 3)))
    for bay in day.image.bays:
        bay.depart.fail()
        bay.target_bp.put(0, day.now)
        bay.minimum_bp.put(0, day.now)
        bay.mode.put(MODE_V2G, day.now)
    for _ in range(2):
        day.step(0)
    return day


def held(day, order_w, minutes):
    """Power of every minute while this order stands, + = charging."""
    powers = []
    for _ in range(minutes):
        day.step(order_w)
        powers.append(sum(day.power_w))
    return powers
