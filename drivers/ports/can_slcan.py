"""CAN through an slcan adapter: on a serial line, or over TCP, which is what the simulator and the emulated
board use.

The byte port is one of drivers/ports (serial line, TCP client, UART, memory); each new connection closes the
channel, sets the bit rate and opens it again, so that an adapter that was reset comes back. The adapter's
flags are asked for now and then; bus-off shows as its bus-error and passive flags.
"""

from drivers.ports.can_memory import ACTIVE, BUS_OFF, PASSIVE, WARNING, CanCounters
from protocols.can import CanFrame
from protocols.outbuf import OutBuffer
from protocols.slcan import (
    FLAG_BUS_ERROR,
    FLAG_OVERRUN,
    FLAG_PASSIVE,
    FLAG_WARNING,
    FLAGS,
    FRAME,
    COMMAND,
    NOTHING,
    REFUSED,
    SlcanReader,
    encode,
    rate_command,
)
from protocols.ticks import ticks_add, ticks_diff
from protocols.upy import const

_LINE_BYTES = const(27)
_FLAGS_MS = const(1000)
_CHUNK = const(256)


class SlcanPort(CanCounters):
    def __init__(self, port, bitrate, ask_flags=True):
        """`port`: a byte port; `bitrate` in bit/s, one of slcan's; LocalError for any other."""
        super().__init__()
        self.port = port
        port.outer = self  # what wakes the byte port must reach the loop, or it turns without serving us
        self.opening = b"C\r" + rate_command(bitrate) + b"O\r"
        self.ask_flags = ask_flags
        self.reader = SlcanReader()
        self.tx = OutBuffer(1024)
        self.is_open = False
        self.ready = True
        self.flags_at = 0
        self._chunk = bytearray(_CHUNK)
        self._frame = CanFrame()

    def service(self, now):
        """Keep the byte port up, and write what waits."""
        port = self.port
        port.service(now)
        if port.is_open and not self.is_open:
            self.is_open = True
            self.reader.clear()
            self.tx.clear()
            self.tx.put(self.opening, len(self.opening))
            self.flags_at = ticks_add(now, _FLAGS_MS)
            self.state = ACTIVE
        elif not port.is_open:
            self.is_open = False
        if self.is_open:
            if self.ask_flags and ticks_diff(now, self.flags_at) >= 0:
                self.flags_at = ticks_add(now, _FLAGS_MS)
                self.tx.put(b"F\r", 2)
            self.flush()
        self.ready = self.is_open and (port.ready or self.reader.room() < len(self.reader._buf))

    def flush(self):
        """Write what the byte port takes."""
        tx = self.tx
        while tx.end > tx.start:
            sent = self.port.write(tx.buf, tx.start, tx.end - tx.start)
            if sent == 0:
                return
            tx.consumed(sent)

    def send(self, can_id, data, n, extended):
        if not self.is_open:
            self.refused += 1
            return False
        frame = self._frame
        frame.set(can_id, extended, data, n)
        at = self.tx.reserve(_LINE_BYTES)
        if at < 0:
            self.refused += 1
            return False
        self.tx.commit(encode(frame, self.tx.buf, at))
        self.sent += 1
        self.flush()
        return True

    def receive(self, frame):
        reader = self.reader
        while True:
            kind = reader.take(frame)
            if kind == FRAME:
                if self.wants(frame):
                    self.received += 1
                    return True
            elif kind == NOTHING:
                if not self._read():
                    self.ready = False
                    return False
            elif kind == FLAGS:
                self._judge(reader.flags)
            elif kind == COMMAND:
                reader.next_word()  # an adapter gives no commands; its version may arrive unasked
            elif kind == REFUSED:
                self.errors += 1

    def _read(self):
        if not self.port.is_open or self.reader.room() < _CHUNK:
            return False
        n = self.port.read_into(self._chunk)
        self.reader.feed(self._chunk, n)
        return n > 0

    def _judge(self, flags):
        if flags & FLAG_OVERRUN:
            self.errors += 1
        was = self.state
        if flags & FLAG_BUS_ERROR and flags & FLAG_PASSIVE:
            self.state = BUS_OFF
        elif flags & FLAG_PASSIVE:
            self.state = PASSIVE
        else:
            self.state = WARNING if flags & FLAG_WARNING else ACTIVE
        if self.state == BUS_OFF and was != BUS_OFF:
            self.bus_offs += 1
            self.tx.put(self.opening, len(self.opening))  # closing and opening restarts the controller

    def close(self):
        if self.is_open:
            self.port.write(b"C\r", 0, 2)
        self.is_open = False
        self.port.close()
