"""Wear models against others' numbers, on every float that the lanes have.

lane: heap=256k
"""

from firmware.guard.wear import PPB, Wear, xu_depth, xu_loss
from hil_tests.portable.wear_profiles import DAY, FLOAT32_PPM, REFERENCE, TEMP_DC, day_of

SUMS = ("minutes", "rate_sum", "cube_sum", "soc_sum", "temp_sum", "moved_bp", "fast_bp", "fast_minutes",
        "low_bp", "high_bp", "stress")  # fmt: skip
DOUBLE = 1.0 + 1e-12 != 1.0


def near(a, b, ppm):
    return abs(a - b) * 1000000 <= ppm


def sums_of(profile, lfp):
    """What the second of two equal days has summed up, just before it is booked."""
    wear = Wear(lfp)
    samples = day_of(profile)
    for soc_bp in samples:
        wear.minute(soc_bp, TEMP_DC)
    for soc_bp in samples[:-1]:
        wear.minute(soc_bp, TEMP_DC)
    wear.minutes -= 1  # the last sample shall not close the day
    wear.minute(samples[-1], TEMP_DC)
    wear.minutes += 1
    return [(name, getattr(wear, name)) for name in SUMS]


def soh(wear):
    loss = wear.losses()[0]
    return 1 - (loss[0] + loss[1]) / PPB


def lived(profile, lfp):
    """[SOH by model A after 1 year, after 10 years, loss by model B after 10 years]."""
    sums = sums_of(profile, lfp)
    wear = Wear(lfp)
    found = []
    for day in range(3650):
        for name, value in sums:
            setattr(wear, name, value)
        wear.close_day()
        if day == 364:
            found.append(soh(wear))
    return found + [soh(wear), wear.losses()[1]]


LIVED = [lived(profile, chemistry == "lfp") for profile, chemistry, _, _ in REFERENCE]


def test_one_and_ten_years_agree_with_blast():
    ppm = 8 if DOUBLE else FLOAT32_PPM
    for i in range(len(REFERENCE)):
        profile, chemistry, one, ten = REFERENCE[i]
        assert near(LIVED[i][0], one / 1000000, ppm), (profile, chemistry, LIVED[i])
        assert near(LIVED[i][1], ten / 1000000, ppm), (profile, chemistry, LIVED[i])


def test_the_second_models():
    # 10 years: Naumann by time and use; Xu 2018, linear at small depths
    for i, time, use in ((0, 0.1389, 0.0228), (1, 0.1378, 0.0484)):
        b = LIVED[i][2]
        assert near(b[0] / PPB, time, 100) and near(b[1] / PPB, use, 100)
    for i, loss in ((3, 0.2124), (4, 0.2241), (5, 0.2644)):
        b = LIVED[i][2]
        assert near((b[0] + b[1]) / PPB, loss, 100)


def test_xu_depth_is_linear_where_its_function_overcharges():
    full = xu_depth(0.1437)
    assert near(xu_depth(0.005) / full, 0.005 / 0.1437, 10)
    assert near(xu_depth(0.14369), full, 10)
    for depth, cycles in ((1.0, 17000), (0.8, 33560), (0.5, 75127), (0.2, 190554)):
        assert abs(1 / xu_depth(depth) - cycles) < cycles / 1000
    assert xu_depth(0) == 0 and xu_loss(0.0) == 0


def test_small_things_add_up_in_single_precision():
    # a float counter of 24 bits would stand still
    wear = Wear(False)
    for i in range(3 * DAY):
        wear.minute(5000 + (i & 1) * 2, TEMP_DC)
    assert wear.days == 3
    assert wear.moved_bp == 0 and wear.efc_units == 2 * (3 * DAY - 1)
    a, b = wear.losses()
    assert 0 < a[1] < a[0] and 0 < b[1] < b[0]


def test_the_larger_model_is_booked():
    wear = Wear(False)
    for soc_bp in day_of("v2g"):
        wear.minute(soc_bp, TEMP_DC)
    least, most = wear.booked()
    a, b = wear.losses()
    assert least < most and most == max(sum(a), sum(b))


def test_part_of_a_day_can_be_booked():
    wear = Wear(True)
    for i in range(200):
        wear.minute(5000 + i, TEMP_DC)
    wear.close_day()
    wear.close_day()
    assert wear.days == 1 and wear.a_use > 0
