"""Units and energy: integers that stay below 2**30 in every intermediate, and lose nothing."""

from firmware import energy, units
from firmware.image import GOOD, INVALID, JUDGED, LEASE, MEASURED, RESULT, STALE, STATE, Signal

LIMIT = 1 << 30


def counter():
    return Signal(RESULT), Signal(RESULT), Signal(RESULT)


def total_wms(signals):
    kwh, wh, wms = signals
    return (kwh.value * 1000 + wh.value) * units.WMS_PER_WH + wms.value


def test_clip():
    assert [units.clip(v, -2, 3) for v in (-9, -2, 0, 3, 9)] == [-2, -2, 0, 3, 3]


def test_share_is_exact():
    for total in (0, 1, 999, 15000, 1000000, 10000000, 16000000):
        for part, whole in ((0, 1), (1, 3), (5000, 5000), (31250, 32767), (32766, 32767), (7, 32000)):
            assert units.share(total, part, whole) == total * part // whole
            assert total % whole * part < LIMIT
            assert total // whole * part < LIMIT


def test_per_second_is_exact_for_every_dt():
    for rate in (1, 7, 999, 6000, 1000000):
        for dt_ms in (0, 1, 9, 10, 99, 100, 999, 1000, 1001, 59999, 60000):
            exact = rate * dt_ms
            assert units.per_second(rate, dt_ms) == exact // 1000
            assert units.per_second_rest(rate, dt_ms) == exact % 1000
            assert rate * (dt_ms // 1000) + rate * (dt_ms % 1000) // 1000 < LIMIT
            assert rate * (dt_ms % 1000) < LIMIT


def test_energy_in_small_steps():
    signals = counter()
    for _ in range(36000):
        energy.add(15001, 100, *signals)
    assert total_wms(signals) == 15001 * 100 * 36000
    assert [s.value for s in signals] == [15, 1, 0]


def test_energy_beyond_100000_kwh_loses_nothing():
    signals = counter()
    signals[0].value = 99999
    signals[1].value = 999
    signals[2].value = units.WMS_PER_WH - 1
    before = total_wms(signals)
    expected = 0
    for i in range(40):  # each in a thousand slices and more
        dt_ms = 60000 - 49 * i
        energy.add(9999999 - 49 * i, dt_ms, *signals)
        expected += (9999999 - 49 * i) * dt_ms
        assert total_wms(signals) - before == expected
    assert signals[0].value > 106000
    assert 0 <= signals[1].value < 1000
    assert 0 <= signals[2].value < units.WMS_PER_WH


def test_energy_of_the_longest_step_at_the_largest_power():
    signals = counter()
    energy.add(units.MAX_POWER_W, 60000, *signals)
    assert [s.value for s in signals] == [166, 666, units.WMS_PER_WH * 2 // 3]


def test_energy_of_nothing():
    signals = counter()
    energy.add(0, 60000, *signals)
    energy.add(10, 0, *signals)
    assert total_wms(signals) == 0


def test_energy_products_stay_small():
    for power_w in (1, 3, 15000, 999999, units.MAX_POWER_W):
        longest_ms = energy._SLICE_WMS // power_w
        assert longest_ms >= 1
        assert power_w * longest_ms + units.WMS_PER_WH < LIMIT


def test_a_signal_is_the_same_in_every_language():
    told = ((MEASURED, INVALID), (LEASE, INVALID), (STATE, GOOD), (RESULT, GOOD), (JUDGED, GOOD))
    for kind, quality in told:
        signal = Signal(kind)
        assert (signal.value, signal.quality, signal.time, signal.max_age_ms) == (0, quality, 0, 0)
    signal = Signal(MEASURED, 518400000)
    signal.put(-LIMIT, LIMIT - 1)
    assert (signal.value, signal.quality, signal.time) == (-LIMIT, GOOD, LIMIT - 1)
    signal.fail()
    assert (signal.value, signal.quality, signal.max_age_ms) == (-LIMIT, INVALID, 518400000)
    signal.value, signal.quality, signal.time = 7, STALE, 5
    assert (signal.value, signal.quality, signal.time, signal.max_age_ms) == (7, STALE, 5, 518400000)
    signal.max_age_ms = 1
    assert (signal.quality, signal.max_age_ms) == (STALE, 1)
