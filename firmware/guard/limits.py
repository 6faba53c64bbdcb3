"""What the battery allows at this instant: the strictest of its BMS, the table of its chemistry, the
voltage of its outermost cells, temperature, C-rate, state of health and the owner's budget.

Every limit only cuts, so nothing here can be wider than the BMS; each names itself when it binds. What
is configured to come from the BMS and is silent closes both ways. Limits are DC; charging takes them as
AC (the converter's loss is on our side), discharging less the loss at the worst efficiency.

The tables follow published manuals for LFP (the column for fast charging) and are ours for NMC; between
two points the limit is linear, beyond the last one nothing is allowed. Unknown chemistry: the stricter
of both. The linear pieces lie on or below the steps of those manuals. SOH: full at 80 %, nothing at 70 %
and below. The spread of the cells' voltages is published practice (alarm at 150, stop at 250 mV), that of
their temperatures (12 and 20 K) is ours.

lint: integer, hot
"""

from firmware import codes
from firmware.image import GOOD
from firmware.units import FULL_BP, clip, share

# (0.1 degree C, % of 1 C)
LFP_CHARGE = (
    (0, 0), (10, 10), (50, 10), (60, 20), (100, 20), (150, 75),
    (490, 75), (500, 10), (590, 10), (600, 0),
)  # fmt: skip
LFP_DISCHARGE = ((-300, 0), (-290, 10), (-200, 10), (-190, 50), (0, 50), (10, 100), (590, 100), (600, 0))
NMC_CHARGE = ((-100, 0), (50, 100), (450, 100), (550, 0))
NMC_DISCHARGE = ((-200, 0), (-100, 100), (450, 100), (550, 0))
_CELLS = ((3650, 3500, 2800, 3000), (4220, 4100, 3000, 3300))  # mV: hard and soft end, above and below
_SOH_FULL_BP = 8000
_SOH_NONE_BP = 7000
_BUDGET_S = 10  # the last of a budget is given out over so long, that no delay overruns it
_BUDGET_NEAR_WH = 2900  # beyond it no power of a bay is cut by that


class Limits:
    """Cuts a bay's envelope (firmware/envelope.py) by everything of the battery but its SOC."""

    def __init__(self, bay, battery, rating_w):
        """`battery`: section bays[].battery of a checked configuration."""
        self.bay = bay
        self.bms = battery["bms"]
        self.budget = limited(battery)
        self.efficiency_bp = battery["efficiency_bp"]
        self.capacity_wh = battery["capacity_wh"]
        self.rate_pct = battery["c_rate_pct"]
        self.rate_cuts = share(self._rate_w(self.rate_pct), self.efficiency_bp, FULL_BP) < rating_w
        self.health_bp = health_bp(battery["soh_bp"])
        self.charge = _tables(battery, "charge_pct", LFP_CHARGE, NMC_CHARGE)
        self.discharge = _tables(battery, "discharge_pct", LFP_DISCHARGE, NMC_DISCHARGE)
        self.cells = cell_window(battery)
        self.spread_mv = battery["cell_spread_max_mv"]
        self.spread_dc = battery["temp_spread_max_dc"]

    def cut(self, envelope):
        self._cut_dc(
            envelope, self._rate_w(self.rate_pct), self._rate_w(self.rate_pct), codes.LIMIT_C_RATE
        )
        if self.health_bp < FULL_BP:
            bay = self.bay
            envelope.cut_hi(share(bay.envelope_hi_w.value, self.health_bp, FULL_BP), codes.LIMIT_SOH)
            envelope.cut_lo(-share(-bay.envelope_lo_w.value, self.health_bp, FULL_BP), codes.LIMIT_SOH)
        if self.bms:
            self._cut_bms(envelope)
        if self.budget:
            self._cut_budget(envelope)

    def _cut_dc(self, envelope, charge_w, discharge_w, code):
        envelope.cut_hi(charge_w, code)
        envelope.cut_lo(-share(discharge_w, self.efficiency_bp, FULL_BP), code)

    def _rate_w(self, pct):
        return self.capacity_wh * pct // 100

    def _cut_bms(self, envelope):
        bay = self.bay
        if (
            bay.bms_charge_w.quality != GOOD
            or bay.bms_discharge_w.quality != GOOD
            or bay.cell_hi_mv.quality != GOOD
            or bay.cell_lo_mv.quality != GOOD
            or bay.temp_hi_dc.quality != GOOD
            or bay.temp_lo_dc.quality != GOOD
        ):
            envelope.cut_hi(0, codes.LIMIT_BMS_SILENT)
            envelope.cut_lo(0, codes.LIMIT_BMS_SILENT)
            return
        self._cut_dc(
            envelope, max(0, bay.bms_charge_w.value), max(0, bay.bms_discharge_w.value), codes.LIMIT_BMS
        )
        self._cut_temperature(envelope)
        self._cut_cells(envelope)
        self._cut_spread(envelope)

    def look_at_temperature(self):
        """Once a second: cells do not warm up faster."""
        bay = self.bay
        if self.bms:
            hot_dc = bay.temp_hi_dc.value
            cold_dc = bay.temp_lo_dc.value
            bay.charge_pct = min(strictest(self.charge, hot_dc), strictest(self.charge, cold_dc))
            bay.discharge_pct = min(
                strictest(self.discharge, hot_dc), strictest(self.discharge, cold_dc)
            )

    def _cut_temperature(self, envelope):
        bay = self.bay
        charge_w = self._rate_w(bay.charge_pct)
        if charge_w < bay.envelope_hi_w.value or bay.discharge_pct < self.rate_pct:
            self._cut_dc(envelope, charge_w, self._rate_w(bay.discharge_pct), codes.LIMIT_TEMPERATURE)

    def _cut_cells(self, envelope):
        """Power falls linearly to 0 from the soft end of the cells' voltage to the hard one."""
        bay = self.bay
        cells = self.cells
        if bay.cell_hi_mv.value > cells[1]:
            room_mv = max(0, cells[0] - bay.cell_hi_mv.value)
            envelope.cut_hi(
                share(envelope.charge_w, room_mv, cells[0] - cells[1]), codes.LIMIT_CELL_HIGH
            )
        if bay.cell_lo_mv.value < cells[3]:
            room_mv = max(0, bay.cell_lo_mv.value - cells[2])
            envelope.cut_lo(
                -share(envelope.discharge_w, room_mv, cells[3] - cells[2]), codes.LIMIT_CELL_LOW
            )

    def _cut_spread(self, envelope):
        """Cells that drift apart: a warning first, then less power, then none."""
        bay = self.bay
        apart_dc = bay.temp_hi_dc.value - bay.temp_lo_dc.value
        apart_mv = bay.cell_hi_mv.value - bay.cell_lo_mv.value
        was = bay.uneven.value
        bay.uneven.value = 0
        if apart_dc * 5 >= self.spread_dc * (2 if was == codes.TEMPERATURES_UNEVEN else 3):
            bay.uneven.value = codes.TEMPERATURES_UNEVEN
            room_dc = self.spread_dc - apart_dc
            self._narrow(envelope, room_dc, self.spread_dc // 5, codes.LIMIT_TEMPERATURE_SPREAD)
        if apart_mv * 5 >= self.spread_mv * (2 if was == codes.CELLS_UNEVEN else 3):
            bay.uneven.value = codes.CELLS_UNEVEN
            room_mv = self.spread_mv - apart_mv
            self._narrow(envelope, room_mv, self.spread_mv // 5, codes.LIMIT_CELL_SPREAD)

    def _narrow(self, envelope, room, width, code):
        if room < width:
            room = max(0, room)
            envelope.cut_hi(share(envelope.charge_w, room, width), code)
            envelope.cut_lo(-share(envelope.discharge_w, room, width), code)

    def _cut_budget(self, envelope):
        budget = self.bay.budget_wh
        left_wh = budget.value if budget.quality == GOOD else 0
        if left_wh < _BUDGET_NEAR_WH:
            envelope.cut_lo(-max(0, left_wh) * (3600 // _BUDGET_S), codes.LIMIT_BUDGET)


def strictest(tables, at_dc):
    """% of 1 C at this temperature: the least of the tables."""
    pct = interpolate(tables[0], at_dc)
    if len(tables) > 1:
        pct = min(pct, interpolate(tables[1], at_dc))
    return pct


def interpolate(table, at):
    """Value of a table ((x, y), ...) at x, rounded down; beyond its ends 0."""
    before = table[0]
    if at < before[0]:
        return 0
    for point in table:
        if at <= point[0]:
            if at == point[0]:
                return point[1]
            return before[1] + (point[1] - before[1]) * (at - before[0]) // (point[0] - before[0])
        before = point
    return 0


def health_bp(soh_bp):
    """Share of power and of SOC window that a battery of this health keeps."""
    return clip((soh_bp - _SOH_NONE_BP) * FULL_BP // (_SOH_FULL_BP - _SOH_NONE_BP), 0, FULL_BP)


def limited(battery):  # lint: cold
    """Whether this section asks for a budget."""
    return any([battery[key] for key in battery if key.startswith("budget_") and key != "budget_block_wh"])


def _tables(battery, key, lfp, nmc):  # lint: cold
    if battery[key]:
        return (tuple([tuple(row) for row in battery[key]]),)
    if battery["chemistry"] == "lfp":
        return (lfp,)
    return (nmc,) if battery["chemistry"] == "nmc" else (lfp, nmc)


def cell_window(battery):  # lint: cold
    """(hard upper, soft upper, hard lower, soft lower) in mV."""
    lfp, nmc = _CELLS
    if battery["chemistry"] == "lfp":
        table = lfp
    elif battery["chemistry"] == "nmc":
        table = nmc
    else:
        table = (lfp[0], lfp[1], nmc[2], nmc[3])
    top = battery["cell_max_mv"] or table[0]
    bottom = battery["cell_min_mv"] or table[2]
    return (top, top - table[0] + table[1], bottom, bottom + table[3] - table[2])
