"""What the station says that it can deliver: vectors, doubts, promises, reserve; the points of 104.

lane: heap=512k
"""

from firmware import pointtable
from firmware.eventlog import EventLog
from firmware.guard.capability import HORIZONS_S, power_for, seconds_for
from firmware.guard.departure import MODE_ORDERLY
from firmware.image import CONVERTER_FAULT
from firmware.telecontrol import Telecontrol
from firmware.wallclock import WallClock
from hil_tests.portable.guard_support import guarded, guarded_config
from hil_tests.portable.support import no_heap

WUHAN = {"soc_max_bp": 10000, "taper_bp": 1, "efficiency_max_bp": 9400}


def capable(bays=1, socs=None, battery=None, hours=None, target_bp=0, **sections):
    """A bench that has stood long enough for a whole table."""
    bench = guarded(guarded_config(bays=bays, battery=battery, **sections), socs=socs)
    for i in range(bays):
        bench.session(i, hours=hours, target_bp=target_bp)
    bench.run(25)
    bench.table = bench.controller.guard.capability
    return bench


def at(bench, seconds):
    k = HORIZONS_S.index(seconds)
    return bench.table.discharge_w[k], bench.table.charge_w[k]


def test_wuhan_is_told_honestly():
    # 4 cars of 60 kWh at 15 kW: from 80 to 20 % 2.26 h, not 2.5 h; 2.5 h only from 86.5 %
    bench = capable(4, [8000] * 4, WUHAN)
    seconds = bench.station.discharge_left_s.value
    assert 22400 <= seconds * 100 // 36 <= 22600
    assert at(bench, 7200)[0] == 60000
    assert at(bench, 9000)[0] < 60000 * 91 // 100
    enough = capable(4, [8652] * 4, WUHAN)
    assert enough.station.discharge_left_s.value >= 9000
    assert at(enough, 9000)[0] == 60000
    assert capable(4, [8648] * 4, WUHAN).station.discharge_left_s.value < 9000


def test_energy_out_at_the_worst_and_in_at_the_best_efficiency():
    bench = capable(1, [5000], {"taper_bp": 1, "efficiency_bp": 9000, "efficiency_max_bp": 9800})
    # 30 % of 60 kWh out at 0.9; 40 % in at 0.98
    assert 18000 * 90 // 100 - 10 <= bench.station.discharge_wh.value <= 18000 * 90 // 100
    assert 24000 * 100 // 98 - 10 <= bench.station.charge_wh.value <= 24000 * 100 // 98 + 1


def test_power_is_flat_and_then_falls_with_time():
    bench = capable(2, [3000, 5000])
    for row in (bench.table.discharge_w, bench.table.charge_w):
        for k in range(1, len(row)):
            assert row[k] <= row[k - 1]
    assert at(bench, 1) == (30000, 30000)
    assert 0 < at(bench, 9000)[0] < 12000


def test_the_taper_is_allowed_for():
    # 2 % above the floor the taper leaves 40 % of the power, and less for longer
    bench = capable(1, [2200])
    assert at(bench, 1)[0] <= 6000
    energy_wh = 1200 * 94 // 100
    assert at(bench, 900)[0] < energy_wh * 4 * 70 // 100


def test_a_soc_in_steps_may_be_a_step_nearer_to_either_end():
    fine = capable(1, [5000])
    coarse = capable(1, [5000], {"soc_step_bp": 100, "soc_min_bp": 1900, "soc_max_bp": 9100})
    assert fine.station.discharge_wh.value - coarse.station.discharge_wh.value >= 600 * 90 // 100
    assert fine.station.charge_wh.value - coarse.station.charge_wh.value >= 600
    fine = capable(1, [5000], hours=3, target_bp=8000)
    coarse = capable(1, [5000], {"soc_step_bp": 100}, hours=3, target_bp=8000)
    assert fine.station.discharge_left_s.value - coarse.station.discharge_left_s.value > 60


def test_unknown_or_closed_counts_as_nothing():
    bench = capable(2, [5000, 5000])
    full_w = at(bench, 900)[0]
    bench.soc_bp = None
    bench.socs = None
    bench.run(110)
    assert at(bench, 1) == (0, 0) and bench.station.charge_wh.value == 0
    bench.soc_bp = 5000
    bench.run(25)
    assert at(bench, 900)[0] == full_w
    bench.state = CONVERTER_FAULT
    bench.run(25)
    assert at(bench, 1) == (0, 0) and bench.station.discharge_left_s.value == 0


def test_without_consent_nothing_is_discharged_and_without_departure_nothing_below_the_target():
    bench = capable(1, [5000])
    bench.session(mode=MODE_ORDERLY, target_bp=0)
    bench.run(25)
    assert at(bench, 1) == (0, 15000) and bench.station.discharge_wh.value == 0
    bench = capable(1, [7500], target_bp=7000)
    assert 0 < bench.station.discharge_wh.value <= 5 * 600 * 94 // 100


def test_a_battery_that_nobody_stated_counts_as_nothing():
    raw = guarded_config(bays=2)
    raw["bays"][1]["battery"]["capacity_wh"] = 0
    bench = guarded(raw)
    bench.run(25)
    bench.table = bench.controller.guard.capability
    assert at(bench, 1) == (15000, 15000)
    assert bench.station.envelope_hi_w.value == 30000
    assert bench.station.discharge_left_s.value == 0


def test_a_promise_limits_what_can_be_held():
    # the vector of the facts: 0.6088 h at full power, then the car must charge
    bench = capable(1, [4000], {"taper_bp": 1}, hours=3, target_bp=8000)
    assert 60700 <= bench.station.discharge_left_s.value * 1000 // 36 <= 60900
    assert 9000 <= bench.station.discharge_wh.value <= 9140
    assert at(bench, 1800)[0] == 15000
    assert 0 < at(bench, 3600)[0] < 15000 * 61 // 100
    assert at(bench, 7200) == (0, 15000)  # by then it must charge


def test_cars_that_must_charge_count_against_the_others():
    bench = capable(2, [6000, 6000])
    bench.session(0, hours=0.1, target_bp=9000)
    bench.run(25)
    assert at(bench, 60) == (0, 30000)
    assert bench.station.envelope_lo_w.value == 0


def test_reserve_and_site_come_off():
    reserve = {"reserve_discharge_w": 4000, "reserve_charge_w": 1000}
    bench = capable(2, [5000, 5000], control=reserve)
    assert at(bench, 1) == (26000, 29000)
    bench = capable(2, [5000, 5000], site={"import_max_w": 20000, "export_max_w": 7000}, control=reserve)
    assert at(bench, 1) == (3000, 19000)


def test_the_table_is_new_every_second():
    bench = capable(1, [5000])
    bench.socs = [2000]
    bench.run(10)
    assert [at(bench, s)[0] for s in HORIZONS_S] == [0] * 8
    assert bench.station.discharge_15min_w.value == 0
    bench.socs = [5000]
    bench.step(60000)
    assert at(bench, 1)[0] == 15000


def test_arithmetic():
    assert power_for(3750, 900) == 15000
    assert power_for(1000000, 1) == 252000000 and power_for(0, 9000) == 0
    assert seconds_for(33840, 15000) == 8121
    assert seconds_for(1000000, 1000000) in (3599, 3600)
    assert seconds_for(1000000, 1) == 360000


def test_largest_station_takes_no_memory():
    battery = {"capacity_wh": 1000000, "c_rate_pct": 500, "soc_max_bp": 10000}
    raw = guarded_config(bays=4, rating_w=1000000, battery=battery)
    raw["site"].update({"import_max_w": 10000000, "export_max_w": 10000000})
    bench = guarded(raw)
    for i in range(40):
        for k in range(4):
            bench.session(k, hours=(i * 13 + k) % 140, target_bp=i * 250)
        bench.socs = [(i * 613 + k * 997) % 10001 for k in range(4)]
        bench.now = (bench.now + 60000) & 0x3FFFFFFF
        bench.feed()
        no_heap(bench.controller.step, bench.now)


def test_points_on_104():
    bench = capable(1, [8000], WUHAN)
    telecontrol = Telecontrol(bench.image, bench.config, WallClock(0), EventLog(8))
    telecontrol.report(bench.now)
    shown = {}
    for i in range(len(telecontrol.points)):
        shown[telecontrol.points[i].ioa] = telecontrol.points[i].raw
    assert shown[0x4017] == bench.station.discharge_left_s.value
    assert shown[0x4016] == bench.station.charge_left_s.value
    assert shown[0x4020] == bench.station.discharge_wh.value
    assert shown[0x4019] == bench.station.charge_wh.value
    for row in pointtable.GUARD_POINTS:
        assert row[1] in shown
