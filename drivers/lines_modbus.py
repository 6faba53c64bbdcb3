"""A bay's lines on a remote I/O behind Modbus (RTU or TCP): for boards without such pins, and the
simulator's.

Our own map: input registers 0 to 15 (FC 04) are what is read, each a level (0, 1) or a measured value
(16 bits, signed); holding registers 16 to 31 (FC 16) are the outputs. All inputs come in one reply, all
outputs go in one request, both at once: at each change and every HOLD_MS / 4. The I/O puts its outputs
to their safe states by itself when it was not written for HOLD_MS. The first write is always the safe
state, and its bytes are the stop frame. `fresh` holds for three polls.

It is a device of drivers/modbus_bus.py, and a place of pins for drivers/lines.py.

lint: integer
"""

from drivers.retry import Backoff
from protocols.modbus.master import TIMEOUT
from protocols.ticks import ticks_add, ticks_diff

HOLD_MS = 500
REGISTERS = 16  # of each kind
_READ, _WRITE = 0, 1
_URGENT = 100000
_LAST_BACKOFF_MS = 200


class RemoteLines:
    def __init__(self, unit, poll_ms):
        self.unit = unit
        self.poll_ms = poll_ms
        self.max_age_ms = 3 * poll_ms + 40
        self.inputs = [0] * REGISTERS
        self.outputs = [0] * REGISTERS
        self.safes = [0] * REGISTERS
        self.last_input = 0
        self.last_output = 0
        self.heard = False
        self.time = 0
        self.backoff = Backoff(poll_ms, _LAST_BACKOFF_MS)
        self.job = _READ
        self.read_due = 0
        self.write_due = 0
        self.is_changed = True
        self.is_set_up = False  # the safe state was written on this connection
        self.stop_frame = b""

    # for drivers/lines.py

    def claim(self, pin, kind, safe):
        number = int(pin)
        if kind in ("output", "duty"):
            number -= REGISTERS
            self.last_output = max(self.last_output, number)
            self.outputs[number] = self.safes[number] = safe
            return number
        self.last_input = max(self.last_input, number)
        return number

    def read(self, number):
        return self.inputs[number]

    def write(self, number, level):
        if self.outputs[number] != level:
            self.outputs[number] = level
            self.is_changed = True

    def fresh(self, now):
        return self.heard and self.is_set_up and ticks_diff(now, self.time) <= self.max_age_ms

    # for drivers/modbus_bus.py

    def urgency(self, now):
        wait = self.backoff.remaining_ms(now)
        if wait > 0:
            return -wait if wait > 1 else -1
        read_late = ticks_diff(now, self.read_due)
        if not self.is_set_up or ticks_diff(now, self.write_due) >= 0 or self.is_changed and (
            self.job != _WRITE or read_late < 0
        ):
            self.job = _WRITE
            return 2 * _URGENT
        self.job = _READ
        return read_late + _URGENT if read_late >= 0 else -1

    def due_in(self, now):
        wait = self.backoff.remaining_ms(now)
        if wait > 0:
            return wait
        if not self.is_set_up or self.is_changed:
            return 0
        left = min(ticks_diff(self.read_due, now), ticks_diff(self.write_due, now))
        return left if left > 0 else 0

    def begin(self, master, now):
        if self.job == _READ:
            self.read_due = ticks_add(now, self.poll_ms)
            master.read(self.unit, 4, 0, self.last_input + 1, now)
            return
        self.write_due = ticks_add(now, HOLD_MS // 4)
        self.is_changed = False
        master.write_registers(self.unit, REGISTERS, self.outputs, self.last_output + 1, now)
        if not self.stop_frame:
            self.stop_frame = bytes(master.tx.buf[master.tx.start : master.tx.end])

    def done(self, master, now):
        self.backoff.answered()
        if self.job == _WRITE:
            if not self.is_set_up:
                self.is_set_up = True
                self.read_due = now
            return
        inputs = self.inputs
        for i in range(self.last_input + 1):
            inputs[i] = master.s16(i)
        self.heard = True
        self.time = now

    def failed(self, master, now):
        """True: only a new connection can be trusted."""
        self.backoff.failed(now)
        if self.job != _WRITE:
            return False
        self.is_changed = True
        return master.error == TIMEOUT

    def lost(self, now):
        """The connection broke: what is there now must be told everything anew."""
        self.heard = self.is_set_up = False
        for i in range(REGISTERS):
            self.outputs[i] = self.safes[i]

    def is_told(self, power_w):
        return not self.is_changed or self.backoff.delay_ms > 0
