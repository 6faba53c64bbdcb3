"""Serial lines: pyserial on CPython, a tty file on MicroPython/unix, machine.UART on boards. One face:
read_into, write, ready.

MicroPython's file.readinto() waits for a full buffer unless the tty has VMIN = 0, so the tty is set raw
with VMIN = VTIME = 0.
"""

import sys

_ON_CPYTHON = sys.implementation.name == "cpython"
# Linux's own numbers: MicroPython's termios names only a few of them
_SPEEDS = {1200: 9, 2400: 11, 4800: 12, 9600: 13, 19200: 14, 38400: 15, 57600: 0o10001, 115200: 0o10002}
_CS8_CREAD_CLOCAL = 0o4260
_PARITY = {"N": 0, "E": 0o400, "O": 0o1400}
_VTIME, _VMIN = 5, 6


def open_serial(device, baud, parity):
    """A port for `device`; OSError when it cannot be opened."""
    if _ON_CPYTHON:
        return PySerialPort(device, baud, parity)
    return TtyPort(device, baud, parity)


class PySerialPort:
    """CPython: pyserial, never blocking."""

    def __init__(self, device, baud, parity):
        import serial

        try:
            self.sock = serial.Serial(
                device, baud, parity=parity, timeout=0, write_timeout=0, exclusive=False
            )
        except (serial.SerialException, ValueError) as error:
            raise OSError(5, "%s: %s" % (device, error))
        self.errors = (serial.SerialException, OSError)
        self.ready = True
        self.is_open = True
        self.error = 0

    def service(self, now):
        """A serial line needs no upkeep."""

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
        _set_raw(self.sock, baud, parity)
        self.ready = True
        self.is_open = True
        self.error = 0

    def service(self, now):
        """A serial line needs no upkeep."""

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
    attributes[2] = _CS8_CREAD_CLOCAL | _PARITY[parity]
    attributes[4] = attributes[5] = _SPEEDS[baud]
    attributes[6][_VTIME] = attributes[6][_VMIN] = 0
    termios.tcsetattr(fd, termios.TCSANOW, attributes)
