"""An RS-485 line made of ptys: the firmware opens `path`, the device `device_path`; bytes take their
time.

Pace: 11 bits per character (8E1 or 8N2, MODBUS over Serial Line 1.02 §2.5.1), each chunk delivered when
its last character would be through. The firmware's end is raw with VMIN=0 and VTIME=0, as MicroPython's
`readinto` would wait otherwise; the line keeps both slave ends open, so that the setting lasts and a
master that restarts does not end the line.

With `strict`, what passes while the firmware's end is set to another speed than the line arrives as
garbage: in both directions, or with `tolerant` only the device's answers. A pty keeps no parity, so that
a wrong parity cannot be seen here.
"""

import os
import termios
import tty

BITS_PER_CHARACTER = 11
SPEEDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)


class RtuLine:
    """Two pty pairs and the wire between their masters, run by an asyncio loop."""

    def __init__(self, loop, baud, reply_delay_ms, strict=False, tolerant=False):
        self._loop = loop
        self._baud = baud
        self._strict = strict
        self._tolerant = tolerant
        self._character_s = BITS_PER_CHARACTER / baud
        self._device_fd, self._device_slave_fd = os.openpty()
        self._master_fd, self._master_slave_fd = os.openpty()
        for fd in (self._device_slave_fd, self._master_slave_fd):
            _set_raw(fd)
        for fd in (self._device_fd, self._master_fd):
            os.set_blocking(fd, False)
        self.path = os.ttyname(self._master_slave_fd)
        self.device_path = os.ttyname(self._device_slave_fd)
        self._busy_until = {}
        loop.add_reader(self._master_fd, self._carry, self._master_fd, self._device_fd, 0.0)
        loop.add_reader(self._device_fd, self._carry, self._device_fd, self._master_fd, reply_delay_ms / 1000)

    def close(self):
        """End the line; both ends see a hang-up."""
        for fd in (self._device_fd, self._master_fd):
            self._loop.remove_reader(fd)
        for fd in (self._device_fd, self._device_slave_fd, self._master_fd, self._master_slave_fd):
            os.close(fd)
        self._device_fd = self._master_fd = -1

    def _carry(self, source_fd, target_fd, delay_s):
        data = os.read(source_fd, 1024)
        if self._strict and not (self._tolerant and source_fd == self._master_fd):
            data = garbled(data, self._baud, self._speed())
        now = self._loop.time()
        through = max(now + delay_s, self._busy_until.get(target_fd, 0.0)) + len(data) * self._character_s
        self._busy_until[target_fd] = through
        self._loop.call_at(through, self._deliver, target_fd, data)

    def _speed(self):
        code = termios.tcgetattr(self._master_slave_fd)[4]
        return next((n for n in SPEEDS if getattr(termios, f"B{n}") == code), 0)

    def _deliver(self, target_fd, data):
        if target_fd not in (self._device_fd, self._master_fd):
            return
        try:
            os.write(target_fd, data)
        except BlockingIOError:
            pass  # nobody reads: a wire does not keep bytes either


def garbled(data, sent_baud, read_baud):
    """What a receiver set to `read_baud` makes of `data`: its bits are sampled at the wrong instants."""
    if read_baud == sent_baud or not read_baud:
        return data
    bits = []
    for byte in data:
        bits += [0] + [byte >> i & 1 for i in range(8)] + [1, 1]
    step, at, out = sent_baud / read_baud, 0.0, bytearray()
    while at < len(bits):
        if bits[int(at)]:
            at += step / 4  # the line is idle: look for a start bit
            continue
        samples = [bits[i] if i < len(bits) else 1 for i in (int(at + step * (1.5 + n)) for n in range(8))]
        out.append(sum(bit << n for n, bit in enumerate(samples)))
        at += step * 9.5
    return bytes(out)


def _set_raw(fd):
    tty.setraw(fd)
    attributes = termios.tcgetattr(fd)
    attributes[6][termios.VMIN] = 0
    attributes[6][termios.VTIME] = 0
    termios.tcsetattr(fd, termios.TCSANOW, attributes)
