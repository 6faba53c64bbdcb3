"""The bay's fault table, measured in virtual time: what was injected, who acts, when the power was zero, when
the contactor opened, and the limit of each.

    python -m hil_tests.faults.bay_table

prints it as Markdown. The world is hil_tests/portable/bay_rig.py: e-stop, CC and PE drop the contactor's coil
in hardware; 40 A flow when the fault comes; the contactor itself takes 20 ms.
"""

from typing import NamedTuple

from drivers import vehicle as r
from firmware import sequence_table as t
from hil_tests.portable.bay_rig import BATTERY_DV, Rig

COMMAND_DA = 400
WATCH_MS = 15_000


class Row(NamedTuple):
    """A fault: how it is injected, who acts first, limits in ms (None = no such limit), what the bay says."""

    name: str
    inject: object
    acts: str
    power_ms: int
    open_ms: int
    fault: int
    source: str


def _set(**values):
    def change(rig):
        for name, value in values.items():
            setattr(rig.lines, name, value)
    return change


def _rig(**values):
    def change(rig):
        for name, value in values.items():
            setattr(rig, name, value)
    return change


def _phase(phase):
    def change(rig):
        rig.vehicle.patience_ms = 60_000
        rig.vehicle.record.phase = phase
    return change


def _vehicle_stops(rig):
    rig.vehicle.at = rig.now
    rig.vehicle.record.phase = r.STOPPING


def _lock_opens(rig):
    rig.lock_works = False
    rig.lines.lock_closed = False


def _weld_and_stop(rig):
    rig.welded = True
    rig.sequence.stop()


def _converter_fault(rig):
    rig.converter.faulty = True


HARDWARE = "hardware, firmware follows"
FIRMWARE = "firmware"
VEHICLE = "vehicle's contactors, firmware"
AT_ONCE = "non-continuable fault: 100 ms"
STOP_RATE = "stop rate 100 A/s"
OVER_LIMIT = "V > BMS max: 1 s"
ROWS = (
    Row("e-stop", _set(e_stop=True), HARDWARE, 100, 100, t.E_STOP, AT_ONCE),
    Row("plug's CC1 lost", _set(cc1_dv=60), HARDWARE, 100, 100, t.PLUG_LOST, "CC1 lost: 100 ms"),
    Row("protective earth lost", _set(earth=False), HARDWARE, 100, 100, t.EARTH, "PE lost: 100 ms"),
    Row("lock opens", _lock_opens, FIRMWARE, 100, 100, t.LOCK_LOST, AT_ONCE),
    Row("inputs no longer read", _set(fresh=False), FIRMWARE, 100, 100, t.INPUTS_LOST, AT_ONCE),
    Row("insulation 100 ohm/V", _rig(insulation=100), FIRMWARE, 100, 100, t.INSULATION, AT_ONCE),
    Row("battery over its limit", _rig(battery_dv=4800), FIRMWARE, 1000, 1000, t.OVER_VOLTAGE, OVER_LIMIT),
    Row("connector 105 °C", _set(connector_dc=1050), FIRMWARE, 1000, 1100, t.OVER_TEMPERATURE, STOP_RATE),
    Row("vehicle measures 12 A more", _rig(extra_da=120), FIRMWARE, 6000, 6100, t.DEVIATION, "10 A for 5 s"),
    Row("converter fault", _converter_fault, "converter, " + FIRMWARE, 1000, 1100, t.CONVERTER, STOP_RATE),
    Row("vehicle stops (BST)", _vehicle_stops, FIRMWARE, 1000, 1100, t.NO_FAULT, STOP_RATE),
    Row("session timed out", _phase(r.CONNECTING), VEHICLE, 10_000, 10_000, t.NO_FAULT, "time-out: 10 s"),
    Row("session lost, third time", _phase(r.FAILED), VEHICLE, 10_000, 10_000, t.SESSION, "time-out: 10 s"),
    Row("contactor welded at stop", _weld_and_stop, "firmware: locked", 1000, None, t.WELD, "weld check"),
)


class Measured(NamedTuple):
    """Times in ms after the injection, None = never within WATCH_MS."""

    power_ms: int
    open_ms: int
    faults: list
    state: int
    locked: bool


def measure(row):
    """Inject the fault into a bay that charges."""
    rig = Rig()
    rig.plug()
    rig.until(t.ENERGY)
    rig.converter.command_da = COMMAND_DA
    rig.run(2000)
    assert rig.converter.amps == COMMAND_DA and rig.battery_dv == BATTERY_DV
    start = rig.ms
    row.inject(rig)
    rig.run(WATCH_MS)
    power_ms = None if rig.zero_at is None else rig.zero_at - start
    open_ms = None if rig.opened_at is None else rig.opened_at - start
    return Measured(power_ms, open_ms, rig.faults, rig.sequence.state, rig.lines.lock_closed)


def passes(row, measured):
    """Whether every limit was kept and the bay says why."""
    for limit, value in ((row.power_ms, measured.power_ms), (row.open_ms, measured.open_ms)):
        if limit is not None and (value is None or value > limit):
            return False
    return measured.faults == ([row.fault] if row.fault else [])


def table():
    """The table as Markdown."""
    head = ("injected", "acts", "power zero, ms (limit)", "contactor open, ms (limit)", "says", "rule", "")
    lines = ["| %s |" % " | ".join(head), "|---" * len(head) + "|"]
    for row in ROWS:
        found = measure(row)
        lines.append("| %s | %s | %s (%s) | %s (%s) | %s | %s | %s |" % (
            row.name, row.acts, found.power_ms, row.power_ms, found.open_ms, row.open_ms or "-",
            t.FAULT_NAMES[found.faults[0]] if found.faults else "-", row.source,
            "ok" if passes(row, found) else "RED"))
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
