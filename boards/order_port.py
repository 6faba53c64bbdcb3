"""Puts the order port together from section `order_port`; loaded by name, where it is switched on.

A board that offers it has random(n) -> n octets that nobody can guess, and read_text(path).
"""

from boards.station import PortError, make_store
from drivers.order_server import OrderServer
from firmware import codes
from firmware import codes_order as c
from firmware.orderport.endpoint import Orders
from firmware.orderport.kept import KeptSessions
from protocols.orderport.hmac import Mac

_DIGITS = 64


class Teller:
    """What happens at the port, into the event log."""

    def __init__(self, log):
        self.log = log

    def refused(self, lines, now):
        self.log.add(c.LINES_REFUSED, lines, now)

    def full(self, now):
        self.log.add(c.PORT_FULL, 0, now)


def read_key(board, path):
    """The shared key: 32 octets as hexadecimal digits in a file of their own, never in the configuration (a
    recording carries that).
    """
    right = "64 hexadecimal digits; `v2g order-key FILE` makes them"
    try:
        text = board.read_text(path).strip()
    except (OSError, ValueError) as error:
        raise PortError(codes.PORT_FAILED, path, "%s; right: %s" % (error, right))
    if len(text) != _DIGITS or any([digit not in "0123456789abcdef" for digit in text]):
        raise PortError(codes.PORT_FAILED, path, right)
    return bytes([int(text[i : i + 2], 16) for i in range(0, _DIGITS, 2)])


def keep_sessions(board, config, loop, clock, driver):
    """What was ordered before the restart holds again; it goes first to the store, as answers wait for it."""
    doors = [one for one in loop.drivers if hasattr(one, "plug_seen")]
    kept = KeptSessions(driver, config, make_store(board, config, ".sessions"), clock, loop.log, doors)
    loop.guard.keepers.insert(0, kept)
    kept.load(board.now())


def plan_by_prices(board, config, loop, clock):
    """The price plan in the place of the loop's schedule, which it asks first; None where this image carries
    none.
    """
    try:
        prices = __import__("firmware.guard.prices", None, None, ["Prices"])
        planner = __import__("firmware.guard.planner", None, None, ["Planner"])
    except ImportError:
        return None
    store = make_store(board, config, ".prices")
    table = prices.Prices(clock, config["telecontrol"]["utc_offset_min"], store)
    loop.guard.keepers.append(table)
    loop.schedule = planner.Planner(
        loop.schedule, loop.controller.guard.guards, config, table, loop.guard
    )
    return loop.schedule


def make(board, config, loop, clock):
    """The order port of an assembled station, as one more driver of its loop."""
    row = config["order_port"]
    name = config["station"]["name"]
    mac = Mac(read_key(board, row["key"]))
    guard = loop.controller.guard
    table = guard.capability if guard is not None else None
    curve = loop.telecontrol.curve
    orders = Orders(name, config, loop.image, clock, loop.log, loop.guard, curve, table)
    if orders.driver is not None:
        keep_sessions(board, config, loop, clock, orders.driver)
        orders.planner = plan_by_prices(board, config, loop, clock)
    listener = line = None
    if row["device"]:
        line = board.serial_port(row["device"], row["baud"])
    else:
        listener = board.listen(row["listen"], row["port"])
    told = Teller(loop.log)
    server = OrderServer(
        listener, line, board.poller, mac, name, orders, board.random, row["max_links"], told
    )
    loop.drivers.append(server)
    return server
