"""A bay that is a one-way AC pile: its lines, its driver, and what the driver says as messages. Loaded
by name where a configuration asks for it, as boards/can_bay.py is.
"""

from drivers import converter_ac_pile as d
from drivers.lines import Lines
from drivers.lines_modbus import RemoteLines
from firmware.lines import of_bay
from firmware.outlet import codes

TURN_MS = 10
CODES = (
    0,
    codes.OUTLET_LINES_SILENT,
    codes.OUTLET_ESTOP,
    codes.OUTLET_EARTH_LOST,
    codes.OUTLET_TOO_HOT,
    codes.OUTLET_CONTACTOR_WELDED,
    codes.OUTLET_CONTACTOR_DROPPED,
    codes.OUTLET_LOCK_LOST,
    codes.PILE_PILOT_SHORT,
    codes.PILE_PILOT_UNKNOWN,
    codes.PILE_DIODE,
    codes.PILE_CABLE,
    codes.PILE_VENTILATION,
    codes.PILE_OVERCURRENT,
    codes.PILE_UNPLUGGED,
    codes.PILE_NO_STOP,
)


class PileBay:
    """Looks to the loop like a driver; its remote I/O, if it has one, is served by its bus."""

    ready = False  # is its own port: it wakes by time
    is_open = True

    def __init__(self, pile, number, log):
        self.pile = pile
        self.bay = pile.bay
        self.number = number
        self.log = log
        self.port = self
        self.wake_at = 0
        self.told = 0

    def is_due(self, now):
        return ((now - self.wake_at) & 0x3FFFFFFF) < 0x20000000

    def plug_seen(self):
        """1 in, 0 out, -1 = nobody knows."""
        pile = self.pile
        if not pile.started or pile.ended or pile.state == d.FAULT:
            return -1
        return 0 if pile.state == d.EMPTY else 1

    def service(self, now):
        self.wake_at = (now + TURN_MS) & 0x3FFFFFFF
        pile = self.pile
        pile.step(now)
        if pile.fault != self.told:
            self.told = pile.fault
            if self.told:
                self.log.add(CODES[self.told], self.number + 1, now)
        if pile.event:
            self.log.add(CODES[pile.event], self.number + 1, now)
            pile.event = 0

    def is_told(self, power_w):
        return self.pile.is_told(power_w)

    def panic(self):
        """The lines are safe already (drivers/lines.py, StationLines); no turn may change that."""
        self.pile.end()

    def close(self):
        self.pile.end()


def make(index, config, image, buses, log, pins, station):
    """The PileBay of bay `index`; its remote I/O is put on its bus, its lines into `station` for the end."""
    row = config["bays"][index]
    converter = row["converter"]
    rows = of_bay(config["lines"], index + 1)
    bus = remote = None
    if any([line["pin"].startswith("io:") for line in rows]):
        bus = buses[converter["bus"]]
        remote = RemoteLines(converter["unit"], converter["poll_ms"])
        bus.add(remote)
    lines = Lines(rows, pins, remote)
    station.add(lines, bus, remote)
    meter = _meter(config, image, row["pilot"]["meter"])
    pile = d.AcPile(image.bays[index], lines, row["pilot"], row["rating_w"], station, meter)
    return PileBay(pile, index, log)


def _meter(config, image, name):
    others = [row["name"] for row in config["meters"] if row["name"] != config["site"]["meter"]]
    return image.meters[others.index(name)] if name else None
