"""Lane (b): instructions, bytes and pauses on the Cortex-M3, each run bit for bit the same, below stored
ceilings.
"""

import pytest

from hil_tests.m3 import ceilings, images


@pytest.mark.parametrize("name", ceilings.programs())
def test_figures_stay_below_their_ceilings(name):
    found = ceilings.measure(images.get("tests"), name)
    limits = ceilings.stored()
    assert found, "no figures"
    beyond = []
    for key, value in found.items():
        limit = limits.get(key)
        if limit is None or (value < limit if key.endswith("_free") else value > limit):
            beyond.append("%s = %d, limit %s" % (key, value, limit))
    assert not beyond, "\n".join(beyond)


@pytest.mark.parametrize("bays", ceilings.CYCLE_BAYS)
def test_a_cycle_leaves_slack_and_none_is_twice_the_mean(bays):
    limits = ceilings.stored()
    mean, worst = (limits["cycle_%d_%s" % (bays, key)] for key in ("mean", "worst"))
    assert worst <= 2 * mean
    assert worst < ceilings.CYCLE_INSTRUCTIONS


@pytest.mark.parametrize("bays", ceilings.GAP_BAYS)
def test_the_longest_gap_of_the_loop_is_within_the_aim(bays):
    assert ceilings.stored()["gap_%d_worst" % bays] <= ceilings.GAP_INSTRUCTIONS


def test_a_run_repeats_to_the_instruction():
    image = images.get("tests")
    first, second = (ceilings.measure(image, "step_1") for _ in range(2))
    assert first == second


def test_no_step_takes_heap():
    steps = {key: limit for key, limit in ceilings.stored().items() if key.startswith("step_")}
    assert steps
    assert not [key for key, limit in steps.items() if key.endswith("_bytes") and limit]


def test_a_figure_beyond_its_ceiling_would_be_seen():
    assert ceilings.allowed("step_1_mean", 1001) == 1102
    assert ceilings.allowed("boot_1_free", 1000) == 900
    assert ceilings.allowed("step_1_bytes", 0) == 0


def test_eight_bays_leave_the_heap_that_the_board_promises():
    promised = images.budget()["heap_free_bytes"]
    assert promised == 65536
    assert ceilings.stored()["boot_8_free"] >= promised
    assert ceilings.allowed("boot_8_free", promised) == promised
