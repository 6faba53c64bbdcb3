"""One contract for all converters: what every driver does, whatever stands behind it.

lane: heap=512k
"""

from drivers import faults
from firmware.image import CONVERTER_FAULT, CONVERTER_RUNNING, CONVERTER_STANDBY, GOOD
from hil_tests.portable.converter_twins import TWINS

SETTLE_MS = 17000  # the slowest has 2.5 s after each write, and waits 5 s before it starts again


def for_each(check):
    for make in TWINS:
        twin = make()
        try:
            check(twin)
        except AssertionError as error:
            raise AssertionError("%s: %s" % (make.__name__, error))


def settles(twin, holds):
    """Run on until `holds()`, SETTLE_MS at the longest, and a little further."""
    ms = 0
    while not holds():
        assert ms < SETTLE_MS, (twin.true_w(), twin.bay.power_w.value, twin.bay.state.value)
        twin.run(500)
        ms += 500
    twin.run(500)


def running(twin, power_w=3000):
    twin.command_w = power_w
    settles(twin, lambda: abs(twin.true_w() - power_w) <= 60 and abs(twin.bay.power_w.value - power_w) <= 60)
    assert abs(twin.true_w() - power_w) <= 60, twin.true_w()


def test_each_declares_how_slow_it_is():
    for make in TWINS:
        declared = make.MODULE.DECLARED
        assert sorted(declared) == ["min_power_w", "reversal_ms", "write_gap_ms"]
        assert min(declared.values()) >= 0


def test_nothing_flows_before_a_command():
    def check(twin):
        twin.run(SETTLE_MS)
        assert twin.true_w() == 0 and twin.driver.is_told(0)

    for_each(check)


def test_power_both_ways_measured_with_the_right_sign():
    def check(twin):
        for power_w in (3000, -4000, 2000):
            running(twin, power_w)
            bay = twin.bay
            assert abs(bay.power_w.value - power_w) <= 60 and bay.power_w.quality == GOOD, bay.power_w.value
            assert bay.state.value == CONVERTER_RUNNING and bay.state.quality == GOOD
            assert twin.driver.is_told(power_w) and not twin.driver.is_told(power_w + 1)

    for_each(check)


def test_a_reversal_and_a_new_set_point_take_no_longer_than_declared():
    def check(twin):
        running(twin)
        twin.command_w = -3000
        declared = twin.MODULE.DECLARED
        twin.run(declared["reversal_ms"] + declared["write_gap_ms"] + 500)
        assert twin.true_w() < -2900, twin.true_w()

    for_each(check)


def test_a_lease_that_is_not_renewed_ends_the_power():
    def check(twin):
        running(twin)
        twin.command_w = None
        twin.run(1000 + twin.MODULE.DECLARED["write_gap_ms"] + twin.poll_ms)
        assert twin.true_w() == 0

    for_each(check)


def test_without_us_the_device_ends_by_itself():
    def check(twin):
        if twin.ENDS_MS:
            running(twin)
            twin.cut(True)
            twin.run(twin.ENDS_MS + 1500)
            assert twin.true_w() == 0 and twin.driver.is_told(3000)
            twin.cut(False)

    for_each(check)


def test_a_fault_shows_in_the_state_and_in_the_closed_list_and_is_told_once():
    def check(twin):
        running(twin)
        assert twin.driver.faults == 0 and twin.told == []
        twin.fail(True)
        settles(twin, lambda: twin.bay.state.value == CONVERTER_FAULT and twin.told)
        twin.run(3000)
        assert twin.bay.state.value == CONVERTER_FAULT
        assert twin.driver.faults == twin.FAULT and twin.told == [twin.FAULT]
        assert twin.FAULT < 1 << faults.COUNT
        twin.fail(False)
        well = (CONVERTER_RUNNING, CONVERTER_STANDBY)
        settles(twin, lambda: twin.driver.faults == 0 and twin.bay.state.value in well)
        assert twin.driver.faults == 0 and twin.bay.state.value in well

    for_each(check)


def test_a_converter_that_is_not_enabled_has_no_power():
    def check(twin):
        running(twin)
        twin.driver.enable(False, twin.now)
        twin.run(4000)
        assert twin.true_w() == 0
        twin.driver.enable(True, twin.now)
        running(twin)

    for_each(check)


def test_the_prebuilt_stop_ends_the_power():
    def check(twin):
        running(twin)
        twin.stop()
        assert twin.true_w() == 0

    for_each(check)


def test_what_the_device_can_do_is_known_or_said_to_be_unknown():
    def check(twin):
        running(twin)
        driver = twin.driver
        assert driver.charge_max_w == driver.discharge_max_w
        assert driver.charge_max_w == -1 or driver.charge_max_w >= 7000

    for_each(check)
