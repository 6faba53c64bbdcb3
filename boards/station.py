"""Puts a charger together from a checked configuration, and runs it: the same for every board.

The board brings ports, clock and console; what it must offer stands in boards/sim/board.py. Exit status: 0
orderly stop, 2 bad configuration, 3 a port cannot be had, 4 unexpected exception.
"""

import json
import sys

from drivers.converter_sunspec import SunSpecConverter
from drivers.iec104_server import Iec104Server
from drivers.meter_sdm630 import Sdm630
from firmware import codes
from firmware.assembly import make_image
from firmware.controller import Controller
from firmware.eventlog import EventLog
from firmware.loop import Loop
from firmware.schedule import Schedule
from firmware.telecontrol import Telecontrol, closed_code
from firmware.wallclock import WallClock
from firmware.watch import Watch

_EVENTS = 64


class PortError(OSError):
    """A port that the configuration names cannot be had: (code, name, reason)."""

    def __init__(self, code, name, reason):
        super().__init__(5, "%s: %s" % (name, reason))
        self.code = code
        self.name = name
        self.reason = reason


def assemble(board, config):
    """Everything between the ports and the loop; PortError when a port cannot be had."""
    now = board.now()
    declare(config)
    log = board.log = EventLog(_EVENTS)
    board.orders_lost = board.commands_told = 0
    board.usage = None
    image = make_image(config)
    recorder = make_recorder(board, config, image)  # first, while its ring still fits in one piece
    image.station.local.put(1 if config["station"]["local"] else 0, now)
    tele = config["telecontrol"]
    clock = WallClock(tele["clock_valid_s"] * 1000)
    board.set_clock(clock, now)
    buses = make_buses(board, config, image, log)
    telecontrol = Telecontrol(image, config, clock, log, make_store(board, config))
    board.orders = telecontrol.orders
    board.wall = clock
    board.indices = telecontrol.indices
    server = make_server(board, tele, telecontrol.station, image, log)
    schedule = Schedule(config["control"]["schedule"], image.station.schedule_w, clock)
    if telecontrol.curve is not None:
        schedule.curve = telecontrol.curve
        telecontrol.curve.keep_in(make_store(board, config, ".curve"))
    loop = Loop(
        board,
        image,
        Controller(image, config),
        buses,
        server,
        telecontrol,
        schedule,
        load("firmware.phases").PhaseWatch(image, log) if image.phases else Watch(image, log),
        log,
        recorder,
        config["station"]["cycle_ms"],
    )
    if image.guarded:
        from firmware.guard.host import GuardHost  # only where there is one

        loop.guard = GuardHost(image, config, clock, log)
        loop.guard.meet(buses)
        if loop.guard.limited:
            loop.guard.keep_budgets(config, make_store(board, config, ".budgets"))
        loop.guard.keep_wear(config, make_store(board, config, ".wear"))
        loop.guard.stall_ms = getattr(board, "store_stall_ms", 0)
        board.usage = loop.guard.usage
    if config["order_port"]["enabled"]:
        load("boards.order_port").make(board, config, loop, clock)
    return loop


def declare(config):
    """What the drivers say of how slow their devices are, where the configuration does not (design §3)."""
    for bay in config["bays"]:
        row = bay["converter"]
        if row["model"] != "sunspec":
            declared = load("drivers.converter_" + row["model"]).DECLARED
            for key in declared:
                if row[key] < 0:
                    row[key] = declared[key]


def make_server(board, tele, station, image, log):
    """The 104 links: a plain listener, one for TLS, or both."""
    listeners = []
    if tele["plain"]:
        listeners.append(board.listen(tele["listen"], tele["port"]))
    if tele["tls"]["enabled"]:
        if not hasattr(board, "listen_tls"):
            raise PortError(codes.TLS_MISSING, "telecontrol.tls", "`v2g tls-front` in front of it has")
        listeners.append(board.listen_tls(tele, image.bays, log))
    return Iec104Server(listeners, station, board.poller, LinkTeller(log))


def make_store(board, config, what=""):
    """Where parameters, or `what`, outlive a restart; None when nothing is configured, or the board has no
    such thing.
    """
    path = config["station"]["store"]
    return board.open_store(path + what) if path else None


def make_buses(board, config, image, log):
    """The buses with their devices."""
    buses = {}
    ordered = []
    for row in config["buses"]:
        bus = board.make_bus(row)
        buses[row["name"]] = bus
        ordered.append(bus)
    others = list(image.meters)
    for row in config["meters"]:
        if row["name"] == config["site"]["meter"]:
            meter = make_meter(row, image.station, image.phases)
        else:
            meter = make_meter(row, others.pop(0))
        buses[row["bus"]].add(meter)
    rejected = _rejecter(log)
    bays = len(config["bays"])
    pins, lines = make_lines(board, config, image, ordered)
    for i in range(bays):
        row = config["bays"][i]["converter"]
        if row["model"] == "ac_pile":
            ordered.append(load("boards.pile_bay").make(i, config, image, buses, log, pins, lines))
        elif row["model"] == "infy":
            ordered.append(load("boards.can_bay").make(i, config, image, buses, log))
        else:
            bay = config["bays"][i]
            offset_ms = i * 1000 // bays
            buses[row["bus"]].add(make_converter(bay, image.bays[i], i + 1, rejected, offset_ms, log))
    return ordered


def make_lines(board, config, image, ordered):
    """The board's own pins and the station's lines, where there are any: first of the drivers."""
    if not config["lines"]:
        return None, None
    drivers = load("drivers.lines")
    pins = board.make_pins() if hasattr(board, "make_pins") else drivers.NoPins()
    try:
        rows = load("firmware.lines").of_bay(config["lines"], 0)
        lines = drivers.StationLines(drivers.Lines(rows, pins), image)
    except ValueError as error:
        raise PortError(codes.PORT_FAILED, "lines", str(error))
    ordered.insert(0, lines)
    return pins, lines


def load(name):
    """A driver or a meter's table by its name: a small image carries only those that it was built with."""
    try:
        return __import__(name, None, None, ["load"])
    except ImportError:
        raise PortError(codes.PORT_FAILED, name, "this board's image does not carry it")


def make_meter(row, group, phases=()):
    """The driver of a meter that writes its readings into `group`, and those of each phase."""
    model, period_ms, sign = row["model"], row["period_ms"], row["sign"]
    if model == "sdm630" and not phases:
        return Sdm630(row["unit"], period_ms, sign, group)
    try:
        if model == "dlt645":
            driver = load("drivers.meter_dlt645").MeterDlt645
            return driver(row["address"], period_ms, sign, group, row["pt_ratio"], row["ct_ratio"], phases)
        driver = load("drivers.meter_modbus").MeterModbus
        table = load("drivers.maps." + model)
        return driver(row["unit"], period_ms, sign, table, group, row["pt_ratio"], row["ct_ratio"], phases)
    except ValueError as error:
        raise PortError(codes.PORT_FAILED, row["name"], str(error))


def make_converter(bay_row, bay, number, rejected, offset_ms, log):
    """The driver of a bay's converter; what it does once a second falls `offset_ms` into it."""
    row = bay_row["converter"]
    if row["model"] == "sunspec":
        return SunSpecConverter(row["unit"], row["poll_ms"], row["lease_ms"], bay, rejected, offset_ms)
    driver = load("drivers.converter_" + row["model"])
    return load("boards.converters").make(driver, bay_row, bay, number, rejected, offset_ms, log)


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


def _pieces(config):
    """The configuration as JSON in short pieces: as one, eight bays' ask a small heap for 10 KB at a time."""
    mark = "{"
    for key in config:
        value = config[key]
        mark += json.dumps(key) + ": "
        if isinstance(value, list) and value:
            mark += "["
            for row in value:
                yield (mark + json.dumps(row)).encode()
                mark = ", "
            yield b"]"
        else:
            yield (mark + json.dumps(value)).encode()
        mark = ", "
    yield b"}"


def make_recorder(board, config, image):
    row = config["recorder"]
    if not row["path"]:
        return None
    from firmware.recorder import Recorder, start_of_header  # 1 KB of heap on a microcontroller

    board.record_file = board.open_record(row["path"])
    # at once: on a small board opening has made room for the ring, in one piece
    board.recorder = Recorder(image, row["ring_bytes"], row["snapshot_steps"])
    length = 0
    for text in _pieces(config):
        length += len(text)
    board.record_file.write(start_of_header(length))
    for text in _pieces(config):
        board.record_file.write(text)
    return board.recorder


def tell(board, errors):
    """What a ConfigError says, line by line; the exit status that goes with it."""
    for code, path, value, right in errors:
        board.write_line("#V%03d %s: %s = %s; right: %s" % (code, codes.text(code), path, repr(value), right))
    return 2


def tell_events(board, now):
    """Print what the event log holds, and empty it; `board.gaps_told` counts the recorder's gaps so far."""
    log = board.log
    if board.recorder is not None and board.recorder.gaps != board.gaps_told:
        board.gaps_told = board.recorder.gaps
        log.add(codes.RECORDER_GAP, board.gaps_told, now)
    while log.count and board.console_takes():
        at = log.first
        board.write_line("#V%03d %s (%d)" % (log.codes[at], codes.text(log.codes[at]), log.arguments[at]))
        log.drop_first()
    _tell_orders(board, now)


def _tell_orders(board, now):
    """One order a turn: a line costs as much as a step."""
    orders = board.orders
    if orders.lost != board.orders_lost and board.console_takes():
        lost = orders.lost - board.orders_lost
        board.orders_lost = orders.lost
        board.write_line("#V%03d %s (%d)" % (codes.ORDERS_LOST, codes.text(codes.ORDERS_LOST), lost))
    if orders.count and board.console_takes():
        board.write_line(orders.line(board.wall, now))
    indices = board.indices
    if indices is not None and indices.told != board.commands_told and board.console_takes():
        board.commands_told = indices.told
        board.write_line(indices.line())
    usage = board.usage
    if usage is not None and usage.notes and board.console_takes():
        board.write_line(usage.notes.pop(0))


def start(board, config):
    """Run the station of a checked configuration; returns the exit status."""
    try:
        loop = assemble(board, config)
    except PortError as error:
        board.write_line("#V%03d %s: %s" % (error.code, codes.text(error.code), error))
        return 3
    except ImportError as error:
        code = codes.NOT_CARRIED
        board.write_line("#V%03d %s: %s" % (code, codes.text(code), error))
        return 3
    except MemoryError:
        board.write_line("#V%03d %s" % (codes.OUT_OF_MEMORY, codes.text(codes.OUT_OF_MEMORY)))
        return 4
    return run(board, loop, config)


def run(board, loop, config):
    """Until Ctrl-C, SIGTERM or a defect; every lease is withdrawn at the end. Empties `config`."""
    status = 0
    try:
        loop.start()
        tele = config["telecontrol"]
        board.write_line("ready %sbays=%d" % (_addresses(tele), len(config["bays"])))
        config.clear()  # nobody reads it again, and eight bays' are worth 6 KB of a small heap
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


def _addresses(tele):
    """Where masters may dial in, as words of the line that says so."""
    text = "iec104=%s:%d " % (tele["listen"], tele["port"]) if tele["plain"] else ""
    tls = tele["tls"]
    if tls["enabled"]:
        text += "tls=%s:%d " % (tls["listen"] or tele["listen"], tls["port"])
    return text


def report_exception(error):
    """The traceback, for whoever mends it."""
    if hasattr(sys, "print_exception"):
        sys.print_exception(error)
    else:
        sys.excepthook(type(error), error, error.__traceback__)
