"""Any Modbus meter whose table stands in drivers/maps/: requests and scaling come from the table
(drivers/meter_plan.py tells its format), signals from the caller.

Registers that adjoin are read in one request, and no value is ever torn between two. A request is one
transaction with one receive time; a sentinel makes its own signal invalid and no other. What the meter
refuses by an exception (a register that this one lacks) costs the signals of that request, which rests
for a while; the others go on. Where a table has transformer ratios, nothing is measured before they are
known: from the configuration, or from the meter. `sign` -1 turns power, and with it swaps import and
export.
"""

from drivers import meter_energy, meter_plan
from drivers.meter_plan import FIRST_BACKOFF_MS, LAST_BACKOFF_MS, SLOWLY, STATION, SWAPPED
from drivers.retry import Backoff
from protocols.errors import LocalError
from protocols.modbus.codec import ILLEGAL_DATA_VALUE
from protocols.modbus.master import EXCEPTION
from protocols.ticks import sooner, ticks_add, ticks_diff
from protocols.upy import const

_REFUSED_MS = 10000
_RATIO_MS = 60000
_LARGEST_RATIO = 10000
_LARGEST = 0x7FFF

# A reading in the flat list: request, register, kind, numerator, denominator, signal, Wh, sign.
_STRIDE = const(8)


class MeterModbus:
    def __init__(self, unit, period_ms, sign, table, group, pt_ratio=0, ct_ratio=0, phases=()):
        """`table`: a module of drivers.maps; `group`: the image's group with STATION's signals; `sign`:
        -1 where the current transformers are reversed; a ratio of 0 = as the meter tells it, or 1;
        `phases`: the groups for the power of L1, L2, L3, where that is wanted. LocalError when a ratio is
        too large for the table, or the table has no phases.
        """
        self.unit = unit
        self.sign = sign
        self.table = table
        self.asks_ratios = bool(table.RATIO) and not (pt_ratio and ct_ratio)
        self.knows_ratios = False
        self._pt = 0
        self._ct = 0
        self._configured_pt = pt_ratio
        self._configured_ct = ct_ratio
        self.requests = []
        self.periods = []
        self.readings = []
        self._scales = []
        self.patient_from = 0  # the first request that may wait for power
        self._plan(group, phases, period_ms)
        if not self.asks_ratios:
            self._scale(pt_ratio or 1, ct_ratio or 1)
        self.due_at = [0] * len(self.requests)
        self.request = 0
        self.backoff = Backoff(max(period_ms, FIRST_BACKOFF_MS), LAST_BACKOFF_MS)
        self.started = False
        self.stop_frame = b""

    # From the table

    def _plan(self, group, phases, period_ms):
        """Requests and their periods; the first is for the ratios where the meter must tell them."""
        if self.asks_ratios:
            self.requests.append([self.table.RATIO[0], 2])
            self.periods.append(_RATIO_MS)
        for every in (1, SLOWLY):
            rows = [row for row in STATION if (row[0] == "power") == (every == 1) and self._point(row[0])]
            wanted = [(row, self._point(row[0]), group) for row in rows]
            if every == 1:
                points = meter_plan.phases_of(self.table) if phases else ()
                wanted += [(STATION[0], points[i], phases[i]) for i in range(len(phases))]
            spans = [self._span(point) for _, point, _ in wanted]
            first = len(self.requests)
            self.requests += meter_plan.merged(spans, self.table.MOST, getattr(self.table, "GAP", 0))
            if every == 1:
                self.patient_from = len(self.requests)
            self.periods += [period_ms * every] * (len(self.requests) - first)
            for row, point, of in wanted:
                self._add(row, point, of, first)

    def _point(self, quantity):
        """The table's total of a quantity, else its phases, else None."""
        if self.sign < 0:
            quantity = SWAPPED.get(quantity, quantity)
        best = None
        for point in self.table.POINTS:
            if point[2] == quantity and (best is None or point[4] < best[4]):
                best = point
        return best

    def _span(self, point):
        return (point[0], meter_plan.width(meter_plan.kind_of(self.table, point[1])))

    def _add(self, row, point, group, at):
        while not self.requests[at][0] <= point[0] < self.requests[at][0] + self.requests[at][1]:
            at += 1
        self.readings += [at, point[0] - self.requests[at][0], meter_plan.kind_of(self.table, point[1]), 1, 1]
        self.readings += [getattr(group, row[2]), getattr(group, row[3]) if row[3] else None]
        self.readings.append(self.sign if point[2] == "power" else 1)
        self._scales += [point, row[1]]

    def _scale(self, pt, ct):
        """Numerators and denominators; of an energy the ratio, and the register's units in a kWh."""
        readings = self.readings
        for i in range(len(self._scales) // 2):
            point = self._scales[2 * i]
            at = i * _STRIDE + 3
            ratio = meter_plan.ratio_of(self.table, point[2], pt, ct)
            if readings[at + 3] is None:
                exponent = point[3] + self._scales[2 * i + 1]
                readings[at], readings[at + 1] = meter_plan.fraction(exponent, ratio)
            elif ratio > _LARGEST:
                raise LocalError("transformer ratio is too large for an energy")
            else:
                readings[at], readings[at + 1] = ratio, meter_plan.power10(3 - point[3])
        self.knows_ratios = True

    # The bus's device

    def urgency(self, now):
        """Milliseconds that the power waits; -1 when it is not due."""
        if not self.knows_ratios:
            return -1
        return self._most_overdue(self.asks_ratios, self.patient_from, now)

    def patient_urgency(self, now):
        """The same of everything else, and of the ratios."""
        if self.asks_ratios and (not self.knows_ratios or ticks_diff(now, self.due_at[0]) >= 0):
            return self._most_overdue(0, 1, now)
        return self._most_overdue(self.patient_from, len(self.due_at), now)

    def _most_overdue(self, first, end, now):
        self._start(now)
        if self.backoff.remaining_ms(now) > 0:
            return -1
        most = -1
        for i in range(first, end):
            late = ticks_diff(now, self.due_at[i])
            if late > most:
                most = late
                self.request = i
        return most

    def due_in(self, now):
        self._start(now)
        wait = -1
        for i in range(len(self.due_at)):
            if self.knows_ratios or i == 0:
                left = ticks_diff(self.due_at[i], now)
                wait = sooner(wait, left if left > 0 else 0)
        return max(wait, self.backoff.remaining_ms(now))

    def _start(self, now):
        if not self.started:
            self.started = True
            for i in range(len(self.due_at)):
                self.due_at[i] = now

    def begin(self, master, now):
        i = self.request
        self.due_at[i] = ticks_add(now, self.periods[i])
        master.read(self.unit, self.table.FUNCTION, self.requests[i][0], self.requests[i][1], now)

    def done(self, master, now):
        self.backoff.answered()
        if self.asks_ratios and self.request == 0:
            self._told_ratios(master, now)
            return
        readings = self.readings
        for at in range(0, len(readings), _STRIDE):
            if readings[at] == self.request:
                self._take(master, at, now)

    def _take(self, master, at, now):
        readings = self.readings
        i = readings[at + 1]
        kind = readings[at + 2]
        signal = readings[at + 5]
        if readings[at + 6] is not None:
            meter_energy.put(
                master, i, kind, readings[at + 4], readings[at + 3], signal, readings[at + 6], now
            )
            return
        value = meter_plan.value(master, i, kind, readings[at + 3], readings[at + 4])
        if value is None:
            signal.fail()
        else:
            signal.put(value * readings[at + 7], now)

    def _told_ratios(self, master, now):
        """Ratios that no transformer has are not believed; a configured one goes before the meter's."""
        pt = self._configured_pt or master.register(self.table.RATIO[1])
        ct = self._configured_ct or master.register(self.table.RATIO[2])
        if self.knows_ratios and pt == self._pt and ct == self._ct:
            return
        self.knows_ratios = False
        self._pt = pt
        self._ct = ct
        if 0 < pt <= _LARGEST_RATIO and 0 < ct <= _LARGEST_RATIO:
            try:
                self._scale(pt, ct)
            except LocalError:
                self.knows_ratios = False
        if not self.knows_ratios:
            self._fail_all()
            self.due_at[0] = ticks_add(now, _REFUSED_MS)

    def _fail_all(self):
        for at in range(0, len(self.readings), _STRIDE):
            self._fail(at)

    def _fail(self, at):
        self.readings[at + 5].fail()
        if self.readings[at + 6] is not None:
            self.readings[at + 6].fail()

    def failed(self, master, now):
        """Never asks for a new connection."""
        if master.error != EXCEPTION or master.exception_code > ILLEGAL_DATA_VALUE:
            self.backoff.failed(now)
            return False
        self.backoff.answered()
        self.due_at[self.request] = ticks_add(now, _REFUSED_MS)
        for at in range(0, len(self.readings), _STRIDE):
            if self.readings[at] == self.request:
                self._fail(at)
        return False

    def lost(self, now):
        """What connects next may be another meter, with other transformers; age limits tell the rest."""
        if self.asks_ratios:
            self.knows_ratios = False
            self.due_at[0] = now

    def is_told(self, power_w):
        """A meter takes no orders."""
        return True
