"""The part of a vehicle's driver that knows GB/T 27930.2-2024's modules (vehicle_gbt.py has the rest): their
states as phases, their messages as the vehicle's record. Loaded where version 2 is offered.

Unverified, as protocols/gbt27930/modules.py says. The vehicle's identity is in no message that we know, so
its budgets are the bay's. Discharging: the limit is the configured one, as no known message tells the
vehicle's; the lowest voltage is the driver's own.
"""

from drivers import vehicle as r
from protocols.gbt27930 import module_charger as c
from protocols.gbt27930 import modules as m
from protocols.gbt27930.tables import ABSENT
from protocols.upy import const

PROTOCOL = "GB/T 27930.2-2024"
_MIN_DISCHARGE_DV = const(2000)
_PHASES = (r.PLUGGED, r.PLUGGED, r.PLUGGED, r.PLUGGED, r.PLUGGED, r.PLUGGED, r.PLUGGED, r.WAITS_INSULATION,
           r.CONNECTING, r.CONNECTING, r.WAITS_OUTPUT, r.STARTING, r.TRANSFERRING, r.STOPPING, r.STOPPING,
           r.STOPPING, r.ENDED, r.FAILED)


class Modules:
    def __init__(self, options):
        """`options`: protocols.gbt27930.module_charger.ModuleOptions."""
        self.session = c.ModuleCharger(options)

    def start(self, record, now):
        """Both sides agreed on version 2: the session that goes on."""
        record.protocol = PROTOCOL
        self.session.start(now)
        return self.session

    def phase(self):
        return _PHASES[self.session.state]

    def voltage_max_dv(self):
        """As P22 tells it, 0 = not told."""
        values = self.session.values[m.P22]
        return values[1] if self.session.have[m.P22] and values[1] != ABSENT else 0

    def take(self, record):
        """What has come, into the record; True when there is a new demand."""
        session = self.session
        have = session.have
        if have[m.P72] and session.state < c.TRANSFER:
            record.voltage_dv = _known(session.values[m.P72][1])
        if not (have[m.P73] and have[m.P74] and have[m.P77]):
            record.known = False
            return False
        if record.known and record.time == session.time[m.P73]:
            return False
        self._take_demand(record)
        record.time = session.time[m.P73]
        record.known = True
        return True

    def _take_demand(self, record):
        session = self.session
        values = session.values
        record.voltage_max_dv = min(_known(values[m.P73][0]), self.voltage_max_dv())
        record.charge_limit_da = min(_known(values[m.P73][1]), _known(values[m.P22][0]))
        record.current_da = session.current_da
        record.soc_bp, record.remaining_min = values[m.P74]
        record.cell_hi_mv, record.cell_lo_mv, record.temp_hi_dc, record.temp_lo_dc = values[m.P77]
        if session.state == c.TRANSFER:
            record.voltage_dv = session.voltage_dv
        record.voltage_min_dv = _MIN_DISCHARGE_DV
        record.discharge_limit_da = session.options.discharge_max_da if session.may_discharge() else 0


def _known(value):
    """What is absent limits to nothing."""
    return 0 if value == ABSENT else value
