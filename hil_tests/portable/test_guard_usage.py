"""Wear per session and vehicle: its reference, its store, its identities.

lane: heap=512k
"""

from firmware.guard.usage import AGED, KEEP_MIN, MOST_RECORDS, Usage, losses_of, spans
from firmware.guard.wear import DAY_MINUTES, Wear
from hil_tests.portable.guard_support import guarded, guarded_config

DOUBLE = 1.0 + 1e-12 != 1.0


class MemoryStore:
    def __init__(self):
        self.data = b""
        self.saves = 0

    def load(self):
        return self.data

    def save(self, payload):
        self.data = payload
        self.saves += 1
        return True


class Stay:
    """A bench whose SOC follows what a test says, minute by minute."""

    def __init__(self, bays=1, chemistry="lfp"):
        self.bench = guarded(guarded_config(bays=bays, battery={"chemistry": chemistry}))
        self.store = MemoryStore()
        self.cut_power()

    def cut_power(self):
        self.usage = Usage(self.bench.image, self.bench.config, self.store)

    def minutes(self, socs, target_bp=8000):
        bench = self.bench
        for soc_bp in socs:
            for bay in bench.bays:
                bay.target_bp.put(target_bp, bench.now)
                if soc_bp is None:
                    bay.soc_bp.fail()
                else:
                    bay.soc_bp.put(soc_bp, bench.now)
            self.usage.update(bench.now)
            if self.usage.due:
                self.usage.keep(bench.now)
            bench.now = (bench.now + 60000) % (1 << 30)

    def ended(self):
        """The figures of the session, whose vehicle now leaves."""
        self.figures = self.usage.places[0].session.figures()
        self.minutes([None, None, None])
        return self.figures


def line_of(*knots):
    """SOC from knot to knot, 20 bp a minute."""
    socs = [knots[0]]
    for knot in knots[1:]:
        while socs[-1] != knot:
            step_bp = min(20, abs(knot - socs[-1]))
            socs.append(socs[-1] + (step_bp if knot > socs[-1] else -step_bp))
    return socs


def test_charging_costs_the_same_as_charging_only():
    for chemistry in ("lfp", "nmc"):
        stay = Stay(chemistry=chemistry)
        stay.minutes(line_of(4000, 8000))
        figures = stay.ended()
        assert [row[2] for row in figures] == [row[3] for row in figures]
        assert min([row[2] for row in figures]) > 0


def test_discharging_costs_more_and_the_reference_ends_at_the_target():
    for chemistry in ("lfp", "nmc"):
        stay = Stay(chemistry=chemistry)
        stay.minutes(line_of(5000, 3000, 7000, 6000, 8000))
        session = stay.usage.places[0].session
        assert session.only_bp == 8000 and session.last_bp == 8000
        assert session.ran.moved_bp == 9000 and session.only.moved_bp == 3000
        for _, cause, ran, only in stay.ended():
            assert ran > only > 0 if cause == "use" else only > ran > 0  # a lower SOC ages less by itself


def test_a_restless_soc_does_not_charge_the_reference():
    stay = Stay()
    stay.minutes([5000 + (i & 1) * 5 for i in range(600)])
    assert stay.usage.places[0].session.only_bp == 5000


def test_a_session_ends_with_its_vehicle_and_is_told():
    stay = Stay()
    stay.minutes(line_of(5000, 4000, 5000))
    ran = spans(stay.ended())[0]
    assert stay.usage.places[0].session is None and stay.store.saves > 0
    assert len(stay.usage.notes) == 1
    note = stay.usage.notes[0]
    assert note.startswith("#V376 session's wear: bay 1 bay0, 101 min, 50.0 to 50.0 %: "), note
    assert "cost of V2G" in note
    total = spans(stay.usage.places[0].record.figures())[0]
    assert abs(total[0] - ran[0]) <= 2 and abs(total[1] - ran[1]) <= 2


def test_a_power_cut_costs_some_minutes_and_lowers_nothing():
    stay = Stay()
    stay.minutes(line_of(8000, 3000)[: KEEP_MIN * 6 + 1])
    kept = stay.usage.places[0].record
    stay.cut_power()
    found = stay.usage.places[0].record
    assert (found.ran, found.only, found.minutes) == (kept.ran, kept.only, KEEP_MIN * 6)
    stay.minutes(line_of(6000, 3000))
    stay.ended()
    assert min([found.ran[k] - kept.ran[k] for k in range(4)]) >= 0
    assert found.ran[1] > kept.ran[1] and found.minutes > KEEP_MIN * 6


def test_the_record_goes_with_the_vehicle():
    stay = Stay(bays=2)
    stay.usage.plug(0, "VIN1")
    stay.minutes(line_of(8000, 6000))
    stay.usage.meet(stay.bench.bays[0], b"VIN2")
    stay.usage.meet(stay.bench.bays[1], b"VIN1")
    assert stay.usage.places[1].record.minutes == 101
    assert stay.usage.places[0].record.minutes == 0
    stay.usage.meet(stay.bench.bays[0], bytes([255] * 17))  # no text: nobody known
    assert stay.usage.places[0].record.key.rstrip(bytes(1)) == b"bay0"


def test_the_least_known_vehicle_is_forgotten():
    stay = Stay()
    stay.minutes([5000] * 5)
    for i in range(MOST_RECORDS + 3):
        stay.usage.plug(0, "V%d" % i)
    assert len(stay.usage.records) == MOST_RECORDS
    assert stay.usage.records[0].minutes == 5


def test_two_years_are_what_a_new_vehicle_begins_with():
    for lfp in (True, False):
        wear = Wear(lfp)
        for _ in range(730):
            wear.minutes = DAY_MINUTES
            wear.soc_sum = 6500 * DAY_MINUTES
            wear.temp_sum = 250 * DAY_MINUTES
            wear.rate_sum = round(wear._rate(0.65, 298.15) * wear.rate_units) * DAY_MINUTES
            wear.cube_sum = 338 * DAY_MINUTES
            wear.moved_bp = wear.fast_bp = 4000
            wear.fast_minutes = 300
            wear.low_bp, wear.high_bp = 5500, 7500
            if not lfp:
                wear.cycle(5500, 7500, 2)
            wear.close_day()
        found = (wear.a_time, wear.a_use, wear.b_time, wear.b_use)
        for k in range(4):
            most = 4000 if DOUBLE else AGED[lfp][k] // 500
            assert abs(found[k] - AGED[lfp][k]) <= most, (found, AGED[lfp])
        assert sum(losses_of(lfp, AGED[lfp])[0]) < 25000000
