"""What a vehicle's BMS tells, and what follows from it: its limits, the table of its chemistry over the
cells' temperature, the voltage of the outermost cells, the spread of both. Loaded by name, where a battery
has `bms`.

The BMS has the last word; nothing here is wider. Silent, it closes both ways.

The tables follow published manuals for LFP (the column for fast charging) and are ours for NMC; between
two points the limit is linear, beyond the last one nothing is allowed. Unknown chemistry: the stricter
of both. The linear pieces lie on or below the steps of those manuals. The spread of the cells' voltages is
published practice (alarm at 150, stop at 250 mV), that of their temperatures (12 and 20 K) is ours.

Cells that stand outside in winter cool, and what may be charged before the departure is less than now.
Where `cooling_dc_per_h` is stated, the promise counts with the power at the lowest temperature that the
coldest cell can have by then (never below coldest_dc): so the car is charged while it is warm. What the
driver is told he will reach is with the power of now.

lint: integer, hot
"""

from firmware import codes
from firmware.image import GOOD
from firmware.units import share
from protocols.ticks import ticks_diff

# (0.1 degree C, % of 1 C)
LFP_CHARGE = (
    (0, 0), (10, 10), (50, 10), (60, 20), (100, 20), (150, 75),
    (490, 75), (500, 10), (590, 10), (600, 0),
)  # fmt: skip
LFP_DISCHARGE = ((-300, 0), (-290, 10), (-200, 10), (-190, 50), (0, 50), (10, 100), (590, 100), (600, 0))
NMC_CHARGE = ((-100, 0), (50, 100), (450, 100), (550, 0))
NMC_DISCHARGE = ((-200, 0), (-100, 100), (450, 100), (550, 0))
_CELLS = ((3650, 3500, 2800, 3000), (4220, 4100, 3000, 3300))  # mV: hard and soft end, above and below


class Bms:
    """Cuts what is left of a bay's envelope."""

    def __init__(self, bay, battery, limits):
        """`limits`: firmware/guard/limits.py's of this bay."""
        self.bay = bay
        self.limits = limits
        self.charge = _tables(battery, "charge_pct", LFP_CHARGE, NMC_CHARGE)
        self.discharge = _tables(battery, "discharge_pct", LFP_DISCHARGE, NMC_DISCHARGE)
        self.cells = cell_window(battery)
        self.spread_mv = battery["cell_spread_max_mv"]
        self.spread_dc = battery["temp_spread_max_dc"]
        self.cooling_dc_per_h = battery["cooling_dc_per_h"]
        self.coldest_dc = battery["coldest_dc"]

    def cut(self, envelope):
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
        self.limits.cut_dc(
            envelope, max(0, bay.bms_charge_w.value), max(0, bay.bms_discharge_w.value), codes.LIMIT_BMS
        )
        self._cut_temperature(envelope)
        self._cut_cells(envelope)
        self._cut_spread(envelope)

    def look_at_temperature(self):
        """Once a second: cells do not warm up faster."""
        bay = self.bay
        hot_dc = bay.temp_hi_dc.value
        cold_dc = bay.temp_lo_dc.value
        bay.charge_pct = min(strictest(self.charge, hot_dc), strictest(self.charge, cold_dc))
        bay.discharge_pct = min(strictest(self.discharge, hot_dc), strictest(self.discharge, cold_dc))

    def _cut_temperature(self, envelope):
        bay = self.bay
        charge_w = self.limits.rate_w(bay.charge_pct)
        if charge_w < bay.envelope_hi_w.value or bay.discharge_pct < self.limits.rate_pct:
            discharge_w = self.limits.rate_w(bay.discharge_pct)
            self.limits.cut_dc(envelope, charge_w, discharge_w, codes.LIMIT_TEMPERATURE)

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

    def look_ahead(self, promise, now, was_must):
        """After a plan with the power of now: the same with the power that is left in the cold."""
        bay = self.bay
        if self.cooling_dc_per_h == 0 or bay.depart.quality != GOOD:
            return
        left_min = max(0, ticks_diff(bay.depart.value, now)) // 60000
        cold_dc = bay.temp_lo_dc.value
        cold_dc = min(cold_dc, max(self.coldest_dc, cold_dc - self.cooling_dc_per_h * left_min // 60))
        power_w = self.limits.rate_w(strictest(self.charge, cold_dc))
        if power_w < bay.cap_w:
            reach_bp = bay.reach_bp.value
            bay.must.value = was_must
            promise.plan(now, power_w)
            bay.reach_bp.value = reach_bp


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
