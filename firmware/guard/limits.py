"""What the battery allows at this instant: the strictest of C-rate, state of health, the owner's budget and,
where the vehicle tells them, its BMS's limits, temperatures and cell voltages (firmware/guard/bms.py).

Every limit only cuts, so nothing here can be wider than the BMS; each names itself when it binds. Limits are
DC; charging takes them as AC (the converter's loss is on our side), discharging less the loss at the worst
efficiency. SOH: full at 80 %, nothing at 70 % and below.

lint: integer, hot
"""

from firmware import codes
from firmware.image import GOOD
from firmware.units import FULL_BP, clip, share

_SOH_FULL_BP = 8000
_SOH_NONE_BP = 7000
_BUDGET_S = 10  # the last of a budget is given out over so long, that no delay overruns it
_BUDGET_NEAR_WH = 2900  # beyond it no power of a bay is cut by that


class Limits:
    """Cuts a bay's envelope (firmware/envelope.py) by everything of the battery but its SOC."""

    def __init__(self, bay, battery):
        """`battery`: section bays[].battery of a checked configuration."""
        self.bay = bay
        self.bms = None
        self.budget = limited(battery)
        self.efficiency_bp = battery["efficiency_bp"]
        self.capacity_wh = battery["capacity_wh"]
        self.rate_pct = battery["c_rate_pct"]
        self.health_bp = health_bp(battery["soh_bp"])
        if battery["bms"]:
            self.bms = __import__("firmware.guard.bms", None, None, ["Bms"]).Bms(bay, battery, self)

    def cut(self, envelope):
        rate_w = self.rate_w(self.rate_pct)
        self.cut_dc(envelope, rate_w, rate_w, codes.LIMIT_C_RATE)
        if self.health_bp < FULL_BP:
            bay = self.bay
            envelope.cut_hi(share(bay.envelope_hi_w.value, self.health_bp, FULL_BP), codes.LIMIT_SOH)
            envelope.cut_lo(-share(-bay.envelope_lo_w.value, self.health_bp, FULL_BP), codes.LIMIT_SOH)
        if self.bms is not None:
            self.bms.cut(envelope)
        if self.budget:
            self._cut_budget(envelope)

    def cut_dc(self, envelope, charge_w, discharge_w, code):
        envelope.cut_hi(charge_w, code)
        envelope.cut_lo(-share(discharge_w, self.efficiency_bp, FULL_BP), code)

    def rate_w(self, pct):
        return self.capacity_wh * pct // 100

    def _cut_budget(self, envelope):
        budget = self.bay.budget_wh
        left_wh = budget.value if budget.quality == GOOD else 0
        if left_wh < _BUDGET_NEAR_WH:
            envelope.cut_lo(-max(0, left_wh) * (3600 // _BUDGET_S), codes.LIMIT_BUDGET)


def health_bp(soh_bp):
    """Share of power and of SOC window that a battery of this health keeps."""
    return clip((soh_bp - _SOH_NONE_BP) * FULL_BP // (_SOH_FULL_BP - _SOH_NONE_BP), 0, FULL_BP)


def limited(battery):  # lint: cold
    """Whether this section asks for a budget."""
    return any([battery[key] for key in battery if key.startswith("budget_") and key != "budget_block_wh"])
