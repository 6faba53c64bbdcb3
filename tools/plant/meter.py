"""The meter at the grid connection: measures at its own interval, so that its values are as old as a real
meter's.

Power is the mean over the interval; voltage and frequency are those at its end. Import and export registers
count the sum of the phases, each direction for itself, without gaps. Positive = import.
"""

from typing import NamedTuple


class Reading(NamedTuple):
    """What one measurement holds: V, Hz, W and Wh, phases as triples."""

    voltage_v: tuple
    frequency_hz: float
    phase_w: tuple
    import_wh: float
    export_wh: float
    phase_import_wh: tuple
    phase_export_wh: tuple


class Meter:
    """Integrates each substep and takes a `sampled` reading every `sample_ms`, unless it is frozen."""

    def __init__(self, sample_ms, grid):
        self.sample_ms = sample_ms
        self.frozen = False
        self.silent = False
        self.phase_w = [0.0, 0.0, 0.0]
        self.import_wh = self.export_wh = 0.0
        self._phase_import_wh = [0.0, 0.0, 0.0]
        self._phase_export_wh = [0.0, 0.0, 0.0]
        self._sum_w_ms = [0.0, 0.0, 0.0]
        self._sum_ms = 0
        self.sampled = self.truth(grid)
        self.sampled_at_ms = 0

    def truth(self, grid):
        """Reading of this instant, whatever the meter itself shows."""
        return self._reading(grid, tuple(self.phase_w))

    def step(self, now_ms, dt_ms, grid):
        """Integrate `phase_w` over the substep that ends at `now_ms`; take a sample when one is due."""
        total_w = 0.0
        sums = self._sum_w_ms
        for i, watts in enumerate(self.phase_w):
            total_w += watts
            sums[i] += watts * dt_ms
            wh = watts * dt_ms / 3_600_000
            if wh >= 0:
                self._phase_import_wh[i] += wh
            else:
                self._phase_export_wh[i] -= wh
        if total_w >= 0:
            self.import_wh += total_w * dt_ms / 3_600_000
        else:
            self.export_wh -= total_w * dt_ms / 3_600_000
        self._sum_ms += dt_ms
        if now_ms - self.sampled_at_ms >= self.sample_ms:
            self._sample(now_ms, grid)

    def _sample(self, now_ms, grid):
        mean_w = tuple(total / self._sum_ms for total in self._sum_w_ms)
        self._sum_w_ms = [0.0, 0.0, 0.0]
        self._sum_ms = 0
        self.sampled_at_ms = now_ms
        if not self.frozen:
            self.sampled = self._reading(grid, mean_w)

    def _reading(self, grid, phase_w):
        return Reading(
            tuple(v / 10 for v in grid.voltage_dv),
            grid.frequency_mhz / 1000,
            phase_w,
            self.import_wh,
            self.export_wh,
            tuple(self._phase_import_wh),
            tuple(self._phase_export_wh),
        )
