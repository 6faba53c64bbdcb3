"""What the tests of the battery's guard share: a station whose batteries are stated, and sessions."""

from firmware.guard.departure import MODE_V2G
from hil_tests.portable.firmware_support import NEAR_WRAP, Bench, raw_config
from protocols.ticks import ticks_add


BATTERY = {"capacity_wh": 60000, "chemistry": "lfp", "efficiency_bp": 9400}
SESSION = {"margin_s": 0, "margin_bp": 0}


def guarded_config(bays=1, rating_w=15000, battery=None, session=None, **sections):
    """60 kWh LFP batteries behind bays of 15 kW, no temperature known; the margin is 0."""
    raw = raw_config(bays, rating_w, **sections)
    raw.update({"station": {"store": "memory"}})  # budgets need one
    for row in raw["bays"]:
        row["battery"].update(BATTERY)
        row.update({"session": dict(SESSION)})
        row["battery"].update(battery or {})
        row["session"].update(session or {})
    return raw


class GuardBench(Bench):
    """A bench with sessions; `bms[i]` are the BMS's values of bay i, in the order of BMS_NAMES."""

    BMS_NAMES = (
        "bms_charge_w",
        "bms_discharge_w",
        "cell_hi_mv",
        "cell_lo_mv",
        "temp_hi_dc",
        "temp_lo_dc",
    )

    def __init__(self, config, now=NEAR_WRAP):
        self.bms = None
        self.socs = None  # of each bay, instead of one for all
        Bench.__init__(self, config, now)

    def feed(self):
        Bench.feed(self)
        for i in range(len(self.bays)):
            bay = self.bays[i]
            if self.socs is not None:
                bay.soc_bp.put(self.socs[i], self.now)
            if self.bms is not None:
                for k in range(len(self.bms)):
                    getattr(bay, self.BMS_NAMES[k]).put(self.bms[k], self.now)

    def session(self, bay=0, mode=MODE_V2G, target_bp=8000, minimum_bp=0, hours=None):
        """The driver's wishes; `hours`: until the departure, None = unknown."""
        bay = self.bays[bay]
        bay.target_bp.put(target_bp, self.now)
        bay.minimum_bp.put(minimum_bp, self.now)
        if hours is None:
            bay.depart.fail()
        else:
            bay.depart.put(ticks_add(self.now, round(hours * 3600000)), self.now)
        bay.mode.put(mode, self.now)


def guarded(config, now=NEAR_WRAP, **inputs):
    """A settled bench, its one session V2G without a departure and with target 0."""
    bench = GuardBench(config, now)
    bench.follows = True
    bench.load_w = 0
    for name in inputs:  # any order
        setattr(bench, name, inputs[name])
    for i in range(len(bench.bays)):
        bench.session(i, target_bp=0)
    bench.run(20)
    return bench
