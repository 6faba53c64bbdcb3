"""One vehicle's battery: energy, open circuit voltage over SOC, internal resistance, temperature.

Positive power and current charge. Energy in store changes by OCV * I, so the heat in the resistance is lost
on both ways. It refuses only what is physically impossible (over 100 %, under 0 %); every narrower window is
the firmware's affair. The shape of the voltage curve and the thermal constants are general knowledge, for a
pack of no particular make.
"""

from bisect import bisect_right
from math import sqrt

OCV_CURVE = (
    (0.0, 0.86),
    (0.1, 0.93),
    (0.2, 0.955),
    (0.5, 1.0),
    (0.8, 1.05),
    (1.0, 1.10),
)  # SOC, share of nominal
_SOC_POINTS = [soc for soc, _ in OCV_CURVE]
HEAT_CAPACITY_J_PER_K_WH = 6.7
COOLING_W_PER_K = 20.0


class Battery:
    """Energies in Wh, power in W, voltage in V, current in A, temperature in degrees Celsius."""

    def __init__(self, bay):
        self.capacity_wh = float(bay["capacity_wh"])
        self.stored_wh = self.capacity_wh * bay["soc_bp"] / 10_000
        self.nominal_v = bay["nominal_dv"] / 10
        self.resistance_ohm = bay["resistance_mohm"] / 1000
        self.temperature_c = bay["temperature_dc"] / 10
        self.ambient_c = self.temperature_c
        self.current_a = 0.0
        self.voltage_v = self.ocv_v()
        self.heat_wh = 0.0

    def soc(self):
        """State of charge, 0..1."""
        return self.stored_wh / self.capacity_wh

    def soc_bp(self):
        """State of charge in 0.01 %."""
        return round(10_000 * self.stored_wh / self.capacity_wh)

    def set_soc_bp(self, soc_bp):
        """Another state of charge from now on (a fault of the story, not physics)."""
        self.stored_wh = self.capacity_wh * soc_bp / 10_000
        self.voltage_v = self.ocv_v()

    def ocv_v(self):
        """Open circuit voltage at the present SOC."""
        soc = self.soc()
        i = min(max(bisect_right(_SOC_POINTS, soc), 1), len(OCV_CURVE) - 1)
        (soc_a, a), (soc_b, b) = OCV_CURVE[i - 1], OCV_CURVE[i]
        return self.nominal_v * (a + (b - a) * (soc - soc_a) / (soc_b - soc_a))

    def takes(self, dc_w, dt_h):
        """Whether `dc_w` for `dt_h` keeps the energy in store between 0 and the capacity."""
        return 0.0 <= self.stored_wh + dc_w * dt_h <= self.capacity_wh

    def step(self, dc_w, dt_h):
        """Let `dc_w` flow for `dt_h` hours; ask `takes` before."""
        ocv = self.ocv_v()
        if dc_w:
            self.voltage_v = (ocv + sqrt(max(0.0, ocv * ocv + 4 * self.resistance_ohm * dc_w))) / 2
            self.current_a = dc_w / self.voltage_v
        else:
            self.voltage_v = ocv
            self.current_a = 0.0
        heat_w = self.current_a * self.current_a * self.resistance_ohm
        self.stored_wh = min(self.capacity_wh, max(0.0, self.stored_wh + (dc_w - heat_w) * dt_h))
        self.heat_wh += heat_w * dt_h
        cooling_w = COOLING_W_PER_K * (self.temperature_c - self.ambient_c)
        self.temperature_c += (
            (heat_w - cooling_w) * dt_h * 3600 / (HEAT_CAPACITY_J_PER_K_WH * self.capacity_wh)
        )
