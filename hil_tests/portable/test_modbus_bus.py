"""The bus's turns in virtual time on a full 9600 baud line: what control needs, what may wait, who is silent.

lane: heap=256k
"""

from drivers.maps import sdm630
from drivers.meter_modbus import MeterModbus
from drivers.meter_plan import PATIENCE
from drivers.modbus_bus import ModbusBus
from firmware.image import Image
from hil_tests.portable.modbus_line_rig import Line, Words
from hil_tests.portable.modbus_support import START
from protocols.ticks import ticks_add, ticks_diff

UNITS = (1, 2, 3, 4, 5)
FLOATS = {address: 0x4248 for address in range(0, 0x4C, 2)}  # 50.0 in every pair


class Turns:
    """A device that is always due: `push` pushes, `waits` may wait; `begun` notes its turns."""

    def __init__(self, name, begun, pushes=False, waits=False):
        self.name = name
        self.begun = begun
        self.level = 200000 if pushes else 5
        self.waits = waits

    def urgency(self, now):
        return -1 if self.waits else self.level

    def patient_urgency(self, now):
        return 5 if self.waits else -1

    def due_in(self, now):
        return 0

    def begin(self, master, now):
        self.begun.append(self.name)


def turns_of(devices, begun, count):
    bus = ModbusBus("m", None, _NoMaster())
    for device in devices:
        bus.add(device)
    for _ in range(count):
        bus._start(START)
    return "".join(begun)


class _NoMaster:
    is_stream = True


def test_a_patient_reading_has_its_turn_after_so_many_others():
    begun = []
    shown = turns_of([Turns("w", begun, waits=True), Turns("c", begun)], begun, 2 * PATIENCE + 2)
    assert shown == ("c" * PATIENCE + "w") * 2


def test_nothing_goes_before_what_pushes():
    begun = []
    devices = [Turns("w", begun, waits=True), Turns("c", begun), Turns("p", begun, pushes=True)]
    assert turns_of(devices, begun, 20) == "p" * 20


def test_a_patient_reading_goes_at_once_where_nothing_else_is_due():
    begun = []
    assert turns_of([Turns("w", begun, waits=True)], begun, 3) == "www"


class Stations:
    """Five meters that want more than the line carries."""

    def __init__(self, dead=()):
        self.line = Line({unit: Words(dict(FLOATS)) for unit in UNITS})
        self.line.dead = dead
        self.groups = {unit: Image({}, []).station for unit in UNITS}
        for unit in UNITS:
            self.line.bus.add(MeterModbus(unit, 100, 1, sdm630, self.groups[unit]))

    def worst_ms(self, ms, unit):
        """[of power, of frequency]: the longest time between two samples."""
        group = self.groups[unit]
        worst = [0, 0]
        end = ticks_add(self.line.now, ms)
        while ticks_diff(end, self.line.now) > 0:
            self.line.run(20)
            worst[0] = max(worst[0], ticks_diff(self.line.now, group.grid_power_w.time))
            worst[1] = max(worst[1], ticks_diff(self.line.now, group.frequency_mhz.time))
        return worst


def test_on_a_full_line_power_goes_first_and_nothing_starves():
    stations = Stations()
    stations.line.run(3000)
    power_ms, frequency_ms = stations.worst_ms(6000, 3)
    assert power_ms < 600 and power_ms < frequency_ms < 3000, (power_ms, frequency_ms)


def test_a_dead_meter_costs_one_time_out_in_each_growing_pause():
    stations = Stations(dead=(2,))
    stations.line.run(12000)  # its pauses have grown to five seconds
    timeouts = stations.line.bus.master.timeouts
    power_ms, _ = stations.worst_ms(10000, 3)
    assert 1 <= stations.line.bus.master.timeouts - timeouts <= 2
    assert power_ms < 600 + 2 * 100 + 40, power_ms
