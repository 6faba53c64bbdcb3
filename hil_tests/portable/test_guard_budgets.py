"""Budgets: no mix of services, power cuts, failing stores and clocks exceeds them.

lane: heap=512k
"""

from firmware import codes
from firmware.guard.budgets import MOST_VEHICLES, ROW_BYTES, Budgets
from firmware.guard.capability import HORIZONS_S
from firmware.guard.departure import MODE_NOW, MODE_V2G
from firmware.image import EMERGENCY_STOP, EMERGENCY_SUPPORT
from firmware.wallclock import WallClock
from hil_tests.portable.guard_support import guarded, guarded_config
from hil_tests.portable.support import MICROPYTHON

DAY = 9677


class MemoryStore:
    def __init__(self):
        self.data = b""
        self.works = True
        self.saves = 0

    def load(self):
        return self.data

    def save(self, payload):
        if self.works:
            self.data = payload
            self.saves += 1
        return self.works


class Owner:
    """A bench with budgets, and the truth of what its battery has given."""

    def __init__(self, bays=1, **budget):
        budget["taper_bp"] = 1
        self.bench = guarded(guarded_config(bays=bays, battery=budget, control={"validity_s": 0}))
        self.store = MemoryStore()
        self.clock = WallClock(0)
        self.clock.set_utc(DAY, 43200000, self.bench.now)
        self.given_wms = 0
        self.given_ms = 0
        self.cut_power()

    def cut_power(self):
        """Everything but the store is gone."""
        self.budgets = Budgets(self.bench.image, self.bench.config, self.clock, self.store)

    def step(self, dt_ms=1000):
        bench = self.bench
        self.budgets.update(bench.now)
        if self.budgets.due:
            self.budgets.keep(bench.now)
        for power_w in bench.measured_w:
            if power_w < 0:
                self.given_wms += -power_w * dt_ms
                self.given_ms += dt_ms
        bench.step(dt_ms)

    def given_wh(self):
        """At the battery."""
        return self.given_wms * 10000 // 9400 // 3600000


def test_a_day_ends_when_it_is_used_up_and_says_so():
    owner = Owner(budget_day_wh=2000)
    owner.bench.order(-15000)
    for _ in range(450):
        owner.step(2000)
    bay = owner.bench.bays[0]
    assert 1950 <= owner.given_wh() <= 2000
    assert bay.limit_lo.value == codes.LIMIT_BUDGET
    owner.bench.order(9000)
    owner.step()
    owner.step()
    assert owner.bench.commands() == [9000]
    owner.clock.set_utc(DAY + 1, 0, owner.bench.now)
    owner.bench.order(-15000)
    for _ in range(3):
        owner.step()
    assert owner.bench.commands()[0] < -10000


def test_hours_and_share_of_the_capacity():
    owner = Owner(budget_day_min=10)
    owner.bench.order(-1000)
    for _ in range(750):
        owner.step(2000)
    assert 590000 <= owner.given_ms <= 600000
    owner = Owner(budget_day_pct=2)  # 1.2 kWh
    owner.bench.order(-15000)
    for _ in range(450):
        owner.step(2000)
    assert 1150 <= owner.given_wh() <= 1200


def test_a_power_cut_costs_at_most_a_block_and_gives_nothing_twice():
    owner = Owner(budget_life_kwh=5)
    owner.bench.order(-15000)
    for i in range(1250):
        if i % 25 == 24:
            owner.cut_power()
        owner.step(2000)
    assert owner.given_wh() <= 5000
    assert owner.store.saves < 120


def test_without_a_store_nothing_is_granted():
    owner = Owner(budget_day_wh=5000)
    owner.store.works = False
    owner.bench.order(-15000)
    for _ in range(30):
        owner.step()
    assert owner.given_wh() == 0 and owner.bench.commands() == [0]
    owner.store = None
    owner.cut_power()
    for _ in range(5):
        owner.step()
    assert owner.bench.commands() == [0]


def test_a_budget_that_nobody_renews_ends_by_itself():
    owner = Owner(budget_day_wh=5000)
    owner.bench.order(-15000)
    for _ in range(5):
        owner.step()
    assert owner.bench.commands() == [-15000]
    owner.bench.run(7, 1000)
    assert owner.bench.commands() == [0]


def test_a_silent_bay_counts_with_what_is_booked_for_it():
    owner = Owner(budget_day_wh=5000)
    owner.bench.order(-15000)
    for _ in range(5):
        owner.step()
    used = owner.budgets.plugged[0].day_wh
    owner.bench.measured_w[0] = None
    owner.bench.follows = False
    for _ in range(2):
        owner.budgets.update(owner.bench.now)
        owner.bench.step(1000)
    assert owner.budgets.plugged[0].day_wh > used + 3


def test_the_budget_goes_with_the_vehicle():
    owner = Owner(bays=2, budget_day_wh=2000)
    owner.budgets.plug(0, "VIN1")
    owner.budgets.plug(1, "VIN1")
    owner.bench.order(-30000)
    for _ in range(450):
        owner.step(2000)
    assert 1900 <= owner.given_wh() <= 2000
    owner.budgets.plug(0, "VIN2")
    for _ in range(3):
        owner.step()
    assert owner.bench.commands()[0] < -10000 and owner.bench.commands()[1] > -1000
    assert owner.budgets.record(0)[0] == ("identity", "VIN2")
    assert len(owner.store.data) % ROW_BYTES == 0


def test_two_vins_that_differ_in_their_last_digit_are_two_vehicles():
    owner = Owner(budget_day_wh=5000)
    seen = []
    for told in (b"", b"LSIMULATEDCAR0001", b"LSIMULATEDCAR0002", b"\xff" * 17, b""):
        owner.budgets.meet(owner.bench.bays[0], told)
        seen.append(dict(owner.budgets.record(0))["identity"])
    assert seen == ["bay0", "SIMULATEDCAR0001", "SIMULATEDCAR0002", "bay0", "bay0"]


def test_a_configured_identity_stays_whatever_is_told():
    owner = Owner(budget_day_wh=5000, identity="ours")
    owner.budgets.meet(owner.bench.bays[0], b"LSIMULATEDCAR0001")
    assert dict(owner.budgets.record(0))["identity"] == "ours"


def test_a_vehicle_too_many_gets_nothing():
    owner = Owner(budget_day_wh=2000)
    for i in range(MOST_VEHICLES + 5):  # of vehicles that gave nothing, nothing is kept
        owner.budgets.plug(0, "V%d" % i)
        assert owner.budgets.plugged[0] is not None
    for i in range(MOST_VEHICLES + 1):
        owner.budgets.plug(0, "W%d" % i)
        if owner.budgets.plugged[0] is not None:
            owner.budgets.plugged[0].use(3600, 1000)
    owner.bench.order(-15000)
    owner.step()
    owner.step()
    assert owner.budgets.plugged[0] is None and owner.bench.commands() == [0]


def test_cycles_for_life():
    owner = Owner(budget_life_cycles=1, capacity_wh=2000, budget_block_wh=100, c_rate_pct=500)
    owner.bench.order(-10000)
    for _ in range(450):
        owner.step(2000)
    assert 1950 <= owner.given_wh() <= 2000
    owner.clock.set_utc(DAY + 1, 0, owner.bench.now)
    for _ in range(3):
        owner.step()
    assert owner.bench.commands() == [0]


def test_one_write_serves_all_vehicles_and_none_is_made_in_the_step():
    owner = Owner(bays=3, budget_day_wh=2000)
    owner.bench.order(-30000)
    owner.budgets.update(owner.bench.now)
    assert owner.budgets.due and owner.store.saves == 0
    owner.budgets.keep(owner.bench.now)
    assert owner.store.saves == 1 and not owner.budgets.due
    assert [bay.budget_wh.value for bay in owner.bench.bays] == [1000, 1000, 1000]


def told_for(owner, seconds):
    """What the station says that it gives for so long."""
    for _ in range(12):
        owner.step(200)
    return owner.bench.controller.guard.capability.discharge_w[HORIZONS_S.index(seconds)]


def test_what_is_told_counts_the_whole_budget_and_not_the_block_that_is_reserved():
    owner = Owner(budget_day_wh=8000)
    assert told_for(owner, 1) == told_for(owner, 900) == 15000
    assert 7300 <= told_for(owner, 3600) <= 7520  # 8 kWh of the battery's, at 0.94
    assert 7300 <= owner.bench.station.discharge_wh.value <= 7520
    owner.bench.order(-15000)
    for _ in range(900):
        owner.step()
    assert 3000 <= told_for(owner, 3600) <= 4000
    owner.store.works = False
    owner.budgets.due = True
    assert told_for(owner, 3600) <= 1000  # the rest cannot be reserved


def test_what_is_told_ends_with_the_minutes():
    owner = Owner(budget_day_min=20)
    assert told_for(owner, 900) == 15000
    assert told_for(owner, 1800) == 0 and owner.bench.station.discharge_left_s.value <= 1200
    owner.bench.order(-1000)
    for _ in range(400):
        owner.step()
    assert told_for(owner, 300) > 0 and told_for(owner, 900) == 0


class Fleet(Owner):
    """Two bays, vehicles that come and go; what each of them has given, by its own count."""

    def __init__(self, **budget):
        self.truth = {}  # identity: [Wh for life, Wh on its day, s for life]
        self.day = DAY
        Owner.__init__(self, bays=2, **budget)
        self.bench.follows = True

    def step(self, dt_ms=1000):
        self.clock.sample(self.bench.now)
        if self.clock.day > self.day:
            self.day = self.clock.day
            for given in self.truth.values():  # any order
                given[1] = 0
        before = [list(self.bench.measured_w), [vehicle.identity for vehicle in self.budgets.plugged]]
        Owner.step(self, dt_ms)
        for i in range(2):
            if before[0][i] < 0:
                given = self.truth.setdefault(before[1][i], [0, 0, 0])
                wh = -before[0][i] * dt_ms / 3600000 / 0.94
                given[0] += wh
                given[1] += wh
                given[2] += dt_ms / 1000


def serve(bench, value):
    """Another source of orders: dispatcher, plan, local mode, emergencies, a lost master."""
    station = bench.station
    bench.master = value % 11 != 0
    emergencies = (0, EMERGENCY_SUPPORT, 0, EMERGENCY_SUPPORT, 0, 0, EMERGENCY_STOP)
    station.emergency.put(emergencies[value % 7], bench.now)
    station.local.put(1 if value % 17 == 0 else 0, bench.now)
    if value % 3 == 0:
        station.agc_w.fail()
        station.schedule_w.put(value % 20001 - 19000, bench.now)


def test_no_mix_of_services_restarts_clocks_and_identities_exceeds_a_budget():
    most_wh = most_day_wh = counted = 0
    for seed in (1, 2) if MICROPYTHON else range(6):
        fleet = Fleet(
            budget_day_wh=500, budget_life_cycles=1, capacity_wh=1000, budget_life_h=1,
            budget_day_min=25, budget_block_wh=100, c_rate_pct=500,
        )  # fmt: skip
        bench = fleet.bench
        value = seed * 7919 + 1
        for i in range(1000):
            value = (value * 1103 + 12345) % 65536
            if i % 20 == 0:
                bench.order(value % 30001 - 29000)
                serve(bench, value)
                mode = MODE_NOW if value % 11 == 0 else MODE_V2G
                bench.session(value % 2, mode=mode, target_bp=value % 6000, hours=9)
            if value % 83 == 0:
                fleet.budgets.plug(value % 2, "VIN%d" % (value // 83 % 3))  # also the same one twice
            if value % 97 == 0:
                kept = [vehicle.identity for vehicle in fleet.budgets.plugged]
                fleet.cut_power()
                for k in range(2):
                    fleet.budgets.plug(k, kept[k].rstrip(bytes(1)).decode())
            fleet.store.works = value % 13 != 0
            if value % 53 == 0:
                fleet.clock.set_utc(DAY - 4 + i // 80 + value % 5, value, bench.now)
            fleet.step((1000, 100, 3000)[value % 3])
            for given in fleet.truth.values():  # any order
                assert given[1] <= 500 and given[0] <= 1000 and given[2] <= 3600, (seed, i, fleet.truth)
                most_wh = max(most_wh, given[0])
                most_day_wh = max(most_day_wh, given[1])
        counted = max(counted, max([vehicle.life_wh for vehicle in fleet.budgets.vehicles]))
    assert most_wh > 500 and most_day_wh > 250, (most_wh, most_day_wh)
    assert 950 <= counted <= 1000, counted  # the blocks that power cuts cost are in it
