"""The lane of the emulated Cortex-M3 needs an emulator, a cross compiler and, for the source package,
apt.

Where one of them is missing the lane is left out as a whole, and the run says so; in CI it fails
instead, with the name of what is missing. V2G_LANE_M3=0 leaves it out by hand: it builds images and
takes minutes.
"""

import os
import shutil
from pathlib import Path

import pytest

from hil_tests.lanes import programs

NEEDED = ("qemu-system-arm", "arm-none-eabi-gcc", "apt-get")
ABSENT = [program for program in NEEDED if shutil.which(program) is None]
BY_HAND = os.environ.get("V2G_LANE_M3") == "0"
IS_LEFT_OUT = BY_HAND or (ABSENT and not programs.in_ci())
collect_ignore_glob = ["test_*.py"] if IS_LEFT_OUT else []

if IS_LEFT_OUT:
    why = "V2G_LANE_M3=0" if BY_HAND else "needs " + ", ".join(programs.advice(p) for p in ABSENT)
    programs.LEFT_OUT.append("the lane of the emulated Cortex-M3: " + why)

# Whichever test comes first fetches the source and builds the image, and others wait for it: minutes on
# a busy machine.
LIMIT_S = 900


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.timeout(LIMIT_S))
