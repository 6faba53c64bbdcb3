"""machine.UART of a board as a port: never blocking, DE of an RS-485 transceiver driven around each write.

The UART is made by the board (pins, baud, parity, timeout=0) and handed in; so is the DE pin, where the
transceiver needs one.
"""


class UartPort:
    is_buffered = False  # what was written is on the wire

    def __init__(self, uart, drive_enable=None):
        """`uart`: any(), readinto(), write() and, with `drive_enable` (a pin with .value()), txdone()."""
        self.sock = uart
        self.drive_enable = drive_enable
        self.is_open = True
        self.error = 0
        self.ready = True  # no poller: worth asking every turn

    def service(self, now):
        """Release the line once the last stop bit has left."""
        if self.drive_enable is not None and self.sock.txdone():
            self.drive_enable.value(0)
        self.ready = True

    def read_into(self, buf):
        """Bytes read into `buf`, 0 when there are none."""
        self.ready = False
        if not self.sock.any():
            return 0
        return self.sock.readinto(buf) or 0

    def write(self, buf, start, n):
        """Bytes of buf[start:start+n] that the UART took."""
        if self.drive_enable is not None:
            self.drive_enable.value(1)
        return self.sock.write(memoryview(buf)[start : start + n]) or 0

    def close(self):
        self.is_open = False
        if self.drive_enable is not None:
            self.drive_enable.value(0)
        self.sock.deinit()
