"""The lane of the emulated Cortex-M3 joins the suite by V2G_LANE_M3=1: it builds an image and takes minutes.

Without it the run says that it was left out.
"""

import os

from hil_tests.lanes import programs

WANTED = os.environ.get("V2G_LANE_M3") == "1"
collect_ignore_glob = [] if WANTED else ["test_*.py"]

if not WANTED:
    programs.LEFT_OUT.append("the lane of the Cortex-M3: set V2G_LANE_M3=1 to run it")
