"""A bidirectional converter that speaks SunSpec DER models 701, 704, 713, 714, 715 over Modbus.

The lease exists in the device too: each write carries set-point, mode and reversion timer in one block,
and the controller heartbeat counts up every second; when we fall silent the device goes to 0 W by
itself. Sign: SunSpec W is + for injection, turned here. The first write after a (re)connection is always
0 W, and its bytes are kept as the stop frame that needs no allocation.

What is done once a second or more rarely falls on instants of each converter's own (`offset_ms`), so that no
cycle of the controller has all of it; the measurement keeps to the turns that follow a step.

lint: hot, integer
"""

from drivers.maps import sunspec
from drivers.retry import Backoff
from drivers.scale import scale10
from drivers.sunspec_discovery import Discovery
from firmware.image import (
    CONVERTER_FAULT,
    CONVERTER_OFF,
    CONVERTER_RUNNING,
    CONVERTER_STANDBY,
    GOOD,
)
from protocols.modbus.master import EXCEPTION, TIMEOUT
from protocols.ticks import ticks_add, ticks_diff
from protocols.upy import const

_SLOW_MS = const(1000)  # battery, DC side, heartbeat
_APART_MS = const(333)  # between those of one converter
_START_RETRY_MS = const(5000)
_LAST_BACKOFF_MS = const(1000)
_RENEWALS = const(5)  # in a lease: no two are further apart than a quarter of it
_MASK = const(0x3FFFFFFF)  # of protocols/ticks.py
_HALF = const(0x20000000)

# what the running request is for, in order of urgency
FIND, MEASURE, BATTERY, DC, HEARTBEAT, START, WRITE = 0, 1, 2, 3, 4, 5, 6
_URGENT = const(100000)
_NOT_A_CURRENT = const(0x8000)  # sunspec.NOT_IMPLEMENTED_S16 with the sign turned

_VALUES = [0] * sunspec.M704_COUNT  # of a write on its way into the request's buffer


class SunSpecConverter:
    def __init__(self, unit, poll_ms, lease_ms, bay, rejected, offset_ms=0):
        """`bay`: its group in the image; `rejected(model, now)` is told of a device without the models
        (0 = no SunSpec at all).
        """
        self.unit = unit
        self.poll_ms = poll_ms
        self.lease_ms = lease_ms
        self.bay = bay
        self.rejected = rejected
        self.offset_ms = offset_ms
        self.discovery = Discovery()  # None once all is found
        self.places = None
        self.found_at = 0
        self.backoff = Backoff(poll_ms, _LAST_BACKOFF_MS)
        self.job = FIND
        self.due_at = [0] * 7
        self.slow_at = 0  # the earliest of them, but for the measurement
        self.written_w = None  # what the device was last told, None = nothing on this connection
        self.writing_w = 0
        self.heartbeat = 0
        self.stop_frame = b""

    def wanted_w(self, now):
        """The leased command, 0 once the lease has run out or nothing has been written yet."""
        lease = self.bay.command_w
        if self.written_w is None or lease.quality != GOOD or ticks_diff(now, lease.time) > lease.max_age_ms:
            return 0
        return lease.value

    def urgency(self, now):
        """-1 when nothing is due, and less than that: the milliseconds until something is."""
        if self.backoff.delay_ms and self.backoff.remaining_ms(now) > 0:
            return -1
        if self.discovery is not None:
            self.job = FIND
            return 0
        measure_ms = (now - self.due_at[MEASURE]) & _MASK
        lease = self.bay.command_w
        if (
            self.written_w != lease.value
            or lease.quality != GOOD
            or (now - lease.time) & _MASK > lease.max_age_ms
        ):
            # a new command goes first, but never twice in a row while a measurement is due: the
            # booking waits for it
            if self.written_w is None or (
                self.wanted_w(now) != self.written_w and (self.job != WRITE or measure_ms >= _HALF)
            ):
                self.job = WRITE
                return 2 * _URGENT
        if self.backoff.delay_ms:
            self.job = MEASURE  # a device that may be deaf only on its way to us gets no lease renewed
            return 0
        if (now - self.slow_at) & _MASK < _HALF:
            return self._most_overdue(now)
        if measure_ms >= _HALF:
            measure_ms = measure_ms - _MASK - 1
            if measure_ms < -(self.poll_ms >> 3):
                slow_ms = ((now - self.slow_at) & _MASK) - _MASK - 1
                return measure_ms if measure_ms > slow_ms else slow_ms
        self.job = MEASURE
        return measure_ms + (self.poll_ms >> 3)

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
        if state.quality != GOOD:
            return False
        return state.value != CONVERTER_OFF and state.value != CONVERTER_STANDBY

    def due_in(self, now):
        wait = 0
        if self.discovery is None and self.wanted_w(now) == self.written_w:
            wait = min(ticks_diff(self.due_at[MEASURE], now), ticks_diff(self.slow_at, now))
            if wait < 0:
                wait = 0
        if self.backoff.delay_ms:
            wait = max(wait, self.backoff.remaining_ms(now))
        return wait

    def _again(self, job, period_ms, now):
        """The job's next turn: the first instant of its own, but not at once."""
        since_ms = ((now - self.found_at) & _MASK) % period_ms
        left_ms = period_ms - (since_ms + self.offset_ms + job * _APART_MS) % period_ms
        if left_ms < period_ms >> 2:
            left_ms += period_ms
        was_next = self.due_at[job] == self.slow_at
        self.due_at[job] = due_at = (now - (_MASK - left_ms) - 1) & _MASK
        if was_next:
            self._plan(now)
        elif (due_at - self.slow_at) & _MASK >= _HALF:
            self.slow_at = due_at

    def _plan(self, now):
        """Find the next of the slow jobs."""
        due_at = self.due_at
        least = due_at[WRITE]
        for job in range(BATTERY, WRITE):
            if (due_at[job] - least) & _MASK >= _HALF and (job != START or not self._is_on()):
                least = due_at[job]
        self.slow_at = least

    def begin(self, master, now):
        job = self.job
        if job == MEASURE:
            self.due_at[MEASURE] = ticks_add(now, self.poll_ms)
            address = self.places[sunspec.AT_701] + sunspec.M701_READ
            master.read(self.unit, 3, address, sunspec.M701_COUNT, now)
        elif job == WRITE:
            self._write(master, now)
        elif job == FIND:
            self.discovery.request()
            master.read(self.unit, 3, self.discovery.address, self.discovery.count, now)
        elif job == START:
            self.due_at[START] = ticks_add(now, _START_RETRY_MS)
            self._plan(now)
            standby = self.bay.state.value == CONVERTER_STANDBY
            code = sunspec.OPCTL_EXIT_STANDBY if standby else sunspec.OPCTL_START
            master.write_register(self.unit, self.places[sunspec.AT_715] + sunspec.M715_OPCTL, code, now)
        else:
            self._again(job, _SLOW_MS, now)
            if job == HEARTBEAT:
                self._beat(master, now)
            elif job == BATTERY:
                address = self.places[sunspec.AT_713] + sunspec.M713_READ
                master.read(self.unit, 3, address, sunspec.M713_COUNT, now)
            else:
                address = self.places[sunspec.AT_714] + sunspec.M714_READ
                master.read(self.unit, 3, address, sunspec.M714_COUNT, now)

    def _beat(self, master, now):
        self.heartbeat = (self.heartbeat + 1) & 0xFFFFFF
        values = _VALUES
        values[0] = self.heartbeat >> 16
        values[1] = self.heartbeat & 0xFFFF
        address = self.places[sunspec.AT_715] + sunspec.M715_CONTROLLER_HB
        master.write_registers(self.unit, address, values, 2, now)

    def _write(self, master, now):
        """WSetEna, WSetMod, WSet, WSetRvrt, WSetPct, WSetPctRvrt, WSetEnaRvrt, WSetRvrtTms in one request."""
        self.writing_w = self.wanted_w(now)
        raw = scale10(-self.writing_w, -self.places[sunspec.AT_WSET_SF])
        values = _VALUES
        values[0] = 1
        values[1] = sunspec.WSET_MOD_W
        values[2] = (raw >> 16) & 0xFFFF
        values[3] = raw & 0xFFFF
        values[8] = 1
        values[10] = self.lease_ms // 1000
        self._again(WRITE, self.lease_ms // _RENEWALS, now)
        address = self.places[sunspec.AT_704] + sunspec.M704_WRITE
        master.write_registers(self.unit, address, values, sunspec.M704_COUNT, now)
        if self.written_w is None:
            self._keep_stop_frame(master.tx)

    def _keep_stop_frame(self, tx):  # lint: cold
        self.stop_frame = bytes(tx.buf[tx.start : tx.end])

    def done(self, master, now):
        self.backoff.answered()
        job = self.job
        if job == MEASURE:
            self._measured(master, now)
        elif job == WRITE:
            self.written_w = self.writing_w
        elif job == FIND:
            self._discovered(master, now)
        elif job == BATTERY:
            self._put(
                self.bay.soc_bp, master.register(0), sunspec.NOT_IMPLEMENTED_U16, sunspec.AT_PCT_SF, 2, now
            )
        elif job == DC:
            self._put(self.bay.dc_current_da, -master.s16(0), _NOT_A_CURRENT, sunspec.AT_DCA_SF, 1, now)
            self._put(
                self.bay.dc_voltage_dv,
                master.register(1),
                sunspec.NOT_IMPLEMENTED_U16,
                sunspec.AT_DCV_SF,
                1,
                now,
            )

    def _discovered(self, master, now):  # lint: cold
        discovery = self.discovery
        discovery.answer(master)
        if discovery.failure >= 0:
            self._reject(now)
        elif discovery.complete:
            self.places = discovery.places()
            self.discovery = None
            self.found_at = self.slow_at = now
            for job in range(len(self.due_at)):
                self.due_at[job] = now

    def _reject(self, now):  # lint: cold
        self.rejected(self.discovery.failure, now)
        self.discovery = Discovery()
        self.backoff.failed(now)

    def _measured(self, master, now):
        bay = self.bay
        st = master.register(sunspec.M701_ST - sunspec.M701_READ)
        state = _state(st, master.register(sunspec.M701_INVST - sunspec.M701_READ))
        was = bay.state
        is_news = was.value != state or was.quality != GOOD
        was.put(state, now)
        if is_news:
            self._plan(now)
        raw = master.register(sunspec.M701_W - sunspec.M701_READ)
        if raw == sunspec.NOT_IMPLEMENTED_S16:
            bay.power_w.fail()
            return
        power_w = raw - 0x10000 if raw & 0x8000 else raw
        exponent = self.places[sunspec.AT_W_SF]
        if exponent:
            power_w = scale10(power_w, exponent)
        bay.power_w.put(-power_w, now)

    def _put(self, signal, raw, sentinel, scale, exponent, now):
        if raw == sentinel:
            signal.fail()
        else:
            signal.put(scale10(raw, self.places[scale] + exponent), now)

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
        self.slow_at = now
        # but one that still lies in a network's buffers must not renew a lease later
        return master.error == TIMEOUT

    def is_told(self, power_w):
        """Whether the device has confirmed this set-point, or does not answer at all."""
        return self.written_w is None or self.written_w == power_w or self.backoff.delay_ms > 0

    def lost(self, now):  # lint: cold
        """The connection broke: whatever comes back may be another device, in another state."""
        self.discovery = Discovery()
        self.written_w = None
        self.bay.power_w.fail()
        self.bay.state.fail()


def _state(st, invst):
    if invst == sunspec.INVST_FAULT:
        return CONVERTER_FAULT
    if st == 0:
        return CONVERTER_OFF
    if invst == sunspec.INVST_RUNNING or invst == sunspec.INVST_THROTTLED:
        return CONVERTER_RUNNING
    return CONVERTER_STANDBY
