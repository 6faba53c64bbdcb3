"""What a simulated meter measures: the primary side's true values, in V, A, W, var, Hz and Wh; + =
import.
"""

from dataclasses import dataclass


@dataclass
class Truth:
    """Triples are L1, L2, L3. A DC meter reads `dc_v`, `dc_a` and their product."""

    voltage_v: tuple = (230.0, 230.0, 230.0)
    current_a: tuple = (0.0, 0.0, 0.0)
    phase_w: tuple = (0.0, 0.0, 0.0)
    phase_var: tuple = (0.0, 0.0, 0.0)
    frequency_hz: float = 50.0
    import_wh: float = 0.0
    export_wh: float = 0.0
    phase_import_wh: tuple = (0.0, 0.0, 0.0)
    phase_export_wh: tuple = (0.0, 0.0, 0.0)
    dc_v: float = 0.0
    dc_a: float = 0.0

    @classmethod
    def of_reading(cls, reading):
        """From a reading of the plant's meter, which knows no reactive power."""
        amps = tuple(abs(p) / u if u else 0.0 for p, u in zip(reading.phase_w, reading.voltage_v))
        return cls(
            reading.voltage_v,
            amps,
            reading.phase_w,
            (0.0, 0.0, 0.0),
            reading.frequency_hz,
            reading.import_wh,
            reading.export_wh,
            reading.phase_import_wh,
            reading.phase_export_wh,
        )

    def total_w(self):
        """Active power of all phases."""
        return sum(self.phase_w)

    def phase_va(self):
        """Apparent power of each phase."""
        return tuple((p * p + q * q) ** 0.5 for p, q in zip(self.phase_w, self.phase_var))

    def power_factors(self):
        """Of each phase, with the sign of its active power; 1 where nothing flows."""
        return tuple(p / s if s else 1.0 for p, s in zip(self.phase_w, self.phase_va()))

    def power_factor(self):
        """Of all phases."""
        apparent = sum(self.phase_va())
        return self.total_w() / apparent if apparent else 1.0
