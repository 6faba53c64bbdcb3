"""The cheapest way of one car through intervals with prices, by dynamic programming backwards from the
departure: in every interval it charges as fast as it may, rests, or discharges as fast as it may.

States are whole percents of SOC, values between them are interpolated. What is charged costs the import
price, what is discharged brings the export price less the wear; losses are in both ways of the energy.
SOC below the target at the end costs three times the dearest price (more would only magnify what is
rounded; the guard's must-run is what keeps the promise); SOC above it is worth what it would cost to buy
again, but only up to what the car brought along. Charging stops at the target unless the car may
discharge too.

Integers only. work() takes a few intervals at a time, so that no turn of the loop waits for all of them.
"""

from firmware.units import FULL_BP

REST, CHARGE, DISCHARGE = 0, 1, 2
SLOT_S = 900
_LEVEL_BP = 100
_LEVELS = FULL_BP // _LEVEL_BP + 1
_PART = 256  # of a level
_SOONER = 200  # charging waits for what saves more than this part of its price


class Car:
    """What the programme knows of a car; prices per kWh, powers AC."""

    def __init__(self, capacity_wh, efficiency_bp, full_w, taper_bp):
        self.capacity_wh = capacity_wh
        self.efficiency_bp = efficiency_bp  # one way
        self.full_w = full_w
        self.taper_bp = taper_bp
        self.cap_w = self.discharge_w = full_w
        self.soc_bp = self.target_bp = self.floor_bp = 0
        self.basis_bp = 0  # what it brought along
        self.worth = 0  # price of a kWh of that, bought again
        self.ceiling_bp = FULL_BP
        self.sells = False
        self.hurdle = 0  # what a discharged kWh must bring above the price of its energy


class Programme:
    """One car's plan: begin(), work() until it is True, then actions[k] for each interval."""

    def begin(self, car, imports, exports, spans_s):
        """`imports`, `exports`: price of each interval, None in `exports` = nothing is bought from us;
        `spans_s`: their lengths.
        """
        self.car = car
        self.imports = imports
        self.exports = exports
        self.spans_s = spans_s
        self.k = len(imports)
        self.choices = [None] * self.k
        self.actions = None
        self.sold_wh = 0  # AC
        self.values = self._ends()
        self._span_s = 0

    def _ends(self):
        """The value of each level at the departure, in price * Wh; lower is better."""
        car = self.car
        dearest = max([abs(price) for price in self.imports + [p for p in self.exports if p is not None]])
        missing = 3 * dearest + 1
        values = []
        for i in range(_LEVELS + 1):
            over_bp = i * _LEVEL_BP - car.target_bp
            if over_bp < 0:
                values.append(-over_bp * car.capacity_wh // FULL_BP * missing)
            else:
                kept_bp = max(0, min(i * _LEVEL_BP, car.basis_bp) - car.target_bp)
                values.append(-kept_bp * car.capacity_wh // FULL_BP * car.worth)
        return values

    def work(self, count):
        """`count` intervals more, from the last one backwards; True when all are done."""
        while self.k > 1 and count:
            self.k -= 1
            count -= 1
            self._back(self.k)
        if self.k == 1:
            self.k = 0
            self._forward(self._now())
        return self.k == 0

    def _back(self, k):
        self._tabulate(self.spans_s[k])
        buys = self.imports[k]
        sells = self._brings(k)
        values = self.values
        best = []
        choice = bytearray(_LEVELS)
        for i in range(_LEVELS):
            value = values[i]
            if self.gain[i]:
                charged = _between(values, i * _PART + self.gain[i]) + self.in_wh[i] * buys
                if charged - abs(self.in_wh[i] * buys) // _SOONER <= value:
                    value = charged
                    choice[i] = CHARGE
            if sells is not None and self.loss[i]:
                sold = _between(values, i * _PART - self.loss[i]) - self.out_wh[i] * sells
                if sold < value:
                    value = sold
                    choice[i] = DISCHARGE
            best.append(value)
        best.append(best[-1])
        self.values = best
        self.choices[k] = choice

    def _now(self):
        """The first interval's action, from exactly where the car stands."""
        soc_bp, values = self.car.soc_bp, self.values
        at = soc_bp * _PART // _LEVEL_BP
        gain, in_wh = self._charge(soc_bp, self.spans_s[0])
        sells = self._brings(0)
        loss, out_wh = self._discharge(soc_bp, self.spans_s[0]) if sells is not None else (0, 0)
        action, value = REST, _between(values, at)
        if gain:
            charged = _between(values, at + gain) + in_wh * self.imports[0]
            if charged - abs(in_wh * self.imports[0]) // _SOONER <= value:
                action, value = CHARGE, charged
        if loss and _between(values, at - loss) - out_wh * sells < value:
            return DISCHARGE, -loss, out_wh
        return action, gain if action == CHARGE else 0, 0

    def _brings(self, k):
        """What a kWh discharged then brings, None when it must not."""
        price = self.exports[k]
        return price - self.car.hurdle if self.car.sells and price is not None else None

    def _tabulate(self, span_s):
        """What an interval of this length does at each level: AC Wh, and its way in parts of a level."""
        if span_s == self._span_s:
            return
        self._span_s = span_s
        self.gain, self.in_wh, self.loss, self.out_wh = [], [], [], []
        for i in range(_LEVELS):
            gain, wh = self._charge(i * _LEVEL_BP, span_s)
            self.gain.append(gain)
            self.in_wh.append(wh)
            loss, wh = self._discharge(i * _LEVEL_BP, span_s) if self.car.sells else (0, 0)
            self.loss.append(loss)
            self.out_wh.append(wh)

    def _charge(self, soc_bp, span_s):
        car = self.car
        unit = 3600 * car.capacity_wh * _LEVEL_BP
        half = self._taper_w(car.ceiling_bp - soc_bp, car.cap_w) * span_s // 2
        middle_bp = soc_bp + half * car.efficiency_bp // (3600 * car.capacity_wh)
        power_w = self._taper_w(car.ceiling_bp - middle_bp, car.cap_w)
        gain = power_w * span_s * car.efficiency_bp * _PART // unit
        most_bp = min(car.ceiling_bp, FULL_BP) if car.sells else 0  # a ceiling lies above its target
        end_bp = car.target_bp if soc_bp < car.target_bp else most_bp
        gain = max(0, min(gain, (end_bp - soc_bp) * _PART // _LEVEL_BP))
        return gain, gain * _LEVEL_BP * car.capacity_wh // (_PART * car.efficiency_bp)

    def _discharge(self, soc_bp, span_s):
        car = self.car
        room_bp = soc_bp - car.floor_bp
        power_w = self._taper_w(room_bp, car.discharge_w)
        loss = power_w * span_s * FULL_BP * FULL_BP * _PART
        loss //= 3600 * car.efficiency_bp * car.capacity_wh * _LEVEL_BP
        loss = max(0, min(loss, room_bp * _PART // _LEVEL_BP))
        return loss, loss * _LEVEL_BP * car.capacity_wh * car.efficiency_bp // (_PART * FULL_BP * FULL_BP)

    def _taper_w(self, room_bp, most_w):
        car = self.car
        room_bp = max(0, min(room_bp, car.taper_bp))
        return min(most_w, car.full_w * room_bp // car.taper_bp)

    def _forward(self, first):
        """What follows from the first interval's action: what it is, its way, what it sells."""
        action, way, self.sold_wh = first
        at = min(self.car.soc_bp * _PART // _LEVEL_BP + way, (_LEVELS - 1) * _PART)
        self.actions = bytearray(len(self.choices))
        self.actions[0] = action
        for k in range(1, len(self.choices)):
            i = at // _PART
            self._tabulate(self.spans_s[k])
            action = self.actions[k] = self.choices[k][i]
            if action == CHARGE:
                at = min(at + self.gain[i], (_LEVELS - 1) * _PART)
            elif action == DISCHARGE:
                at -= min(at, self.loss[i])
                self.sold_wh += self.out_wh[i]


def _between(values, at):
    i = at // _PART
    part = at % _PART
    return values[i] + (values[i + 1] - values[i]) * part // _PART
