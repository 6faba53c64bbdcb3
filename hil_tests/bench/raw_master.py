"""A neutral controlling station: a socket and as much of IEC 60870-5-104 as a measurement needs, the
same for every server that is measured.

It shares no code with the project and none with a peer. Every I frame that it sends acknowledges all
that it has received; between orders it acknowledges with S frames after `w` I frames.
"""

import socket
import struct
import time

STARTDT_ACT, STARTDT_CON = b"\x68\x04\x07\x00\x00\x00", b"\x68\x04\x0b\x00\x00\x00"
TESTFR_ACT, TESTFR_CON = b"\x68\x04\x43\x00\x00\x00", b"\x68\x04\x83\x00\x00\x00"
C_SE_NC_1, ACT_CON = 50, 7
_SETPOINT = struct.Struct("<BBHHBBBBHBHfB")
_MODULO = 32768


class RawMaster:
    """Connected and started when made; `on_asdu(asdu bytes)` hears of every I frame."""

    def __init__(self, host, port, ioa=0x6201, w=8, timeout_s=10.0, on_asdu=None):
        self.ioa = ioa
        self.w = w
        self.timeout_s = timeout_s
        self.on_asdu = on_asdu
        self.received = 0  # I frames
        self.negative = 0  # set-points that were refused
        self._sent = 0
        self._acknowledged = 0
        self._rest = b""
        self._confirmed = False
        self._started = False
        self.socket = socket.create_connection((host, port), timeout_s)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(STARTDT_ACT)
        while not self._started:
            self.read()

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def setpoint(self, value):
        """Send C_SE_NC_1 and await its confirmation; nanoseconds between the two."""
        frame = _SETPOINT.pack(
            0x68, 18, self._sent * 2 % 65536, self.received % _MODULO * 2,
            C_SE_NC_1, 1, 6, 0, 1, self.ioa & 0xFF, self.ioa >> 8, value, 0,
        )  # fmt: skip
        self._acknowledged = self.received
        self._confirmed = False
        began = time.perf_counter_ns()
        self.socket.sendall(frame)
        self._sent += 1
        while not self._confirmed:
            self.read()
        return time.perf_counter_ns() - began

    def read(self):
        """One read from the socket and everything that it brought."""
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the station closed the connection")
        if self._rest:
            data = self._rest + data
        at = 0
        while len(data) - at >= 6 and len(data) - at >= data[at + 1] + 2:
            self._frame(data, at)
            at += data[at + 1] + 2
        self._rest = data[at:]

    def _frame(self, data, at):
        control = data[at + 2]
        if not control & 1:
            self.received += 1
            if data[at + 6] == C_SE_NC_1 and data[at + 8] & 0x3F == ACT_CON:
                self._confirmed = True
                self.negative += data[at + 8] >> 6 & 1
            elif self.received - self._acknowledged >= self.w:
                self.acknowledge()
            if self.on_asdu is not None:
                self.on_asdu(data[at + 6 : at + 2 + data[at + 1]])
        elif control == STARTDT_CON[2]:
            self._started = True
        elif control == TESTFR_ACT[2]:
            self.socket.sendall(TESTFR_CON)

    def acknowledge(self):
        """An S frame for all that was received."""
        self._acknowledged = self.received
        self.socket.sendall(struct.pack("<BBHH", 0x68, 4, 1, self.received % _MODULO * 2))

    def drain(self):
        """Take in and acknowledge what has come since the last read."""
        self.socket.setblocking(False)
        try:
            while True:
                self.read()
        except BlockingIOError:
            pass
        self.socket.settimeout(self.timeout_s)
        if self.received > self._acknowledged:
            self.acknowledge()

    def attend(self, seconds):
        """Read and acknowledge for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(max(left, 0.001))
            try:
                self.read()
            except TimeoutError:
                break
        self.socket.settimeout(self.timeout_s)
        if self.received > self._acknowledged:
            self.acknowledge()
