"""Microseconds for measuring programs, on either interpreter."""

import time

if hasattr(time, "ticks_us"):
    ticks_us = time.ticks_us
    elapsed_us = time.ticks_diff  # (later, earlier)
else:

    def ticks_us():
        return time.monotonic_ns() // 1000

    def elapsed_us(later, earlier):
        return later - earlier


def cpu_us():
    """Processor time of this process."""
    if hasattr(time, "clock"):
        return round(time.clock() * 1000000)
    return time.process_time_ns() // 1000
