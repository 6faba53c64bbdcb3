"""Regional AGC indices: each number worked out by hand from a straight ramp."""

import numpy as np
import pytest

from tools.score import agc, regions

RATING_W = 10_000


def ramp_recording(delay_s=2.0, rate_w_s=100.0, target_w=5000.0, end_s=120.0, offset_w=0.0, period_s=0.5):
    """Set-point from 0 to the target at 10 s; the power follows after the delay and ends `offset_w` off."""
    t = np.arange(0, end_s + period_s / 2, period_s)
    s = np.where(t < 10, 0.0, target_w)
    final = target_w + offset_w
    p = np.clip((t - 10 - delay_s) * rate_w_s, 0, abs(final)) * np.sign(final)
    return t, s, p


def one(profile, **kw):
    records = agc.commands(profile, *ramp_recording(**kw), RATING_W)
    assert len(records) == 1
    return records[0]


def test_command_record_of_a_straight_ramp():
    r = one(regions.NORTH_CHINA, offset_w=50.0)
    assert (r.t0_s, r.p0_w, r.target_w, r.mileage_w) == (10, 0, 5000, 5000)
    assert r.t1_s == pytest.approx(13)  # 2 s of delay and 1 s to pass 1 % of 10 kW at 100 W/s
    assert r.t2_s == pytest.approx(10 + 2 + 49)  # 100 W under the target
    assert r.t3_s == 120
    assert r.rate_pct_min == pytest.approx(60)
    assert r.response_s == pytest.approx(3)


def test_north_china_is_a_product_with_accuracy_as_k2():
    r = one(regions.NORTH_CHINA, offset_w=50.0)
    accuracy = r.accuracy_pct
    assert accuracy == pytest.approx(0.5, abs=0.02)
    assert r.k == pytest.approx((2 - 1.5 / 60, 2 - accuracy / 1.0, 2 - 3 / 60))
    assert r.k_total == pytest.approx(r.k[0] * r.k[1] * r.k[2])
    assert [t.kind for t in regions.NORTH_CHINA.terms] == ["rate", "accuracy", "response"]


def test_mengxi_punishes_a_command_that_is_too_fast():
    r = one(regions.MENGXI)
    assert r.rate_pct_min == pytest.approx(60)
    assert r.k[0] == 0.1
    assert (r.counts, r.reason) == (False, "faster than 5 x the norm")


def test_mengxi_counts_a_slow_one_and_adds_mileage_for_a_reversal():
    r = one(regions.MENGXI, rate_w_s=10.0, target_w=1000.0)  # 6 % of the rating per minute
    assert r.k[0] == pytest.approx(6 / 1.5) and r.counts
    t = np.arange(0, 200, 0.5)
    s = np.where(t < 10, 0, np.where(t < 100, 1000, 0))
    records = agc.commands(regions.MENGXI, t, s, s, RATING_W)
    assert [r.mileage_w for r in records] == [1000, 1000 + 200]


def test_guangdong_clips_the_rate_and_weighs_it_double():
    r = one(regions.GUANGDONG)
    assert r.k[0] == 5 and r.rate_pct_min == pytest.approx(60)
    assert r.response_s == pytest.approx(2.5)
    assert r.k[1] == pytest.approx(1 - 2.5 / 300)
    assert r.k_total == pytest.approx(0.25 * (2 * r.k[0] + r.k[1] + r.k[2]))
    assert [t.kind for t in regions.GUANGDONG.terms] == ["rate", "response", "accuracy"]


def test_guangdong_needs_the_power_to_stay_out_of_the_deadzone_for_4_s():
    t, s, p = ramp_recording(delay_s=20.0)
    p = p + np.where((t > 12) & (t < 14), 200.0, 0.0)  # a blip of 2 s
    r = agc.commands(regions.GUANGDONG, t, s, p, RATING_W)[0]
    assert r.t1_s == pytest.approx(30.5)


def test_hunan_has_a_storage_norm_and_a_cap_on_the_total():
    r = one(regions.HUNAN, rate_w_s=2500.0)  # 1500 % of the rating per minute
    assert r.rate_pct_min == pytest.approx(1500)
    assert r.k[0] == 3
    assert r.k_total == pytest.approx(min(2.0, 0.4 * 3 + 0.3 * r.k[1] + 0.3 * r.k[2]))


def test_shaanxi_is_capped_at_two():
    assert one(regions.SHAANXI).k_total == 2.0


def test_a_command_that_never_arrives_gets_the_floors_and_does_not_count():
    r = one(regions.NORTH_CHINA, offset_w=-1000.0)
    assert np.isnan(r.t2_s) and not r.counts and r.reason == "never arrived"
    assert r.k[:2] == (0.1, 0.1)
    assert r.as_dict()["t2_s"] is None


def test_a_response_in_the_wrong_direction_is_no_response():
    t, s, p = ramp_recording()
    r = agc.commands(regions.NORTH_CHINA, t, s, -p, RATING_W)[0]
    assert np.isnan(r.t1_s) and r.k == (0.1, 0.1, 0.1)


def test_downward_commands_are_judged_like_upward_ones():
    up, down = one(regions.NORTH_CHINA), one(regions.NORTH_CHINA, target_w=-5000.0)
    assert down.k == pytest.approx(up.k) and down.target_w == -5000


def test_moves_below_the_threshold_are_no_new_command():
    t = np.arange(0, 60, 1.0)
    s = np.where(t < 10, 0, np.where(t < 30, 5000, 5150))
    assert len(agc.commands(regions.NORTH_CHINA, t, s, s, RATING_W)) == 1
    assert len(agc.commands(regions.HUNAN, t, s, s, RATING_W)) == 2


def test_means_over_the_commands():
    t = np.arange(0, 200, 0.5)
    s = np.where(t < 10, 0, np.where(t < 100, 5000, -5000))
    m = agc.mean_indices(regions.HUNAN, agc.commands(regions.HUNAN, t, s, s, RATING_W))
    assert (m["commands"], m["profile"], m["kinds"]) == (2, "hunan", ["rate", "response", "accuracy"])
    assert agc.mean_indices(regions.HUNAN, [])["k"] is None


@pytest.mark.parametrize(
    "form, x, expected",
    [
        ("two_minus", 0.5, 1.5),
        ("two_minus", 5, 0.1),
        ("two_minus_inverse", 2, 1.5),
        ("two_minus_inverse", 0, 0.1),
        ("ratio", 3, 3),
        ("one_minus", 0.25, 0.75),
        ("one_minus", 3, 0.1),
        ("ratio", float("nan"), 0.1),
    ],
)
def test_forms(form, x, expected):
    assert agc.index_of(regions.Term("rate", form, 1.0, 0.1), x) == pytest.approx(expected)


def test_every_profile_names_its_source_and_its_doubts():
    for p in regions.PROFILES:
        assert p.source and p.uncertain and p.title_zh
        assert sorted(t.kind for t in p.terms) == ["accuracy", "rate", "response"]
        assert p.weights is None or sum(p.weights) == pytest.approx(1.0)
        assert regions.profile(p.name) is p


def test_an_unknown_region_lists_the_known_ones():
    with pytest.raises(KeyError, match="hunan"):
        regions.profile("atlantis")
