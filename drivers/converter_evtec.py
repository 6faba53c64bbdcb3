"""EVTEC-style bidirectional charger over Modbus TCP (FC 03 and 16), registers as OpenEMS uses them.

Registers (decimal): 0 station state, 1 charging state, 3 voltage, 7 current, 9 active power (float32,
high word first), 11 SOC in 0.1 %, 55 errors (64 bits), 600 power set-point in W, signed. Unverified:
that + is charging at 600 and 9 (OpenEMS's design), that a charging state of 0 means no vehicle, and
whether SOC is one register or two (both are understood). No time-out register of the device is known:
the set-point is repeated four times in a lease, but a device that keeps its last order when nobody talks
must be stopped by its own hardware; `v2g check` says so.

lint: integer
"""

from drivers.converter_registers import RegisterConverter
from drivers.faults import INTERNAL, publish
from firmware.image import CONVERTER_FAULT, CONVERTER_OFF, CONVERTER_RUNNING, CONVERTER_STANDBY

DECLARED = {"reversal_ms": 0, "write_gap_ms": 0, "min_power_w": 0}
_SET_POINT = 600
_FLOWS_W = 50  # above this the charger is running, whatever its state says


class EvtecConverter(RegisterConverter):
    READS = ((3, 0, 13, 1), (3, 55, 4, 5))
    SHOWS = ("power+soc", "errors")
    has_errors = False

    def make_settings(self):
        self._words = [0, 0]
        return ()

    def is_off(self):
        """It has no register that starts it."""
        return False

    def write(self, master, watts, now):
        self._words[0] = watts >> 16 & 0xFFFF
        self._words[1] = watts & 0xFFFF
        master.write_registers(self.unit, _SET_POINT, self._words, 2, now)

    def take(self, i, master, now):
        if i == 1:
            errors = master.register(0) | master.register(1) | master.register(2) | master.register(3)
            self.has_errors = errors != 0
            publish(self, INTERNAL if errors else 0, now)
            return
        power_w = master.scaled(9, 1)
        self._put(self.bay.power_w, power_w, now)
        self._put(self.bay.dc_voltage_dv, master.scaled(3, 10), now)
        self._put(self.bay.dc_current_da, master.scaled(7, 10), now)
        soc = master.register(11) or master.register(12)
        self._put(self.bay.soc_bp, 10 * soc if 0 < soc <= 1000 else None, now)
        self.bay.state.put(self._state(master.register(1), power_w), now)

    def _put(self, signal, value, now):
        if value is None:
            signal.fail()
        else:
            signal.put(value, now)

    def _state(self, charging, power_w):
        if self.has_errors:
            return CONVERTER_FAULT
        if power_w is not None and (power_w > _FLOWS_W or power_w < -_FLOWS_W):
            return CONVERTER_RUNNING
        return CONVERTER_STANDBY if charging else CONVERTER_OFF


def make(row, bay, rating_w, rejected, offset_ms):
    """The driver of a configured converter."""
    return EvtecConverter(row["unit"], row["poll_ms"], row["lease_ms"], bay)
