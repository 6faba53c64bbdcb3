"""What becomes of the promises of a random day, judged by what would have been possible
(hil_tests/rig/oracle.py).

Whenever a session begins or changes, every car that is there is judged anew, from what is in its battery then
and with one minute for the firmware to hear of it, with two behind a shared limit, where a raise waits for a
confirmed cut. A car that full power alone does not bring to its target counts with what that brings it to; a
target is feasible if all cars together can have theirs so. Where they cannot, nobody's target is judged, but
whoever leaves short of it must have been told.
"""

from firmware.guard.departure import MODE_V2G
from firmware.guard.fleet import is_late
from hil_tests.rig import oracle
from hil_tests.rig.days import ETA, RATING_W, STEP_MS, Car, Day

TAPER_BP, SOC_MIN_BP = 500, 2000  # of a configuration that says nothing else
FROM_THE_FIRST = -1
SURE_BP = 5  # SOC comes in steps of 1, and the oracle's loss is a little off


class Judge:
    """Watches a day; `done` holds a Verdict of every car at the departure that was announced last."""

    def __init__(self):
        self.feasible = {}  # car -> whether its target is, as it was judged last
        self.told = {}  # car -> [(minute, SOC that it was told)] since then
        self.ready = {}  # car -> minute since when its SOC is at the target
        self.done = []

    def watch(self, day, news):
        for i in range(day.count):
            since, target, depart = day.session(i)
            if day.there[i] and day.minute == depart and i in self.feasible:
                self.done.append(Verdict(day, i, target, self.feasible.pop(i), self.told.pop(i)))
                ready = self.ready.pop(i, None)
                if ready is not None and ready != FROM_THE_FIRST:
                    self.done[-1].early = day.minute - ready
            elif not day.there[i]:
                self.feasible.pop(i, None)
        if news:
            self._judge(day)
        for i in self.feasible:
            if day.cars[i].soc_bp() < day.session(i)[1]:
                self.ready[i] = None
            elif self.ready.get(i) is None:
                self.ready[i] = day.minute if day.minute > day.session(i)[0] else FROM_THE_FIRST
            bay = day.image.bays[i]
            if day.minute > day.session(i)[0] and is_late(bay):
                self.told[i].append((day.minute, bay.reach_bp.value))

    def _judge(self, day):
        rows = []
        for i in range(day.count):
            since, target, depart = day.session(i)
            if day.there[i] and since <= day.minute < depart:
                if since == day.minute or i not in self.told:
                    self.told[i] = []
                rows.append((i, target, depart - day.minute - 1))
        reached = {i: alone_bp(day, i, target, minutes) for i, target, minutes in rows}
        jobs = [job(day, i, min(target, reached[i]), n - 1) for i, target, n in rows if n > 1]
        jobs = [one for one in jobs if one.wh < one.target_wh]
        together = True
        if sum(one.cap_w for one in jobs) > day.site_w:
            together = max(oracle.shortfalls_wh(jobs, day.site_w, ETA)) < 1
        for i, target, _ in rows:
            self.feasible[i] = (together and reached[i] >= target + SURE_BP) or None
            if reached[i] < target - SURE_BP or not together:
                self.feasible[i] = False


class Verdict:
    """A departure: `feasible` True, False, or None where it is too close to say; `early`: minutes from the
    target's being reached to the departure; None if it came with that, or left without.
    """

    def __init__(self, day, i, target_bp, feasible, told):
        self.bay, self.target_bp, self.feasible, self.told = i, target_bp, feasible, told
        self.seed = day.seed
        self.soc_bp = day.cars[i].soc_bp()
        self.minute = day.minute
        self.early = None
        self.met = self.soc_bp >= target_bp

    def notice(self):
        """Minutes from the first warning to the departure; 0 = none."""
        return self.minute - self.told[0][0] if self.told else 0

    def errors_bp(self):
        """Of the SOC that was told: first, and halfway from then to the departure; + = too much."""
        half = self.told[len(self.told) // 2]
        return self.told[0][1] - self.soc_bp, half[1] - self.soc_bp


def fresh(day, i):
    """The same car once more."""
    car = Car(day.capacity_wh[i], 0, day.cars[i].battery.resistance_ohm * 1000)
    car.battery.stored_wh = day.cars[i].battery.stored_wh
    return car


def ceiling_bp(target_bp):
    """The window of the configuration opens for a target beyond it."""
    return max(9000, target_bp + 200)


def alone_bp(day, i, target_bp, minutes):
    """What full power brings this car to, at most the target and a little."""
    car = fresh(day, i)
    cap_w = min(day.cap_w(i), day.site_w)
    unit = car.battery.capacity_wh / 10_000
    for _ in range(minutes):
        soc_bp = car.battery.stored_wh / unit
        if soc_bp > target_bp + 2 * SURE_BP:
            break
        power_w = min(cap_w, RATING_W * max(0, ceiling_bp(target_bp) - soc_bp) / TAPER_BP)
        car.run(power_w, STEP_MS / 3600000)
    return car.battery.stored_wh / unit


def job(day, i, target_bp, minutes):
    """For the oracle."""
    target = day.session(i)[1]
    return oracle.Job(
        fresh(day, i), target_bp, minutes, day.cap_w(i), RATING_W, ceiling_bp(target), TAPER_BP
    )


def no_table(_k, _site):
    """In place of Capability.power()."""


def departures(seed, moves=True):
    """The verdicts of one random day."""
    day, judge = Day(seed, moves=moves), Judge()
    day.controller.guard.capability.power = no_table  # nobody reads it here, and it takes half of the time
    day.run(judge.watch)
    return judge.done


def answer(seed):
    """What the promises of one random day without changes cost the dispatcher: Wh (ordered, by which
    the firmware differed, by which one had to, given to the grid, the most that could be given if the station
    might charge against its orders at other times). The oracle knows the whole day before. None for a day
    whose targets cannot all be reached.
    """
    day = Day(seed)
    jobs = []
    for i in range(day.count):
        _, target, depart = day.session(i)
        if alone_bp(day, i, target, depart - 1) < target:
            return None
        one = job(day, i, target, depart)
        rate_w = day.capacity_wh[i] * day.caps_pct[i] // 100
        one.discharge_w = min(RATING_W, rate_w * ETA) if day.modes[i] == MODE_V2G else 0.0
        one.floor_wh = max(SOC_MIN_BP, day.minimums[i]) * day.capacity_wh[i] / 10_000
        jobs.append(one)
    day.run()
    last = max(one.minutes for one in jobs)
    orders_w = [order_w for order_w, _ in day.answers_w[:last]]
    try:
        least_wh, _ = oracle.best_answer(jobs, orders_w, day.site_w, ETA)
        _, most_wh = oracle.best_answer(jobs, orders_w, day.site_w, ETA, True)
    except oracle.Impossible:
        return None
    differed_wh = sum(abs(a - b) for a, b in day.answers_w[:last]) / 60
    given_wh = -sum(min(0, b) for _, b in day.answers_w[:last]) / 60
    return sum(abs(w) for w in orders_w) / 60, differed_wh, least_wh, given_wh, most_wh
