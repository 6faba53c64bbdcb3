"""A line to a meter: a serial device through pyserial, or `tcp:HOST:PORT`; bytes in, bytes out."""

import socket
import time
from typing import NamedTuple

import serial

try:
    from termios import error as _NoParity
except ImportError:  # Windows

    class _NoParity(Exception):
        """What no port raises there."""


CHARACTER_BITS = 11


_NAP_S = 0.002


class PortFailed(Exception):
    """The port cannot be opened, or is gone; the text says why."""


class Setting(NamedTuple):
    """How a serial line is set: 8 data bits, 1 stop bit (two when a maker asks for 8N2 make no
    difference).
    """

    baud: int
    parity: str

    def __str__(self):
        return "%d 8%s1" % self


class SerialPort:
    """One serial device at one setting."""

    is_tcp = False

    def __init__(self, name, setting):
        try:
            self._serial = serial.Serial(name, setting.baud, timeout=0)
            self.set(setting)
        except (serial.SerialException, ValueError, OSError) as error:
            raise PortFailed("%s: %s" % (name, error)) from None
        self.setting = setting

    def set(self, setting):
        """Another speed and parity from now on."""
        try:
            self._serial.baudrate = setting.baud
            self._serial.parity = setting.parity
        except _NoParity:  # a pty carries no parity
            self._serial.parity = "N"
            self._serial.baudrate = setting.baud
        self.setting = setting

    def write(self, data):
        """Send all of `data`."""
        self._guarded(lambda: self._serial.write(data))

    def read(self, seconds):
        """Bytes that come within `seconds`; b"" when none do."""
        end = time.monotonic() + seconds
        while not (data := self._guarded(lambda: self._serial.read(4096))):
            if time.monotonic() >= end:
                return b""
            time.sleep(_NAP_S)
        return data

    def close(self):
        self._serial.close()

    def wire_s(self, n):
        """Seconds that `n` characters take."""
        return n * CHARACTER_BITS / self.setting.baud

    @staticmethod
    def _guarded(action):
        try:
            return action()
        except (serial.SerialException, OSError) as error:
            raise PortFailed(str(error)) from None


class TcpPort:
    """A Modbus TCP device, or a serial server behind TCP."""

    is_tcp = True
    setting = Setting(9600, "N")

    def __init__(self, host, port):
        try:
            self._socket = socket.create_connection((host, port), 3)
        except OSError as error:
            raise PortFailed("tcp:%s:%d: %s" % (host, port, error)) from None

    def set(self, setting):
        """The far end keeps its own speed."""

    def write(self, data):
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise PortFailed(str(error)) from None

    def read(self, seconds):
        self._socket.settimeout(max(seconds, 0.001))
        try:
            data = self._socket.recv(4096)
        except TimeoutError:
            return b""
        except OSError as error:
            raise PortFailed(str(error)) from None
        if not data:
            raise PortFailed("the far end closed the connection")
        return data

    def close(self):
        self._socket.close()

    def wire_s(self, n):
        return n * CHARACTER_BITS / 2400  # a serial server may have a slow line behind it


def open_port(name, setting):
    """A port for a device's name or `tcp:HOST:PORT`; PortFailed when there is none."""
    if not name.startswith("tcp:"):
        return SerialPort(name, setting)
    host, _, port = name[4:].rpartition(":")
    if not host or not port.isdigit():
        raise PortFailed("%s: write tcp:HOST:PORT, e.g. tcp:192.168.1.50:502" % name)
    return TcpPort(host, int(port))


def flush(port, quiet_s=0.02):
    """Throw away what still comes, until the line is quiet (at most half a second)."""
    end = time.monotonic() + 0.5
    while port.read(quiet_s) and time.monotonic() < end:
        pass
