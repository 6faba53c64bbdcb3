"""A snapshot of the image restarts the guard exactly; the result does not depend on where the ticks start.

lane: heap=768k
"""

from firmware.assembly import make_image
from firmware.controller import Controller
from firmware.image import OUTPUTS
from firmware.snapshot import Snapshot
from hil_tests.portable.firmware_support import NEAR_WRAP
from hil_tests.portable.guard_support import guarded, guarded_config

BAYS = 3
CONFIG = guarded_config(
    bays=BAYS, battery={"bms": True}, site={"import_max_w": 40000}, control={"validity_s": 0}
)


def drive(bench, i):
    """Inputs of step i; something of everything."""
    if i % 37 == 0:
        bench.session(i // 37 % BAYS, hours=(i * 7 % 50) / 10, target_bp=4000 + i * 17 % 5000)
    bench.bms = (
        20000 - i * 37 % 9000,
        15000,
        3300 + i % 300,
        3300 - i % 400,
        250 + i % 300,
        20 + i % 60,
    )
    bench.socs = [(4000 + 13 * i + 1500 * k) % 9500 for k in range(BAYS)]
    bench.order(i * 7919 % 90001 - 45000)


def twin_of(bench):
    """The bench with a new image and controller that hold what the old image holds, and nothing else."""
    image = make_image(bench.config)
    controller = Controller(image, bench.config)  # it writes what begins, so first
    old, new = Snapshot(bench.image), Snapshot(image)
    old.take()
    new.numbers = old.numbers
    new.give()
    controller.last = bench.controller.last
    bench.image, bench.controller = image, controller
    bench.station, bench.bays = image.station, image.bays


def trace(start, restart_at):
    bench = guarded(CONFIG, start)
    bench.follows = True
    found = []
    for i in range(3 * 37 + 9):
        drive(bench, i)
        if i == restart_at:
            twin_of(bench)
        bench.step((100, 10, 450)[i % 3])
        total = 0
        for signal in bench.image.of_kinds(OUTPUTS):
            total = (total * 31 + signal.value * 4 + signal.quality) % 999983
        found.append(total)
    return found


REFERENCE = trace(12345, -1)


def test_a_restart_changes_nothing():
    for restart_at in (1, 44, 103):
        assert trace(12345, restart_at) == REFERENCE, restart_at


def test_ticks_may_start_anywhere():
    for start in (NEAR_WRAP, (1 << 29) - 700):
        assert trace(start, -1) == REFERENCE, start
