"""Charger and simulated plant as two processes that find each other: started, watched, stopped in order.

The plant goes first (its ports may be any free ones), then the firmware with the completed configuration.
Ready means that every converter has had its first order. The firmware stops first, so that it can withdraw
its leases.
"""

import socket
import sys
import time
from pathlib import Path

from firmware import codes
from tools import runtime
from tools.catalogue import Failure
from tools.build import BuildError, image
from tools.catalogue_host import (
    BUILD_FAILED,
    CHILD_LATE,
    INTERPRETER_MISSING,
    OUTPUT_UNWRITABLE,
    PLANT_SECTION,
)
from tools.catalogue_host import PORT_BUSY, PORT_FORBIDDEN
from tools.child import Child
from tools.defaults import with_can_ports, with_plant_ports, write_config
from tools.plant.config import PlantConfigError, check_plant
from tools.plant.control import ControlClient

PLANT_START_S = 20
FIRMWARE_START_S = 30
FIRST_ORDER_S = 10
FIRST_SESSION_S = 40  # lock, handshake, insulation test, precharge
PLANT_EXIT_PORT = 3
POLL_S = 0.1
SIM = "sim"  # the board that runs in a process
HEAP_KB_PER_BAY = 64
CAN_HEAP_KB = 192  # code and tables of the CAN drivers, as the unix port keeps them
CAUSES = ("#V003", "#V005", "#V1", "#V209", "#V409", "#V424")  # messages with which the firmware gives up


def free_port(host="127.0.0.1"):
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def check_port(host, port, whose):
    """Failure when the port cannot be listened on; `whose` names the option or key to change."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise Failure(PORT_FORBIDDEN, "%s:%d (%s)" % (host, port, whose)) from None
        except OSError as error:
            raise Failure(PORT_BUSY, "%s:%d, %s (%s)" % (host, port, error.strerror, whose)) from None


def words_of(line):
    """{key: value} of a line `ready key=value key=value`."""
    return dict(word.split("=", 1) for word in line.split() if "=" in word)


def firmware_failure(failure, child):
    """The same failure with the code that the firmware gave as it ended, where it gave one."""
    for line in reversed(child.last):
        if line.startswith(CAUSES):
            return Failure(int(line[2:5]), "%s: %s" % (child.name, line.partition(": ")[2]), failure.lines)
        if line.startswith("MemoryError"):
            return Failure(codes.OUT_OF_MEMORY, "%s: %s" % (child.name, line), failure.lines)
    return failure


def _waits(bay):
    """Whether a bay of the plant's snapshot has no order yet, or its vehicle is not connected yet."""
    return bay["order_w"] is None or not bay.get("connected", True)


class Site:
    """Plant and firmware of one configuration; `run_dir` takes configuration, logs and truth.

    `board` other than "sim" is an emulated one, which has its own interpreter.
    """

    def __init__(self, config, run_dir, interpreter, port_whose="telecontrol.port", board=SIM):
        self.config = config
        self.run_dir = Path(run_dir)
        self.interpreter = interpreter
        self.board = board
        self._port_whose = port_whose
        self.plant = self.firmware = self.control = None
        self.iec104 = self.meter = ""
        self.converters = []

    def __enter__(self):
        try:
            self.start()
        except BaseException:  # Ctrl-C too: nothing may stay behind
            self.stop()
            raise
        return self

    def __exit__(self, *exception):
        self.stop()

    @property
    def truth_dir(self):
        return self.run_dir / "truth"

    def start(self):
        """Both running, and every converter under the firmware's orders; Failure says what is in the way."""
        tele = self.config["telecontrol"]
        if tele["port"] == 0:
            tele["port"] = free_port(tele["listen"])
        self.iec104 = "%s:%d" % (tele["listen"], tele["port"])
        check_port(tele["listen"], tele["port"], self._port_whose)
        try:
            check_plant(self.config["plant"])
        except PlantConfigError as error:
            raise Failure(PLANT_SECTION, str(error)) from None
        if self.board != SIM:
            build_image(self.board)
        self._start_plant()
        self._start_firmware()
        self._await_orders()

    def _write_config(self):
        try:
            write_config(self.config, self.run_dir / "config.json")
        except OSError as error:
            raise Failure(OUTPUT_UNWRITABLE, str(error)) from None
        return self.run_dir / "config.json"

    def _start_plant(self):
        argv = [
            sys.executable,
            "-m",
            "tools.plant",
            "--config",
            str(self._write_config().resolve()),
            "--log",
            str(self.truth_dir.resolve()),
        ]
        self.plant = Child("plant", argv, self.run_dir / "plant.log")
        try:
            where = words_of(self.plant.wait_line("ready ", PLANT_START_S))
        except Failure as failure:
            if self.plant.returncode() == PLANT_EXIT_PORT:
                raise Failure(PORT_BUSY, self.plant.last[-1]) from None
            raise failure from None
        self.meter = where["meter"]
        self.converters = where["converter"].split(",")
        self.control = ControlClient(where["control"])
        self.config = with_plant_ports(self.config, self.converters)
        if "can" in where:
            self.config = with_can_ports(self.config, where["can"], where["vehicle"].split(","))

    def _start_firmware(self):
        argv, env = self._firmware_command()
        self.firmware = Child("firmware", argv, self.run_dir / "firmware.log", env)
        try:
            self.firmware.wait_line("ready ", FIRMWARE_START_S)
        except Failure as failure:
            raise firmware_failure(failure, self.firmware) from None

    def _firmware_command(self):
        config_path = self._write_config()
        if self.board != SIM:
            return runtime.emulated_command(self.board, config_path)
        heap_kb = max(runtime.HEAP_KB, len(self.config["bays"]) * HEAP_KB_PER_BAY)
        if any(bus["kind"] == "can" for bus in self.config["buses"]):
            heap_kb += CAN_HEAP_KB + len(self.config["bays"]) * HEAP_KB_PER_BAY
        try:
            return runtime.firmware_command(self.interpreter, config_path, heap_kb)
        except runtime.RuntimeMissing as error:
            raise Failure(INTERPRETER_MISSING, str(error)) from None

    def _await_orders(self):
        on_can = any(bus["kind"] == "can" for bus in self.config["buses"])
        patience_s = FIRST_SESSION_S if on_can else FIRST_ORDER_S
        deadline = time.monotonic() + patience_s
        while any(_waits(bay) for bay in self.control.state()["bays"]):
            self.check()
            if time.monotonic() > deadline:
                detail = "firmware: no order reached a converter in %g s" % patience_s
                raise Failure(CHILD_LATE, detail, self.firmware.last)
            time.sleep(0.05)

    def ready_line(self):
        """The one line that tells a script where everything is."""
        return "ready iec104=%s meter=%s converter=%s" % (self.iec104, self.meter, ",".join(self.converters))

    def check(self):
        """Failure when a child has ended by itself."""
        for child in (self.firmware, self.plant):
            if child is not None and child.returncode() is not None:
                raise firmware_failure(child.died(), child)

    def stop(self):
        """Firmware first: it withdraws its leases; then the plant, which completes its log."""
        for child in (self.firmware, self.plant):
            if child is self.plant and self.control is not None:
                self.control.close()
                self.control = None
            if child is not None:
                child.stop()


def build_image(board):
    """The board's firmware image, made anew where something changed; what is going on goes to stderr."""
    try:
        return image.build(board, say=lambda text: print("v2g: " + text, file=sys.stderr, flush=True))
    except BuildError as error:
        raise Failure(BUILD_FAILED, str(error)) from None


def up(config, run_dir, interpreter, seconds, port_whose, board=SIM):
    """Run until `seconds` have passed (None: until Ctrl-C)."""
    with Site(config, run_dir, interpreter, port_whose, board) as site:
        print(site.ready_line(), flush=True)
        end = None if seconds is None else time.monotonic() + seconds
        while end is None or time.monotonic() < end:
            site.check()
            time.sleep(POLL_S if end is None else max(0.0, min(POLL_S, end - time.monotonic())))
