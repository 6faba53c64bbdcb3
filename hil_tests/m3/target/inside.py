"""The board with its devices in memory: the whole firmware runs alone on the emulator, in the emulator's
own time.

Instructions are counted from the end of one wait to the beginning of the next and summed up per control
cycle; what the simulated devices take is left out. The collect, in the slack, is counted for itself.
The longest gap is all that lies between two waits, a collect too.
"""

import gc
from array import array

import mps2  # lint: ok P20 (boards/mps2_an385/start.c brings it)
from machine import mem32

from boards.mps2_an385.board import Board, write_line
from drivers.modbus_bus import ModbusBus
from hil_tests.m3.target.counter import Counter
from hil_tests.m3.target.devices import Converter, Meter
from hil_tests.portable.firmware_support import drain
from protocols.crc16 import crc16
from protocols.modbus.master import Master
from protocols.modbus.rtu import RtuFraming
from protocols.modbus.tcp import TcpFraming

_REPLY_MS = 4
_CYCLES = 320
_WIRE_BYTES = 48
_TX_BYTES, _RX_BYTES = 40, 48  # as the board has them
_COUNTER = 0x40028018


class Wire:
    """One end of a wire that takes nothing from the heap, as the board's own ports do."""

    is_buffered = False
    is_open = True
    ready = False
    peer = None
    sock = None

    def __init__(self, size=_WIRE_BYTES):
        self.buf = bytearray(size)
        self.have = 0

    def service(self, now):
        """Nothing to keep up."""

    def read_into(self, buf):
        n = self.have
        mps2.move(buf, 0, self.buf, 0, n)
        self.have = 0
        self.ready = False
        return n

    def write(self, buf, start, n):
        peer = self.peer
        n = min(n, len(peer.buf) - peer.have)
        mps2.move(peer.buf, peer.have, buf, start, n)
        peer.have += n
        peer.ready = True
        return n

    def close(self):
        self.is_open = False


def pair(size=_WIRE_BYTES):
    """Two ends."""
    a, b = Wire(size), Wire(size)
    a.peer, b.peer = b, a
    return a, b


class Face:
    """The device at the far end of a bus: answers one whole request at a time, and has room for no more."""

    def __init__(self, port, store, is_tcp):
        self.port = port
        self.store = store
        self.at = 6 if is_tcp else 0  # where the unit stands
        self.out = bytearray(_WIRE_BYTES)

    def serve(self, now):
        port = self.port
        if not port.ready:
            return
        port.ready = False
        n = port.have
        port.have = 0
        out, at = self.out, self.at
        mps2.move(out, 0, port.buf, 0, n)
        end = self._execute(out, at + 1)
        if at:
            out[5] = end - at
        else:
            crc = crc16(out, 0, end)
            out[end] = crc & 0xFF
            out[end + 1] = crc >> 8
            end += 2
        port.write(out, 0, end)

    def _execute(self, out, at):
        """Turn the request at out[at:] into its reply; the position behind it."""
        fc = out[at]
        address = out[at + 1] << 8 | out[at + 2]
        count = out[at + 3] << 8 | out[at + 4]
        if fc <= 4:
            code = self.store.read(1, fc, address, count, out, at + 2)
            out[at + 1] = 2 * count
            end = at + 2 + 2 * count
        else:
            first, count = (at + 3, 1) if fc == 6 else (at + 6, count)
            code = self.store.write(1, fc, address, count, out, first)
            end = at + 5
        if code:
            out[at] = fc | 0x80
            out[at + 1] = code
            end = at + 2
        return end


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
        self.part = 0  # of the turn, counted so far
        self.longest_gap = 0

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
        self._give_back()
        ours, theirs = pair()
        store = self.converter if row["kind"] == "tcp" else Meter()
        is_tcp = row["kind"] == "tcp"
        self.faces.append(Face(theirs, store, is_tcp))
        framing = TcpFraming(_RX_BYTES) if is_tcp else RtuFraming(row["baud"])
        return ModbusBus(row["name"], ours, Master(framing, row["timeout_ms"], tx_bytes=_TX_BYTES))

    def listen(self, host, port):
        return self.listener

    def wait(self, ms):
        spent = self.counter.end()
        self.busy += spent
        self.longest_gap = max(self.longest_gap, self.part + spent)
        self.part = 0
        loop = self.loop
        if loop is not None and loop.steps != self.seen_steps:
            self.seen_steps = loop.steps
            self.cycles[self.count % _CYCLES] = self.busy
            self.count += 1
            self.busy = 0
        heard = self._serve()
        while ms > 0 and not heard:
            super().wait(min(ms, _REPLY_MS))
            ms -= _REPLY_MS
            heard = self._serve()
        self.counter.begin()
        return heard

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
        spent = self.counter.end()
        self.busy += spent
        before = gc.mem_alloc()
        self.counter.begin()
        super().idle(slack_ms)
        taken = self.counter.end()
        self.part += spent + taken
        if gc.mem_alloc() < before:
            self.collects += 1
            self.longest_collect = max(self.longest_collect, taken)
        self.counter.begin()
