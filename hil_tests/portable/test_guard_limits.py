"""What the battery allows: every limit cuts, names itself, and none is wider than the BMS.

lane: heap=512k
"""

from firmware import codes
from firmware.guard.bms import LFP_CHARGE, LFP_DISCHARGE, NMC_CHARGE, NMC_DISCHARGE, interpolate
from firmware.guard.departure import MODE_NOW, MODE_ORDERLY
from firmware.guard.limits import health_bp
from hil_tests.portable.guard_support import GuardBench, guarded, guarded_config

FINE = (100000, 100000, 3400, 3300, 250, 250)  # a BMS that limits nothing


def bench_with(battery=None, bms=None, **inputs):
    wishes = {} if bms is None else {"bms": True, "cell_spread_max_mv": 5000, "temp_spread_max_dc": 1000}
    wishes.update(battery or {})
    return guarded(guarded_config(battery=wishes), bms=bms, **inputs)


def ends(bench):
    bay = bench.bays[0]
    return (bay.envelope_lo_w.value, bay.envelope_hi_w.value), (bay.limit_lo.value, bay.limit_hi.value)


def changed(**values):
    """FINE with these values in place of its own."""
    return [values.get(name, FINE[i]) for i, name in enumerate(GuardBench.BMS_NAMES)]


def test_a_fine_battery_leaves_the_rating():
    assert ends(bench_with(bms=FINE)) == ((-15000, 15000), (codes.LIMIT_RATING, codes.LIMIT_RATING))


def test_bms_has_the_last_word_and_says_so():
    interval, limits = ends(bench_with(bms=changed(bms_charge_w=7000, bms_discharge_w=3000)))
    assert interval == (-2820, 7000)  # discharging at the worst efficiency, charging without loss
    assert limits == (codes.LIMIT_BMS, codes.LIMIT_BMS)


def test_a_limit_of_zero_closes_its_side_and_never_turns_the_sign():
    # EVerest PR 1509: limit 0 for charging switched to discharging
    bench = bench_with(bms=changed(bms_charge_w=0))
    for order_w in (15000, 0, -4000):
        bench.order(order_w)
        bench.run(3)
        assert bench.commands() == [min(0, order_w)]
    bench.bms = changed(bms_discharge_w=0)
    bench.order(-15000)
    bench.run(3)
    assert bench.commands() == [0]
    bench.bms = changed(bms_charge_w=-5000, bms_discharge_w=-1)
    bench.run(2)
    assert ends(bench)[0] == (0, 0)


def test_a_silent_bms_closes_both_ways():
    bench = bench_with(bms=FINE)
    bench.bms = FINE[:5]  # one temperature does not come any more
    bench.run(101)
    assert ends(bench) == ((0, 0), (codes.LIMIT_BMS_SILENT, codes.LIMIT_BMS_SILENT))
    bench.bms = FINE
    bench.step()
    assert ends(bench)[0] == (-15000, 15000)


def test_cold_lfp_charges_slowly_and_discharges():
    # 60 kWh: 0.1 C below 5 degrees, 0.2 C below 10; nothing below 0
    for dc, hi_w in ((-1, 0), (0, 0), (50, 6000), (75, 12000), (100, 12000), (600, 0), (601, 0)):
        bench = bench_with(bms=changed(temp_lo_dc=dc, temp_hi_dc=dc))
        assert ends(bench)[0][1] == hi_w, dc
        if hi_w < 15000:
            assert ends(bench)[1][1] == codes.LIMIT_TEMPERATURE
    assert ends(bench_with(bms=changed(temp_lo_dc=-100)))[0] == (-15000, 0)


def test_the_worse_of_hottest_and_coldest_counts():
    assert ends(bench_with(bms=changed(temp_hi_dc=580, temp_lo_dc=300)))[0][1] == 6000
    assert ends(bench_with(bms=changed(temp_hi_dc=300, temp_lo_dc=40)))[0][1] == 6000


def test_derating_is_linear_between_points():
    assert interpolate(((0, 0), (100, 50)), 50) == 25
    assert interpolate(((0, 0), (100, 50)), 101) == 0
    assert interpolate(NMC_CHARGE, -25) == 50
    assert interpolate(NMC_CHARGE, 500) == 50
    for table in (LFP_CHARGE, LFP_DISCHARGE, NMC_CHARGE, NMC_DISCHARGE):
        for dc, pct in table:
            assert interpolate(table, dc) == pct
        assert interpolate(table, -1000) == interpolate(table, 1000) == 0


def test_unknown_chemistry_takes_the_stricter_of_both():
    for dc in range(-350, 700, 7):
        hot = changed(temp_hi_dc=dc, temp_lo_dc=dc)
        widths = []
        for chemistry in ("lfp", "nmc", "unknown"):
            bench = MEASURED[chemistry]
            bench.bms = hot
            bench.step(1000)
            widths.append(ends(bench)[0])
        assert widths[2] == (max(widths[0][0], widths[1][0]), min(widths[0][1], widths[1][1])), dc


MEASURED = {
    name: bench_with({"chemistry": name, "c_rate_pct": 20}, FINE) for name in ("lfp", "nmc", "unknown")
}


def test_cell_voltage_tapers_to_its_hard_end():
    for mv, hi_w in ((3500, 15000), (3575, 7500), (3650, 0), (3700, 0)):
        assert ends(bench_with(bms=changed(cell_hi_mv=mv)))[0] == (-15000, hi_w)
    for mv, lo_w in ((3000, -15000), (2900, -7500), (2800, 0), (0, 0)):
        bench = bench_with(bms=changed(cell_lo_mv=mv))
        assert ends(bench)[0] == (lo_w, 15000)
        if lo_w > -15000:
            assert ends(bench)[1][0] == codes.LIMIT_CELL_LOW
    nmc = bench_with({"chemistry": "nmc"}, changed(cell_hi_mv=4160, cell_lo_mv=3600))
    assert ends(nmc) == ((-15000, 7500), (codes.LIMIT_RATING, codes.LIMIT_CELL_HIGH))
    own = bench_with({"cell_max_mv": 3600}, changed(cell_hi_mv=3600))
    assert ends(own)[0][1] == 0


def test_cells_that_drift_apart_get_a_warning_then_less_power_then_none():
    bench = bench_with({"cell_spread_max_mv": 250, "temp_spread_max_dc": 200}, FINE)
    bay = bench.bays[0]
    uneven = codes.CELLS_UNEVEN
    for apart_mv, warning, width_w in ((149, 0, 15000), (150, uneven, 15000), (200, uneven, 15000),
                                       (225, uneven, 7500), (250, uneven, 0), (300, uneven, 0),
                                       (101, uneven, 15000), (99, 0, 15000), (149, 0, 15000)):  # fmt: skip
        bench.bms = changed(cell_lo_mv=3400 - apart_mv)
        bench.step()
        interval, limits = ends(bench)
        assert bay.uneven.value == warning and interval == (-width_w, width_w), apart_mv
        assert width_w == 15000 or limits == (codes.LIMIT_CELL_SPREAD, codes.LIMIT_CELL_SPREAD)
    uneven = codes.TEMPERATURES_UNEVEN
    for apart_dc, warning, width_w in ((119, 0, 15000), (120, uneven, 15000), (180, uneven, 7500),
                                       (200, uneven, 0)):  # fmt: skip
        bench.bms = changed(temp_hi_dc=200 + apart_dc, temp_lo_dc=200)
        bench.run(11)
        interval, limits = ends(bench)
        assert bay.uneven.value == warning and interval == (-width_w, width_w), apart_dc
    assert limits == (codes.LIMIT_TEMPERATURE_SPREAD, codes.LIMIT_TEMPERATURE_SPREAD)
    own = bench_with({"cell_spread_max_mv": 100}, changed(cell_lo_mv=3310))
    assert ends(own)[0] == (-7500, 7500)


def test_c_rate():
    interval, limits = ends(bench_with({"c_rate_pct": 10}))
    assert interval == (-5640, 6000) and limits == (codes.LIMIT_C_RATE, codes.LIMIT_C_RATE)


def test_health_scales_power_and_window():
    assert [health_bp(soh) for soh in (10000, 8000, 7500, 7000, 5000)] == [10000, 10000, 5000, 0, 0]
    bench = bench_with({"soh_bp": 7500})
    assert ends(bench) == ((-7500, 7500), (codes.LIMIT_SOH, codes.LIMIT_SOH))
    bay = bench.bays[0]
    assert (bay.floor_bp.value, bay.ceiling_bp.value) == (3750, 7250)


def test_window_tapers_and_has_hysteresis():
    bench = bench_with()
    for soc, interval in (
        (8750, (-15000, 7500)),
        (9000, (-15000, 0)),
        (8950, (-15000, 0)),
        (8900, (-15000, 3000)),
    ):
        bench.soc_bp = soc
        bench.step()
        assert ends(bench)[0] == interval, soc
    for soc, interval in (
        (2250, (-7500, 15000)),
        (2000, (0, 15000)),
        (2050, (0, 15000)),
        (2100, (-3000, 15000)),
    ):
        bench.soc_bp = soc
        bench.step()
        assert ends(bench)[0] == interval, soc


def test_no_chatter_at_the_minimum():
    # V2G Liberty 268: at the minimum SOC the power went back and forth
    bench = bench_with()
    bench.order(-15000)
    seen = []
    for soc in (2010, 2001, 2000, 1999, 2001, 2000, 2003, 1998, 2020, 2000):
        bench.soc_bp = soc
        bench.run(11)
        seen.append(bench.commands()[0])
    assert seen[:2] == [-300, -30] and seen[2:] == [0] * 8


def test_above_the_window_on_arrival():
    # V2G Liberty 161: a car that arrives fuller than the window may still be discharged, and is not charged
    bench = bench_with(soc_bp=9700)
    assert ends(bench)[0] == (-15000, 0)
    bench.order(-6000)
    bench.run(3)
    assert bench.commands() == [-6000]


def test_nothing_is_discharged_without_consent():
    bench = bench_with()
    for mode in (MODE_ORDERLY, MODE_NOW):
        bench.session(mode=mode, target_bp=0)
        bench.step()
        assert ends(bench) == ((0, 15000), (codes.LIMIT_NO_CONSENT, codes.LIMIT_RATING))
    bench.bays[0].mode.fail()
    bench.step()
    assert ends(bench)[0] == (0, 15000)


def test_never_wider_than_the_bms_whatever_the_rest_says():
    bench = MEASURED["lfp"]
    seed = 1
    for _ in range(300):
        values = []
        for span in (20000, 20000, 1000, 1000, 800, 800):
            seed = (seed * 1103 + 12345) % 65536
            values.append(seed * span // 65536)
        bench.bms = (
            values[0] - 500,
            values[1] - 500,
            2700 + values[2],
            2700 + values[3],
            values[4],
            values[5],
        )
        bench.soc_bp = seed % 10001
        bench.step(1000)
        lo_w, hi_w = ends(bench)[0]
        assert -max(0, bench.bms[1]) <= lo_w <= 0 <= hi_w <= max(0, bench.bms[0])


def winter(cooling, hours, soc_bp=5000, **battery):
    """An LFP car with cells at 9 to 10 degrees: 12 of 60 kW; from 50 to 80 % in 1.6 h."""
    battery.update({"cooling_dc_per_h": cooling, "c_rate_pct": 25})
    bench = bench_with(battery, changed(temp_hi_dc=100, temp_lo_dc=91), soc_bp=soc_bp)
    bench.session(target_bp=8000, hours=hours)
    bench.order(0)
    bench.run(3, 1000)
    return bench


def test_a_car_in_the_cold_is_charged_while_it_is_warm():
    assert winter(0, 9).commands() == [0]
    bench = winter(20, 9)  # below 0 degrees before it leaves
    bay = bench.bays[0]
    assert bench.commands() == [12000] and bay.must.value == codes.MUST_DEPARTURE
    assert bay.reach_bp.value == 8000  # nobody is warned: with the power of now it comes
    assert winter(20, 9, coldest_dc=80).commands() == [0]  # it does not get so cold here
    assert winter(20, 3.1, coldest_dc=40).commands() == [12000]  # 6 kW then
    assert winter(3, 5).commands() == [0]
    assert winter(20, 9, soc_bp=8000).commands() == [0]
    bench.session(target_bp=8000)  # without a departure there is nothing to miss
    bench.run(3, 1000)
    assert bench.commands() == [0]


def test_in_the_cold_too_nothing_switches_to_and_fro():
    bench = winter(10, 6)  # 3 degrees at the departure
    seen = []
    for i in range(600):
        bench.bms = changed(temp_hi_dc=100, temp_lo_dc=91 - i // 60)
        bench.soc_bp += 1 if i % 4 == 0 and bench.commands()[0] else 0
        bench.run(1, 10000)
        seen.append(bench.commands()[0] > 0)
    assert [seen[i] for i in range(1, 600) if seen[i] != seen[i - 1]] in ([], [False])
