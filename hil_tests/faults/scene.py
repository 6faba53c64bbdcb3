"""A charger with its dispatcher in virtual time, and what really happened in its plant: shared by the fault
scenarios.

Powers are W, positive = charging; what the dispatcher sends and reads is kW, positive = into the grid. The
truth is sampled from the plant's core every `TRUTH_MS`, never from a device's answers.
"""

from hil_tests.rig.master import VirtualMaster
from hil_tests.rig.setups import station
from hil_tests.rig.virtual import NEAR_WRAP, VirtualRig

TRUTH_MS = 10
START_MS = 2500  # discovery, first measurements, STARTDT, and the first booking of a restart released
LIMIT_IOA, WINNER_IOA, POWER_IOA, COMMAND_IOA = 0x4027, 0x4026, 0x4003, 0x4006


class Truth:
    """Power at the connection and of each bay, at every substep of the plant."""

    def __init__(self, rig):
        self.rig = rig
        self.rows = []  # (plant ms, grid W, [bay W])
        rig.plant.observe(TRUTH_MS, self._take)

    def _take(self, plant):
        self.rows.append((plant.now_ms, plant.grid_w(), [c.ac_w for c in plant.converters]))

    def since(self, ms):
        return [row for row in self.rows if row[0] >= ms]

    def highest_grid_w(self, since_ms=0):
        return max(row[1] for row in self.since(since_ms))

    def lowest_grid_w(self, since_ms=0):
        return min(row[1] for row in self.since(since_ms))

    def first_ms(self, since_ms, holds):
        """Milliseconds from `since_ms` to the first row for which `holds(grid_w, bays_w)`, -1 for none."""
        for ms, grid_w, bays_w in self.since(since_ms):
            if holds(grid_w, bays_w):
                return ms - since_ms
        return -1

    def zero_since(self, bay):
        """Plant ms from which on this bay has been without power, -1 when it has some."""
        since = -1
        for ms, _, bays_w in self.rows:
            if bays_w[bay]:
                since = -1
            elif since < 0:
                since = ms
        return since


class Scene:
    """Rig, dispatcher and truth. `raw` is a configuration, else `station(bays, **control)`."""

    RIG = VirtualRig

    def __init__(self, bays=1, raw=None, start_tick=NEAR_WRAP, **control):
        self.raw = raw or station(bays, **control)
        self.rig = self.RIG(self.raw, start_tick)
        self.plant = self.rig.plant
        self.image = self.rig.image
        self.station = self.rig.image.station
        self.events = self.rig.board.events
        self.truth = Truth(self.rig)
        self.writes = []  # (ms, bay, W in force)
        self.plant.on_write(self._note_write)
        self.master = VirtualMaster(self.rig)
        self.rig.run(START_MS)

    @property
    def ms(self):
        return self.rig.ms

    def _note_write(self, plant, bay, values):
        self.writes.append((self.rig.ms, bay, plant.converters[bay].ordered_w()))

    def run(self, ms):
        self.rig.run(ms)

    def order(self, kw, master=None):
        """A set-point; whether the firmware confirmed it."""
        master = master or self.master
        before = len(master.answers)
        assert master.setpoint(kw), "send window full"
        self.rig.run(20)
        assert len(master.answers) == before + 1, "no answer within 20 ms"
        return master.answers[-1][2]

    def ac_w(self, bay=0):
        return self.plant.converters[bay].ac_w

    def bays_w(self):
        return sum(c.ac_w for c in self.plant.converters)

    def codes(self, since_ms=0):
        """Message codes from then on, in order."""
        return [code for ms, code, _ in self.events if ms >= since_ms]

    def messages(self, code, since_ms=0):
        """[(ms, argument)] of one code."""
        return [(ms, argument) for ms, found, argument in self.events if found == code and ms >= since_ms]

    def shown(self, ioa):
        """What the dispatcher last received for this address."""
        return self.master.values[ioa][0]
