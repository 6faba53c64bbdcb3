"""What converters behind plain Modbus registers share: set-up, poll, leased set-point, stop frame.

The contract is that of converter_sunspec.py: the command is a lease in AC watts, + = charging; nothing
is commanded before the device was set up on this connection; the first set-point is always 0 W, and its
bytes are the stop frame. A new command goes before everything but never twice in a row while a
measurement is due, and not before `write_gap_ms` have passed since the last write (declared: a slow
device). A set-point that timed out asks for a new connection, so that it cannot arrive later.

A device brings: make_settings() -> [(address, value)] to write once, READS = ((function, first register,
registers, every n-th poll), ...), take(i, master, now) for the reply to READS[i], write(master, watts,
now), is_off().

lint: integer
"""

from drivers.retry import Backoff
from firmware.image import GOOD
from protocols.modbus.master import TIMEOUT
from protocols.ticks import sooner, ticks_add, ticks_diff

_URGENT = 100000
_LAST_BACKOFF_MS = 1000
_START_MS = 5000
SETTING, WRITE, START = -1, -2, -3  # jobs that are no read


class RegisterConverter:
    READS = ()
    START_AT = -1  # register and value that start a device which is off; -1 = none
    START_VALUE = 0
    write_gap_ms = 0
    renews = True  # the set-point must be repeated within the lease

    def __init__(self, unit, poll_ms, lease_ms, bay):
        """`bay`: its group in the image; `lease_ms`: when the device is to stop by itself."""
        self.unit = unit
        self.poll_ms = poll_ms
        self.lease_ms = lease_ms
        self.bay = bay
        self.settings = self.make_settings()
        self.setting = 0
        self.backoff = Backoff(poll_ms, _LAST_BACKOFF_MS)
        self.job = SETTING
        self.due_at = [0] * len(self.READS)
        self.write_due = 0
        self.start_due = 0
        self.quiet_until = 0
        self.is_quiet = False
        self.written_w = None  # what the device was last told, None = nothing on this connection
        self.writing_w = 0
        self.stop_frame = b""
        self.faults = 0  # bits of drivers/faults.py
        self.tell = None
        self.enabled = True
        self.charge_max_w = self.discharge_max_w = -1  # the device does not say

    def wanted_w(self, now):
        """The leased command, 0 once the lease has run out or nothing has been written yet."""
        lease = self.bay.command_w
        if self.written_w is None or not self.enabled or lease.quality != GOOD:
            return 0
        if ticks_diff(now, lease.time) > lease.max_age_ms:
            return 0
        return lease.value

    def enable(self, on, now):
        """Off: no power, and the device is not started."""
        self.enabled = on

    def urgency(self, now):
        if self._hindered_ms(now) > 0:
            return -1
        if self.setting < len(self.settings):
            self.job = SETTING
            return _URGENT
        if self._must_write(now):
            self.job = WRITE
            return 2 * _URGENT
        return self._most_overdue(now)

    def _hindered_ms(self, now):
        """Milliseconds until the device may be asked anything: back-off, or the pause after a write."""
        wait = self.backoff.remaining_ms(now)
        if self.is_quiet:
            left = ticks_diff(self.quiet_until, now)
            if left > 0:
                return max(wait, left)
            self.is_quiet = False
        return wait

    def _must_write(self, now):
        if self.written_w is None:
            return True
        if self.wanted_w(now) == self.written_w:
            return False
        return self.job != WRITE or ticks_diff(now, self.due_at[0]) < 0

    def _most_overdue(self, now):
        most = -1
        for i in range(len(self.due_at)):
            late = ticks_diff(now, self.due_at[i])
            if late > most:
                most = late
                self.job = i
        late = ticks_diff(now, self.write_due)
        if late >= 0 and self.renews:
            most = _URGENT + late
            self.job = WRITE
        late = ticks_diff(now, self.start_due)
        if late >= 0 and self.enabled and self.START_AT >= 0 and self.is_off() and _URGENT + late > most:
            most = _URGENT + late
            self.job = START
        return most

    def due_in(self, now):
        wait = 0
        if self.setting == len(self.settings) and self.wanted_w(now) == self.written_w:
            wait = _left(self.write_due, now) if self.renews else -1
            for due in self.due_at:
                wait = sooner(wait, _left(due, now))
            if self.enabled and self.START_AT >= 0 and self.is_off():
                wait = sooner(wait, _left(self.start_due, now))
        return max(wait, self._hindered_ms(now))

    def begin(self, master, now):
        job = self.job
        if job == SETTING:
            address, value = self.settings[self.setting]
            master.write_register(self.unit, address, value, now)
        elif job == WRITE:
            self.writing_w = self.wanted_w(now)
            self.write_due = ticks_add(now, self.lease_ms // 4)
            self.write(master, self.writing_w, now)
            if self.written_w is None:
                self.stop_frame = bytes(master.tx.buf[master.tx.start : master.tx.end])
        elif job == START:
            self.start_due = ticks_add(now, _START_MS)
            master.write_register(self.unit, self.START_AT, self.START_VALUE, now)
        else:
            function, first, count, every = self.READS[job]
            self.due_at[job] = ticks_add(now, self.poll_ms * every)
            master.read(self.unit, function, first, count, now)

    def done(self, master, now):
        self.backoff.answered()
        job = self.job
        if job >= 0:
            self.take(job, master, now)
            return
        if job == SETTING:
            self.setting += 1
        elif job == WRITE:
            self.written_w = self.writing_w
        if self.write_gap_ms:
            self.quiet_until = ticks_add(now, self.write_gap_ms)
            self.is_quiet = True

    def failed(self, master, now):
        """True: only a new connection can be trusted."""
        self.backoff.failed(now)
        if self.job != WRITE:
            return False
        self.write_due = now
        return master.error == TIMEOUT

    def is_told(self, power_w):
        """Whether the device has confirmed this set-point, or does not answer at all."""
        return self.written_w is None or self.written_w == power_w or self.backoff.delay_ms > 0

    def lost(self, now):
        """The connection broke: whatever comes back may be another device, in another state."""
        self.setting = 0
        self.written_w = None
        self.is_quiet = False
        self.bay.power_w.fail()
        self.bay.state.fail()


def _left(due, now):
    left = ticks_diff(due, now)
    return left if left > 0 else 0
