"""The emulated Cortex-M3: clock, wait, idle, console and ports (wiring.md says which UART carries what).

wait() sleeps by WFI until a UART has received what its reader waits for, or the timer has run out. Register
addresses above 2**30 are constants of the compiler: in the loop nothing is allocated for them.
"""

import gc
import sys
import time

import mps2  # lint: ok P20 (start.c brings it)
from machine import mem32

from boards.station import PortError, tell_events
from drivers.modbus_bus import ModbusBus
from drivers.ports.cmsdk_uart import CmsdkPort, CmsdkUart
from drivers.ports.front_end import FramedClient, FramedListener, FrontEnd
from firmware import codes
from protocols.modbus.master import Master
from protocols.modbus.rtu import RtuFraming
from protocols.modbus.tcp import TcpFraming
from protocols.ticks import TICKS_MASK, ticks_diff
from protocols.upy import const

_CONSOLE, _METER, _TELECONTROL, _CONVERTERS = 0, 1, 2, 4
_FAST = const(115200)  # the front ends' lines

# CMSDK timer 1 counts processor clocks down for now_us(), below 2**30.
_ENABLE = const(1)
_CLOCKS_CONTROL = const(0x40001000)
_CLOCKS_VALUE = const(0x40001004)
_CLOCKS_RELOAD = const(0x40001008)
_CLOCKS_MASK = const(0x3FFFFFFF)
_CLOCKS_A_US = const(25)

_LONGEST_WAIT_MS = const(1000)
_TX_BYTES = const(40)  # the longest write of any driver here: 11 registers over TCP, 35 bytes
_RX_BYTES = const(48)  # of a reply in pieces: a poll's 16 registers
_LISTEN_MS = const(3000)
_ROOM_BYTES = const(12288)
_COLLECT_BYTES = const(8192)  # taken since the last one: makes a collect worth its pause
_CTRL_C = const(3)


class Console:
    """UART0's receiver: Ctrl-C is an orderly stop, as in a process."""

    def __init__(self):
        self.uart = CmsdkUart(_CONSOLE, _FAST)
        self._byte = bytearray(1)

    def pump(self):
        while self.uart.receive(self._byte, 0, 1):
            if self._byte[0] == _CTRL_C:
                raise KeyboardInterrupt
        return False


class NoPoller:
    """wait() polls every port by itself."""

    def add(self, handle, port):
        """Ports are known already."""

    def remove(self, handle):
        """Ports are known already."""


class Record:
    """The recording, through the telecontrol front end; room() bytes can be written without waiting."""

    def __init__(self, board, link):
        self.board = board
        self.link = link

    def room(self):
        return self.link.front_end.line.room() if self.link.is_open else 0

    def write(self, data):
        """All of `data`, as long as it takes; dropped when the front end has gone."""
        at = 0
        while at < len(data) and not self.link.is_over:
            at += self.link.write(data, at, len(data) - at)
            self.board.wait(1)

    def close(self):
        self.link.close()


class Board:
    def __init__(self, write_line):
        """`write_line(text)` prints one line on the console."""
        self.write_line = write_line
        self.poller = NoPoller()
        self.fed = 0
        self.log = None
        self.recorder = None
        self.record_file = None
        self.gaps_told = 0
        self._room = bytearray(_ROOM_BYTES)
        self._lines = [Console()]
        self._front_ends = {}
        mem32[_CLOCKS_RELOAD] = _CLOCKS_MASK
        mem32[_CLOCKS_CONTROL] = _ENABLE

    def now(self):
        return time.ticks_ms() & TICKS_MASK

    def now_us(self):
        return mem32[_CLOCKS_VALUE]

    def elapsed_us(self, began):
        return ((began - mem32[_CLOCKS_VALUE]) & _CLOCKS_MASK) // _CLOCKS_A_US

    def set_clock(self, clock, now):
        """No clock here but the dispatcher's: the time stays unset until C_CS_NA_1."""

    def wait(self, ms):
        """Until a port has something for its owner or `ms` have passed; False when none has."""
        if self._pump():
            return True
        if ms > 0:
            mps2.alarm(min(ms, _LONGEST_WAIT_MS))
            while mps2.sleep():
                if self._pump():
                    return True  # else what came was for nobody, or not all of it
        return False

    def _pump(self):
        """Every line once; True when one has something."""
        found = False
        for line in self._lines:
            if line.pump():
                found = True
        return found

    def feed_watchdog(self):
        self.fed += 1

    def idle(self, slack_ms):
        """Collect garbage while there is time for it, and enough of it."""
        if mps2.allocated() > _COLLECT_BYTES:
            gc.collect()

    def make_pins(self):
        """LEDs and buttons, by name: few images have lines."""
        return __import__("boards.mps2_an385.pins", None, None, ["Pins"]).Pins(mem32)

    def _front_end(self, which):
        if which not in self._front_ends:
            front_end = FrontEnd(CmsdkUart(which, _FAST))
            self._front_ends[which] = front_end
            self._lines.append(front_end)
        return self._front_ends[which]

    def open_store(self, path):
        """No file system here: whoever asks to keep something is refused."""
        return None

    def _give_back(self):
        """Room in one piece for the recorder's ring: reading the configuration leaves none."""
        self._room = None

    def make_bus(self, row):
        """A Modbus bus from its configuration."""
        self._give_back()
        if row["kind"] == "tcp":
            port = FramedClient(self._front_end(_CONVERTERS), "%s:%d" % (row["host"], row["port"]))
            framing = TcpFraming(_RX_BYTES)
            return ModbusBus(row["name"], port, Master(framing, row["timeout_ms"], tx_bytes=_TX_BYTES))
        if row["kind"] != "rtu" or row["device"] != "uart%d" % _METER:
            raise PortError(codes.PORT_FAILED, row["device"], "the one RTU bus of this board is uart1")
        port = CmsdkPort(_METER, row["baud"])
        self._lines.append(port)
        framing = RtuFraming(row["baud"])
        return ModbusBus(row["name"], port, Master(framing, row["timeout_ms"], tx_bytes=_TX_BYTES))

    def listen(self, host, port):
        """A listener that the front end has agreed to."""
        listener = FramedListener(self._front_end(_TELECONTROL), host, port)
        began = self.now()
        while listener.refusal is None and ticks_diff(self.now(), began) < _LISTEN_MS:
            self.wait(100)
        if not listener.is_open:
            raise PortError(codes.PORT_IN_USE, listener.target, listener.refusal or "no answer on uart2")
        return listener

    def open_record(self, path):
        """A link to whoever keeps recordings for us; `path` is the front end's business."""
        link = FramedClient(self._front_end(_TELECONTROL), "record")
        link.service(self.now())
        began = self.now()
        while not link.is_open and ticks_diff(self.now(), began) < _LISTEN_MS:
            self.wait(100)
        if not link.is_open:
            raise PortError(codes.PORT_FAILED, path, "the front end on uart2 keeps no recordings")
        self._give_back()
        return Record(self, link)

    def console_takes(self):
        """Always: a UART waits for nobody."""
        return True

    def drain(self, now):
        """Print events and send recorded frames; outside the step."""
        tell_events(self, now)
        if self.record_file is not None:
            self._drain_recorder()

    def _drain_recorder(self):
        recorder = self.recorder
        file = self.record_file
        n = min(recorder.pending(), file.room())
        while n and file.link.write(recorder.ring, recorder.start, n):
            recorder.consumed(n)
            n = min(recorder.pending(), file.room())


def write_line(text):
    """One line on the console, at once."""
    sys.stdout.write(text + "\n")
