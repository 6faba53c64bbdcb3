"""protocols.ticks on every lane, with the wrap at 2**30 in the middle of things."""

from protocols.ticks import TICKS_MASK, sooner, ticks_add, ticks_diff, ticks_sub

from hil_tests.portable.support import no_heap


def test_diff_passes_the_wrap():
    for earlier, later, expected in (
        (0, 0, 0),
        (5, 12, 7),
        (12, 5, -7),
        (TICKS_MASK, 0, 1),
        (0, TICKS_MASK, -1),
        (TICKS_MASK - 99, 100, 200),
        (0, 0x1FFFFFFF, 0x1FFFFFFF),
        (0, 0x20000000, -0x20000000),
    ):
        assert ticks_diff(later, earlier) == expected


def test_add_and_sub_are_each_other_s_inverse():
    for start in (0, 1, TICKS_MASK - 1, TICKS_MASK):
        for delta_ms in (0, 1, 100, TICKS_MASK):
            moved = ticks_add(start, delta_ms)
            assert 0 <= moved <= TICKS_MASK
            assert moved == (start + delta_ms) % (TICKS_MASK + 1)
            assert ticks_sub(moved, delta_ms) == start


def test_sooner_knows_that_minus_one_is_never():
    for a_ms, b_ms, expected in ((-1, -1, -1), (-1, 5, 5), (5, -1, 5), (3, 5, 3), (5, 3, 3), (0, 7, 0)):
        assert sooner(a_ms, b_ms) == expected


def test_nothing_is_allocated():
    no_heap(ticks_diff, 0, TICKS_MASK)
    no_heap(ticks_add, TICKS_MASK, TICKS_MASK)
    no_heap(ticks_sub, 0, TICKS_MASK)
    no_heap(sooner, 3, 5)
