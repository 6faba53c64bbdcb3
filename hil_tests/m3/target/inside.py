"""The board with its devices in memory: the whole firmware runs alone on the emulator, in the emulator's
own time.

Instructions are counted from the end of one wait to the beginning of the next and summed up per control
cycle; what the simulated devices take is left out. The collect, in the slack, is counted for itself.
"""

import gc
from array import array

from machine import mem32

from boards.mps2_an385.board import Board, write_line
from drivers.modbus_bus import ModbusBus
from drivers.ports.memory import pair
from hil_tests.m3.target.counter import Counter
from hil_tests.m3.target.devices import Converter, Meter
from hil_tests.portable.firmware_support import drain
from protocols.modbus.master import Master
from protocols.modbus.rtu import RtuFraming
from protocols.modbus.slave import Slave
from protocols.modbus.tcp import TcpFraming

_REPLY_MS = 4
_CYCLES = 320
_COUNTER = 0x40028018


class Face:
    """The far end of a bus."""

    def __init__(self, port, framing, store):
        self.port = port
        self.slave = Slave(framing, store, (1,))
        self.buf = bytearray(64)

    def serve(self, now):
        port, slave = self.port, self.slave
        if port.ready:
            slave.feed(self.buf, port.read_into(self.buf), now)
        slave.tick(now)
        if slave.tx.pending():
            port.write(slave.tx.buf, slave.tx.start, slave.tx.pending())
            slave.tx.clear()


class Listener:
    """Nobody dials in; `links` take part as if somebody had."""

    def __init__(self):
        self.sock = None
        self.ready = False
        self.peer = "127.0.0.1"
        self.waiting = None

    def accept(self):
        self.ready = False
        port, self.waiting = self.waiting, None
        return port

    def close(self):
        """Nothing to close."""


class InsideBoard(Board):
    def __init__(self):
        super().__init__(write_line)
        self.counter = Counter()
        self.faces = []
        self.listener = Listener()
        self.converter = Converter()
        self.loop = None
        self.seen_steps = 0
        self.busy = 0
        self.cycles = array("i", [0] * _CYCLES)  # instructions of each, the last ones
        self.count = 0
        self.collects = 0
        self.longest_collect = 0

    def set_ticks(self, ticks):
        """Where the millisecond clock goes on."""
        mem32[_COUNTER] = ticks

    def drain(self, now):
        """Into any file, a plain one too."""
        log = self.log
        while log.count:
            log.drop_first()
        if self.record_file is not None:
            drain(self.recorder, self.record_file)

    def make_bus(self, row):
        ours, theirs = pair()
        store = self.converter if row["kind"] == "tcp" else Meter()
        framings = [TcpFraming() if row["kind"] == "tcp" else RtuFraming(row["baud"]) for _ in range(2)]
        self.faces.append(Face(theirs, framings[0], store))
        return ModbusBus(row["name"], ours, Master(framings[1], row["timeout_ms"]))

    def listen(self, host, port):
        return self.listener

    def wait(self, ms):
        self.busy += self.counter.end()
        loop = self.loop
        if loop is not None and loop.steps != self.seen_steps:
            self.seen_steps = loop.steps
            self.cycles[self.count % _CYCLES] = self.busy
            self.count += 1
            self.busy = 0
        while ms > 0 and not self._serve():
            super().wait(min(ms, _REPLY_MS))
            ms -= _REPLY_MS
        self.counter.begin()

    def _serve(self):
        """Let the devices answer; True when an answer waits for the firmware."""
        now = self.now()
        answered = False
        for face in self.faces:
            face.serve(now)
            if face.port.peer.ready:
                answered = True
        return answered

    def idle(self, slack_ms):
        self.busy += self.counter.end()
        self.counter.begin()
        before = gc.mem_alloc()
        super().idle(slack_ms)
        if gc.mem_alloc() < before:
            self.collects += 1
            self.longest_collect = max(self.longest_collect, self.counter.end())
        self.counter.begin()
