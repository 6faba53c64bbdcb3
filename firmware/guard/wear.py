"""What a battery's use costs it, by published models: two for its chemistry, so that the answer is a
range; the larger one is booked. No model knows the true state of health of a car, but the cost of one
use beside another's is told alike by all.

  LFP  A  BLAST-Lite 1.1.1 "LFP 250 Ah": calendar days^0.526, cycles EFC^0.828
       B  Naumann 2018/2020 (3 Ah): square roots of time and of full equivalent cycles
  NMC  A  BLAST-Lite 1.1.1 "NMC111 Kokam 75 Ah", its lithium part: days^0.357, EFC^0.778
       B  Xu 2018: rainflow cycles and time; linear below a depth of 14.37 %, where its stress function
          would overcharge small cycles fourfold

Samples come once a minute and are booked once a day. Everything that outlives a day is an integer in
1e-9 of the capacity, everything summed within a day one in 1e-7 or 1e-12: a float of 24 bits would lose
what is added to a large sum. The models' limits: fitted to depths of 0.8 to 1, 10 to 45 degrees, up to 1
C.
"""

from math import exp, sqrt, tanh

from firmware.guard.rainflow import Rainflow

PPB = 1000000000
DAY_MINUTES = 1440
_KELVIN = 273.15
_CUBE_UNITS = 100000
_STRESS_UNITS = 1000000 * 1000000.0  # of Xu's damage
_XU_LINEAR = 0.1437
_XU_A, _XU_B = 0.0575, 121.0
_KEPT = ("days", "a_time", "a_use", "b_time", "b_use", "efc_units", "soc_bp", "minutes", "rate_sum",
         "soc_sum", "temp_sum", "moved_bp", "fast_bp", "fast_minutes", "cube_sum", "low_bp", "high_bp",
         "stress", "temp_dc")  # fmt: skip


class Wear:
    """Wear of one battery: losses in 1e-9 of the capacity by model (A, B) and cause (time, use)."""

    def __init__(self, lfp):
        self.lfp = lfp
        self.rate_units = (
            100000000 if lfp else 10000000
        )  # of a calendar rate; the sum of a day stays small
        self.days = 0
        self.a_time = self.a_use = 0
        self.b_time = self.b_use = 0  # NMC: Xu's damage, not yet the loss
        self.efc_units = 0  # throughput in 0.01 % of half a cycle, all days
        self.flow = Rainflow(self)
        self.soc_bp = -1
        self.temp_dc = 0
        self._begin_day()

    def _begin_day(self):
        self.minutes = 0
        self.rate_sum = 0
        self.soc_sum = 0
        self.temp_sum = 0
        self.moved_bp = 0
        self.fast_bp = 0  # at 0.01 C and above
        self.fast_minutes = 0
        self.cube_sum = 0
        self.low_bp = self.high_bp = self.soc_bp
        self.stress = 0

    def minute(self, soc_bp, temp_dc):
        """The sample of this minute."""
        if self.soc_bp < 0:
            self.low_bp = self.high_bp = self.soc_bp = soc_bp
        moved_bp = abs(soc_bp - self.soc_bp)
        self.moved_bp += moved_bp
        if moved_bp * 60 >= 100:
            self.fast_bp += moved_bp
            self.fast_minutes += 1
        self.soc_bp = soc_bp
        self.low_bp = min(self.low_bp, soc_bp)
        self.high_bp = max(self.high_bp, soc_bp)
        self.soc_sum += soc_bp
        self.temp_sum += temp_dc
        self.temp_dc = temp_dc
        self.minutes += 1
        self.rate_sum += round(self._rate(soc_bp / 10000, temp_dc / 10 + _KELVIN) * self.rate_units)
        if self.lfp:
            self.cube_sum += round((soc_bp / 10000 - 0.5) ** 3 * _CUBE_UNITS)
        else:
            self.flow.push(soc_bp)
        if self.minutes == DAY_MINUTES:
            self.close_day()

    def _rate(self, soc, kelvin):
        """Calendar rate of model A."""
        if self.lfp:
            return 8.37e4 * exp(-5210.0 / kelvin) * exp(-3560.0 * anode_v(soc) / kelvin)
        share = 308.15 / kelvin
        return 2.66e7 * exp(-17.8 * share) * exp(-5.21 * anode_v(soc) / 0.123 * share)

    def cycle(self, low_bp, high_bp, halves):
        """A cycle of Xu's model is closed."""
        depth = (high_bp - low_bp) / 10000
        if self.minutes:
            kelvin = self.temp_sum / (10 * self.minutes) + _KELVIN
        else:
            kelvin = self.temp_dc / 10 + _KELVIN
        stress = xu_depth(depth) * xu_soc((high_bp + low_bp) / 20000) * xu_temperature(kelvin)
        self.stress += round(stress * _STRESS_UNITS) * halves // 2

    def close_day(self):
        """Book what came since the last call: a day, or what there is of it."""
        if self.minutes == 0:
            return
        days = self.minutes / DAY_MINUTES
        soc = self.soc_sum / self.minutes / 10000
        kelvin = self.temp_sum / self.minutes / 10 + _KELVIN
        depth = (self.high_bp - self.low_bp) / 10000
        left = 1.0 - (self.a_time + self.a_use) / PPB
        efc = self.moved_bp / 20000 * left
        c_rate = self.fast_bp / 10000 / (days * 24) * left
        rate = self.rate_sum / self.minutes / self.rate_units
        if self.lfp:
            per_efc = (4.38e-8 + 1.55e-8 * depth + 1.68e-7 * c_rate) * exp(2190.0 / kelvin)
            self.a_time += grown(self.a_time, rate, 0.526, days)
            self.a_use += grown(self.a_use, per_efc, 0.828, efc)
            cube = self.cube_sum / self.minutes / _CUBE_UNITS
            self.b_time += grown_root(self.b_time, naumann_time(cube, kelvin), days)
            c_rate = self.fast_bp * 60 / 10000 / max(1, self.fast_minutes)
            self.b_use += grown_root(self.b_use, naumann_use(depth, c_rate), self.moved_bp / 20000)
        else:
            share = 308.15 / kelvin
            per_efc = 3.80e3 * exp(-18.4 * share) * exp(1.04 * exp(depth * depth))
            self.a_time += grown(self.a_time, rate, 0.357, days)
            self.a_use += grown(self.a_use, per_efc, 0.778, efc)
            self.b_time += round(4.14e-10 * 86400 * days * xu_soc(soc) * xu_temperature(kelvin) * PPB)
            self.b_use += self.stress // 1000
        self.efc_units += self.moved_bp
        self.days += 1
        self._begin_day()

    def closed(self):
        """Another one, for which the use ends now: the day is booked, and open cycles count half."""
        twin = Wear(self.lfp)
        for name in _KEPT:
            setattr(twin, name, getattr(self, name))
        twin.flow.copy(self.flow)
        twin.flow.finish()
        if twin.minutes == 0:  # the day has just been closed
            twin.b_use += twin.stress // 1000
        twin.close_day()
        return twin

    def losses(self):
        """Loss by model in 1e-9: ((A by time, A by use), (B by time, B by use))."""
        if self.lfp:
            return (self.a_time, self.a_use), (self.b_time, self.b_use)
        alone = xu_loss(self.b_time / PPB)
        both = xu_loss((self.b_time + self.b_use) / PPB)
        return (self.a_time, self.a_use), (round(alone * PPB), round((both - alone) * PPB))

    def booked(self):
        """(least, most) loss of the two models, in 1e-9; the most is what is booked."""
        a, b = [sum(loss) for loss in self.losses()]
        return min(a, b), max(a, b)


def anode_v(soc):
    """Potential of a graphite anode against lithium (Safari and Delacourt 2011, as BLAST uses it)."""
    x = 0.0085 + 0.7715 * soc
    return (
        0.6379
        + 0.5416 * exp(-305.5309 * x)
        + 0.044 * tanh(-(x - 0.1958) / 0.1088)
        - 0.1978 * tanh((x - 1.0571) / 0.0854)
        - 0.6875 * tanh((x + 0.0117) / 0.0529)
        - 0.0175 * tanh((x - 0.5692) / 0.0875)
    )


def grown(loss_ppb, k, power, dx):
    """What a loss k x^power grows by when x grows by dx, in 1e-9 (BLAST's incremental rule)."""
    if dx <= 0 or k <= 0:
        return 0
    if loss_ppb == 0:
        return round(k * dx**power * PPB)
    return round(k * power * (loss_ppb / PPB / k) ** ((power - 1) / power) * dx * PPB)


def grown_root(loss_ppb, k, dx):
    """The same for k sqrt(x), exactly and without the difference of two large numbers."""
    if dx <= 0 or k <= 0:
        return 0
    x = (loss_ppb / PPB / k) ** 2
    return round(k * dx / (sqrt(x + dx) + sqrt(x)) * PPB)


def naumann_time(cube, kelvin):
    """Per square root of days; `cube`: mean of (SOC - 0.5) cubed."""
    arrhenius = exp(-17126 / 8.314 * (1 / kelvin - 1 / 298.15))
    return 1.2571e-5 * sqrt(86400) * arrhenius * (2.8575 * cube + 0.60225)


def naumann_use(depth, c_rate):
    """Per square root of full equivalent cycles; the depth is the whole day's, which is the worse view."""
    return (0.0630 * c_rate + 0.0971) * (4.0253 * (depth - 0.6) ** 3 + 1.0923) / 100


def xu_depth(depth):
    if depth <= 0:
        return 0.0
    if depth < _XU_LINEAR:
        return depth / _XU_LINEAR * xu_depth(_XU_LINEAR)
    return 1 / (1.40e5 * depth**-0.501 - 1.23e5)


def xu_soc(soc):
    return exp(1.04 * (soc - 0.5))


def xu_temperature(kelvin):
    return exp(6.93e-2 * (kelvin - 298.15) * 298.15 / kelvin)


def xu_loss(damage):
    """Capacity lost at this damage: fast at first, by the film on the anode, then slowly."""
    return 1 - _XU_A * exp(-_XU_B * damage) - (1 - _XU_A) * exp(-damage)
