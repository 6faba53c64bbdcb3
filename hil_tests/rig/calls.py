"""Days on which a dispatcher now and then calls what the station reports, and what came then; stations whose
table is held for its horizons. Policy steps of 60 s (hil_tests/rig/days.py).
"""

import random

from firmware.guard.capability import HORIZONS_S
from firmware.guard.departure import MODE_V2G
from hil_tests.rig.days import Day


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
            day.step(day.answers_w[-1][0] if day.answers_w else 0, 1000)  # no table is older than that
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
        if order_w is None:
            order_w = day.order() if minute % 7 == 0 else 0
        day.step(order_w)
        day.answers_w.append((order_w, sum(day.power_w)))
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


def power_held(seed):
    """(reported W, least minute) of one horizon of a random station, as a call would get it."""
    rng = random.Random(seed)
    day = station_at(rng)
    k = rng.randrange(1, len(HORIZONS_S))
    table = day.controller.guard.capability
    wanted_w = rng.choice((-table.discharge_w[k], table.charge_w[k]))
    return abs(wanted_w), min(abs(w) for w in held(day, wanted_w, HORIZONS_S[k] // 60))


def energy_there(seed):
    """(reported Wh, Wh that came at full power) of a random station in one direction."""
    rng = random.Random(seed)
    day = station_at(rng)
    station = day.image.station
    pairs = ((station.discharge_wh.value, -(10**6)), (station.charge_wh.value, 10**6))
    reported_wh, full_w = rng.choice(pairs)
    return reported_wh, abs(sum(held(day, full_w, 16 * 60))) / 60
