"""What the guard needs around the step: the sessions before it, the events after it."""

from firmware import codes
from firmware.guard.departure import MODE_NONE
from firmware.guard.fleet import is_late
from firmware.guard.limits import limited
from firmware.guard.sessions import Sessions
from firmware.image import GOOD
from protocols.ticks import ticks_diff

_PERIOD_MS = 1000


class GuardHost:
    def __init__(self, image, config, clock, log):
        self.image = image
        self.log = log
        self.sessions = Sessions(image, config, clock)
        self.bays = self.sessions.bays
        self.numbers = [i + 1 for i in range(len(image.bays)) if image.bays[i] in self.bays]
        self.budgets = None
        self.limited = any([limited(row["battery"]) for row in config["bays"]])
        self.must = [0] * len(self.bays)
        self.warned = [False] * len(self.bays)
        self.empty = [False] * len(self.bays)
        self.uneven = [0] * len(self.bays)
        self.known = []  # bays whose vehicle may say who it is
        self.keepers = []  # firmware/guard/keeper.py: budgets, usage
        self.usage = None
        self.stall_ms = 0  # longest write of the board's store
        self.last = -1

    def meet(self, drivers):
        """Those of the station's drivers that have a vehicle (boards/can_bay.py) tell its identity."""
        self.known = [driver for driver in drivers if hasattr(driver, "vehicle")]

    def keep_budgets(self, config, store):
        """Grant what the configuration grants; `store` as in firmware/guard/budgets.py."""
        # by name: a board whose stations have no budgets does not load it
        module = __import__("firmware.guard.budgets", None, None, ["Budgets"])
        self.budgets = module.Budgets(self.image, config, self.sessions.clock, store)
        self.keepers.append(self.budgets)

    def keep_wear(self, config, store):
        """Count what use costs the batteries, where this image carries that; `store` None = until it ends."""
        try:
            module = __import__("firmware.guard.usage", None, None, ["Usage"])
        except ImportError:
            return
        self.usage = module.Usage(self.image, config, store)
        self.keepers.append(self.usage)

    def update(self, now):
        """Before a step."""
        if self.last < 0 or ticks_diff(now, self.last) >= _PERIOD_MS:
            self.last = now
            self.sessions.update(now)
            for keeper in self.keepers:
                for driver in self.known:
                    keeper.meet(driver.bay, driver.vehicle.record.identity)
                keeper.update(now)

    def keep(self, slack_ms, now):
        """In the slack after a step: one write of the store, if it is due and fits; True when it was made."""
        for keeper in self.keepers:
            if keeper.due and (slack_ms > self.stall_ms or not self._energised()):
                keeper.keep(now)
                return True
        return False

    def _energised(self):
        for bay in self.image.bays:
            if bay.command_w.value:
                return True
        return False

    def look(self, now):
        """After a step: what has become of the promises."""
        for i in range(len(self.bays)):
            bay = self.bays[i]
            if bay.must.value != self.must[i]:
                self._tell_must(i, bay, now)
            late = is_late(bay)
            if late and not self.warned[i] and bay.mode.value != MODE_NONE:
                self.log.add(
                    codes.TARGET_UNREACHABLE, self.numbers[i] * 100000 + bay.reach_bp.value, now
                )
            self.warned[i] = late
            empty = bay.limit_lo.value == codes.LIMIT_BUDGET and bay.envelope_lo_w.value == 0
            if empty and not self.empty[i]:
                self.log.add(codes.BUDGET_GONE, self.numbers[i], now)
            self.empty[i] = empty
            if hasattr(bay, "uneven") and bay.uneven.value != self.uneven[i]:
                self._tell_uneven(i, bay, now)

    def _tell_uneven(self, i, bay, now):
        code = self.uneven[i] = bay.uneven.value
        if code == codes.CELLS_UNEVEN:
            apart = bay.cell_hi_mv.value - bay.cell_lo_mv.value
        else:
            apart = bay.temp_hi_dc.value - bay.temp_lo_dc.value
        if code:
            self.log.add(code, self.numbers[i] * 100000 + min(apart, 99999), now)

    def _tell_must(self, i, bay, now):
        if bay.must.value:
            self.log.add(bay.must.value, self.numbers[i], now)
            if not self.must[i]:
                self.log.add(codes.MUST_CHARGE, self.numbers[i], now)
        else:
            done = bay.soc_bp.quality == GOOD and bay.soc_bp.value >= bay.target_bp.value
            self.log.add(codes.TARGET_REACHED if done else codes.MAY_AGAIN, self.numbers[i], now)
        self.must[i] = bay.must.value
