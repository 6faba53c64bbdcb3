"""A bench whose meter tells each phase: loads and bays add up on the phases that they lie on."""

from firmware import phase_config, phases, pile_config, slow
from firmware.guard import phases as guard_phases
from hil_tests.portable.firmware_support import raw_config
from hil_tests.portable.guard_support import GuardBench, guarded_config

BY_NAME = (phase_config, phases, guard_phases, pile_config, slow)  # that an image for these tests must carry
BREAKER = {"breaker_da": 400, "voltage_dv": 2500, "load_min_w": 0, "load_max_w": 10000}  # 10 kW


def phased(lines, breakers=(400, 400, 400), rating_w=7000, **sections):
    """A raw configuration of one bay for each entry of `lines`: the phases that it lies on."""
    return _with_phases(raw_config(len(lines), rating_w, **sections), lines, breakers)


def guarded_phases(lines, breakers=(400, 400, 400), rating_w=7000, **sections):
    """The same with batteries of 60 kWh that the guard looks after."""
    return _with_phases(guarded_config(len(lines), rating_w, **sections), lines, breakers)


def _with_phases(raw, lines, breakers):
    raw["site"]["phases"] = [dict(BREAKER, breaker_da=breaker_da) for breaker_da in breakers]
    raw["site"]["load_w_per_s"] = 0
    for i in range(len(lines)):
        raw["bays"][i]["phases"] = list(lines[i])
    return raw


class PhaseBench(GuardBench):
    """`loads_w`: of the site on each phase; None = the meter does not tell that phase."""

    def __init__(self, config):
        self.loads_w = [0, 0, 0]
        super().__init__(config)
        self.follows = True
        self.load_w = 0

    def feed(self):
        super().feed()
        for p in range(3):
            if self.loads_w[p] is not None:
                self.image.phases[p].grid_power_w.put(self.truth_w(p), self.now)

    def truth_w(self, p):
        """What flows on this phase."""
        total_w = self.loads_w[p] or 0
        for i in range(len(self.bays)):
            lines = self.config["bays"][i]["phases"]
            if p + 1 in lines:
                total_w += (self.measured_w[i] or 0) // len(lines)
        return total_w


def started(raw, **inputs):
    """Past the time in which the start books everything at its worst, and ordered to charge with all."""
    bench = PhaseBench(raw)
    for name in inputs:  # any order
        setattr(bench, name, inputs[name])
    bench.run(40)
    bench.order(1000000)
    bench.run(30)
    return bench
