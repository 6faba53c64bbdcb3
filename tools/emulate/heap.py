"""What each package takes of the board's heap once it is imported, asked of the image itself."""

from tools.emulate import EmulateError, qemu

# in the order in which they build on each other
PACKAGES = (
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


def by_package(image):
    """{package: bytes}, with "free" for what is left; EmulateError when the image cannot be run."""
    words = ["%s %s" % (package, " ".join(modules)) for package, modules in PACKAGES]
    ended = qemu.run(image, ["boards.%s.footprint" % image.board, *words])
    if ended.status != 0:
        raise EmulateError("the image ended with status %s: %s" % (ended.status, ended.output[-400:]))
    rows = [line.split() for line in ended.output.splitlines() if line.startswith("HEAP ")]
    return {name: int(size) for _, name, size in rows}
