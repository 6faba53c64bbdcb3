"""A DL/T 645-2007 meter as the station's meter; identifiers stand in drivers/maps/dlt645.py.

One identifier is one request with one receive time; what is no BCD (FF of a phase that is not there)
makes its own signal invalid, and what the meter refuses rests for a while. Transformer ratios come from
the configuration only. `sign` -1 turns power, and with it swaps import and export.

lint: integer
"""

from drivers import meter_energy, meter_plan
from drivers.maps import dlt645
from drivers.retry import Backoff
from protocols.dlt645.codec import address_of, bcd
from protocols.dlt645.master import EXCEPTION
from protocols.ticks import sooner, ticks_add, ticks_diff

_LAST_BACKOFF_MS = 5000
_REFUSED_MS = 10000


class Reading:
    """One identifier and the signals that it fills."""

    def __init__(self, point, fraction, signal, wh, sign, period_ms):
        self.di = point[0]
        self.width = point[1]
        self.signed = point[2]
        self.numerator = fraction[0]
        self.denominator = fraction[1]
        self.signal = signal
        self.wh = wh
        self.sign = sign
        self.period_ms = period_ms
        self.due_at = 0

    def fail(self):
        self.signal.fail()
        if self.wh is not None:
            self.wh.fail()


class MeterDlt645:
    def __init__(self, address, period_ms, sign, group, pt_ratio=1, ct_ratio=1, phases=()):
        """`address`: up to 12 digits, "" = the only meter on the line; `group`: the image's group with
        the station's signals; `phases`: those for the power of L1, L2, L3, where that is wanted. LocalError
        for an impossible address or ratio.
        """
        self.address = address_of(address)
        self.readings = []
        for row in meter_plan.STATION:
            self._add(row, period_ms, sign, group, pt_ratio or 1, ct_ratio or 1)
        for i in range(len(phases)):
            self._add(meter_plan.STATION[0], period_ms, sign, phases[i], pt_ratio or 1, ct_ratio or 1, i + 1)
        self.reading = self.readings[0]
        self.backoff = Backoff(period_ms, _LAST_BACKOFF_MS)
        self.started = False
        self.stop_frame = b""

    def _add(self, row, period_ms, sign, group, pt, ct, phase=0):
        quantity = meter_plan.SWAPPED.get(row[0], row[0]) if sign < 0 else row[0]
        points = [p for p in dlt645.POINTS if p[3] == quantity]
        point = [p for p in points if p[5] == phase or not phase][0]
        ratio = meter_plan.ratio_of(dlt645, quantity, pt, ct)
        fraction = meter_plan.fraction(0 if row[3] else point[4] + row[1], ratio)
        is_power = row[0] == "power"
        self.readings.append(
            Reading(
                point,
                fraction,
                getattr(group, row[2]),
                getattr(group, row[3]) if row[3] else None,
                sign if is_power else 1,
                period_ms if is_power else period_ms * meter_plan.SLOWLY,
            )
        )

    def urgency(self, now):
        """Milliseconds that the most overdue reading waits; -1 when none is due."""
        self._start(now)
        if self.backoff.remaining_ms(now) > 0:
            return -1
        most = -1
        for reading in self.readings:
            late = ticks_diff(now, reading.due_at)
            if late > most:
                most = late
                self.reading = reading
        return most

    def due_in(self, now):
        self._start(now)
        wait = -1
        for reading in self.readings:
            left = ticks_diff(reading.due_at, now)
            wait = sooner(wait, left if left > 0 else 0)
        return max(wait, self.backoff.remaining_ms(now))

    def _start(self, now):
        if not self.started:
            self.started = True
            for reading in self.readings:
                reading.due_at = now

    def begin(self, master, now):
        self.reading.due_at = ticks_add(now, self.reading.period_ms)
        master.read(self.address, self.reading.di, now)

    def done(self, master, now):
        self.backoff.answered()
        reading = self.reading
        raw = None
        if master.count >= reading.width:
            raw = bcd(master.data, 0, reading.width, reading.signed)
        if raw is None:
            reading.fail()
        elif reading.wh is not None:
            meter_energy.put_parts(
                raw // 100, raw % 100, 100, reading.numerator, reading.signal, reading.wh, now
            )
        else:
            value = meter_plan.times(raw, reading.numerator, reading.denominator)
            if value is None:
                reading.fail()
            else:
                reading.signal.put(value * reading.sign, now)

    def failed(self, master, now):
        """Never asks for a new connection."""
        if master.error == EXCEPTION:
            self.backoff.answered()
            self.reading.due_at = ticks_add(now, _REFUSED_MS)
            self.reading.fail()
        else:
            self.backoff.failed(now)
        return False

    def lost(self, now):
        """The connection broke; the age limits of the signals tell the rest."""

    def is_told(self, power_w):
        """A meter takes no orders."""
        return True
