"""What the dispatcher may order besides a set-point: AGC on and off, free running, ramp and dead band, and
his emergency stop and support.

Ramp and dead band are in the set-point's unit (ramp: per minute, 0 = no limit of his); they hold until he
sends others or the firmware restarts. The emergency orders hold until he takes them back (0); support also
ends with the last master, and in local mode. All of them are refused in local mode.
"""

from firmware import codes, pointtable
from firmware.image import EMERGENCY_STOP, EMERGENCY_SUPPORT, GOOD

_LONGEST_RAMP_W_PER_MIN = 60000000


class DispatchOrders:
    """Handler of every order but the set-point."""

    def __init__(self, telecontrol):
        self.telecontrol = telecontrol
        self.station = telecontrol.image.station
        self.names = {}  # by command

    def add(self, name, ioa, types, select):
        cmd = self.telecontrol.station.add_command(ioa, types, self, select)
        self.names[cmd.ioa] = name

    def operate(self, cmd, type_id, value, link, now):
        """False = negative confirmation."""
        telecontrol = self.telecontrol
        if self.station.local.value:
            return telecontrol.refuse(codes.SETPOINT_LOCAL)
        name = self.names[cmd.ioa]
        if name == "ramp" or name == "deadband":
            taken = self._tune(name, type_id, value, now)
        else:
            self._switch(name, value == 2 if type_id in pointtable.DOUBLE_COMMANDS else value, now)
            taken = True
        if taken:
            telecontrol.taken()
        return taken

    def _tune(self, name, type_id, value, now):
        telecontrol = self.telecontrol
        power_w = telecontrol.power_of(type_id, value)
        most_w = _LONGEST_RAMP_W_PER_MIN if name == "ramp" else telecontrol.registered_w
        if not 0 <= power_w <= most_w:
            return telecontrol.refuse(codes.VALUE_OUT_OF_RANGE)
        signal = self.station.agc_ramp_w_per_min if name == "ramp" else self.station.agc_deadband_w
        signal.put(round(power_w), now)
        return True

    def _switch(self, name, on, now):
        station = self.station
        if name == "agc_request":
            station.agc_enabled.put(1 if on else 0, now)
            if not on:
                station.agc_w.fail()
        elif name == "by_value":
            station.free_running.put(0 if on else 1, now)
        else:
            which = EMERGENCY_STOP if name == "emergency_stop" else EMERGENCY_SUPPORT
            if on:
                station.emergency.put(which, now)
            elif station.emergency.value == which:
                station.emergency.put(0, now)

    def follow(self, now):
        """Emergency support ends with the last master, and in local mode."""
        station = self.station
        alone = station.master_alive.quality != GOOD or station.local.value
        if station.emergency.value == EMERGENCY_SUPPORT and alone:
            station.emergency.put(0, now)
