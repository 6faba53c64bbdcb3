"""The whole charger in virtual time: the same firmware that boards/sim runs, its drivers and protocols
byte for byte, and the plant's physics core, in one process with a clock of its own. An hour of plant
time passes in seconds, and every run with the same inputs is the same run.

The board below has the face of boards/sim/board.py; its ports are pairs in memory whose other ends are
Modbus slaves over the plant's own register maps. Answers take the time of the wire: the characters at
the bus's baud rate, or `TCP_MS` on a TCP bus.
"""

import io

from boards.sim.board import PINS
from boards.station import assemble
from drivers.lines import MemoryPins
from drivers.modbus_bus import ModbusBus
from drivers.ports.memory import pair
from drivers.store import Store
from firmware import codes, config as configuration
from hil_tests.portable.firmware_support import drain
from protocols.modbus.master import Master
from protocols.modbus.rtu import RtuFraming
from protocols.modbus.slave import Slave
from protocols.modbus.tcp import TcpFraming
from protocols.ticks import TICKS_MASK, ticks_diff
from tools.plant.core import Plant
from tools.plant.virtual import virtual_converter, virtual_meter

NEAR_WRAP = TICKS_MASK - 5000  # every run passes the wrap of the ticks within its first seconds
TCP_MS = 2
_BITS_A_CHARACTER = 11


class Units:
    """Several simulated devices on one line, each with its unit."""

    def __init__(self, stores):
        self.stores = stores

    def read(self, unit, fc, address, count, out, at):
        return self.stores[unit].read(unit, fc, address, count, out, at)

    def write(self, unit, fc, address, count, data, at):
        return self.stores[unit].write(unit, fc, address, count, data, at)

    def hears(self):
        return all(store.hears() for store in self.stores.values())

    def answers(self):
        return all(store.answers() for store in self.stores.values())


class Face:
    """The simulated devices at the far end of a bus: {unit: store}. `think_ms(n)` is how long they take
    before the n-th answer.
    """

    def __init__(self, rig, port, framing, stores, baud):
        self.rig = rig
        self.port = port
        self.store = Units(stores)
        self.slave = Slave(framing, self.store, tuple(stores))
        self.baud = baud
        self.answered = 0
        self.think_ms = lambda n: 0
        self.due_ms = -1
        self.is_still = False  # until a request comes
        self.buf = bytearray(300)

    def serve(self, now):
        """Take in a request, or give out the answer when the wire has carried it."""
        if self.is_still and not self.port.ready:
            return
        if self.port.ready:
            n = self.port.read_into(self.buf)
            if self.store.hears():
                self.slave.feed(self.buf, n, now)
        self.slave.tick(now)
        tx = self.slave.tx
        self.is_still = not tx.pending() and self.slave.next_deadline(now) < 0
        if not tx.pending():
            return
        if self.due_ms < 0:
            self.due_ms = self.rig.ms + self._wire_ms(tx.pending()) + self.think_ms(self.answered)
            self.answered += 1
        if self.rig.ms >= self.due_ms:
            self.due_ms = -1
            if self.store.answers():
                self.port.write(tx.buf, tx.start, tx.pending())
            tx.clear()

    def _wire_ms(self, n):
        return TCP_MS if self.baud == 0 else n * _BITS_A_CHARACTER * 1000 // self.baud + 1

    def next_ms(self, now):
        """Virtual ms of the next thing that this face does by itself; -1 for none."""
        if self.due_ms >= 0:
            return self.due_ms
        if self.is_still:
            return -1
        left = self.slave.next_deadline(now)
        return self.rig.ms + left if left >= 0 else -1


class MemoryListener:
    """The 104 port: masters in the same process dial in through `dial()`."""

    def __init__(self):
        self.ready = False
        self.peer = ""
        self.waiting = []
        self.sock = None

    def dial(self, address):
        """The master's end of a new connection."""
        ours, theirs = pair(65536)
        self.waiting.append((address, ours))
        self.ready = True
        return theirs

    def accept(self):
        if not self.waiting:
            self.ready = False
            return None
        self.peer, port = self.waiting.pop(0)
        return port

    def close(self):
        self.ready = False


class MemorySlots:
    """The slots of a store."""

    def __init__(self):
        self.data = [b"", b""]

    def read(self, i):
        return self.data[i]

    def write(self, i, data):
        self.data[i] = data


class NoPoller:
    """Memory ports mark themselves ready."""

    def add(self, handle, port):
        pass

    def remove(self, handle):
        pass


class VirtualBoard:
    """boards/sim/board.py's face, on virtual time."""

    def __init__(self, rig):
        self.rig = rig
        self.poller = NoPoller()
        self.log = None
        self.recorder = None
        self.record_file = None
        self.events = []
        self.slots = MemorySlots()
        self.commands_told = 0
        self.lines = []  # of the log of orders
        self.listener = MemoryListener()

    def now(self):
        return self.rig.tick()

    def now_us(self):
        return 0

    def elapsed_us(self, began):
        return 0

    def wait(self, ms):
        self.rig.wait(ms)

    def feed_watchdog(self):
        pass

    def idle(self, slack_ms):
        pass

    def set_clock(self, clock, now):
        """Virtual time began at noon on a summer's day of 2026."""
        clock.set_utc(9677, 43200000, now)

    def open_record(self, path):
        """Recordings stay in memory."""
        return io.BytesIO()

    def open_store(self, path):
        """Two slots in memory."""
        return Store(self.slots if path == self.rig.config["station"]["store"] else MemorySlots())

    def make_pins(self):
        """The board's own pins, for whoever looks."""
        self.pins = MemoryPins(PINS)
        return self.pins

    def make_bus(self, row):
        ours, theirs = pair()
        if row["kind"] == "tcp":
            framing, twin, baud = TcpFraming(), TcpFraming(), 0
        else:
            framing, twin, baud = RtuFraming(row["baud"]), RtuFraming(row["baud"]), row["baud"]
        self.rig.attach(row["name"], theirs, twin, baud)
        return ModbusBus(row["name"], ours, Master(framing, row["timeout_ms"]))

    def listen(self, host, port):
        return self.listener

    def drain(self, now):
        log = self.log
        while log.count:
            at = log.first
            self.events.append((self.rig.ms, log.codes[at], log.arguments[at]))
            log.drop_first()
        orders = self.orders
        while orders.count:
            at = 7 * orders.first
            if orders.rows[at] != codes.ORDER_ACCEPTED:
                self.events.append((self.rig.ms, orders.rows[at], orders.rows[at + 5]))
            self.lines.append(orders.line(self.wall, now))
        if self.indices is not None and self.indices.told != self.commands_told:
            self.commands_told = self.indices.told
            self.lines.append(self.indices.line())
        if self.recorder is not None:
            drain(self.recorder, self.record_file)


class VirtualRig:
    """Plant and firmware joined. `ms` counts virtual milliseconds from 0; `start_tick` is the firmware's
    tick at that instant.
    """

    BOARD = VirtualBoard

    def __init__(self, raw_config, start_tick=NEAR_WRAP):
        self.ms = 0
        self.start_tick = start_tick
        self.plant = Plant(raw_config["plant"])
        self.config = configuration.validate(raw_config)
        self.faces = []
        self.actors = []  # objects with act(rig, now) and next_ms
        self._still = 0
        self.board = self.BOARD(self)
        self.loop = assemble(self.board, self.config)
        self.image = self.loop.image
        self.loop.start()

    def tick(self):
        return (self.start_tick + self.ms) & TICKS_MASK

    def attach(self, bus_name, port, framing, baud):
        """The devices of the plant that this bus of the configuration leads to."""
        stores = {}
        for meter in self.config["meters"]:
            if meter["bus"] == bus_name:
                is_site = meter["name"] == self.config["site"]["meter"]
                model = None if is_site else meter["model"]
                stores[meter["unit"]] = virtual_meter(self.plant, self._plant_ms, model=model)
        for i, bay in enumerate(self.config["bays"]):
            if bay["converter"]["bus"] == bus_name:
                stores[bay["converter"]["unit"]] = virtual_converter(self.plant, i, self._plant_ms)
        if stores:
            self.faces.append(Face(self, port, framing, stores, baud))

    def _plant_ms(self):
        return self.ms

    def wait(self, ms):
        """The firmware sleeps: time jumps to whatever happens next, at most `ms` on."""
        now = self.tick()
        self._serve(now)
        if self._any_ready():
            ms = 0
        target = self.ms + ms
        for face in self.faces:
            due = face.next_ms(now)
            if 0 <= due < target:
                target = max(due, self.ms)
        for actor in self.actors:
            if 0 <= actor.next_ms < target:
                target = max(actor.next_ms, self.ms)
        self._still = self._still + 1 if target == self.ms else 0
        if self._still > 50:
            target = self.ms + 1  # nobody makes progress within this millisecond
            self._still = 0
        self.ms = target
        self._serve(self.tick())

    def _serve(self, now):
        for face in self.faces:
            face.serve(now)
        for actor in self.actors:
            actor.act(self, now)

    def _any_ready(self):
        for bus in self.loop.drivers:
            if bus.port.ready:
                return True
        return any(port.ready for port in self.loop.server.ports) or self.board.listener.ready

    def run(self, ms):
        """Let `ms` of virtual time pass."""
        until = self.ms + ms
        while self.ms < until:
            self.loop.turn()
        self.plant.advance(self.ms)

    def since_ms(self, tick):
        """Milliseconds from a tick of the firmware to now."""
        return ticks_diff(self.tick(), tick)
