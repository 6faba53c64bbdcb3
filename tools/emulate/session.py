"""A live run of a board's firmware in the emulator, with the face of a firmware process: the
configuration in, console lines out, `ready ...` when it listens, SIGINT or SIGTERM for an orderly stop,
its exit status.

The configuration is the one that boards/sim takes. The tty of its RTU bus becomes the board's RTU UART, TCP
goes through the front ends, and the recording comes back through one of them into the file that it names.
"""

import asyncio
import contextlib
import json
import signal
import socket
import sys
import tempfile
from pathlib import Path

from tools.build import boards
from tools.emulate import EmulateError, qemu
from tools.emulate.bridge import FrontEnd

STOP_S = 8
CTRL_C = b"\x03"
LATE = "guest is now late"  # QEMU's remark when this machine cannot keep the pace


class Uarts:
    """What QEMU is told of each UART, and our ends of those that we serve ourselves."""

    def __init__(self, board, config, overrides):
        self.serials = []
        self.chardevs = []
        self.sockets = []
        self.rtu_uart = None
        self._board_ends = []
        devices = [bus["device"] for bus in config["buses"] if bus["kind"] == "rtu"]
        for name, row in sorted(boards.load(board)["uarts"].items()):
            attach = overrides.get(name, row["attach"])
            if attach == "rtu":
                self.rtu_uart = name
                attach = _tty(name, devices)
            if attach == "front_end":
                self._serve(name)
            elif attach.startswith("/"):
                self.chardevs.append("serial,id=%s,path=%s" % (name, attach))
                self.serials.append("chardev:" + name)
            else:
                self.serials.append(attach)

    def _serve(self, name):
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self.sockets.append(ours)
        self._board_ends.append(theirs)
        self.chardevs.append("socket,id=%s,fd=%d" % (name, theirs.fileno()))
        self.serials.append("chardev:" + name)

    def options(self):
        return [word for chardev in self.chardevs for word in ("-chardev", chardev)]

    def inherited(self):
        """File descriptors that QEMU gets from us."""
        return [end.fileno() for end in self._board_ends]

    def release(self):
        """QEMU has its own copies now: when it ends, our ends see it."""
        for end in self._board_ends:
            end.close()


def _tty(name, devices):
    if len(devices) > 1:
        text = "the board has one RTU UART, %s; the configuration has RTU buses on %s"
        raise EmulateError(text % (name, ", ".join(devices)))
    if not devices or devices[0] == name:
        return "null"
    path = Path(devices[0]).resolve()
    if not path.exists():
        raise EmulateError("%s (the RTU bus in the configuration): no such device" % devices[0])
    return str(path)


def for_board(config, board, rtu_uart):
    """The configuration as the board gets it: its own UART's name, no section of the host's, and the board's
    own defaults (board.json) where the configuration says nothing.
    """
    buses = [dict(bus, device=rtu_uart) if bus["kind"] == "rtu" else bus for bus in config["buses"]]
    config = dict(config, buses=buses, plant={})
    for name, section in boards.load(board).get("configuration", {}).items():
        config[name] = dict(section, **config.get(name, {}))
    return config


async def run(image, config, icount=qemu.LIVE, overrides=(), extra=(), say=print):
    """Boot, serve the UARTs until the firmware has ended; its exit status.

    `config`: the decoded JSON, checked; `overrides`: {uart name: what QEMU's -serial takes, or a tty's path};
    `extra`: further words for the board's main; `say(line)` hears the console.
    """
    uarts = Uarts(image.board, config, dict(overrides))
    own = for_board(config, image.board, uarts.rtu_uart)
    words = ["boards.%s.main" % image.board, json.dumps(own), *extra]
    record_path = (config.get("recorder") or {}).get("path") or None
    with tempfile.TemporaryDirectory(prefix="emulate-") as folder:
        start = Path(folder) / "start"
        start.write_bytes(qemu.start_record(words))
        argv = qemu.command(image.board, image.elf, start, uarts.serials, icount) + uarts.options()
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=uarts.inherited(),
            start_new_session=True,
        )
        uarts.release()
        return await _serve(process, uarts, record_path, say)


async def _serve(process, uarts, record_path, say):
    loop = asyncio.get_running_loop()
    front_ends = []
    for ours in uarts.sockets:
        _, front_end = await loop.create_connection(lambda: FrontEnd(record_path), sock=ours)
        front_ends.append(front_end)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: loop.create_task(_stop(process)))
    try:
        await asyncio.gather(_lines(process.stdout, say), _lines(process.stderr, _complain))
        return await process.wait()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        for front_end in front_ends:
            front_end.close()
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _stop(process):
    """Ctrl-C on the board's console, and the plug for a board that does not listen."""
    process.stdin.write(CTRL_C)
    try:
        await asyncio.wait_for(process.wait(), STOP_S)
    except asyncio.TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()


async def _lines(stream, say):
    while line := await stream.readline():
        say(line.decode("utf-8", "replace").rstrip("\r\n"))


def _complain(line):
    if LATE not in line:
        print(line, file=sys.stderr, flush=True)
