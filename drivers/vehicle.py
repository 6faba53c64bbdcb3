"""What the firmware knows of the vehicle at a bay, whatever its protocol: one record, filled by a vehicle
driver (vehicle_gbt.py, vehicle_secc.py; ISO 15118-20 and CHAdeMO would be further ones).

Numbers are integers in the project's units; ABSENT says that the vehicle has not told. Limits are magnitudes,
each way, and hold only while the record is fresh and the vehicle permits: charge_max_da() and
discharge_max_da() are 0 otherwise. publish() writes what the image has rows for (a bay whose guard reads the
BMS has more of them), each with the time at which it was received, so that silence makes it stale. A protocol
that tells only the highest cell (GB/T 27930's BCS) leaves the lowest to an assumption that is configured:
cell_spread_mv below it.
"""

from protocols.ticks import ticks_diff

ABSENT = -0x20000000
# phases of a session, the same for every protocol
(UNPLUGGED, PLUGGED, WAITS_INSULATION, CONNECTING, WAITS_OUTPUT, STARTING, TRANSFERRING, STOPPING, ENDED,
 FAILED) = range(10)
PHASE_NAMES = ("unplugged", "plugged", "waits for the insulation test", "connecting", "waits for the output",
               "starting", "transferring", "stopping", "ended", "failed")

_PUBLISHED = ("cell_hi_mv", "temp_hi_dc", "temp_lo_dc")


class VehicleRecord:
    def __init__(self, max_age_ms=5000, cell_spread_mv=100):
        self.max_age_ms = max_age_ms
        self.cell_spread_mv = cell_spread_mv
        self.clear()

    def clear(self):
        """No vehicle."""
        self.phase = UNPLUGGED
        self.permitted = False  # the vehicle lets energy flow
        self.time = 0  # of the last demand
        self.known = False  # a demand has come in this session
        self.protocol = ""
        self.identity = b""  # VIN, EVCC id
        self.soc_bp = ABSENT
        self.energy_wh = ABSENT
        self.voltage_dv = 0  # of the battery
        self.current_da = ABSENT  # + = charging
        self.charge_limit_da = 0
        self.discharge_limit_da = 0
        self.voltage_max_dv = 0
        self.voltage_min_dv = 0
        self.cell_hi_mv = ABSENT
        self.cell_lo_mv = ABSENT
        self.temp_hi_dc = ABSENT
        self.temp_lo_dc = ABSENT
        self.remaining_min = ABSENT
        self.soc_min_bp = 0  # below which the vehicle does not discharge

    def holds(self, now):
        """Whether the limits may be used."""
        if self.phase != TRANSFERRING or not self.permitted or not self.known:
            return False
        return ticks_diff(now, self.time) <= self.max_age_ms

    def charge_max_da(self, now):
        """Current that may flow into the battery, 0.1 A."""
        return self.charge_limit_da if self.holds(now) else 0

    def discharge_max_da(self, now):
        """Current that may be taken from it, 0.1 A."""
        if not self.holds(now) or self.soc_bp == ABSENT or self.soc_bp <= self.soc_min_bp:
            return 0
        return self.discharge_limit_da

    def publish(self, bay, now):
        """Into the signals of the bay that exist."""
        if not self.known:
            bay.soc_bp.fail()
            return
        if self.soc_bp != ABSENT:
            bay.soc_bp.put(self.soc_bp, self.time)
        if not hasattr(bay, "bms_charge_w"):
            return
        voltage_dv = self.voltage_dv
        bay.bms_charge_w.put(self.charge_max_da(now) * voltage_dv // 100, self.time)
        bay.bms_discharge_w.put(self.discharge_max_da(now) * voltage_dv // 100, self.time)
        for name in _PUBLISHED:
            self._put(getattr(bay, name), getattr(self, name))
        self._put(bay.cell_lo_mv, self.lowest_cell_mv())

    def _put(self, signal, value):
        if value == ABSENT:
            signal.fail()
        else:
            signal.put(value, self.time)

    def lowest_cell_mv(self):
        """As told, else as assumed; ABSENT when neither cell is known."""
        if self.cell_lo_mv != ABSENT or self.cell_hi_mv == ABSENT:
            return self.cell_lo_mv
        return self.cell_hi_mv - self.cell_spread_mv


class FixedLimits:
    """Limits of a battery that does not communicate: a test load, a stationary one."""

    def __init__(self, charge_da, discharge_da, voltage_min_dv, voltage_max_dv):
        self.charge_da = charge_da
        self.discharge_da = discharge_da
        self.voltage_min_dv = voltage_min_dv
        self.voltage_max_dv = voltage_max_dv
        self.voltage_dv = 0  # as the converter measures it

    def charge_max_da(self, now):
        return self.charge_da

    def discharge_max_da(self, now):
        return self.discharge_da
