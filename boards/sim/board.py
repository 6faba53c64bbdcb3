"""The board that runs in a process: clock, wait, idle, console and ports of CPython or MicroPython/unix.

Nothing here knows about control. The watchdog only counts: a process has none.
"""

import gc
import select
import sys
import time

from boards.sim import room  # before anything that fills the heap
from boards.station import PortError, tell_events
from drivers.modbus_bus import ModbusBus
from drivers.ports.poller import Poller
from drivers.ports.serial import SerialLine
from drivers.ports.tcp import TcpClient, TcpListener
from firmware import codes
from protocols.modbus.master import Master
from protocols.modbus.rtu import RtuFraming
from protocols.modbus.tcp import TcpFraming
from protocols.ticks import TICKS_MASK

_DAYS_1970_TO_2000 = 10957
_ON_MICROPYTHON = hasattr(time, "ticks_ms")
_COLLECT_BYTES = 16384  # garbage that makes a collect worth its pause
PINS = ("led0", "led1", "led2", "button0")
_THRESHOLD_BYTES = 32768  # garbage that does not wait for idle(): objects made late must fit between


def write_line(text):
    """One line on the console, at once; nowhere when whoever read it has gone."""
    try:
        sys.stdout.write(text + "\n")
        if hasattr(sys.stdout, "flush"):
            sys.stdout.flush()
    except OSError:
        pass  # a charger does not stop because nobody listens


class Board:
    tls_stall_ms = 18  # longest of a handshake; board.json says the same
    store_stall_ms = 60  # longest write of a full store (`v2g bench store`), and what else the disk does

    def __init__(self, write_line):
        """`write_line(text)` prints one line on the console."""
        self.write_line = write_line
        self.poller = Poller()
        self.fed = 0
        self.log = None
        self.recorder = None
        self.record_file = None
        self._floor = 0
        self.gaps_told = 0
        self._console = select.poll()
        self._console.register(sys.stdout, select.POLLOUT)
        if _ON_MICROPYTHON:
            gc.threshold(_THRESHOLD_BYTES)

    if _ON_MICROPYTHON:

        def now(self):
            return time.ticks_ms() & TICKS_MASK

        def now_us(self):
            return time.ticks_us()

        def elapsed_us(self, began):
            return time.ticks_diff(time.ticks_us(), began)

    else:

        def now(self):
            return time.monotonic_ns() // 1000000 & TICKS_MASK

        def now_us(self):
            return time.monotonic_ns() // 1000

        def elapsed_us(self, began):
            return time.monotonic_ns() // 1000 - began

    def wait(self, ms):
        """Until a port wakes us or `ms` have passed."""
        self.poller.wait(ms)

    def feed_watchdog(self):
        self.fed += 1

    def idle(self, slack_ms):
        """Collect garbage where that is our business, and only when there is enough of it."""
        if _ON_MICROPYTHON and gc.mem_alloc() - self._floor > _COLLECT_BYTES:
            self._settle()
            gc.collect()
            self._floor = gc.mem_alloc()

    def _settle(self):
        """All is assembled; a threshold counts the frames of calls too, and would strike before an answer."""
        room.give_back()
        gc.threshold(-1)

    def set_clock(self, clock, now):
        """A process has the host's clock."""
        clock.set_utc(self.rtc_day(), int(time.time()) % 86400 * 1000, now)

    def rtc_day(self):
        """Day of the runtime's own clock, since 2000-01-01 in UTC."""
        day = int(time.time()) // 86400
        return day - _DAYS_1970_TO_2000 if time.gmtime(0)[0] == 1970 else day

    def open_record(self, path):
        """A file for the recording."""
        try:
            return open(path, "wb")
        except OSError as error:
            raise PortError(codes.PORT_FAILED, path, str(error))

    def open_store(self, path):
        """Two files."""
        from drivers.ports.file_slots import FileSlots  # only where there is one
        from drivers.store import Store

        try:
            return Store(FileSlots(path))
        except OSError as error:
            raise PortError(codes.STORE_FAILED, path, str(error))

    def make_pins(self):
        """Pins that lead nowhere (board.json names the lines on them)."""
        return __import__("drivers.lines", None, None, ["MemoryPins"]).MemoryPins(PINS)

    def make_bus(self, row):
        """A bus from its configuration."""
        if row["kind"] == "dlt645":
            # by name: a station without such meters does not load it
            dlt645 = __import__("protocols.dlt645.master", None, None, ["Master"])
            return ModbusBus(row["name"], self._port(row), dlt645.Master(row["baud"], row["timeout_ms"]))
        if row["kind"] in ("can", "secc"):
            return self._vehicle_bus(row)
        framing = TcpFraming() if row["kind"] == "tcp" else RtuFraming(row["baud"])
        return ModbusBus(row["name"], self._port(row), Master(framing, row["timeout_ms"]))

    def _vehicle_bus(self, row):
        """CAN by python-can or an slcan adapter, or an SECC's link; by name, as not every station has one."""
        if row["kind"] == "secc":
            secc = __import__("drivers.vehicle_secc", None, None, ["SeccVehicle"])
            return secc.SeccVehicle(self._port(row))
        if row["options"]:
            port = __import__("drivers.ports.can_python", None, None, ["PythonCan"]).PythonCan
            try:
                port = port(row["options"])
            except (OSError, ImportError) as error:
                raise PortError(codes.PORT_FAILED, row["name"], str(error))
        else:
            slcan = __import__("drivers.ports.can_slcan", None, None, ["SlcanPort"])
            port = slcan.SlcanPort(self._port(row), row["bitrate"])
        return __import__("drivers.can_bus", None, None, ["CanBus"]).CanBus(row["name"], port)

    def _port(self, row):
        """TCP where the bus is TCP or has no serial device, else a serial line."""
        if row["kind"] == "tcp" or not row["device"]:
            return TcpClient(row["host"], row["port"], self.poller)
        try:
            return SerialLine(row["device"], row["baud"], row["parity"], self.poller)
        except OSError as error:
            raise PortError(codes.PORT_FAILED, row["device"], str(error))

    def serial_port(self, device, baud):
        """A serial line of its own."""
        return self._port({"kind": "rtu", "device": device, "baud": baud, "parity": "N"})

    def random(self, n):
        """Octets that nobody can guess."""
        with open("/dev/urandom", "rb") as file:  # MicroPython has no os.urandom
            return file.read(n)

    def read_text(self, path):
        with open(path) as file:
            return file.read()

    def listen(self, host, port):
        try:
            return TcpListener(host, port)
        except OSError as error:
            raise PortError(codes.PORT_IN_USE, "%s:%d" % (host, port), str(error))

    def console_takes(self):
        """Whether a line goes out without waiting: a pipe that nobody reads must not stop the loop."""
        return bool(self._console.poll(0))

    def listen_tls(self, tele, bays, log):
        """The listener of section telecontrol.tls; its code is loaded only where it is wanted."""
        from boards import tls

        listener = self.listen(tele["tls"]["listen"] or tele["listen"], tele["tls"]["port"])
        return tls.listen(self, listener, tele["tls"], tele["allow"], bays, log)

    def drain(self, now):
        """Print events and write recorded frames; outside the step."""
        tell_events(self, now)
        if self.record_file is not None:
            self._drain_recorder()

    def _drain_recorder(self):
        recorder = self.recorder
        n = recorder.pending()
        while n:
            self.record_file.write(memoryview(recorder.ring)[recorder.start : recorder.start + n])
            recorder.consumed(n)
            n = recorder.pending()
