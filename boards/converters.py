"""Every converter but the plain SunSpec one, loaded by its name: a small image carries none of them. Their
faults go into the event log, each with its own code (firmware/codes_faults.py), the bay as argument.
"""

from drivers.faults import COUNT
from firmware import codes_faults


class FaultTeller:
    """A driver's `tell`."""

    def __init__(self, log, number):
        self.log = log
        self.number = number

    def __call__(self, fresh, now):
        for bit in range(COUNT):
            if fresh >> bit & 1:
                self.log.add(codes_faults.FAULT_SHORT + bit, self.number, now)


def make(driver_module, bay_row, bay, number, rejected, offset_ms, log):
    """The driver of bay `number`'s (from 1) converter, its faults told."""
    driver = driver_module.make(bay_row["converter"], bay, bay_row["rating_w"], rejected, offset_ms)
    driver.tell = FaultTeller(log, number)
    return driver
