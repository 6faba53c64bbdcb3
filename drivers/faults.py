"""The closed list of faults of a converter, whatever it is: each driver maps what its device tells to these
bits, and knows some by itself.

It is part of the contract that all converters' drivers keep (hil_tests/portable/test_converter_contract.py):
DECLARED of the module (reversal_ms, write_gap_ms, min_power_w), enable(on, now), the lease in
bay.command_w with wanted_w(now), charge_max_w and discharge_max_w (-1 = the device does not say), power,
state and faults measured, is_told(power_w), a prebuilt stop. The plain SunSpec driver of small images
(converter_sunspec.py) leaves out faults, enable and limits.

`publish` keeps them in the driver's `faults` and tells of the new ones; what they are called stands in
firmware/codes_faults.py, one code a bit.

lint: integer, hot
"""

# as the device tells them
(SHORT, PROTECTION, FAN, OVER_TEMPERATURE, OVER_VOLTAGE, PHASE_LOSS, AC_VOLTAGE, INTERNAL, DUPLICATE_ID) = [
    1 << i for i in range(9)
]
GROUND, AC_FREQUENCY, DISCONNECTED, CABINET, SHUT_DOWN, LOCAL = [1 << i for i in range(12, 18)]
# as the driver finds them
MODE_NOT_TAKEN, NOT_STARTED, MODULE_SILENT = 1 << 9, 1 << 10, 1 << 11
STRAYED, NO_LEASE, WEAKER = 1 << 18, 1 << 19, 1 << 20
COUNT = 21
NOTICES = LOCAL | WEAKER  # no reason to show a fault: the bay is closed or clipped, and that is told


def publish(driver, faults, now):
    """What is wrong with this driver's device now; `driver.tell(new bits, now)` hears what was not before."""
    fresh = faults & ~driver.faults
    driver.faults = faults
    if fresh and driver.tell is not None:
        driver.tell(fresh, now)
