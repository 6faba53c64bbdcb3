"""The breakers of the grid connection, judged and not simulated: how long each phase was over without a
break, and by how much, while the bays made it worse; a household that is over alone is not theirs. Current
is the phase's power by its voltage: the plant has no reactive power.
"""

_NOISE_W = 20  # of a bay at 0 W


class Breakers:
    """`longest_ms`, `worst_da` of L1, L2, L3 so far; `rated_da` = None: nothing is judged."""

    def __init__(self, rated_da):
        self.rated_da = rated_da
        self.over_ms = [0, 0, 0]
        self.longest_ms = [0, 0, 0]
        self.worst_da = [0.0, 0.0, 0.0]  # beyond the rating

    def step(self, dt_ms, phase_w, loads_w, voltage_dv):
        if self.rated_da is None:
            return
        for i in range(3):
            over_da = abs(phase_w[i]) * 100 / max(voltage_dv[i], 1) - self.rated_da[i]
            if over_da > 0 and abs(phase_w[i]) > abs(loads_w[i]) + _NOISE_W:
                self.over_ms[i] += dt_ms
                self.longest_ms[i] = max(self.longest_ms[i], self.over_ms[i])
                self.worst_da[i] = max(self.worst_da[i], over_da)
            else:
                self.over_ms[i] = 0
