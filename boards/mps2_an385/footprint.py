"""Says what the firmware takes of the heap, package by package: `HEAP <package> <bytes>` lines; nothing runs.

Each line is what importing that package's modules has added, with garbage collected; packages stand in the
order in which they build on each other.
"""

import gc

_PACKAGES = (
    ("protocols", ("ticks", "outbuf", "crc16", "upy", "errors")),
    ("protocols/modbus", ("master", "rtu", "tcp")),
    ("protocols/iec104", ("outstation", "params", "const")),
    (
        "firmware",
        (
            "codes",
            "config",
            "controller",
            "assembly",
            "loop",
            "recorder",
            "schedule",
            "telecontrol",
            "wallclock",
            "watch",
            "eventlog",
        ),
    ),
    ("drivers", ("converter_sunspec", "meter_sdm630", "iec104_server", "modbus_bus")),
    ("drivers/ports", ("cmsdk_uart", "front_end")),
    ("boards", ("station",)),
    ("boards/mps2_an385", ("board", "main")),
)


def main(arguments):
    gc.collect()
    before = gc.mem_alloc()
    print("HEAP start %d" % before)
    for package, modules in _PACKAGES:
        for name in modules:
            __import__("%s.%s" % (package.replace("/", "."), name))
        gc.collect()
        after = gc.mem_alloc()
        print("HEAP %s %d" % (package, after - before))
        before = after
    print("HEAP free %d" % gc.mem_free())
    return 0
