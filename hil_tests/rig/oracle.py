"""What would have been possible: linear programmes over the minutes of a day, solved by HiGHS (scipy).
Nothing of the firmware's law is in here: only the battery (loss in its resistance as tangents of a concave
curve), the converter's efficiency, and the limits as configured (power, taper towards the ends of the window,
site).

A linear programme is exact for these: power that tapers with the SOC is a linear bound, and energy that is
burnt on top of the losses helps nobody, so the tangents bind.
"""

import numpy
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

DT_H = 1 / 60


class Impossible(Exception):
    """No way leads there."""


class Job:
    """A car from now on: `wh` in store, `target_wh` wanted after `minutes`, `cap_w` (AC) at most, less where
    `taper_wh` before `ceiling_wh` begin, at `full_w` there.
    """

    def __init__(self, car, target_bp, minutes, cap_w, full_w, ceiling_bp, taper_bp):
        battery = car.battery
        unit = battery.capacity_wh / 10_000
        self.car = car
        self.wh = battery.stored_wh
        self.capacity_wh = battery.capacity_wh
        self.target_wh = target_bp * unit
        self.minutes = minutes
        self.cap_w, self.full_w = cap_w, full_w
        self.ceiling_wh, self.taper_wh = max(self.wh, ceiling_bp * unit), taper_bp * unit
        self.discharge_w = self.floor_wh = 0.0

    def tangents(self, eta):
        """[(slope, W)]: power into the store <= slope * AC power + W, at the voltage halfway to target."""
        middle = min(1.0, max(0.0, (self.wh + self.target_wh) / 2 / self.capacity_wh))
        v = self.car.battery.nominal_v * (0.93 + 0.14 * middle)
        ohmic = self.car.battery.resistance_ohm / v / v * eta * eta
        points = [self.cap_w * share for share in (0.15, 0.5, 0.95)]
        return [(eta - 2 * ohmic * p, ohmic * p * p) for p in points]


class Programme:
    """A sparse linear programme, written row by row."""

    def __init__(self):
        self.cost, self.lo, self.hi = [], [], []
        self.row, self.column, self.value, self.bound = [], [], [], []

    def variables(self, count, lo, hi, cost=0.0):
        """Index of the first of `count` new ones."""
        first = len(self.cost)
        self.cost += [cost] * count
        self.lo += [lo] * count
        self.hi += [hi] * count
        return first

    def at_most(self, terms, bound):
        """Sum of value * variable over (variable, value) <= bound."""
        for column, value in terms:
            self.row.append(len(self.bound))
            self.column.append(column)
            self.value.append(value)
        self.bound.append(bound)

    def solve(self):
        """The variables' values."""
        shape = (len(self.bound), len(self.cost))
        matrix = coo_matrix((self.value, (self.row, self.column)), shape=shape).tocsr()
        bounds = numpy.array([self.lo, self.hi]).T
        found = linprog(self.cost, matrix, self.bound, bounds=bounds, method="highs")
        if found.status != 0:
            raise Impossible(found.message)
        return found.x


def shortfalls_wh(jobs, site_w, eta):
    """What all jobs together lack at their ends, at best (the sum is the least), behind one site limit."""
    lp = Programme()
    powers, lacks = [], []
    for job in jobs:
        n = job.minutes
        charge = lp.variables(n, 0.0, job.cap_w)
        store = lp.variables(n, 0.0, job.capacity_wh)
        lack = lp.variables(1, 0.0, None, 1.0)
        _charging(lp, job, charge, store, eta)
        lp.at_most([(store + n - 1, -1.0), (lack, -1.0)], -job.target_wh)
        powers.append((charge, n))
        lacks.append(lack)
    for minute in range(max(job.minutes for job in jobs)):
        lp.at_most([(charge + minute, 1.0) for charge, n in powers if minute < n], site_w)
    values = lp.solve()
    return [values[lack] for lack in lacks]


def _charging(lp, job, charge, store, eta, discharge=None):
    """The store after each minute, and the taper at its beginning."""
    tangents = job.tangents(eta)
    steep = job.full_w / job.taper_wh
    for k in range(job.minutes):
        before = [] if k == 0 else [(store + k - 1, -1.0)]
        start = job.wh if k == 0 else 0.0
        out = [] if discharge is None else [(discharge + k, DT_H / eta)]
        for slope, add in tangents:
            terms = [(store + k, 1.0), (charge + k, -slope * DT_H)] + before + out
            lp.at_most(terms, add * DT_H + start)
        full = [] if k == 0 else [(store + k - 1, steep)]
        lp.at_most([(charge + k, 1.0)] + full, steep * (job.ceiling_wh - start))


def best_answer(jobs, orders_w, site_w, eta, charge_free=False):
    """(Wh by which the station must at least differ from its orders, Wh given to the grid then), over all
    ways to keep the promises, with the whole day's orders known from its beginning; `charge_free`: only
    orders to discharge count, between them it may charge as it likes.
    """
    lp = Programme()
    parts = []
    for job in jobs:
        n = job.minutes
        charge = lp.variables(n, 0.0, job.cap_w)
        discharge = lp.variables(n, 0.0, job.discharge_w, 1e-7)
        store = lp.variables(n, 0.0, job.capacity_wh)
        _charging(lp, job, charge, store, eta, discharge)
        steep = job.full_w / job.taper_wh
        floor_wh = min(job.wh, job.floor_wh)
        for k in range(n if job.discharge_w else 0):
            left = [] if k == 0 else [(store + k - 1, -steep)]
            start = job.wh if k == 0 else 0.0
            lp.at_most([(discharge + k, 1.0)] + left, steep * (start - floor_wh))
        lp.at_most([(store + n - 1, -1.0)], -job.target_wh)
        parts.append((charge, discharge, n))
    last = max(job.minutes for job in jobs)
    away = lp.variables(last, 0.0, None, DT_H)
    nets = []
    for k in range(last):
        net = [(c + k, 1.0) for c, _, n in parts if k < n] + [(d + k, -1.0) for _, d, n in parts if k < n]
        if orders_w[k] < 0 or not charge_free:
            lp.at_most(net + [(away + k, -1.0)], orders_w[k])
            lp.at_most([(v, -x) for v, x in net] + [(away + k, -1.0)], -orders_w[k])
        lp.at_most([(v, x) for v, x in net if x > 0], site_w)
        nets.append(net)
    values = lp.solve()
    given_w = [max(0.0, -sum(values[v] * x for v, x in net)) for net in nets]
    return values[away : away + last].sum() * DT_H, sum(given_w) * DT_H
