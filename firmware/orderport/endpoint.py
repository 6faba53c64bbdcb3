"""Which order does what. handle() gives the answer's entries, or None where it comes later: then ready()
gives them, once the step has planned, or the store has taken what was brought.
"""

from firmware import codes_order as c
from firmware.guard import passport
from firmware.guard.keeper import key_of
from firmware.orderport import pricing, query
from firmware.orderport.entries import BAY, INT, INTS, OBJECT, TEXT, Refused, checked, is_int, refusal
from firmware.orderport.session import Driver
from firmware.schema import MAX_BAYS
from firmware.units import MAX_POWER_W
from protocols.ticks import ticks_diff

BAY_OR_ALL = (("bay", BAY, 1, MAX_BAYS, False),)
WHOSE = (("bay", BAY, 1, MAX_BAYS, False), ("identity", TEXT, 1, 16, False))
IMPORT = (("record", OBJECT, 0, 0, True),)
PLAN = (
    ("first", INT, 0, 95, True),  # interval of the day in the time base, 0 = from midnight on
    ("power_w", INTS, -MAX_POWER_W, MAX_POWER_W, True),  # of the following intervals; + = charging
)
_KEEP_MS = 5000
ORDERS = ("session", "slot", "plan", "prices", "status", "explain", "capability", "record", "import")
REFUSALS = (
    (c.LINE_TOO_LONG, "a line of at most 2048 octets"),
    (c.LINE_UNSIGNED, 'a JSON object that ends with ,"mac":"<64 hex>"}'),
    (c.LINE_FORGED, "HMAC-SHA256 with the station's key over nonce and line"),
    (c.LINE_REPLAYED, "a number n above the last one"),
    (c.LINE_NOT_JSON, "one JSON object with a whole number n of 1 or more"),
)


class Orders:
    def __init__(self, name, config, image, clock, log, guard=None, curve=None, capability=None):
        """`guard`: firmware/guard/host.py; `curve`: firmware/curve.py; `capability`: its table; or None."""
        self.name = name
        self.image = image
        self.clock = clock
        self.log = log
        self.guard = guard
        self.curve = curve
        self.capability = capability
        self.driver = None
        self.planner = None  # firmware/guard/planner.py, where this image carries it
        self.names = [row["name"] for row in config["bays"]]
        if guard is not None:
            self.driver = Driver(guard.sessions, guard.numbers, self.names, clock, image, log)
        self.refusals = [refusal(code, right) for code, right in REFUSALS]
        self._does = {
            "session": self._session,
            "slot": self._slot,
            "plan": self._plan,
            "prices": lambda order, now: pricing.prices(self, order, now),
            "status": self._status,
            "explain": self._explain,
            "capability": self._capability,
            "record": self._record,
            "import": self._import,
        }

    def update(self, now):
        """Every step."""
        if self.driver is not None:
            self.driver.update(now)

    def handle(self, order, now):
        """(answer, None), or (None, what ready() needs to know)."""
        try:
            does = self._does.get(order.get("order")) if isinstance(order.get("order"), str) else None
            if does is None:
                raise Refused(c.NO_SUCH_ORDER, "one of: " + ", ".join(ORDERS), "order", order.get("order"))
            return does(order, now)
        except Refused as error:
            return error.entries, None

    def ready(self, waits, now):
        """The answer that was to come later, None while it is not there."""
        kind, what, since = waits
        late = ticks_diff(now, since) > _KEEP_MS
        if kind == "prices":
            return pricing.taken(self.planner.prices, what, late)
        if kind == "plan":
            return self._confirmed(what, since, late, now)
        if not late and any([keeper.due for keeper in what]):
            return None
        if late or any([keeper.failed for keeper in what]):
            return refusal(c.NOT_KEPT, "station.store: a path that can be written")
        return {"ok": True, "kept": True}

    def _confirmed(self, place, since, late, now):
        """A session is confirmed once it is planned and kept; where the store fails it holds."""
        if not self.driver.is_planned(place, since, now):
            return None
        kept = self.driver.kept
        waits = kept is not None and kept.due
        if waits and not late:
            return None
        answer = self.driver.told(place, now)
        if waits or kept is not None and kept.failed:
            answer.update(refusal(c.SESSION_NOT_KEPT, "station.store: a path that can be written"))
            answer["in_effect"] = True
        return answer

    def guarded(self):
        """The sessions of the bays whose battery is stated."""
        if self.driver is None:
            raise Refused(c.NOT_OFFERED, "bays[].battery.capacity_wh: a battery that is stated")
        return self.driver

    def _session(self, order, now):
        return None, ("plan", self.guarded().session(order, now), now)

    def _slot(self, order, now):
        return None, ("plan", self.guarded().slot(order, now), now)

    def _plan(self, order, now):
        if "power_w" not in order and "first" not in order:
            return pricing.planned(self, order), None
        entries = checked(order, PLAN)
        if self.curve is None:
            raise Refused(c.NOT_OFFERED, "telecontrol.curve_ioa: where the station's plan stands")
        self.clock.sample(now)
        if not self.clock.valid:
            raise Refused(c.CLOCK_UNSET, "a plan while the clock is set")
        count = len(self.curve.power_w)
        powers_w = entries["power_w"]
        if entries["first"] + len(powers_w) > count:
            raise Refused(c.BAD_ENTRY, "at most %d intervals a day" % count, "first", entries["first"])
        for i in range(len(powers_w)):
            self.curve.take(entries["first"] + i, powers_w[i], now)
        return {"ok": True, "taken": len(powers_w), "interval_s": self.curve.interval_ms // 1000}, None

    def _status(self, order, now):
        entries = checked(order, BAY_OR_ALL)
        if "bay" not in entries:
            return query.status(self.image, self.name, self.clock, self.log, now), None
        number = entries["bay"]
        if number in self.names:
            number = self.names.index(number) + 1
        if not is_int(number, 1, len(self.image.bays)):
            raise Refused(c.NO_SUCH_BAY, "1 to %d" % len(self.image.bays), "bay", number)
        answer = query.bay_status(self.image.bays[number - 1], number, now)
        if self.driver is not None and number in self.driver.numbers:
            place = self.driver.place_of(number)
            answer.update(self.driver.told(place, now))
            if self.planner is not None:
                answer["plan_why"] = query.code_and_text(self.planner.plans[place].why)
        return answer, None

    def _explain(self, order, now):
        checked(order, ())
        driver = self.guarded()
        return query.explain(self.image, driver.numbers, driver.sessions, now, self.planner), None

    def _capability(self, order, now):
        entries = checked(order, BAY_OR_ALL)
        driver = self.guarded()
        if "bay" not in entries:
            return query.capability(self.image, self.capability), None
        place = driver.place_of(entries["bay"])
        guard = self.capability.guards[place]
        return query.bay_capability(driver.numbers[place], guard, self.capability), None

    def _record(self, order, now):
        """Of the vehicle at a bay, or of an identity that this charger knows."""
        entries = checked(order, WHOSE)
        guard = self.guard
        if not self._keepers():
            raise Refused(c.NOT_OFFERED, "a stated battery, and an image that carries wear or budgets")
        key = key_of(entries["identity"]) if "identity" in entries else self._key_at(entries.get("bay", 1))
        vehicles = guard.budgets.vehicles if guard.budgets is not None else []
        vehicle = None
        for one in vehicles:
            if one.identity == key:
                vehicle = one
        records = []
        if guard.usage is not None:
            guard.usage.book()
            records = [record for record in guard.usage.records if record.key == key]
        if vehicle is None and not records:
            raise Refused(c.NO_SUCH_BAY, "an identity that was here", "identity", entries.get("identity"))
        self.clock.sample(now)
        day = self.clock.day if self.clock.valid else None
        return {"ok": True, "record": passport.export(key, vehicle, records, self.name, day)}, None

    def _keepers(self):
        """Of what belongs to vehicles."""
        guard = self.guard
        return [keeper for keeper in (guard.budgets, guard.usage) if keeper is not None] if guard else []

    def _key_at(self, bay):
        place = self.guarded().place_of(bay)
        if self.guard.usage is not None:
            return self.guard.usage.places[place].record.key
        signals = self.driver.sessions.bays[place]
        budgets = self.guard.budgets
        vehicle = budgets.plugged[budgets.bays.index(signals)] if signals in budgets.bays else None
        if vehicle is None:
            raise Refused(c.NO_SUCH_BAY, "a bay with a budget", "bay", bay)
        return vehicle.identity

    def _import(self, order, now):
        """Merge the record of a vehicle; confirmed once the store has it."""
        record = checked(order, IMPORT)["record"]
        guard = self.guard
        if not self._keepers():
            raise Refused(c.NOT_OFFERED, "a stated battery, and an image that carries wear or budgets")
        try:
            passport.check(record)
        except passport.BadRecord as error:
            raise Refused(c.RECORD_BAD, str(error))
        if not passport.take(record, guard.budgets, guard.usage):
            raise Refused(c.NOT_KEPT, "room for one more vehicle")
        return None, ("keep", self._keepers(), now)
