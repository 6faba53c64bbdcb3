"""A bidirectional converter that speaks SunSpec DER models 701, 704, 713, 714, 715 over Modbus.

The lease exists in the device too: each write carries set-point, mode and reversion timer in one block,
and the controller heartbeat counts up every second; when we fall silent the device goes to 0 W by
itself. Sign: SunSpec W is + for injection, turned here. The first write after a (re)connection is always
0 W, and its bytes are kept as the stop frame that needs no allocation.
"""

from drivers.maps import sunspec
from drivers.retry import Backoff
from drivers.scale import scale10, signed16
from drivers.sunspec_discovery import Discovery
from firmware.image import (
    CONVERTER_FAULT,
    CONVERTER_OFF,
    CONVERTER_RUNNING,
    CONVERTER_STANDBY,
    GOOD,
)
from protocols.modbus.master import EXCEPTION, TIMEOUT
from protocols.ticks import sooner, ticks_add, ticks_diff

_HEARTBEAT_MS = 1000
_SLOW_MS = 1000
_START_RETRY_MS = 5000
_LAST_BACKOFF_MS = 1000

# what the running request is for, in order of urgency
FIND, MEASURE, BATTERY, DC, HEARTBEAT, START, WRITE = 0, 1, 2, 3, 4, 5, 6
_URGENT = 100000


class SunSpecConverter:
    def __init__(self, unit, poll_ms, lease_ms, bay, rejected):
        """`bay`: its group in the image; `rejected(model, now)` is told of a device without the models
        (0 = no SunSpec at all).
        """
        self.unit = unit
        self.poll_ms = poll_ms
        self.lease_ms = lease_ms
        self.bay = bay
        self.rejected = rejected
        self.discovery = Discovery()
        self.backoff = Backoff(poll_ms, _LAST_BACKOFF_MS)
        self.job = FIND
        self.due_at = [0] * 7
        self.written_w = None  # what the device was last told, None = nothing on this connection
        self.writing_w = 0
        self.heartbeat = 0
        self.stop_frame = b""
        self._values = [0] * sunspec.M704_COUNT
        self._pair = [0, 0]

    def wanted_w(self, now):
        """The leased command, 0 once the lease has run out or nothing has been written yet."""
        lease = self.bay.command_w
        if self.written_w is None or lease.quality != GOOD or ticks_diff(now, lease.time) > lease.max_age_ms:
            return 0
        return lease.value

    def urgency(self, now):
        if self.backoff.remaining_ms(now) > 0:
            return -1
        if not self.discovery.complete:
            self.job = FIND
            return 0
        if self._must_write(now):
            self.job = WRITE
            return 2 * _URGENT
        return self._most_overdue(now)

    def _must_write(self, now):
        """A new command goes first, but never twice in a row while a measurement is due: the booking
        waits for it.
        """
        if self.written_w is None:
            return True
        if self.wanted_w(now) == self.written_w:
            return False
        return self.job != WRITE or ticks_diff(now, self.due_at[MEASURE]) < 0

    def _most_overdue(self, now):
        most = -1
        for job in range(MEASURE, WRITE + 1):
            late = ticks_diff(now, self.due_at[job])
            if late < 0 or (job == START and self._is_on()):
                continue
            if job >= HEARTBEAT:
                late += _URGENT
            if late > most:
                most = late
                self.job = job
        return most

    def _is_on(self):
        state = self.bay.state
        return state.quality == GOOD and state.value not in (CONVERTER_OFF, CONVERTER_STANDBY)

    def due_in(self, now):
        wait = 0
        if self.discovery.complete and self.wanted_w(now) == self.written_w:
            wait = -1
            for job in range(MEASURE, WRITE + 1):
                if job != START or not self._is_on():
                    left = ticks_diff(self.due_at[job], now)
                    wait = sooner(wait, left if left > 0 else 0)
        return max(wait, self.backoff.remaining_ms(now))

    def begin(self, master, now):
        models = self.discovery.models
        job = self.job
        if job == FIND:
            self.discovery.request()
            master.read(self.unit, 3, self.discovery.address, self.discovery.count, now)
        elif job == MEASURE:
            self._read(master, models[701] + sunspec.M701_READ, sunspec.M701_COUNT, self.poll_ms, now)
        elif job == BATTERY:
            self._read(master, models[713] + sunspec.M713_READ, sunspec.M713_COUNT, _SLOW_MS, now)
        elif job == DC:
            self._read(master, models[714] + sunspec.M714_READ, sunspec.M714_COUNT, _SLOW_MS, now)
        elif job == HEARTBEAT:
            self._beat(master, now)
        elif job == START:
            self.due_at[START] = ticks_add(now, _START_RETRY_MS)
            standby = self.bay.state.value == CONVERTER_STANDBY
            code = sunspec.OPCTL_EXIT_STANDBY if standby else sunspec.OPCTL_START
            master.write_register(self.unit, models[715] + sunspec.M715_OPCTL, code, now)
        else:
            self._write(master, now)

    def _read(self, master, address, count, period_ms, now):
        self.due_at[self.job] = ticks_add(now, period_ms)
        master.read(self.unit, 3, address, count, now)

    def _beat(self, master, now):
        self.due_at[HEARTBEAT] = ticks_add(now, _HEARTBEAT_MS)
        self.heartbeat = (self.heartbeat + 1) & 0xFFFFFF
        self._pair[0] = self.heartbeat >> 16
        self._pair[1] = self.heartbeat & 0xFFFF
        master.write_registers(
            self.unit, self.discovery.models[715] + sunspec.M715_CONTROLLER_HB, self._pair, 2, now
        )

    def _write(self, master, now):
        """WSetEna, WSetMod, WSet, WSetRvrt, WSetPct, WSetPctRvrt, WSetEnaRvrt, WSetRvrtTms in one request."""
        self.writing_w = self.wanted_w(now)
        raw = scale10(-self.writing_w, -self.discovery.scales["wset"])
        values = self._values
        values[0] = 1
        values[1] = sunspec.WSET_MOD_W
        values[2] = (raw >> 16) & 0xFFFF
        values[3] = raw & 0xFFFF
        values[8] = 1
        values[10] = self.lease_ms // 1000
        self.due_at[WRITE] = ticks_add(now, self.lease_ms // 4)
        master.write_registers(
            self.unit, self.discovery.models[704] + sunspec.M704_WRITE, values, sunspec.M704_COUNT, now
        )
        if self.written_w is None:
            self.stop_frame = bytes(master.tx.buf[master.tx.start : master.tx.end])

    def done(self, master, now):
        self.backoff.answered()
        job = self.job
        if job == FIND:
            self._discovered(master, now)
        elif job == MEASURE:
            self._measured(master, now)
        elif job == BATTERY:
            self._put(self.bay.soc_bp, master.register(0), sunspec.NOT_IMPLEMENTED_U16, "pct", 2, now)
        elif job == DC:
            self._put(
                self.bay.dc_current_da, -master.s16(0), -signed16(sunspec.NOT_IMPLEMENTED_S16), "dca", 1, now
            )
            self._put(self.bay.dc_voltage_dv, master.register(1), sunspec.NOT_IMPLEMENTED_U16, "dcv", 1, now)
        elif job == WRITE:
            self.written_w = self.writing_w

    def _discovered(self, master, now):
        discovery = self.discovery
        discovery.answer(master)
        if discovery.failure >= 0:
            self._reject(now)
        elif discovery.complete:
            for job in range(len(self.due_at)):
                self.due_at[job] = now

    def _reject(self, now):
        self.rejected(self.discovery.failure, now)
        self.discovery.restart()
        self.backoff.failed(now)

    def _measured(self, master, now):
        state = _state(
            master.register(sunspec.M701_ST - sunspec.M701_READ),
            master.register(sunspec.M701_INVST - sunspec.M701_READ),
        )
        self.bay.state.put(state, now)
        raw = master.register(sunspec.M701_W - sunspec.M701_READ)
        if raw == sunspec.NOT_IMPLEMENTED_S16:
            self.bay.power_w.fail()
        else:
            self.bay.power_w.put(-scale10(signed16(raw), self.discovery.scales["w"]), now)

    def _put(self, signal, raw, sentinel, scale, exponent, now):
        if raw == sentinel:
            signal.fail()
        else:
            signal.put(scale10(raw, self.discovery.scales[scale] + exponent), now)

    def failed(self, master, now):
        """True: only a new connection can be trusted."""
        if self.job == FIND and master.error == EXCEPTION:
            self.discovery.refused()
            if self.discovery.failure >= 0:
                self._reject(now)
            return False
        self.backoff.failed(now)
        if self.job != WRITE:
            return False
        self.due_at[WRITE] = now  # a set-point may be repeated: it means the same twice
        # but one that still lies in a network's buffers must not renew a lease later
        return master.error == TIMEOUT

    def is_told(self, power_w):
        """Whether the device has confirmed this set-point, or does not answer at all."""
        return self.written_w is None or self.written_w == power_w or self.backoff.delay_ms > 0

    def lost(self, now):
        """The connection broke: whatever comes back may be another device, in another state."""
        self.discovery.restart()
        self.written_w = None
        self.bay.power_w.fail()
        self.bay.state.fail()


def _state(st, invst):
    if invst == sunspec.INVST_FAULT:
        return CONVERTER_FAULT
    if st == 0:
        return CONVERTER_OFF
    if invst in (sunspec.INVST_RUNNING, sunspec.INVST_THROTTLED):
        return CONVERTER_RUNNING
    return CONVERTER_STANDBY
