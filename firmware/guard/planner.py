"""The price plan: the lowest source of orders (design §6), where neither the dispatcher's curve nor a
configured schedule says anything for now.

For each bay with a known departure it plans anew every minute, and with each new slot, session or price, a
few intervals a cycle (firmware/guard/priced.py). What comes of all bays together is the station's order, and
the guard clips it as any other: a car that must charge does, and counts with that. Without a price for now,
or without any known departure, there is no order, as before; by a green figure instead of a price nothing is
discharged. Slots before the departure whose price is not known yet count as the dearest that is known, and
nothing is sold there.

Losses: the mean of the configured efficiencies. Discharging must bring the energy's price, the losses both
ways and battery.wear_price. The day's and life's budgets raise that hurdle until what is planned fits, and
lower the power where the best intervals alone are too many.
"""

from firmware import codes_order as c
from firmware.guard.departure import MODE_NONE, MODE_NOW, MODE_V2G
from firmware.guard.priced import CHARGE, DISCHARGE, Car, Programme
from firmware.guard.prices import NONE, SLOT_MS, SLOTS
from firmware.image import GOOD
from firmware.units import FULL_BP, MAX_POWER_W
from protocols.ticks import ticks_diff

_EVERY_MS = 60000
_AT_ONCE = 6  # intervals of a plan in one cycle
_STEPS = 16  # of the hurdle
_ABOVE_TARGET_BP = 200  # as firmware/guard/departure.py
_SPARE_MS = 120000  # the plan ends so long before the must-run would begin


class Plan:
    """Of one bay."""

    def __init__(self, guard, row):
        """`guard`: firmware/guard/bay.py's; `row`: the bay's of a checked configuration."""
        battery = row["battery"]
        self.bay = guard.bay
        self.promise = guard.promise
        middle_bp = (battery["efficiency_bp"] + battery["efficiency_max_bp"]) // 2
        self.car = Car(battery["capacity_wh"], middle_bp, row["rating_w"], battery["taper_bp"])
        self.wear = battery["wear_price"]
        self.gives = row["bidirectional"]
        self.begins = 0  # slot of the first action
        self.actions = None
        self.why = c.PLAN_NONE
        self.seen = None  # the session that basis_bp belongs to
        self.valued = None  # the version of the prices by which it is valued
        self.power_w = 0
        self.steps = 0  # by which the hurdle is raised
        self.top = _STEPS + 1  # with so many nothing is sold
        self.limit_w = MAX_POWER_W  # of discharging, so that a budget lasts: as it is tried
        self.most_w = MAX_POWER_W  # and as it was for the actions that hold
        self.planned = -1  # tick, and what was known then
        self.knew = None

    def known(self, slot, version):
        """What a plan follows from, but for the SOC."""
        bay = self.bay
        depart = bay.depart.value if bay.depart.quality == GOOD else None
        return slot, version, bay.mode.value, bay.target_bp.value, bay.minimum_bp.value, depart

    def can(self):
        """Whether there is anything to plan."""
        bay = self.bay
        signals = (bay.depart, bay.mode, bay.soc_bp, bay.target_bp)
        return all([signal.quality == GOOD for signal in signals]) and bay.mode.value != MODE_NONE

    def action(self, slot):
        """What is planned for this slot, None when nothing is."""
        at = slot - self.begins
        return self.actions[at] if self.actions is not None and 0 <= at < len(self.actions) else None

    def wanted_w(self, slot):
        """This bay's part of the order, None when it has no plan."""
        bay = self.bay
        if bay.must.value:
            self.why = c.PLAN_MUST
            return bay.envelope_hi_w.value
        action = self.action(slot)
        if action is None:
            self.why = c.PLAN_NONE
            return None
        done = bay.soc_bp.value >= bay.target_bp.value
        if action == CHARGE and (self.car.sells or not done):
            self.why = c.PLAN_CHARGES
            return max(0, bay.envelope_hi_w.value)
        if action == DISCHARGE and bay.mode.value == MODE_V2G:
            self.why = c.PLAN_SELLS
            return min(0, max(bay.envelope_lo_w.value, -self.most_w))
        self.why = c.PLAN_RESTS if done else c.PLAN_WAITS
        return 0

    def tell(self, orders, now):
        """Its own part of the order to the allocator (firmware/slow.py), where there are others."""
        if hasattr(self.bay, "plan_w"):
            if orders:
                self.bay.plan_w.put(self.power_w, now)
            else:
                self.bay.plan_w.fail()

    def describe(self, left_wh, is_green):
        """The car as it stands."""
        bay, car, promise = self.bay, self.car, self.promise
        car.soc_bp = max(0, min(FULL_BP, bay.soc_bp.value))
        car.target_bp = -(-bay.target_bp.value // 100) * 100
        car.cap_w = bay.cap_w
        minimum_bp = bay.minimum_bp.value if bay.minimum_bp.quality == GOOD else 0
        car.floor_bp = max(promise.soc_min_bp, minimum_bp)
        car.ceiling_bp = max(promise.soc_max_bp, car.target_bp + _ABOVE_TARGET_BP)
        car.discharge_w = min(car.full_w, bay.cap_w, self.limit_w)
        car.sells = self.gives and bay.mode.value == MODE_V2G and left_wh > 0 and not is_green
        session = (bay.mode.value, bay.target_bp.value, bay.depart.value)
        if session != self.seen:
            self.seen = session
            self.valued = None
            car.basis_bp = car.soc_bp

    def value(self, imports, version):
        """What SOC above the target is worth: once for a session and its prices, whatever time it is."""
        if self.valued != version:
            self.valued = version
            self.car.worth = sum(imports) // len(imports) * FULL_BP // self.car.efficiency_bp


class Planner:
    """Stands where the loop has its schedule, and asks that one first."""

    def __init__(self, schedule, guards, config, prices, host):
        """`guards`: of firmware/guard/station.py; `host`: firmware/guard/host.py."""
        self.schedule = schedule
        self.signal = schedule.signal
        self.prices = prices
        self.host = host
        self.clock = prices.clock
        rows = [row for row in config["bays"] if row["battery"]["capacity_wh"]]
        self.plans = [Plan(guards[i], rows[i]) for i in range(len(rows))]
        self.programme = Programme()
        self.busy = None  # the plan that is being made
        self.making = None  # what it follows from
        self.orders = False  # the signal holds our order
        self.next = 0

    def update(self, now):
        """Every cycle, before the step."""
        self.schedule.update(now)
        self.clock.sample(now)
        at = self.prices.slot()
        if at is None or self.prices.imports[at[0]] == NONE:
            self.busy = None
            for plan in self.plans:
                plan.actions = None
                plan.why = c.PLAN_NONE
            self._order(None, now)
            return
        if self.busy is None:
            self._pick(at, now)
        elif self.programme.work(_AT_ONCE):
            self._take()
        self._order(self._sum(at[0]), now)

    def _sum(self, slot):
        """What all bays want; None when no bay has a plan."""
        total_w = 0
        planned = False
        for plan in self.plans:
            power_w = plan.wanted_w(slot)
            plan.power_w = power_w or 0
            total_w += plan.power_w
            planned = planned or power_w is not None and plan.actions is not None
        return total_w if planned else None

    def _order(self, power_w, now):
        if (self.schedule.rows or self.schedule.curve is not None) and self.signal.quality == GOOD:
            power_w = None  # the schedule's own word: where it has none it withdraws ours in every cycle
        elif power_w is not None:
            self.signal.put(power_w, now)
        elif self.orders:
            self.signal.fail()
        self.orders = power_w is not None
        for plan in self.plans:
            plan.tell(self.orders, now)

    def _pick(self, at, now):
        """Begin the plan of the next bay that needs one."""
        for _ in range(len(self.plans)):
            plan = self.plans[self.next]
            self.next = (self.next + 1) % len(self.plans)
            if not plan.can():
                plan.actions = None
                continue
            known = plan.known(at[0], self.prices.version)
            if known != plan.knew or ticks_diff(now, plan.planned) >= _EVERY_MS:
                if plan.knew is not None:
                    plan.steps = max(0, plan.steps - 1)
                    plan.top = _STEPS + 1
                    plan.limit_w = MAX_POWER_W
                self._begin(plan, known, at, now)
                return

    def _begin(self, plan, known, at, now):
        slot, passed_ms = at
        bay = plan.bay
        left_ms = ticks_diff(bay.depart.value, now) - plan.promise.margin() - _SPARE_MS
        plan.planned = now
        plan.knew = known
        if left_ms < 1000 or bay.mode.value == MODE_NOW or bay.cap_w <= 0:
            plan.actions = None
            return
        plan.describe(self._left_wh(bay), self.prices.green)
        spans_s, imports, exports = [], [], []
        known_prices = [price for price in self.prices.imports[slot:] if price != NONE]
        dearest = max(known_prices)
        span_ms = SLOT_MS - passed_ms
        while left_ms >= 1000 and slot < SLOTS:
            span_ms = min(span_ms, left_ms)
            price, sold = self.prices.imports[slot], self.prices.exports[slot]
            spans_s.append(max(1, span_ms // 1000))
            imports.append(price if price != NONE else dearest)
            exports.append(sold if sold != NONE else None)
            left_ms -= span_ms
            span_ms = SLOT_MS
            slot += 1
        highest = max([abs(sold) for sold in exports if sold is not None] + [0])
        plan.car.hurdle = plan.wear + plan.steps * (highest // _STEPS + 1)
        plan.value(imports, self.prices.version)
        self.busy = plan
        self.making = at[0]
        self.programme.begin(plan.car, imports, exports, spans_s)

    def _take(self):
        """The plan is made; again with another hurdle when it sells more than the budgets leave."""
        plan = self.busy
        self.busy = None
        sold_wh = self.programme.sold_wh * FULL_BP // plan.promise.efficiency_bp
        if sold_wh == 0 and plan.steps:
            plan.top = plan.steps
            plan.steps -= 1
            plan.knew = None
        elif sold_wh > self._left_wh(plan.bay) and plan.steps + 1 < plan.top:
            plan.steps += 1
            plan.knew = None
        elif sold_wh > self._left_wh(plan.bay) and plan.limit_w == MAX_POWER_W:
            plan.limit_w = plan.car.discharge_w * self._left_wh(plan.bay) // sold_wh
            plan.knew = None
        else:
            plan.begins = self.making
            plan.actions = self.programme.actions
            plan.most_w = plan.limit_w

    def _left_wh(self, bay):
        """Of the budgets, at the battery."""
        budgets = self.host.budgets
        if budgets is None or bay not in budgets.bays:
            return 1 << 29
        i = budgets.bays.index(bay)
        vehicle = budgets.plugged[i]
        return max(0, budgets.grants[i].left_wh(vehicle)) if vehicle is not None else 0
