"""Random days with prices, in steps of 60 s against the plant's batteries: what the price plan pays, what
charging at once pays, and the least that anybody could pay who knows the day (a linear programme over its
minutes, hil_tests/rig/oracle.py). Only days whose targets can all be reached count.

A car is billed for what it takes and gives, each minute at its price, with battery.wear_price for what it
gives; SOC above the target at the departure is worth the day's mean price, up to what the car brought along.
"""

import random

from firmware.config import validate
from firmware.guard.departure import MODE_V2G
from firmware.guard.planner import Planner
from firmware.guard.prices import DAY_SLOTS, SLOTS, Prices
from firmware.image import CONVERTER_OFF, CONVERTER_RUNNING
from firmware.schedule import Schedule
from firmware.wallclock import WallClock
from hil_tests.rig import oracle
from hil_tests.rig.days import ETA, RATING_W, STEP_MS, Day
from hil_tests.rig.promises import SOC_MIN_BP, alone_bp, fresh, job
from protocols.ticks import ticks_add

WEAR = 2000  # the configuration's default
TODAY = 9677
_CALLS = 100  # of the planner in a minute: fewer than the cycles of one


class NoBudgets:
    budgets = None


def price_curve(rng):
    """Two days of (import, export) a quarter of an hour: valley, flat, peak, and noise; None = no export."""
    valley, flat, peak = rng.randrange(1000, 3500), rng.randrange(3500, 7000), rng.randrange(7000, 14000)
    begins = rng.randrange(0, 24)
    noise = rng.choice((0, 200, 1500))
    share = rng.choice((None, 0.5, 0.8, 1.0))
    rows = []
    for k in range(SLOTS):
        hour = (k // 4 - begins) % 24
        price = valley if hour < 8 else peak if 10 <= hour < 13 or 17 <= hour < 21 else flat
        price += rng.randrange(-noise, noise + 1)
        rows.append((price, None if share is None else int(share * price)))
    return rows


class PriceDay(Day):
    """A day without a dispatcher."""

    def __init__(self, seed):
        Day.__init__(self, seed)
        rng = random.Random(seed * 31 + 7)
        self.rows = price_curve(rng)
        self.begins_min = rng.randrange(0, 1440)
        clock = WallClock(0)
        clock.set_utc(TODAY, self.begins_min * 60000, self.now)
        table = Prices(clock, 0, None)
        clock.sample(self.now)
        imports = [price for price, _ in self.rows]
        exports = [] if self.rows[0][1] is None else [price for _, price in self.rows]
        for tomorrow in (False, True):
            part = slice(DAY_SLOTS, SLOTS) if tomorrow else slice(0, DAY_SLOTS)
            table.take(tomorrow, 0, 1, imports[part], exports[part], False, self.now)
        schedule = Schedule((), self.image.station.schedule_w, clock)
        guards = self.controller.guard.guards
        self.planner = Planner(schedule, guards, validate(self._raw()), table, NoBudgets)
        self.bills = [0.0] * self.count  # 0.0001 currency
        self.basis_wh = [car.battery.stored_wh for car in self.cars]
        self.ended_wh = [None] * self.count

    def _raw(self):
        raw = Day._raw(self)
        raw["order_port"] = {"enabled": True, "key": "k"}
        return raw

    def price(self, minute):
        """(import, export or None) of this minute of the day's run."""
        return self.rows[(self.begins_min + minute) // 15]

    def step(self, order_w, step_ms=STEP_MS):
        self.now = ticks_add(self.now, step_ms)
        for i, bay in enumerate(self.image.bays):
            bay.power_w.put(self.power_w[i], self.now)
            bay.state.put(CONVERTER_RUNNING if self.there[i] else CONVERTER_OFF, self.now)
            bay.soc_bp.put(self.cars[i].soc_bp(), self.now)
        for _ in range(_CALLS):
            self.planner.update(self.now)
            if self.planner.busy is None:
                break
        self.controller.step(self.now)
        for i, bay in enumerate(self.image.bays):
            self.power_w[i] = round(self.cars[i].run(bay.command_w.value, step_ms / 3600000))
            if self.there[i]:
                self.bills[i] += bill(self.power_w[i], self.price(self.minute))
        self.minute += 1

    def leave(self, i):
        self.ended_wh[i] = self.cars[i].battery.stored_wh
        Day.leave(self, i)


def bill(power_w, price):
    """Of one minute at this AC power."""
    buys, sells = price
    kwh = power_w / 60000
    return kwh * buys if power_w > 0 else kwh * ((sells or 0) - WEAR)


def worth(day, i, minutes):
    """Price of a kWh that is left in the battery."""
    return sum(day.price(minute)[0] for minute in range(minutes)) / minutes / ETA


def surplus_wh(day, i, target_bp, ended_wh):
    """What counts of the SOC above the target."""
    target_wh = target_bp * day.capacity_wh[i] / 10_000
    return max(0.0, min(ended_wh, day.basis_wh[i]) - target_wh)


def compared(seed):
    """(cost of the plan, of charging at once, the least; misses) of one random day in 0.0001 currency; None
    where a target cannot be reached.
    """
    day = PriceDay(seed)
    jobs = []
    for i in range(day.count):
        _, target, depart = day.session(i)
        if alone_bp(day, i, target, depart - 1) < target:
            return None
        one = job(day, i, target, depart)
        one.discharge_w, one.floor_wh = 0.0, 0.0
        if day.modes[i] == MODE_V2G and day.rows[0][1] is not None:
            one.discharge_w = min(RATING_W, day.cap_w(i) * ETA)
        one.floor_wh = max(SOC_MIN_BP, day.minimums[i]) * day.capacity_wh[i] / 10_000
        jobs.append(one)
    forced = [minutes_to_minimum(day, i) for i in range(day.count)]
    try:
        if max(oracle.shortfalls_wh(jobs, day.site_w, ETA)) > 1:
            return None
        least = least_cost(day, jobs, forced)
    except oracle.Impossible:
        return None
    at_once = cost_at_once(PriceDay(seed))
    day.run()
    cost, missed = 0.0, 0
    for i in range(day.count):
        _, target, depart = day.session(i)
        cost += day.bills[i] - surplus_wh(day, i, target, day.ended_wh[i]) / 1000 * worth(day, i, depart)
        missed += day.ended_wh[i] < target * day.capacity_wh[i] / 10_000 - 1
    return cost, at_once, least, missed


def cost_at_once(day):
    """Every car at full power from the first minute on, until it has its target."""
    cost = 0.0
    for i in range(day.count):
        _, target, depart = day.session(i)
        car, unit = day.cars[i], day.capacity_wh[i] / 10_000
        for minute in range(depart):
            if car.battery.stored_wh >= target * unit:
                break
            room_bp = max(0.0, max(9000, target + 200) - car.battery.stored_wh / unit)
            power_w = min(day.cap_w(i), RATING_W * room_bp / 500, day.site_w / day.count)
            power_w = min(power_w, (target * unit - car.battery.stored_wh) * 60 / ETA + 100)
            cost += bill(car.run(power_w, 1 / 60), day.price(minute))
        cost -= surplus_wh(day, i, target, car.battery.stored_wh) / 1000 * worth(day, i, depart)
    return cost


def minutes_to_minimum(day, i):
    """For which full power is promised to whoever arrives with too little, whatever it costs."""
    car, minutes = fresh(day, i), 0
    hysteresis_bp = 100
    if car.soc_bp() >= day.minimums[i] - hysteresis_bp:
        return 0
    while car.soc_bp() < day.minimums[i]:
        car.run(min(day.cap_w(i), day.site_w / day.count), 1 / 60)
        minutes += 1
    return minutes


def least_cost(day, jobs, forced):
    """The programme's answer for the whole day; `forced`: minutes of full power from the first on."""
    lp = oracle.Programme()
    parts = []
    constant = 0.0
    for i, one in enumerate(jobs):
        n = one.minutes
        charge = lp.variables(n, 0.0, one.cap_w)
        discharge = lp.variables(n, 0.0, one.discharge_w)
        store = lp.variables(n, 0.0, one.capacity_wh)
        for minute in range(n):
            buys, sells = day.price(minute)
            lp.cost[charge + minute] = buys / 60000
            if minute < forced[i]:
                lp.lo[charge + minute] = min(one.cap_w, day.site_w / day.count)
            lp.cost[discharge + minute] = (WEAR - (sells or 0)) / 60000
        oracle._charging(lp, one, charge, store, ETA, discharge)
        _sales(lp, one, discharge, store)
        lp.at_most([(store + n - 1, -1.0)], -one.target_wh)
        if day.basis_wh[i] > one.target_wh:
            kept = lp.variables(1, one.target_wh, day.basis_wh[i], -worth(day, i, n) / 1000)
            lp.at_most([(kept, 1.0), (store + n - 1, -1.0)], 0.0)
            constant += one.target_wh * worth(day, i, n) / 1000
        parts.append((charge, discharge, n))
    for minute in range(max(one.minutes for one in jobs)):
        net = [(c + minute, 1.0) for c, _, n in parts if minute < n]
        lp.at_most(net + [(d + minute, -1.0) for _, d, n in parts if minute < n], day.site_w)
    values = lp.solve()
    return sum(values[k] * lp.cost[k] for k in range(len(lp.cost))) + constant


def _sales(lp, one, discharge, store):
    """The taper towards the floor."""
    steep = one.full_w / one.taper_wh
    floor_wh = min(one.wh, one.floor_wh)
    for k in range(one.minutes if one.discharge_w else 0):
        left = [] if k == 0 else [(store + k - 1, -steep)]
        start = one.wh if k == 0 else 0.0
        lp.at_most([(discharge + k, 1.0)] + left, steep * (start - floor_wh))
