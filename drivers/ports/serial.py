"""Serial lines: pyserial on CPython, a tty file on MicroPython/unix, machine.UART on boards. One face:
read_into, write, ready.

MicroPython's file.readinto() waits for a full buffer unless the tty has VMIN = 0, so the tty is set raw
with VMIN = VTIME = 0.

A character is 11 bits long (MODBUS over Serial Line V1.02, 2.5.1): what has no parity gets a second stop
bit, which a device that expects one takes for silence.
"""

import sys

from protocols.ticks import ticks_add, ticks_diff

_REOPEN_MS = 1000
_ON_CPYTHON = sys.implementation.name == "cpython"
# Linux's own numbers: MicroPython's termios names only a few of them
_SPEEDS = {1200: 9, 2400: 11, 4800: 12, 9600: 13, 19200: 14, 38400: 15, 57600: 0o10001, 115200: 0o10002}
_CS8_CREAD_CLOCAL = 0o4260
_TWO_STOP_BITS = 0o100
_PARITY = {"N": 0, "E": 0o400, "O": 0o1400}
STOP_BITS = {"N": 2, "E": 1, "O": 1}
_VTIME, _VMIN = 5, 6


def open_serial(device, baud, parity):
    """A port for `device`; OSError when it cannot be opened."""
    if _ON_CPYTHON:
        return PySerialPort(device, baud, parity)
    return TtyPort(device, baud, parity)


class SerialLine:
    """A serial device that is opened again after it was lost: an adapter that was unplugged, a pty whose
    other end began anew. OSError from __init__ when it is not there at first.
    """

    is_buffered = False  # what was written is on the wire

    def __init__(self, device, baud, parity, poller):
        self.settings = (device, baud, parity)
        self.poller = poller
        self.retry_at = 0
        self.error = 0
        self._open()

    def _open(self):
        self.port = open_serial(*self.settings)
        self.poller.add(self.port.sock, self)
        self.is_open = True
        self.ready = True

    def service(self, now):
        """Let go of a lost device, or try it again; call it every cycle."""
        if self.is_open:
            return
        if self.port is not None:
            self.error = self.port.error
            self.poller.remove(self.port.sock)
            self.port.close()
            self.port = None
        elif ticks_diff(now, self.retry_at) >= 0:
            try:
                self._open()
                return
            except OSError as error:
                self.error = error.errno
        else:
            return
        self.retry_at = ticks_add(now, _REOPEN_MS)

    def read_into(self, buf):
        self.ready = False
        if not self.is_open:
            return 0
        n = self.port.read_into(buf)
        self.is_open = self.port.is_open
        return n

    def write(self, buf, start, n):
        if not self.is_open:
            return 0
        sent = self.port.write(buf, start, n)
        self.is_open = self.port.is_open
        return sent

    def drop(self):
        """Give the device up and open it again."""
        self.is_open = False

    def close(self):
        self.is_open = False
        if self.port is not None:
            self.poller.remove(self.port.sock)
            self.port.close()
            self.port = None


class PySerialPort:
    """CPython: pyserial, never blocking."""

    def __init__(self, device, baud, parity):
        import serial

        try:
            self.sock = serial.Serial(
                device,
                baud,
                parity=parity,
                stopbits=STOP_BITS[parity],
                timeout=0,
                write_timeout=0,
                exclusive=False,
            )
        except (serial.SerialException, ValueError) as error:
            raise OSError(5, "%s: %s" % (device, error))
        self.errors = (serial.SerialException, OSError)
        self.ready = True
        self.is_open = True
        self.error = 0

    def read_into(self, buf):
        self.ready = False
        try:
            n = self.sock.readinto(buf)
        except self.errors:
            self.is_open = False
            return 0
        return n or 0

    def write(self, buf, start, n):
        try:
            return self.sock.write(memoryview(buf)[start : start + n]) or 0
        except self.errors:
            self.is_open = False
            return 0

    def close(self):
        self.is_open = False
        self.sock.close()


class TtyPort:
    """MicroPython/unix: a tty is a file."""

    def __init__(self, device, baud, parity):
        self.sock = open(device, "r+b", 0)
        try:
            _set_raw(self.sock, baud, parity)
        except OSError:
            self.sock.close()
            raise
        self.ready = True
        self.is_open = True
        self.error = 0

    def read_into(self, buf):
        self.ready = False
        try:
            return self.sock.readinto(buf) or 0
        except OSError as error:
            self.error = error.errno
            self.is_open = False
            return 0

    def write(self, buf, start, n):
        try:
            return self.sock.write(buf, start, n) or 0
        except OSError as error:
            self.error = error.errno
            self.is_open = False
            return 0

    def close(self):
        self.is_open = False
        self.sock.close()


def _set_raw(file, baud, parity):
    import termios

    if baud not in _SPEEDS:
        raise OSError(22, "no %d baud here; one of %s" % (baud, sorted(_SPEEDS)))
    fd = file.fileno()
    termios.setraw(fd)
    attributes = termios.tcgetattr(fd)
    attributes[2] = _CS8_CREAD_CLOCAL | _PARITY[parity] | (STOP_BITS[parity] - 1) * _TWO_STOP_BITS
    attributes[4] = attributes[5] = _SPEEDS[baud]
    attributes[6][_VTIME] = attributes[6][_VMIN] = 0
    termios.tcsetattr(fd, termios.TCSANOW, attributes)
