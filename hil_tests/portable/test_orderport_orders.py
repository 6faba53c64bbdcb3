"""Orders of the order port against a station with guard, budgets and wear: what they change, what is refused.

lane: heap=768k
"""

import json

from firmware import codes
from firmware import codes_order as c
from firmware.eventlog import EventLog
from firmware.guard import passport
from firmware.guard.departure import MODE_NOW, MODE_ORDERLY, MODE_V2G
from firmware.guard.host import GuardHost
from firmware.image import CONVERTER_FAULT, GOOD
from firmware.orderport.endpoint import ORDERS, Orders
from firmware.wallclock import WallClock
from hil_tests.portable.guard_support import GuardBench, guarded_config
from protocols.ticks import ticks_diff

DAY = 9677
NOON_MS = 43200000


class MemoryStore:
    def __init__(self):
        self.data = b""
        self.works = True

    def load(self):
        return self.data

    def save(self, payload):
        if self.works:
            self.data = payload
        return self.works


class Curve:
    """What the endpoint uses of firmware/curve.py."""

    def __init__(self):
        self.power_w = [0] * 96
        self.interval_ms = 900000

    def take(self, i, power_w, now):
        self.power_w[i] = power_w


class Station:
    """A bench with everything around it, and the endpoint of its order port."""

    def __init__(self, bays=2, clock_set=True, curve=None, **budget):
        day = {"mode": "v2g", "target_bp": 3000, "minimum_bp": 2000}
        config = guarded_config(bays=bays, battery=budget, session=day, control={"validity_s": 0})
        self.bench = GuardBench(config)
        self.bench.follows = True
        self.bench.load_w = 0
        clock = WallClock(0)
        if clock_set:
            clock.set_utc(DAY, NOON_MS, self.bench.now)
        log = EventLog(32)
        self.host = GuardHost(self.bench.image, self.bench.config, clock, log)
        self.stores = [MemoryStore(), MemoryStore()]
        if self.host.limited:
            self.host.keep_budgets(self.bench.config, self.stores[0])
        self.host.keep_wear(self.bench.config, self.stores[1])
        capability = self.bench.controller.guard.capability
        image = self.bench.image
        self.orders = Orders("here", self.bench.config, image, clock, log, self.host, curve, capability)
        self.steps(3)

    def steps(self, count, dt_ms=1000):
        for _ in range(count):
            self.orders.update(self.bench.now)
            self.host.update(self.bench.now)
            self.bench.step(dt_ms)
            self.host.look(self.bench.now)
            self.host.keep(100, self.bench.now)

    def order(self, **entries):
        """The answer, and how many steps it took."""
        answer, waits = self.orders.handle(entries, self.bench.now)
        self.waited = 0
        while answer is None:
            self.steps(1, 10)
            self.waited += 1
            answer = self.orders.ready(waits, self.bench.now)
        json.dumps(answer)
        return answer

    def refused(self, code, key=None, **entries):
        answer = self.order(**entries)
        assert not answer["ok"] and answer["code"] == code and answer["right"], answer
        assert answer.get("key") == key and answer["text"] == codes.text(code) != "unknown code"
        return answer


def test_a_session_is_planned_anew_in_the_next_step():
    station = Station()
    answer = station.order(order="session", bay=1, target_bp=8000, depart_in_s=7200)
    bay = station.bench.bays[0]
    assert station.waited == 1 and answer["ok"] and answer["bay"] == 1
    assert (answer["mode"], answer["target_bp"], answer["minimum_bp"]) == ("v2g", 8000, 2000)
    assert 7190 <= answer["depart_in_s"] <= 7200 and answer["feasible"]
    assert answer["need_s"] == bay.need_s.value > 3600 and answer["laxity_s"] == bay.laxity_s.value
    answer = station.order(order="session", bay=1, depart_in_s=1800)
    assert station.waited == 1 and not answer["feasible"] and answer["laxity_s"] < 0
    assert answer["must"] == codes.MUST_DEPARTURE and answer["target_bp"] == 8000
    assert answer["reach_bp"] < 8000 and bay.command_w.value > 0
    assert station.bench.bays[1].depart.quality != GOOD


def test_consent():
    station = Station()
    bay = station.bench.bays[0]
    assert station.order(order="session", bay="bay0", consent=False)["mode"] == "orderly"
    assert bay.mode.value == MODE_ORDERLY and bay.envelope_lo_w.value == 0
    station.refused(c.NO_CONSENT, "consent", order="session", bay=1, mode="v2g")
    station.refused(c.NO_CONSENT, "consent", order="session", bay=1, mode="v2g", consent=False)
    assert bay.mode.value == MODE_ORDERLY
    assert station.order(order="session", bay=1, mode="v2g", consent=True)["mode"] == "v2g"
    assert station.order(order="session", bay=1, target_bp=5000)["mode"] == "v2g"
    assert station.order(order="session", bay=1, mode="now", target_bp=8000)["must"] == codes.MUST_NOW
    assert bay.mode.value == MODE_NOW and station.bench.bays[1].mode.value == MODE_V2G


def test_departure_by_the_clock_unknown_and_later():
    station = Station()
    answer = station.order(order="session", bay=1, depart_min=13 * 60, target_bp=6000)
    assert 3590 <= answer["depart_in_s"] <= 3600
    answer = station.order(order="session", bay=1, depart_unknown=True)
    assert answer["depart_in_s"] is None and answer["laxity_s"] is None
    answer = station.order(order="session", bay=1, mode="now", arrive_in_s=60, depart_in_s=600)
    assert answer["mode"] == "v2g" and answer["arrive_in_s"] in (59, 60)
    station.steps(62)
    bay = station.bench.bays[0]
    assert bay.mode.value == MODE_NOW and 530000 < ticks_diff(bay.depart.value, station.bench.now) < 545000
    station.refused(c.BAD_ENTRY, "depart_in_s", order="session", bay=1, arrive_in_s=60, depart_in_s=30)
    blind = Station(clock_set=False)
    blind.refused(c.CLOCK_UNSET, order="session", bay=1, depart_min=780)


def wishes(station):
    return [(bay.mode.value, bay.target_bp.value, bay.minimum_bp.value) for bay in station.bench.bays]


def test_what_is_refused_and_says_what_would_be_right():
    station = Station()
    before = wishes(station)
    cases = (
        (c.NO_SUCH_ORDER, "order", {"order": "sesion"}),
        (c.NO_SUCH_ORDER, "order", {"order": ["session"]}),
        (c.NO_SUCH_ORDER, "order", {}),
        (c.NO_SUCH_KEY, "taget_bp", {"order": "session", "bay": 1, "taget_bp": 1}),
        (c.BAD_ENTRY, "target_bp", {"order": "session", "bay": 1, "target_bp": 10001}),
        (c.BAD_ENTRY, "target_bp", {"order": "session", "bay": 1, "target_bp": True}),
        (c.BAD_ENTRY, "target_bp", {"order": "session", "bay": 1, "target_bp": 80.0}),
        (c.BAD_ENTRY, "target_bp", {"order": "session", "bay": 1, "target_bp": 10**40}),
        (c.BAD_ENTRY, "depart_in_s", {"order": "session", "bay": 1, "depart_in_s": -1}),
        (c.BAD_ENTRY, "minimum_bp", {"order": "session", "bay": 1, "minimum_bp": 9000, "target_bp": 5000}),
        (c.BAD_ENTRY, "mode", {"order": "session", "bay": 1, "mode": "fast"}),
        (c.BAD_ENTRY, "consent", {"order": "session", "bay": 1, "consent": 1}),
        (c.BAD_ENTRY, "bay", {"order": "session"}),
        (c.NO_SUCH_BAY, "bay", {"order": "session", "bay": 3}),
        (c.NO_SUCH_BAY, "bay", {"order": "session", "bay": "nobody"}),
        (c.NOT_OFFERED, None, {"order": "plan", "first": 0, "power_w": [1]}),
        (c.NO_SUCH_BAY, "identity", {"order": "record", "identity": "nobody"}),
        (c.RECORD_BAD, None, {"order": "import", "record": {}}),
        (c.NO_SUCH_BAY, "bay", {"order": "status", "bay": 9}),
    )
    for code, key, entries in cases:
        station.refused(code, key, **entries)
    assert wishes(station) == before
    assert set(ORDERS) == set(station.orders._does)  # any order


def test_a_slot_takes_the_battery_that_fits_and_frees_it():
    station = Station(bays=3)
    station.bench.socs = [3500, 9000, 6000]
    station.steps(2)
    answer = station.order(order="slot", in_s=3600, target_bp=5000)
    assert answer["bay"] == 3 and answer["target_bp"] == 5000 and 3590 <= answer["depart_in_s"] <= 3600
    assert station.order(order="slot", in_s=7200, target_bp=5000)["bay"] == 2
    assert station.order(order="slot", in_s=7200, target_bp=5000)["bay"] == 1
    station.refused(c.NO_SUCH_BAY, order="slot", in_s=7200, target_bp=5000)
    assert station.order(order="slot", bay=3, cancel=True)["depart_in_s"] is None
    assert station.order(order="slot", in_s=600, target_bp=5000)["bay"] == 3
    station.refused(c.BAD_ENTRY, "in_s", order="slot", target_bp=5000)


def test_a_plan_goes_into_the_curve():
    curve = Curve()
    station = Station(curve=curve)
    answer = station.order(order="plan", first=92, power_w=[5000, -5000, 0, 1])
    assert answer == {"ok": True, "taken": 4, "interval_s": 900}
    assert curve.power_w[92:] == [5000, -5000, 0, 1]
    station.refused(c.BAD_ENTRY, "first", order="plan", first=93, power_w=[1, 1, 1, 1])
    station.refused(c.BAD_ENTRY, "power_w", order="plan", first=0, power_w=[])
    station.refused(c.BAD_ENTRY, "power_w", order="plan", first=0, power_w=[10**9])


def test_queries():
    station = Station()
    station.bench.order(-8000)
    station.steps(8)
    answer = station.order(order="status")
    assert answer["power_w"] == -8000 and answer["day"] == DAY and len(answer["bays"]) == 2
    assert answer["winner"] == [codes.WINNER_AGC, codes.text(codes.WINNER_AGC)]
    answer = station.order(order="status", bay=2)
    assert answer["command_w"] == -4000 and answer["soc_bp"] == 5000 and answer["mode"] == "v2g"
    assert station.order(order="status", bay="bay1")["bay"] == 2
    answer = station.order(order="explain")
    assert answer["winner"] == codes.WINNER_AGC and len(answer["bays"]) == 2
    answer = station.order(order="capability")
    assert answer["horizons_s"][3] == 900 and len(answer["charge_w"]) == len(answer["horizons_s"])
    assert answer["discharge_w"] == list(station.bench.controller.guard.capability.discharge_w)
    station.order(order="session", bay=2, mode="orderly")
    station.steps(12)
    one, two = [station.order(order="capability", bay=bay) for bay in (1, 2)]
    assert one["bay"] == 1 and one["discharge_w"][0] == 15000 and one["discharge_wh"] > 0
    assert two["charge_w"][0] == 15000 and two["discharge_w"] == [0] * 8 and two["discharge_wh"] == 0


def test_a_closed_bay_tells_what_closed_it_even_if_it_must_charge():
    station = Station()
    station.order(order="session", bay=1, target_bp=9000, depart_in_s=60)
    assert station.order(order="status", bay=1)["bound"][0] == codes.MUST_DEPARTURE
    station.bench.state = CONVERTER_FAULT
    station.steps(2)
    assert station.order(order="status", bay=1)["bound"][0] == codes.LIMIT_CONVERTER_FAULT


def test_a_record_goes_to_another_charger_and_lowers_nothing():
    station = Station(budget_day_wh=2000)
    station.bench.order(-20000)
    station.steps(130)
    record = station.order(order="record", bay=1)["record"]
    assert record["identity"] == "bay0" and record["budget"]["life_wh"] > 300
    assert record["wear"]["lfp"]["minutes"] >= 2 and record["day"] == DAY
    assert station.order(order="record", identity="bay0")["record"]["budget"]["life_wh"] >= 300
    other = Station(budget_day_wh=2000)
    record = json.loads(json.dumps(record))
    assert other.order(order="import", record=record) == {"ok": True, "kept": True}
    budgets = other.host.budgets
    assert budgets.plugged[0].life_wh == record["budget"]["life_wh"] and budgets.plugged[1].life_wh == 0
    assert budgets.plugged[0].pack() in other.stores[0].data
    used = (budgets.plugged[0].life_wh, budgets.plugged[0].day_wh)
    wear = other.host.usage.records[0]
    assert wear.ran[1] == record["wear"]["lfp"]["ran_ppb"][1]
    record["budget"].update({"life_wh": 0, "day_wh": 0, "life_s": 0, "day_s": 0})
    record["wear"]["lfp"].update({"ran_ppb": [0, 0, 0, 0]})
    record["sha256"] = passport.digest(record)
    assert other.order(order="import", record=record)["ok"]
    assert (budgets.plugged[0].life_wh, budgets.plugged[0].day_wh) == used and wear.ran[1] > 0


def test_a_used_up_budget_arrives_and_closes():
    station = Station(bays=1, budget_day_wh=2000)
    station.bench.order(-15000)
    station.steps(20)
    assert station.bench.commands() == [-15000]
    record = station.order(order="record", bay=1)["record"]
    record["budget"]["day_wh"] = 2000
    record["sha256"] = passport.digest(record)
    assert station.order(order="import", record=record)["ok"]
    station.steps(3)
    assert station.bench.commands() == [0]
    given_wh = station.host.budgets.plugged[0].day_wh
    station.steps(20)
    assert station.host.budgets.plugged[0].day_wh - given_wh <= 5


def test_a_damaged_record_and_a_store_that_fails():
    station = Station(budget_day_wh=2000)
    station.bench.order(-20000)
    station.steps(20)
    record = station.order(order="record", bay=2)["record"]
    for change in (
        ("version", 2), ("format", "x"), ("identity", ""), ("identity", "a\nb"), ("sha256", "0" * 64),
        ("budget", {}), ("budget", [1]), ("wear", None), ("station", "elsewhere"), ("identity", 5),
    ):  # fmt: skip
        bad = dict(record)
        bad[change[0]] = change[1]
        station.refused(c.RECORD_BAD, order="import", record=bad)
    for number in (-1, 1.5, True, "1", 1 << 30, None):
        bad = dict(record)
        bad.update({"budget": dict(record["budget"])})
        bad["budget"].update({"life_wh": number})
        bad["sha256"] = passport.digest(bad)
        station.refused(c.RECORD_BAD, order="import", record=bad)
    station.stores[1].works = False
    station.refused(c.NOT_KEPT, order="import", record=record)
