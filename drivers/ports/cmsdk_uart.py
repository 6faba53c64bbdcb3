"""A CMSDK APB UART, polled through machine.mem32 (Arm DDI 0479, APB UART: DATA, STATE, CTRL, INTSTATUS,
BAUDDIV).

Addresses above 2**30 are big integers: each is computed once. The receiver holds one byte; the board's
wait() calls pump(), which does what an interrupt would: bytes go into a buffer until the line is quiet
for a moment.

lint: hot
"""

from machine import mem32

from protocols.upy import const

_CLOCK_HZ = const(25000000)
_LEAST_DIVISOR = const(16)
_TX_FULL = const(1)
_RX_FULL = const(2)
_RX_INTERRUPT = const(2)
_ENABLE = const(0x0B)  # transmitter, receiver, interrupt on reception
_BYTES = const(300)
_QUIET_SPINS = const(24)  # polls without a byte that end a burst


class CmsdkUart:
    """The registers: receive(), write() and settle() for whoever frames the bytes itself."""

    def __init__(self, base, baud):
        self.data = base
        self.state = base + 4
        self.interrupt = base + 0x0C
        mem32[base + 0x10] = max(_LEAST_DIVISOR, _CLOCK_HZ // baud)
        mem32[base + 8] = _ENABLE

    def receive(self, buf, at, limit, spins):
        """Bytes from the line into buf[at:limit]; returns the position behind the last one.

        `spins`: polls without a byte after which it gives up.
        """
        registers = mem32
        state = self.state
        data = self.data
        left = spins
        while at < limit:
            if registers[state] & _RX_FULL:
                buf[at] = registers[data]
                at += 1
                left = spins
            else:
                left -= 1
                if left < 0:
                    break
        return at

    def settle(self):
        """Forget the interrupt of bytes seen so far, so that the next byte wakes the processor."""
        mem32[self.interrupt] = _RX_INTERRUPT

    def write(self, buf, start, n):
        """Bytes that the transmitter took; it takes one at a time."""
        registers = mem32
        state = self.state
        data = self.data
        for i in range(start, start + n):
            if registers[state] & _TX_FULL:
                return i - start
            registers[data] = buf[i]
        return n


class CmsdkPort(CmsdkUart):
    """A raw line with the face of drivers/ports: bytes wait in a buffer until they are read."""

    is_buffered = False

    def __init__(self, base, baud):
        super().__init__(base, baud)
        self.is_open = True
        self.ready = False
        self.error = 0
        self._rx = bytearray(_BYTES)
        self._have = 0

    def service(self, now):
        """A serial line needs no upkeep."""

    def pump(self):
        """Take in what arrives; True when there is something to read."""
        self._have = self.receive(self._rx, self._have, _BYTES, _QUIET_SPINS)
        self.ready = self._have > 0
        return self.ready

    def read_into(self, buf):
        """Bytes read into `buf`, 0 when there are none."""
        rx = self._rx
        have = self._have
        n = min(len(buf), have)
        for i in range(n):
            buf[i] = rx[i]
        for i in range(n, have):
            rx[i - n] = rx[i]
        self._have = have - n
        self.ready = have > n
        return n

    def close(self):
        self.is_open = False
