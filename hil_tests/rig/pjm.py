"""PJM's score from 65 minutes of virtual time: the firmware of boards/sim, byte for byte, follows a
synthetic regulation signal.

The signal is the golden one of the project's facts: x(t) = clip(0.55 sin(2πt/420) + 0.35 sin(2πt/97 + 1)
+ 0.2 sin(2πt/41 + 2), -1, 1) every 2 s, + = into the grid. The response is the plant's own meter less
the site's load, sampled at the same instants.
"""

import math

from hil_tests.rig.master import VirtualMaster
from hil_tests.rig.setups import station
from hil_tests.rig.virtual import VirtualRig

MINUTES = 65
PERIOD_S = 2
_WARM_UP_MS = 5000  # discovery of the devices and the start of the link


def signal(t_s):
    """The regulation signal at `t_s`, -1..1."""
    x = 0.55 * math.sin(2 * math.pi * t_s / 420)
    x += 0.35 * math.sin(2 * math.pi * t_s / 97 + 1)
    x += 0.2 * math.sin(2 * math.pi * t_s / 41 + 2)
    return max(-1.0, min(1.0, x))


def pjm_run(progress=None, minutes=MINUTES, bays=1, rating_w=15000):
    """(times in s, signal -1..1, response -1..1); `progress(share)` is told how far it is, 0..1."""
    raw = station(bays, rating_w)
    rig = VirtualRig(raw)
    capacity_kw = bays * rating_w / 1000
    count = minutes * 60 // PERIOD_S + 1
    times = [i * PERIOD_S for i in range(count)]
    wanted = [signal(t) for t in times]
    VirtualMaster(rig, [(_WARM_UP_MS + 1000 * t, x * capacity_kw) for t, x in zip(times, wanted)])
    rig.run(_WARM_UP_MS)
    response = []
    for i in range(count):
        load_w = rig.plant.load_w
        response.append((load_w - rig.plant.grid_w()) / (1000 * capacity_kw))
        rig.run(1000 * PERIOD_S)
        if progress is not None and i % 60 == 0:
            progress((i + 1) / count)
    if progress is not None:
        progress(1.0)
    return times, wanted, response
