"""A SunSpec DER with its whole command recipe: what converter_sunspec.py does, and besides

* 703 ES: the permission to enter service is given, and read again now and then; delays are the device's own
* 701 Alrm: decoded to the closed list of faults. AlarmReset only for alarms of the grid (frequency, voltage,
  disconnection), RESET_MS after they came, RESETS times; what may be dangerous is a person's to reset
* 702: the device's own limits cut the set-point; less than the bay's rating is told
* 704: the lease is read back. A device that does not hold set-point, fall-back to 0 W and a running timer
  gets them again, and is faulty when they are missing twice
* 715 LocRemCtl: under local control nothing is written, the bay shows OFF. OpCtl STOP for a device whose
  power follows no command; after REST_MS it may start again, STRAYS times

What a device lacks of 702 and 703 is left out. Offsets: SunSpec's model files. That an unimplemented
WSetRvrtRem is no missing lease, and which alarms may be reset by a machine, is our choice.

lint: integer, hot
"""

from drivers.converter_sunspec import DC, MEASURE, WRITE, SunSpecConverter
from drivers.faults import (
    AC_FREQUENCY,
    AC_VOLTAGE,
    CABINET,
    DISCONNECTED,
    GROUND,
    INTERNAL,
    LOCAL,
    NO_LEASE,
    OVER_TEMPERATURE,
    OVER_VOLTAGE,
    SHORT,
    SHUT_DOWN,
    STRAYED,
    WEAKER,
    publish,
)
from drivers.maps import sunspec
from drivers.scale import scale10, signed16
from firmware.image import CONVERTER_FAULT, CONVERTER_OFF
from protocols.modbus.master import EXCEPTION
from protocols.ticks import ticks_add, ticks_diff
from protocols.upy import const

DECLARED = {"reversal_ms": 0, "write_gap_ms": 0, "min_power_w": 0}
RESET_MS, RESETS = 10000, 3
REST_MS, STRAYS = 60000, 3
SERVICE = const(7)  # behind the jobs of SunSpecConverter
_URGENT = const(300000)
_ROUTINE = const(100000)
_TURN_MS = const(250)
_STOP_RETRY_MS = const(5000)
_RARELY = const(256)  # turns
_UNKNOWN = const(0xFFFF)
# what a turn asks for
ORDER, REMOTE, LEASE, CAPACITY, ENTER = 0, 1, 2, 3, 4
M702_READ, M702_COUNT = 26, 20  # WMax .. W_SF
M703_ES = 2
M704_COUNT = 13  # WSetEna .. WSetRvrtRem
M715_LOCAL, M715_RESET = 2, 7
OPCTL_STOP, OPCTL_ENTER_STANDBY = 0, 2
ALARMS = (GROUND, OVER_VOLTAGE, DISCONNECTED, DISCONNECTED, DISCONNECTED, CABINET, SHUT_DOWN,
          OVER_TEMPERATURE, AC_FREQUENCY, AC_FREQUENCY, AC_VOLTAGE, AC_VOLTAGE, SHORT,
          OVER_TEMPERATURE, INTERNAL, INTERNAL, INTERNAL)  # bit by bit
_GRID_ALARMS = const(0xF10)  # grid disconnected, over and under frequency and voltage


class SunSpecDer(SunSpecConverter):
    def __init__(self, unit, poll_ms, lease_ms, bay, rejected, offset_ms=0, rating_w=0):
        super().__init__(unit, poll_ms, lease_ms, bay, rejected, offset_ms)
        self.rating_w = rating_w
        self.faults = 0
        self.tell = None
        self.enabled = True
        self.service_at = 0
        self._forget()

    def _forget(self):  # lint: cold
        """Another connection may be another device."""
        self.asked = ORDER
        self.turn = 0
        self.refused = False  # a write was: is somebody at the device?
        self.local = False
        self.order_at = -1  # register that is to be written, before everything else
        self.order_value = 0
        self.at_702 = self.at_703 = 0
        self.charge_max_w = self.discharge_max_w = -1  # not known
        self.missed = 0  # times in a row that the lease was not in the device
        self.alarms = 0
        self.resets = 0
        self.reset_at = -1
        self.strays = 0
        self.stopped = False
        self.stop_at = 0

    def enable(self, on, now):
        """Off: no power, and the device in standby."""
        self.enabled = on
        if not on and self.places is not None:
            self._order(sunspec.M715_OPCTL, OPCTL_ENTER_STANDBY)

    def wanted_w(self, now):
        power_w = SunSpecConverter.wanted_w(self, now)
        if not self.enabled:
            return 0
        if 0 <= self.charge_max_w < power_w:
            return self.charge_max_w
        if 0 <= self.discharge_max_w < -power_w:
            return -self.discharge_max_w
        return power_w

    # turns on the bus

    def urgency(self, now):
        if self.discovery is not None or self.backoff.delay_ms:
            return SunSpecConverter.urgency(self, now)
        if self.refused or self.order_at >= 0 and not self.local:
            self.job = SERVICE
            return _URGENT
        is_due = ticks_diff(now, self.service_at) >= 0
        if self.local:
            return self._watch(is_due, now)
        most = SunSpecConverter.urgency(self, now)
        if is_due and most < _ROUTINE:
            self.job = SERVICE
            return most if most > 0 else 0
        return most

    def _watch(self, is_due, now):
        """Somebody stands at the device: only looking."""
        late_ms = ticks_diff(now, self.due_at[MEASURE])
        if late_ms >= 0 or is_due:
            self.job = MEASURE if late_ms >= 0 else SERVICE
            return 0
        return -1

    def due_in(self, now):
        if self.discovery is not None or self.backoff.delay_ms:
            return SunSpecConverter.due_in(self, now)
        if self.refused or self.order_at >= 0 and not self.local:
            return 0
        left_ms = ticks_diff(self.service_at, now)
        if self.local:
            other_ms = ticks_diff(self.due_at[MEASURE], now)
        else:
            other_ms = SunSpecConverter.due_in(self, now)
        if other_ms < left_ms:
            left_ms = other_ms
        return left_ms if left_ms > 0 else 0

    def _is_on(self):
        return self.stopped or self.local or not self.enabled or SunSpecConverter._is_on(self)

    def begin(self, master, now):
        if self.job != SERVICE:
            SunSpecConverter.begin(self, master, now)
            return
        self.service_at = ticks_add(now, _TURN_MS)
        if self.refused:
            self.refused = False
            self.turn = 0
        elif self.order_at >= 0 and not self.local:
            self.asked = ORDER
            master.write_register(self.unit, self.order_at, self.order_value, now)
            return
        self._choose()
        asked = self.asked
        if asked == REMOTE:
            master.read(self.unit, 3, self.places[sunspec.AT_715] + M715_LOCAL, 1, now)
        elif asked == LEASE:
            master.read(self.unit, 3, self.places[sunspec.AT_704] + sunspec.M704_WRITE, M704_COUNT, now)
        elif asked == CAPACITY:
            master.read(self.unit, 3, self.at_702 + M702_READ, M702_COUNT, now)
        else:
            master.read(self.unit, 3, self.at_703 + M703_ES, 1, now)

    def _choose(self):
        turn = self.turn
        self.turn = turn + 1 & _RARELY - 1
        if turn == 1 and self.at_702:
            self.asked = CAPACITY
        elif turn & 15 == 3 and self.at_703 and self.enabled:
            self.asked = ENTER
        elif turn & 1 and self.written_w is not None and not self.local:
            self.asked = LEASE
        else:
            self.asked = REMOTE

    def _order(self, offset, value):
        self.order_at = self.places[sunspec.AT_715] + offset
        self.order_value = value

    def done(self, master, now):
        if self.job != SERVICE:
            SunSpecConverter.done(self, master, now)
            return
        self.backoff.answered()
        asked = self.asked
        if asked == ORDER:
            self.order_at = -1
        elif asked == REMOTE:
            self._hear_local(master.register(0) == 1)
        elif asked == LEASE:
            self._check_lease(self._holds_lease(master), now)
        elif asked == CAPACITY:
            self._take_capacity(master)
        elif master.register(0) == 0 and not self.local:
            self.order_at = self.at_703 + M703_ES
            self.order_value = 1

    def _hear_local(self, local):
        if self.local and not local:
            self.written_w = None  # nobody knows what was set meanwhile: 0 W first
        self.local = local

    def failed(self, master, now):
        if self.job == SERVICE and master.error == EXCEPTION:
            if self.asked == LEASE:
                self._check_lease(False, now)
            elif self.asked == ORDER:
                self.refused = True
            self.order_at = -1
            return False
        self.refused = self.job > DC and master.error == EXCEPTION
        return SunSpecConverter.failed(self, master, now)

    # the lease

    def _holds_lease(self, master):
        raw = scale10(-self.written_w, -self.places[sunspec.AT_WSET_SF])
        lease_s = self.lease_ms // 1000
        if master.register(0) != 1 or master.register(1) != sunspec.WSET_MOD_W or master.register(8) != 1:
            return False
        if master.register(2) != raw >> 16 & 0xFFFF or master.register(3) != raw & 0xFFFF:
            return False
        if master.register(4) or master.register(5) or master.register(9) or master.register(10) != lease_s:
            return False
        left_s = master.register(12)
        if master.register(11) == _UNKNOWN and left_s == _UNKNOWN:
            return True
        return not master.register(11) and 0 < left_s <= lease_s

    def _check_lease(self, holds, now):
        if holds:
            self.missed = 0
            return
        self.missed += 1
        self.due_at[WRITE] = self.slow_at = now  # once more

    # what the device says of itself

    def _discovered(self, master, now):  # lint: cold
        models = self.discovery.models
        SunSpecConverter._discovered(self, master, now)
        if self.places is not None:
            self.at_702 = models.get(702, 0)
            self.at_703 = models.get(703, 0)
            self.service_at = now

    def _take_capacity(self, master):
        exponent = signed16(master.register(19))
        if not -4 <= exponent <= 4:
            return
        most = master.register(0)
        charge, discharge = master.register(8), master.register(9)
        charge = most if charge == _UNKNOWN else charge
        discharge = most if discharge == _UNKNOWN else discharge
        self.charge_max_w = -1 if charge == _UNKNOWN else scale10(charge, exponent)
        self.discharge_max_w = -1 if discharge == _UNKNOWN else scale10(discharge, exponent)

    def _measured(self, master, now):
        SunSpecConverter._measured(self, master, now)
        high, low = master.register(3), master.register(4)
        if high == _UNKNOWN and low == _UNKNOWN:
            high = low = 0
        self.alarms = (high & 0xFF) << 16 | low
        is_off = self.bay.state.value == CONVERTER_OFF
        is_faulty = self.bay.state.value == CONVERTER_FAULT
        self._reset_alarms(is_faulty, now)
        self._stop_straying(is_off, now)
        publish(self, self._faults(is_faulty), now)
        if self.missed >= 2 or self.stopped:
            self.bay.state.put(CONVERTER_FAULT, now)
        elif self.local:
            self.bay.state.put(CONVERTER_OFF, now)

    def _faults(self, is_faulty):
        faults = 0
        if self.alarms:
            for i in range(len(ALARMS)):
                if self.alarms >> i & 1:
                    faults |= ALARMS[i]
        if is_faulty and not faults:
            faults = INTERNAL
        if self.local:
            faults |= LOCAL
        if self.missed >= 2:
            faults |= NO_LEASE
        if self.stopped:
            faults |= STRAYED
        if 0 <= self.charge_max_w < self.rating_w or 0 <= self.discharge_max_w < self.rating_w:
            faults |= WEAKER
        return faults

    def _reset_alarms(self, is_faulty, now):
        if not self.alarms:
            self.resets = 0
            self.reset_at = -1
        elif self.reset_at < 0:
            self.reset_at = ticks_add(now, RESET_MS)
        elif is_faulty and not self.alarms & ~_GRID_ALARMS and ticks_diff(now, self.reset_at) >= 0:
            if self.resets < RESETS and not self.local:
                self.resets += 1
                self.reset_at = ticks_add(now, RESET_MS)
                self._order(M715_RESET, 1)

    def _stop_straying(self, is_off, now):
        """STOP until it is off; then it rests."""
        if not self.stopped:
            if self.bay.following.value or self.local or self.written_w is None:
                return
            self.stopped = True
            self.strays += 1
            self.stop_at = now
            self._order(sunspec.M715_OPCTL, OPCTL_STOP)
        elif not is_off:
            if ticks_diff(now, self.stop_at) >= _STOP_RETRY_MS and self.order_at < 0:
                self.stop_at = now
                self._order(sunspec.M715_OPCTL, OPCTL_STOP)
        elif self.strays < STRAYS and ticks_diff(now, self.stop_at) >= REST_MS:
            self.stopped = False

    def lost(self, now):  # lint: cold
        SunSpecConverter.lost(self, now)
        self._forget()


def make(row, bay, rating_w, rejected, offset_ms):  # lint: cold
    """The driver of a configured converter."""
    return SunSpecDer(row["unit"], row["poll_ms"], row["lease_ms"], bay, rejected, offset_ms, rating_w)
