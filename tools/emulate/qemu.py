"""QEMU as this project uses it: the command line, the start record, and programs that run to their end.

Determinism: with `icount="shift=0,sleep=off"` one instruction is one nanosecond of the board's time and
waiting costs no time of ours, so a run repeats bit for bit. Live: `shift=4,sleep=on,align=on` is 62.5
million instructions per second, our stand-in for a 100 MHz part at 1.6 clocks per instruction, held to
the wall clock. On a host that is too slow for that the board falls behind, and the emulator says how far:
plant and dispatcher then see a slower board than ours, whatever the firmware does.
"""

import re
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

from tools.build import boards
from tools.emulate import EmulateError

MEASURED = "shift=0,sleep=off"
LIVE = "shift=4,sleep=on,align=on"
MAGIC = b"V2GS"
NO_STATUS = 0xFFFFFFFF
DIED = 70  # an exception that nobody caught
LIMIT_S = 120
_LATE = re.compile(r"guest is now late by [\d.]+ to ([\d.]+) seconds")


def program(board):
    """Path of the emulator; EmulateError when it is not installed."""
    emulator = boards.load(board)["emulator"]
    found = shutil.which(emulator["program"])
    if found is None:
        text = "%s not found: apt-get install %s" % (emulator["program"], emulator["package"])
        raise EmulateError(text)
    return found


def late_s(log):
    """How far the board's clock fell behind the wall clock at most, in s, as the emulator wrote it into the
    text `log`; 0 when it kept up.
    """
    return max(map(float, _LATE.findall(log)), default=0.0)


def start_record(words):
    """What start.py finds in memory: the program's dotted name and its arguments."""
    text = "\0".join(words).encode()
    return struct.pack("<4sII", MAGIC, len(text), NO_STATUS) + text


def command(board, elf, record_path, serials, icount=None):
    """argv; `serials`: what each UART is, as QEMU's -serial takes it."""
    emulator = boards.load(board)["emulator"]
    argv = [program(board), *emulator["machine"], "-display", "none", "-monitor", "none", "-semihosting"]
    argv += ["-kernel", str(elf)]
    loader = "loader,file=%s,addr=%#x,force-raw=on" % (record_path, emulator["start_record"])
    argv += ["-device", loader]
    if icount:
        argv += ["-icount", icount]
    for serial in serials:
        argv += ["-serial", serial]
    return argv


class Ended:
    """How a program on the board ended: `status` (None: stopped by us) and what it said on the console."""

    def __init__(self, status, output):
        self.status = status
        self.output = output


def run(image, words, icount=MEASURED, limit_s=LIMIT_S, uarts=None, memory=()):
    """Run MODULE ARGUMENT... on the board to its end, with the console attached.

    `uarts`: {number: what QEMU's -serial takes} for others; `memory`: (file, address) to be loaded before.
    """
    count = boards.load(image.board)["emulator"]["uarts"]
    serials = ["stdio"] + [(uarts or {}).get(number, "null") for number in range(1, count)]
    with tempfile.TemporaryDirectory(prefix="emulate-") as folder:
        record = Path(folder) / "start"
        record.write_bytes(start_record(words))
        argv = command(image.board, image.elf, record, serials, icount)
        for path, address in memory:
            argv += ["-device", "loader,file=%s,addr=%#x,force-raw=on" % (path, address)]
        try:
            result = subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=limit_s,
            )
        except subprocess.TimeoutExpired as error:
            return Ended(None, text(error.stdout))
    return Ended(result.returncode, text(result.stdout))


def text(raw):
    """Console bytes as text with plain line ends."""
    return (raw or b"").decode("utf-8", "replace").replace("\r\n", "\n")
