"""What each package takes of the board's heap once it is imported, asked of the image itself."""

from tools.emulate import EmulateError, qemu


def by_package(image):
    """{package: bytes}, with "free" for what is left; EmulateError when the image cannot be run."""
    ended = qemu.run(image, ["boards.%s.footprint" % image.board])
    if ended.status != 0:
        raise EmulateError("the image ended with status %s: %s" % (ended.status, ended.output[-400:]))
    rows = [line.split() for line in ended.output.splitlines() if line.startswith("HEAP ")]
    return {name: int(size) for _, name, size in rows}
