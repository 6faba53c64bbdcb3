"""A CMSDK APB UART whose receiver fills a ring by interrupt; the board's C side (module mps2) owns registers
and ring.

What costs a call per byte in Python is one call per piece here: moving bytes, copying, checking. Nothing is
allocated.

lint: hot
"""

import mps2  # lint: ok P20 (boards/mps2_an385/start.c brings it)


class CmsdkUart:
    """The line for whoever frames the bytes himself."""

    def __init__(self, number, baud):
        self.number = number
        mps2.open(number, baud)

    def receive(self, buf, at, limit):
        """Bytes from the line into buf[at:limit]; the position behind the last one."""
        return mps2.read(self.number, buf, at, limit)

    def want(self, n):
        """Fewer than `n` bytes are not worth waking for."""
        mps2.want(self.number, n)

    def write(self, buf, start, n):
        """Bytes of buf[start:start+n] that the transmitter took."""
        return mps2.write(self.number, buf, start, n)

    def move(self, to, at, buf, start, n):
        """to[at:at+n] = buf[start:start+n]."""
        mps2.move(to, at, buf, start, n)

    def check(self, buf, start, end):
        """The low half of the CRC-32 of buf[start:end]."""
        return mps2.check(buf, start, end)


class CmsdkPort:
    """A raw line with the face of drivers/ports: bytes wait in the ring until they are read."""

    is_buffered = False
    is_open = True
    error = 0

    def __init__(self, number, baud):
        self.number = number
        self.ready = False
        self._wanted = 1
        mps2.open(number, baud)

    def service(self, now):
        """A serial line needs no upkeep."""

    def want(self, n):
        """The reader can do nothing with fewer than `n` bytes: they shall not wake it."""
        if n != self._wanted:
            self._wanted = n
            mps2.want(self.number, n)

    def pump(self):
        """True when there is something to read."""
        self.ready = mps2.available(self.number) >= self._wanted
        return self.ready

    def read_into(self, buf):
        """Bytes read into `buf`, 0 when there are none."""
        self.ready = False
        return mps2.read(self.number, buf, 0, len(buf))

    def write(self, buf, start, n):
        """Bytes of buf[start:start+n] that the transmitter took."""
        return mps2.write(self.number, buf, start, n)

    def close(self):
        self.is_open = False
