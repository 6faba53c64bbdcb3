"""The split over the bays: exact to 1 W, inside every envelope, in proportion; raises wait, never past 0."""

from firmware.allocate import Allocator
from firmware.image import Image


def allocator_of(ratings_w, caps=None):
    image = Image({}, [{} for _ in ratings_w])
    for i in range(len(ratings_w)):
        lo_w, hi_w = caps[i] if caps else (-ratings_w[i], ratings_w[i])
        image.bays[i].envelope_lo_w.value = lo_w
        image.bays[i].envelope_hi_w.value = hi_w
        image.bays[i].following.value = 1
    return Allocator(image, ratings_w)


def book(allocator, bookings):
    for i in range(len(bookings)):
        allocator.bays[i].booked_lo_w.value, allocator.bays[i].booked_hi_w.value = bookings[i]


def check(allocator, total_w):
    allocator.share_out(total_w)
    assert sum(allocator.power_w) == total_w, (total_w, allocator.power_w)
    assert allocator.total_w() == total_w
    for i in range(allocator.count):
        bay = allocator.bays[i]
        assert bay.envelope_lo_w.value <= allocator.power_w[i] <= bay.envelope_hi_w.value


def test_in_proportion_to_the_ratings():
    allocator = allocator_of([10000, 20000, 30000])
    check(allocator, 6000)
    assert allocator.power_w == [1000, 2000, 3000]
    check(allocator, -30000)
    assert allocator.power_w == [-5000, -10000, -15000]


def test_exact_to_one_watt():
    allocator = allocator_of([7000, 15000, 11000, 3300, 22000, 999, 100])
    for total_w in (0, 1, 2, 6, 7, 8, 59398, 59399, 31, 12345, 40000, -1, -7, -8, -59399, -33333):
        check(allocator, total_w)


def test_what_a_full_bay_leaves_goes_to_the_others():
    allocator = allocator_of([10000, 10000, 10000], [(0, 500), (-10000, 10000), (-3000, 0)])
    check(allocator, 9000)
    assert allocator.power_w == [500, 8500, 0]
    check(allocator, 10500)
    check(allocator, -13000)
    check(allocator, -8000)
    assert allocator.power_w == [0, -5000, -3000]


def test_largest_station():
    ratings = [1000000] * 16
    allocator = allocator_of(ratings)
    assert sum(allocator.weights) < 1 << 15
    check(allocator, 16000000)
    check(allocator, 15999999)
    check(allocator, -1)
    whole = sum(allocator.weights)
    for weight in allocator.weights:
        assert (whole - 1) * weight < 1 << 30
        assert 16000000 // whole * weight < 1 << 30


def test_very_different_ratings():
    allocator = allocator_of([100, 1000000] + [100] * 14)
    assert min(allocator.weights) >= 1
    assert sum(allocator.weights) < 1 << 15
    for total_w in (1001500, 1001499, 500, 15, -1001500, -777777):
        check(allocator, total_w)


def test_pseudo_random_splits():
    seed = 12345
    for _ in range(60):
        ratings = []
        caps = []
        for _ in range(5):
            seed = (seed * 1103 + 12347) % 1000003
            ratings.append(100 + seed % 50000)
            caps.append((-(seed % (ratings[-1] + 1)), seed * 7 % (ratings[-1] + 1)))
        allocator = allocator_of(ratings, caps)
        hi_w = sum([cap[1] for cap in caps])
        lo_w = sum([cap[0] for cap in caps])
        for total_w in (0, hi_w, lo_w, hi_w * 2 // 3, lo_w // 3, min(3, hi_w), max(-3, lo_w)):
            check(allocator, total_w)


def test_a_raise_waits_for_a_cut():
    allocator = allocator_of([10000, 10000])
    book(allocator, [(0, 8000), (0, 0)])
    allocator.share_out(10000)
    allocator.hold_back(10000, -10000)
    assert allocator.power_w == [5000, 2000]  # bay 0 is still booked at 8000
    assert allocator.held_back
    book(allocator, [(0, 5000), (0, 2000)])
    allocator.share_out(10000)
    allocator.hold_back(10000, -10000)
    assert allocator.power_w == [5000, 5000]
    assert not allocator.held_back


def test_discharge_waits_too():
    allocator = allocator_of([10000, 10000])
    book(allocator, [(-8000, 0), (0, 0)])
    allocator.share_out(-10000)
    allocator.hold_back(10000, -10000)
    assert allocator.power_w == [-5000, -2000]


def test_silent_and_straying_bays_are_not_counted_twice():
    allocator = allocator_of([10000, 10000, 10000], [(0, 0), (0, 0), (-10000, 10000)])
    allocator.bays[0].silent.value = 1
    allocator.bays[1].following.value = 0
    book(allocator, [(0, 10000), (0, 10000), (0, 0)])
    allocator.share_out(9000)
    allocator.hold_back(9000, -9000)  # the site's limit is already less by the bookings of both
    assert allocator.power_w == [0, 0, 9000]


def test_holding_back_stops_at_zero():
    # Bay 0 discharged, may no longer, and goes to 0; bay 1 is booked above the limit. Holding bay 0
    # at its discharge would be a command outside its envelope.
    allocator = allocator_of([10000, 10000], [(0, 10000), (-10000, 10000)])
    book(allocator, [(-8000, -8000), (9000, 9000)])
    allocator.share_out(4000)
    allocator.hold_back(5000, -5000)
    assert allocator.power_w[0] >= 0
    allocator = allocator_of([10000, 10000], [(-10000, 0), (-10000, 10000)])
    book(allocator, [(8000, 8000), (-9000, -9000)])
    allocator.share_out(-4000)
    allocator.hold_back(5000, -5000)
    assert allocator.power_w[0] <= 0


def test_a_closed_bay_that_cannot_be_commanded_is_left_at_zero():
    allocator = allocator_of([10000, 10000], [(0, 0), (-10000, 10000)])
    allocator.bays[0].silent.value = 1
    book(allocator, [(-9000, -9000), (6000, 6000)])
    allocator.share_out(3000)
    allocator.hold_back(2000, -2000)
    assert allocator.power_w[0] == 0
