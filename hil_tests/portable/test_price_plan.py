"""The price plan: the cheapest intervals before the departure, sales only where they pay, and nothing of it
where the guard, the clock or the prices say otherwise.

lane: heap=768k
"""

from drivers.store import Store
from firmware import codes
from firmware import codes_order as c
from firmware.guard.planner import Planner
from firmware.guard.priced import CHARGE, DISCHARGE, REST, Car, Programme
from firmware.guard.prices import NONE, Prices
from firmware.image import GOOD
from firmware.schedule import Schedule
from hil_tests.portable.test_orderport_kept import DAY, NOON_MS, Life, Slots


def programme(imports, exports=None, **car):
    """The actions for hours of these prices; 60 kWh, 15 kW, no losses."""
    one = Car(60000, 10000, 15000, 500)
    one.worth = 1000
    one.soc_bp, one.target_bp, one.ceiling_bp = 4000, 6500, 9000
    for name in car:  # any order
        setattr(one, name, car[name])
    plan = Programme()
    plan.begin(one, imports, exports or [None] * len(imports), [3600] * len(imports))
    while not plan.work(2):
        pass
    return list(plan.actions)


def test_the_cheapest_hour_that_is_needed():
    assert programme([500, 300, 400, 200, 600]) == [REST, REST, REST, CHARGE, REST]
    assert programme([500, 300, 400, 200, 600], target_bp=9000, soc_bp=4500) == [
        REST, CHARGE, REST, CHARGE, REST,
    ]  # fmt: skip
    assert programme([200, 200, 200]) == [CHARGE, REST, REST]  # the first of equals
    assert programme([-200, 100], target_bp=4000) == [REST, REST]  # no more than was asked for
    assert programme([100, 100], target_bp=9000) == [CHARGE, CHARGE]  # too late for all of it


def test_sold_only_where_it_pays():
    prices = [1000, 5000, 1000]
    sells = {"sells": True, "target_bp": 4000, "basis_bp": 4000, "floor_bp": 2000, "discharge_w": 6000}
    assert programme(prices, [900, 4500, 900], **sells)[1] == DISCHARGE
    assert programme(prices, [900, 4500, 900], hurdle=3400, **sells)[1] == DISCHARGE
    assert programme(prices, [900, 4500, 900], hurdle=3700, **sells) == [REST] * 3
    assert programme(prices, [900, 4500, 900], efficiency_bp=5000, hurdle=1000, **sells) == [REST] * 3
    assert programme(prices, [900, None, 900], **sells) == [REST] * 3
    sells["floor_bp"] = sells["ceiling_bp"] = 4000
    assert programme(prices, [900, 4500, 900], **sells) == [REST] * 3


def test_what_the_car_brought_along_is_not_given_away():
    sells = {"sells": True, "soc_bp": 8000, "basis_bp": 8000, "target_bp": 5000, "floor_bp": 2000}
    assert programme([1000] * 3, [900, 700, 800], **sells) == [REST] * 3
    assert DISCHARGE in programme([1000] * 3, [900, 1200, 800], **sells)


def test_a_full_battery_has_room_for_nothing():
    for soc_bp in (9850, 9999, 10000):
        full = {"soc_bp": soc_bp, "target_bp": 10000, "basis_bp": 10000, "ceiling_bp": 10200}
        actions = programme([300, 200, -500], [900, 100, -400], sells=True, floor_bp=9950, **full)
        assert len(actions) == 3
        assert programme([-300, 200], **full)[1] == REST


class Priced(Life):
    """A station with prices; the loop's order of things."""

    def __init__(self, slots=None, ms=NOON_MS, rows=(), **named):
        self.planner = None
        self.prices_slots = Slots() if slots is None else slots
        Life.__init__(self, Slots(), ms, **named)
        table = Prices(self.clock, 0, Store(self.prices_slots))
        schedule = Schedule(rows, self.bench.station.schedule_w, self.clock)
        guards = self.bench.controller.guard.guards
        self.planner = Planner(schedule, guards, self.bench.config, table, self.host)
        self.host.keepers.append(table)
        self.orders.planner = self.planner

    def steps(self, count, dt_ms=1000):
        for _ in range(count):
            if self.planner is not None:
                self.planner.update(self.bench.now)
            Life.steps(self, 1, dt_ms)

    def prices(self, imports, **entries):
        """Hours from noon on."""
        entries.update({"import": imports, "first": entries.get("first", 12), "interval_min": 60})
        answer = self.order(order="prices", **entries)
        assert answer["ok"], answer
        return answer

    def power_w(self):
        return self.bench.bays[0].command_w.value


def test_a_station_waits_for_the_cheap_hour_and_is_ready_in_time():
    life = Priced()
    life.session(mode="orderly", target_bp=6500, minimum_bp=0, depart_in_s=4 * 3600)
    assert life.prices([5000, 5000, 1000, 5000, 5000]) == {"ok": True, "taken": 5, "kept": True}
    life.steps(30)
    assert life.power_w() == 0 and life.status()["plan_why"][0] == c.PLAN_WAITS
    answer = life.order(order="plan", bay=1)
    rows = [row[:3] for row in answer["slots"]]
    assert [720, 120, "rest"] == rows[0] and [840, 45, "charge"] in rows and answer["orders"]
    power_w = []
    for _ in range(4 * 60):
        life.steps(1, 54000)
        life.steps(3, 2000)
        power_w.append(life.power_w())
        life.bench.soc_bp += power_w[-1] * 94 // 60 * 100 // 60000
    assert max(power_w[:115]) == 0 and min(power_w[125:150]) > 10000
    assert life.bench.soc_bp >= 6500 and life.power_w() == 0
    assert life.status()["plan_why"][0] in (c.PLAN_RESTS, c.PLAN_NONE)


def test_the_guard_wins():
    life = Priced()
    life.prices([5000, 1000, 1000])
    life.session(mode="orderly", target_bp=8000, minimum_bp=0, depart_in_s=4500)
    life.steps(10)
    assert life.power_w() > 10000 and life.status()["plan_why"][0] == c.PLAN_MUST


def test_sales_need_consent_and_a_price():
    life = Priced()
    life.prices([5000, 1000, 1000, 1000], export=[9000, 0, 0, 0])
    life.session(mode="v2g", consent=True, target_bp=5000, minimum_bp=0, depart_in_s=4 * 3600)
    life.steps(30)
    assert life.power_w() < -10000 and life.status()["plan_why"][0] == c.PLAN_SELLS
    explained = life.order(order="explain")
    assert [c.PLAN_SELLS, codes.text(c.PLAN_SELLS)] in explained["texts"]
    life.session(consent=False)
    life.steps(30)
    assert life.power_w() == 0
    life.session(mode="v2g", consent=True)
    life.steps(30)
    assert life.power_w() < -10000
    life.prices([5000, 1000, 1000, 1000], green=True)
    life.steps(30)
    assert life.power_w() == 0


def test_no_price_no_departure_or_an_order_of_higher_rank():
    life = Priced()
    life.session(mode="v2g", consent=True, target_bp=5000, minimum_bp=0, depart_in_s=4 * 3600)
    life.steps(10)
    assert life.bench.station.schedule_w.quality != GOOD
    life.prices([5000, 1000, 1000, 1000], export=[9000, 0, 0, 0])
    life.steps(30)
    assert life.bench.station.winner.value == codes.WINNER_SCHEDULE
    life.bench.order(2000)
    life.steps(2)
    assert life.bench.station.winner.value == codes.WINNER_AGC and life.power_w() == 2000
    life = Priced()
    life.prices([5000, 1000])
    life.session(depart_unknown=True)
    life.steps(20)
    assert life.bench.station.schedule_w.quality != GOOD
    life = Priced(rows=((0, 3000),))
    life.prices([5000, 1000])
    life.session(mode="orderly", target_bp=6000, depart_in_s=6000)
    life.steps(20)
    assert life.bench.station.schedule_w.value == 3000


def test_a_budget_raises_the_hurdle_until_the_plan_fits():
    life = Priced(budget_day_wh=4000)
    stored = Slots()
    life.host.keep_budgets(life.bench.config, Store(stored))
    life.prices([1000] * 7 + [990], export=[4000, 9000, 4000, 5000, 4000, 4000, 4000, 4000])
    life.session(mode="v2g", consent=True, target_bp=5000, minimum_bp=0, depart_in_s=8 * 3600)
    life.steps(240)
    rows = life.order(order="plan")["slots"]
    kinds = [row[2] for row in rows]
    assert life.power_w() == 0 and kinds[:4] == ["rest", "discharge", "rest", "charge"]
    power_w = min(15000, life.planner.plans[0].most_w)
    assert sum([row[1] for row in rows if row[2] == "discharge"]) * power_w // 60 < 4200


def test_prices_outlive_a_restart_and_their_day():
    life = Priced()
    life.prices([5000, 1000], export=[1, 2])
    life.prices([7000] * 24, tomorrow=True, first=0)
    slots = life.prices_slots
    life.steps(16, 60000)
    again = Priced(slots, NOON_MS + 3600000)
    table = again.planner.prices
    assert table.imports[52] == 1000 and table.exports[52] == 2 and table.imports[96] == 7000
    again = Priced(slots, NOON_MS, day=DAY + 1)
    again.steps(1)
    assert again.planner.prices.slot()[0] == 96 + 48
    again.prices([3000])
    table = again.planner.prices
    assert table.slot()[0] == 48 and table.imports[48] == 3000 and table.imports[60] == 7000
    assert table.imports[100] == NONE
    again = Priced(slots, NOON_MS, day=DAY + 9)
    assert again.planner.prices.slot() is None


def test_prices_that_are_refused():
    life = Priced()
    for key, entries in (
        ("interval_min", {"import": [1], "interval_min": 30}),
        ("first", {"import": [1, 1], "first": 95}),
        ("export", {"import": [1, 1], "export": [1]}),
        ("import", {"import": [1.5]}),
        ("import", {"import": [10**8]}),
    ):
        answer = life.order(order="prices", **entries)
        assert not answer["ok"] and answer["code"] == c.BAD_ENTRY and answer["key"] == key
    blind = Priced(ms=None)
    assert blind.order(order="prices", **{"import": [1]})["code"] == c.CLOCK_UNSET
    assert Life(Slots()).order(order="prices", **{"import": [1]})["code"] == c.NOT_OFFERED
