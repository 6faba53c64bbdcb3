"""What the emulator says of a host that is too slow for it, and the demo's words for that."""

from tools.demo.report import late
from tools.emulate.qemu import late_s

LOG = """#V001 firmware started (0)
Warning: The guest is now late by 0.0 to 1.0 seconds
#V204 converter anWarning: The guest is now late by 9.0 to 10.0 seconds
Warning: The guest is now late by 8.0 to 9.0 seconds
"""


def test_the_worst_lateness_is_found_in_a_log():
    assert late_s(LOG) == 10
    assert late_s("#V001 firmware started (0)\n") == 0


def test_only_what_counts_is_blamed_on_the_machine():
    assert "too slow" in late(10) and "too slow" not in late(1)
