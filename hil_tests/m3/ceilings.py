"""python -m hil_tests.m3.ceilings [--write]: what the board measures, beside the ceilings in ceilings.json.

A ceiling is the figure measured when it was set and a tenth more; `--write` sets the ceilings anew, in one
commit with the change that needed it. Floors (names ending in _free) are a tenth less, but with eight bays
never less than the board's budget says.
"""

import argparse
import json
import sys
from pathlib import Path

from hil_tests.m3 import images
from tools.defaults import default_config
from tools.emulate import qemu, session

FILE = Path(__file__).with_name("ceilings.json")
MEASURE = "hil_tests.m3.target.measure"
STEP_BAYS = (1, 4, 8, 16)
RECORDER_BAYS = (1, 4, 8)
BOOT_BAYS = (1, 4, 8)
CYCLE_BAYS = (1, 4, 8)
GAP_BAYS = (1, 8)
GAP_CYCLES = 60  # a snapshot, collects, every kind of question twelve times
GAP_INSTRUCTIONS = 1_250_000  # the aim of 20 ms (design, 3), counted as below
CYCLE_INSTRUCTIONS = 6_250_000  # 100 ms of a 100 MHz part at 1.6 clocks per instruction
CYCLES = 300  # long enough for the slow polls of all devices to fall into one cycle


class MeasureError(Exception):
    """The board did not come to the end of a measurement; the text is what it said."""


def board_config(bays, recording=False):
    """The default configuration as the emulated board gets it."""
    config = default_config(bays)
    config["recorder"] = {"path": "record"} if recording else {}
    return json.dumps(session.for_board(config, images.BOARD, "uart1"))


def programs():
    """{name: words} of every measurement."""
    runs = {"step_%d" % bays: ["step", str(bays)] for bays in STEP_BAYS}
    for bays in RECORDER_BAYS:
        runs["recorder_%d" % bays] = ["recorder", str(bays)]
    runs["modbus"] = ["modbus"]
    runs["setpoint"] = ["setpoint"]
    for bays in BOOT_BAYS:
        runs["boot_%d" % bays] = ["boot", board_config(bays)]
    for bays in CYCLE_BAYS:
        runs["cycle_%d" % bays] = ["cycle", board_config(bays), str(CYCLES)]
    for bays in GAP_BAYS:
        runs["gap_%d" % bays] = ["gap", board_config(bays, recording=True), str(GAP_CYCLES)]
    return runs


def measure(image, name):
    """{figure: value} of one measurement; MeasureError when it breaks off."""
    ended = qemu.run(image, [MEASURE, *programs()[name]])
    if ended.status != 0:
        raise MeasureError("%s ended with status %s\n%s" % (name, ended.status, ended.output[-1500:]))
    rows = [line.split() for line in ended.output.splitlines() if line.startswith("MEASURE ")]
    own = name.partition("_")[0]
    return {key if key.startswith(own) else "%s_%s" % (name, key): int(value) for _, key, value in rows}


def stored():
    """{figure: ceiling or floor}."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}


def allowed(key, value):
    """The ceiling to store for a figure measured just now."""
    if value == 0:
        return 0
    if key == "boot_8_free":
        return max(value * 9 // 10, images.budget()["heap_free_bytes"])
    return value * 9 // 10 if key.endswith("_free") else -(-value * 11 // 10)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(argv)
    image = images.build("tests")
    limits, found, failed = stored(), {}, 0
    for name in programs():
        try:
            found.update(measure(image, name))
        except MeasureError as error:
            print(error)
            failed = 1
    for key, value in found.items():
        print("%-24s %10d   ceiling %s" % (key, value, limits.get(key, "none")))
    if options.write:
        text = json.dumps({key: allowed(key, value) for key, value in found.items()}, indent=1)
        FILE.write_text(text + "\n", encoding="utf-8")
    return failed


if __name__ == "__main__":
    sys.exit(main())
