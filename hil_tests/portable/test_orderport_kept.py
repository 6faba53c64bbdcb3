"""Sessions ordered at the order port outlive a restart: departure by wall time, consent only for the vehicle
that gave it, a bounded number of writes, and nothing that a torn or damaged record could add.

lane: heap=768k
"""

import json

from drivers.store import Store
from firmware import codes
from firmware import codes_order as c
from firmware.eventlog import EventLog
from firmware.guard.departure import MODE_NOW, MODE_ORDERLY, MODE_V2G
from firmware.guard.host import GuardHost
from firmware.image import GOOD
from firmware.orderport.endpoint import Orders
from firmware.orderport.kept import KeptSessions
from firmware.wallclock import WallClock
from hil_tests.portable.guard_support import GuardBench, guarded_config
from protocols.ticks import ticks_diff

DAY, NOON_MS, HOUR_MS = 9677, 43200000, 3600000
ANNA, BERT = b"LSIMULATEDCAR0001", b"LSIMULATEDCAR0002"


class Slots:
    """Two pages of flash; `cut`: bytes that the next write brings out; `full`: none."""

    def __init__(self):
        self.data = [b"", b""]
        self.writes = 0
        self.cut = -1
        self.full = False

    def read(self, i):
        return self.data[i]

    def write(self, i, data):
        if self.full:
            raise OSError(28, "no space left")
        self.writes += 1
        if self.cut >= 0:
            self.data[i] = data[: self.cut]
            raise OSError(5, "the power goes")
        self.data[i] = data


class Door:
    """What sees a plug."""

    def __init__(self, bay, seen):
        self.bay = bay
        self.seen = seen

    def plug_seen(self):
        return self.seen


class Life:
    """A station from one start to the power's end; the configured day is V2G with a target of 30 %."""

    def __init__(self, slots, ms=NOON_MS, day=DAY, plug=None, bays=1, start=(1 << 30) - 250, **battery):
        """`ms` None: no clock; `plug`: what the bays' doors see, None = there are none."""
        session = {"mode": "v2g", "target_bp": 3000, "minimum_bp": 2000}
        config = guarded_config(bays=bays, battery=battery, session=session, control={"validity_s": 0})
        bench = self.bench = GuardBench(config, start)
        bench.follows = True
        bench.load_w = 0
        self.clock = WallClock(0)
        if ms is not None:
            self.clock.set_utc(day, ms, bench.now)
        self.log = EventLog(64)
        self.host = GuardHost(bench.image, bench.config, self.clock, self.log)
        self.orders = Orders("here", bench.config, bench.image, self.clock, self.log, self.host)
        self.doors = [Door(bay, plug) for bay in bench.bays] if plug is not None else []
        store = Store(slots) if slots is not None else None
        self.kept = KeptSessions(self.orders.driver, bench.config, store, self.clock, self.log, self.doors)
        self.host.keepers.insert(0, self.kept)
        self.kept.load(bench.now)
        self.identity = b""
        self.steps(2)

    def steps(self, count, dt_ms=1000):
        for _ in range(count):
            self.kept.meet(self.bench.bays[0], self.identity)
            self.orders.update(self.bench.now)
            self.host.update(self.bench.now)
            self.bench.step(dt_ms)
            self.host.look(self.bench.now)
            self.host.keep(100, self.bench.now)

    def order(self, **entries):
        answer, waits = self.orders.handle(entries, self.bench.now)
        while answer is None:
            self.steps(1, 100)
            answer = self.orders.ready(waits, self.bench.now)
        json.dumps(answer)
        return answer

    def session(self, **entries):
        answer = self.order(order="session", bay=1, **entries)
        assert answer["ok"], answer
        return answer

    def status(self):
        return self.order(order="status", bay=1)

    def left_ms(self):
        """To the departure, None = unknown."""
        bay = self.bench.bays[0]
        return ticks_diff(bay.depart.value, self.bench.now) if bay.depart.quality == GOOD else None

    def may_discharge(self):
        return self.bench.bays[0].envelope_lo_w.value < 0

    def told(self):
        log = self.log
        found = []
        while log.count:
            found.append((log.codes[log.first], log.arguments[log.first]))
            log.drop_first()
        return found


def ordered(slots, ms=NOON_MS, plug=None, identity=b"", bays=1, **entries):
    """A life in which Anna ordered a session."""
    life = Life(slots, ms, plug=plug, bays=bays)
    life.identity = identity
    life.steps(2)
    wishes = {"mode": "orderly", "target_bp": 8000, "minimum_bp": 2500, "depart_in_s": 7200}
    wishes.update(entries)
    assert life.session(**wishes)["kept"]
    return life


def test_what_was_ordered_is_there_again():
    slots = Slots()
    ordered(slots)
    life = Life(slots, NOON_MS + HOUR_MS, start=77)
    answer = life.status()
    assert (answer["mode"], answer["target_bp"], answer["minimum_bp"]) == ("orderly", 8000, 2500)
    assert abs(life.left_ms() - HOUR_MS) < 10000 and answer["kept"] and "waits_for" not in answer
    assert (c.SESSION_BACK, 1) in life.told() and not life.may_discharge()


def test_confirmed_only_once_it_is_committed():
    slots = Slots()
    life = Life(slots)
    answer, waits = life.orders.handle({"order": "session", "bay": 1, "target_bp": 8000}, life.bench.now)
    life.bench.step(100)
    assert answer is None and life.orders.ready(waits, life.bench.now) is None
    life.host.keep(100, life.bench.now)
    assert life.orders.ready(waits, life.bench.now)["kept"] and slots.writes == 1


def test_without_a_store_it_holds_and_says_so():
    life = Life(None)
    answer = life.session(target_bp=8000, depart_in_s=7200)
    assert not answer["kept"] and life.bench.bays[0].target_bp.value == 8000


def test_a_full_store_is_told_and_the_session_holds():
    slots = Slots()
    life = Life(slots)
    slots.full = True
    answer = life.order(order="session", bay=1, mode="now", target_bp=8000)
    assert not answer["ok"] and answer["code"] == c.SESSION_NOT_KEPT and answer["in_effect"]
    assert life.bench.bays[0].mode.value == MODE_NOW and answer["target_bp"] == 8000
    assert [row for row in life.told() if row[0] == c.SESSION_NOT_KEPT] == [(c.SESSION_NOT_KEPT, 0)]
    slots.full = False
    life.steps(35, 60000)
    assert life.status()["kept"]


def test_a_departure_waits_for_the_clock_and_comes_back():
    slots = Slots()
    ordered(slots, mode="v2g", consent=True)
    life = Life(slots, None)
    life.bench.order(-10000)
    life.steps(5)
    assert life.left_ms() is None and life.status()["waits_for"] == "clock"
    assert life.bench.bays[0].mode.value == MODE_V2G and not life.may_discharge()  # below the target
    life.clock.set_utc(DAY, NOON_MS + HOUR_MS, life.bench.now)
    life.steps(2)
    assert abs(life.left_ms() - HOUR_MS) < 10000
    life.clock.set_utc(DAY, NOON_MS + HOUR_MS // 2, life.bench.now)  # the clock of the start was wrong
    life.steps(2)
    assert abs(life.left_ms() - HOUR_MS * 3 // 2) < 10000


def test_another_target_while_the_departure_waits():
    slots = Slots()
    ordered(slots)
    life = Life(slots, None)
    assert life.session(target_bp=6000)["waits_for"] == "clock"
    life = Life(slots, NOON_MS + HOUR_MS)
    assert life.status()["target_bp"] == 6000 and abs(life.left_ms() - HOUR_MS) < 10000
    life = Life(slots, None)
    life.session(depart_unknown=True)
    assert Life(slots, NOON_MS + HOUR_MS).left_ms() is None


def test_ordered_without_a_clock():
    slots = Slots()
    life = Life(slots, None)
    assert not life.session(target_bp=8000, depart_in_s=7200)["kept"]  # nobody could say when that is
    life.clock.set_utc(DAY, NOON_MS, life.bench.now)
    life.steps(3)
    assert life.status()["kept"]
    life = Life(slots, NOON_MS + HOUR_MS)
    assert abs(life.left_ms() - HOUR_MS) < 20000


def test_a_departure_that_passed_in_the_dark():
    slots = Slots()
    ordered(slots)
    life = Life(slots, NOON_MS + 2 * HOUR_MS + 1800000)
    bay = life.bench.bays[0]
    assert -1900000 < life.left_ms() < -1700000 and bay.must.value == codes.MUST_DEPARTURE
    assert bay.command_w.value > 0
    life.steps(40, 60000)
    assert bay.mode.value == MODE_V2G and bay.target_bp.value == 3000 and life.left_ms() is None
    life = Life(slots, NOON_MS + 3 * HOUR_MS + 60000)
    assert life.bench.bays[0].target_bp.value == 3000
    assert c.SESSION_BACK not in [row[0] for row in life.told()]


def test_a_departure_beyond_all_that_can_be_ordered_is_a_wrong_clock():
    slots = Slots()
    ordered(slots)
    life = Life(slots, NOON_MS, day=DAY - 400)
    assert life.left_ms() is None and life.status()["target_bp"] == 8000


def test_consent_waits_for_the_vehicle_that_gave_it():
    slots = Slots()
    ordered(slots, plug=1, identity=ANNA, mode="v2g", consent=True, target_bp=3000)
    life = Life(slots, NOON_MS + HOUR_MS, plug=1)
    assert life.bench.bays[0].mode.value == MODE_ORDERLY and life.status()["waits_for"] == "vehicle"
    life.identity = ANNA
    life.steps(3)
    assert life.bench.bays[0].mode.value == MODE_V2G and life.may_discharge()
    assert abs(life.left_ms() - HOUR_MS) < 10000


def test_another_vehicle_has_the_configured_day():
    slots = Slots()
    ordered(slots, plug=1, identity=ANNA)
    life = Life(slots, NOON_MS + HOUR_MS, plug=1)
    life.identity = BERT
    life.steps(3)
    bay = life.bench.bays[0]
    assert bay.target_bp.value == 3000 and bay.mode.value == MODE_V2G and life.left_ms() is None
    assert (c.SESSION_DROPPED, 1) in life.told()
    assert Life(slots, NOON_MS + HOUR_MS, plug=1).bench.bays[0].target_bp.value == 3000


def test_a_plug_that_was_pulled_in_the_dark():
    slots = Slots()
    ordered(slots, plug=1, identity=ANNA)
    life = Life(slots, NOON_MS + HOUR_MS, plug=-1)  # its lines are not known yet
    assert life.bench.bays[0].target_bp.value == 8000
    life.doors[0].seen = 0
    life.steps(5)
    assert life.bench.bays[0].target_bp.value == 3000 and (c.SESSION_DROPPED, 1) in life.told()


def test_a_vehicle_that_never_says_who_it_is_gives_no_consent_after_the_dark():
    slots = Slots()
    ordered(slots, plug=1, mode="v2g", consent=True, target_bp=3000)
    life = Life(slots, NOON_MS + HOUR_MS, plug=1)
    life.steps(5)
    assert life.bench.bays[0].mode.value == MODE_ORDERLY and life.status()["target_bp"] == 3000
    assert life.session(mode="v2g", consent=True)["mode"] == "v2g"


def test_ordered_before_the_vehicle_came():
    slots = Slots()
    ordered(slots, plug=0, mode="v2g", consent=True, target_bp=3000)
    life = Life(slots, NOON_MS + HOUR_MS, plug=0)
    life.steps(9)
    assert life.bench.bays[0].mode.value == MODE_V2G
    life.doors[0].seen = 1
    life.identity = ANNA
    life.steps(3)
    assert Life(slots, NOON_MS + HOUR_MS, plug=1).status()["waits_for"] == "vehicle"


def test_after_the_session_a_driver_who_did_not_agree_still_does_not():
    slots = Slots()
    life = ordered(slots, plug=1, identity=ANNA, target_bp=3000)
    life.steps(185, 60000)
    bay = life.bench.bays[0]
    assert life.left_ms() is None and bay.mode.value == MODE_ORDERLY
    life = Life(slots, NOON_MS + 4 * HOUR_MS, plug=1)
    assert life.bench.bays[0].mode.value == MODE_ORDERLY
    life.identity = BERT
    life.steps(3)
    assert life.bench.bays[0].mode.value == MODE_V2G


def test_a_damaged_record_lets_nobody_discharge():
    for spoil in ("flip", "version", "figure"):
        slots = Slots()
        life = ordered(slots)
        if spoil == "flip":
            slots.data = [data[:-1] + b"\x55" for data in slots.data]
        else:
            good = life.kept.stored
            bad = b"S9" + good[2:] if spoil == "version" else good[:-17] + b"\xff" + good[-16:]
            assert life.kept.store.save(bad)
        life = Life(slots)
        bay = life.bench.bays[0]
        assert (c.SESSIONS_DAMAGED, 0) in life.told() and bay.mode.value == MODE_ORDERLY, spoil
        assert bay.target_bp.value == 3000 and not life.may_discharge()
        again = Life(slots)
        assert again.bench.bays[0].mode.value == MODE_ORDERLY and again.told() == []
        assert again.session(mode="v2g", consent=True)["mode"] == "v2g" and again.may_discharge()


def test_a_torn_write_leaves_the_session_before_it():
    slots = Slots()
    life = ordered(slots)
    before = list(slots.data)
    for cut in (0, 1, 5, 9, 40, 60):
        slots.data = list(before)
        slots.cut = cut
        answer = life.order(order="session", bay=1, target_bp=9000 - cut)
        assert not answer["ok"] and answer["in_effect"]
        slots.cut = -1
        again = Life(slots)
        assert again.status()["target_bp"] == 8000 and again.bench.bays[0].mode.value == MODE_ORDERLY


def test_writes_are_bounded_and_consent_taken_back_is_written_at_once():
    slots = Slots()
    life = Life(slots)
    for i in range(40):
        kept = life.session(target_bp=5000 + i, depart_in_s=20000 - i * 100)["kept"]
        assert kept == (i < 16)
    assert slots.writes == 16
    assert life.session(mode="orderly")["kept"] and slots.writes == 17  # it was V2G in the store
    assert not life.session(target_bp=8000)["kept"]
    life.steps(31, 60000)
    assert life.status()["kept"] and slots.writes == 18
    life.session(depart_in_s=18000)
    writes = slots.writes
    life.session(depart_in_s=18000)
    assert slots.writes == writes  # the same once more


def test_an_arrival_that_is_waited_for():
    slots = Slots()
    life = Life(slots)
    answer = life.session(mode="now", target_bp=8000, arrive_in_s=3600, depart_in_s=9000)
    assert answer["kept"] and answer["arrive_in_s"] >= 3598
    life = Life(slots, None)
    assert "arrive_in_s" not in life.status()
    life.clock.set_utc(DAY, NOON_MS + HOUR_MS // 2, life.bench.now)
    life.steps(2)
    assert 1700 < life.status()["arrive_in_s"] <= 1800
    life = Life(slots, NOON_MS + HOUR_MS + 60000)
    life.steps(2)
    assert life.bench.bays[0].mode.value == MODE_NOW and abs(life.left_ms() - 5340000) < 10000


def test_slots_stay_booked():
    slots = Slots()
    life = Life(slots, bays=2)
    assert life.order(order="slot", bay=2, in_s=7200, target_bp=6000)["kept"]
    life = Life(slots, NOON_MS + HOUR_MS, bays=2)
    assert life.orders.driver.booked == [False, True]
    assert life.order(order="slot", in_s=3600, target_bp=2500)["bay"] == 1
    assert life.order(order="slot", bay=2, cancel=True)["ok"]
    assert Life(slots, NOON_MS + HOUR_MS, bays=2).orders.driver.booked == [True, False]
    life = Life(slots, NOON_MS + 4 * HOUR_MS, bays=2)
    assert life.orders.driver.booked == [False, False]  # fetched long ago


def test_a_session_without_an_end_holds_for_weeks():
    life = ordered(Slots(), mode="now", depart_unknown=True)  # depart_in_s gives way
    for _ in range(300):
        life.steps(1, 60000)
        life.bench.now = (life.bench.now + 5940000) % (1 << 30)
        life.clock.sample(life.bench.now)
    assert life.bench.bays[0].mode.value == MODE_NOW and life.status()["kept"]
