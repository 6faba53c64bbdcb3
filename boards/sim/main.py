"""Starts the firmware on the simulated board: `main([CONFIG])`. Makes ports, picks drivers from the
configuration, runs the loop.

Exit status: 0 orderly stop, 2 bad configuration, 3 a port cannot be had, 4 unexpected exception.
"""

import json
import sys
import time

from boards.sim.board import Board, PortError
from drivers.converter_sunspec import SunSpecConverter
from drivers.iec104_server import Iec104Server
from drivers.meter_sdm630 import Sdm630
from firmware import codes
from firmware.assembly import make_image
from firmware.config import ConfigError, load
from firmware.controller import Controller
from firmware.eventlog import EventLog
from firmware.loop import Loop
from firmware.recorder import Recorder, header
from firmware.schedule import Schedule
from firmware.telecontrol import Telecontrol, closed_code
from firmware.wallclock import WallClock
from firmware.watch import Watch

_EVENTS = 64
_DAYS_1970_TO_2000 = 10957


def write_line(text):
    """One line on the console, at once."""
    sys.stdout.write(text + "\n")
    if hasattr(sys.stdout, "flush"):
        sys.stdout.flush()


def assemble(board, config, config_text):
    """Everything between the ports and the loop; PortError when a port cannot be had."""
    now = board.now()
    log = board.log = EventLog(_EVENTS)
    image = make_image(config)
    image.station.local.put(1 if config["station"]["local"] else 0, now)
    clock = WallClock(config["telecontrol"]["clock_valid_s"] * 1000)
    _set_clock(clock, now)
    buses = make_buses(board, config, image, log)
    telecontrol = Telecontrol(image, config, clock, log)
    tele = config["telecontrol"]
    server = Iec104Server(
        board.listen(tele["listen"], tele["port"]), telecontrol.station, board.poller, LinkTeller(log)
    )
    recorder = make_recorder(board, config, config_text, image)
    schedule = Schedule(config["control"]["schedule"], image.station.schedule_w, clock)
    controller = Controller(image, config)
    watch = Watch(image, log)
    return Loop(
        board,
        image,
        controller,
        buses,
        server,
        telecontrol,
        schedule,
        watch,
        log,
        recorder,
        config["station"]["cycle_ms"],
    )


def make_buses(board, config, image, log):
    """The buses with their devices."""
    buses = {}
    ordered = []
    for row in config["buses"]:
        bus = board.make_bus(row)
        buses[row["name"]] = bus
        ordered.append(bus)
    for row in config["meters"]:
        if row["name"] == config["site"]["meter"]:
            buses[row["bus"]].add(Sdm630(row["unit"], row["period_ms"], row["sign"], image.station))
    for i in range(len(config["bays"])):
        row = config["bays"][i]["converter"]
        driver = SunSpecConverter(row["unit"], row["poll_ms"], row["lease_ms"], image.bays[i], _rejecter(log))
        buses[row["bus"]].add(driver)
    return ordered


def _rejecter(log):
    return lambda model, now: log.add(codes.NOT_SUNSPEC, model, now)


class LinkTeller:
    """What becomes of 104 links, into the event log."""

    def __init__(self, log):
        self.log = log

    def opened(self, peer, now):
        self.log.add(codes.LINK_OPENED, 0, now)

    def refused(self, peer, now):
        self.log.add(codes.LINK_REFUSED, 0, now)

    def closed(self, peer, reason, now):
        self.log.add(closed_code(reason), 0, now)


def _set_clock(clock, now):
    """A process has the host's clock."""
    seconds = int(time.time())
    if time.gmtime(0)[0] == 1970:
        seconds -= _DAYS_1970_TO_2000 * 86400
    clock.set_utc(seconds // 86400, seconds % 86400 * 1000, now)


def make_recorder(board, config, config_text, image):
    row = config["recorder"]
    if not row["path"]:
        return None
    try:
        board.record_file = open(row["path"], "wb")
    except OSError as error:
        raise PortError(codes.PORT_FAILED, row["path"], str(error))
    board.record_file.write(header(config_text))
    board.recorder = Recorder(image, row["ring_bytes"], row["snapshot_steps"])
    return board.recorder


def main(arguments):
    """Run until Ctrl-C or SIGTERM; returns the exit status."""
    if len(arguments) != 1:
        write_line("usage: boards.sim.main CONFIG.json")
        return 2
    board = Board(write_line)
    try:
        config = load(arguments[0])
        loop = assemble(board, config, json.dumps(config).encode())
    except ConfigError as error:
        for code, path, value, right in error.errors:
            write_line("#V%03d %s: %s = %s; right: %s" % (code, codes.text(code), path, repr(value), right))
        return 2
    except PortError as error:
        write_line("#V%03d %s: %s" % (error.code, codes.text(error.code), error))
        return 3
    except MemoryError:
        write_line("#V%03d %s" % (codes.OUT_OF_MEMORY, codes.text(codes.OUT_OF_MEMORY)))
        return 4
    return run(board, loop, config)


def run(board, loop, config):
    tele = config["telecontrol"]
    status = 0
    try:
        loop.start()
        write_line("ready iec104=%s:%d bays=%d" % (tele["listen"], tele["port"], len(config["bays"])))
        loop.run()
    except KeyboardInterrupt:
        pass  # Ctrl-C, or SIGTERM where the start file turns it into one
    except MemoryError:
        loop.panic()
        loop.log.add(codes.OUT_OF_MEMORY, 0, board.now())
        status = 4
    except Exception as error:  # noqa: BLE001 the one supervisor: no lease outlives a defect
        loop.panic()
        loop.log.add(codes.UNEXPECTED, 0, board.now())
        report_exception(error)
        status = 4
    loop.stop()
    if board.record_file is not None:
        board.record_file.close()
    return status


def report_exception(error):
    """The traceback, for whoever mends it."""
    if hasattr(sys, "print_exception"):
        sys.print_exception(error)
    else:
        sys.excepthook(type(error), error, error.__traceback__)
