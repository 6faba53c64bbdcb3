"""Wallbox Quasar 1 over Modbus TCP (FC 03 and 06): one phase, up to 7.4 kW both ways.

Registers (decimal) from V2G Liberty's client and charger mock: 81 control by us, 83 set-point in watts,
88 idle time-out in seconds (the lease: without any request for so long the charger falls back by
itself), 257 action, 260 power with + = charging, 526 actual power, 537 state, 538 SOC in % (0 =
unknown), 539 to 542 errors. Slow: 2.5 s between a write and the next request; polled every 5 to 15 s by
that client, so give it a poll_ms of 1000 or more and a max_age_ms above the pause. What the states 3, 5,
8, 9 and 10 allow is taken as standby, unverified.

lint: integer
"""

from drivers.converter_registers import RegisterConverter
from drivers.faults import INTERNAL, publish
from drivers.scale import signed16
from firmware.image import CONVERTER_FAULT, CONVERTER_OFF, CONVERTER_RUNNING, CONVERTER_STANDBY

_CONTROL, _SET_POINT_KIND, _IDLE_S, _ACTION, _POWER = 81, 83, 88, 257, 260
_REMOTE, _WATTS, _START = 1, 1, 1
DECLARED = {"reversal_ms": 0, "write_gap_ms": 2500, "min_power_w": 0}
_NO_CAR, _LOCKED, _ERROR, _WAITING, _PAUSED, _CHARGING, _DISCHARGING = 0, 6, 7, 2, 4, 1, 11


class QuasarConverter(RegisterConverter):
    READS = ((3, 526, 1, 1), (3, 537, 6, 1))
    SHOWS = ("power", "state+soc")
    START_AT = _ACTION
    START_VALUE = _START
    write_gap_ms = DECLARED["write_gap_ms"]
    renews = False  # any request proves that we are there
    charger_state = _NO_CAR

    def make_settings(self):
        return ((_CONTROL, _REMOTE), (_SET_POINT_KIND, _WATTS), (_IDLE_S, self.lease_ms // 1000))

    def is_off(self):
        """A vehicle is there, and the charger waits for somebody to start it."""
        return self.charger_state == _PAUSED or self.charger_state == _WAITING

    def write(self, master, watts, now):
        master.write_register(self.unit, _POWER, watts & 0xFFFF, now)

    def take(self, i, master, now):
        if i == 0:
            self.bay.power_w.put(signed16(master.register(0)), now)
            return
        self.charger_state = master.register(0)
        errors = master.register(2) | master.register(3) | master.register(4) | master.register(5)
        state = _state(self.charger_state, errors)
        self.bay.state.put(state, now)
        publish(self, INTERNAL if state == CONVERTER_FAULT else 0, now)
        soc = master.register(1)
        if 0 < soc <= 100:
            self.bay.soc_bp.put(100 * soc, now)
        else:
            self.bay.soc_bp.fail()


def make(row, bay, rating_w, rejected, offset_ms):
    """The driver of a configured converter."""
    return QuasarConverter(row["unit"], row["poll_ms"], row["lease_ms"], bay)


def _state(state, errors):
    if state == _ERROR or errors:
        return CONVERTER_FAULT
    if state == _NO_CAR or state == _LOCKED:
        return CONVERTER_OFF
    return CONVERTER_RUNNING if state == _CHARGING or state == _DISCHARGING else CONVERTER_STANDBY
