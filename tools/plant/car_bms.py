"""What the BMS of a simulated car knows, whatever protocol tells it: the plant's battery, and limits that
follow its state of charge as a real BMS's do, roughly.
"""

from protocols.gbt27930.vehicle import VehicleState

VEHICLE_CLOSE_MS = 300  # of its contactors
CELLS = 108


class CarBms(VehicleState):
    def __init__(self, outlet, settings):
        super().__init__()
        self.outlet = outlet
        self.settings = settings
        self.limits_da = None  # (charge, discharge) that it allows, in place of what it would
        self.discharges = settings["car_discharges"]
        self.version = (settings["car_version"], 0, 0)

    def know(self):
        """Measurements and limits from the battery."""
        battery = self.outlet.converter.battery
        volts = battery.voltage_v
        self.voltage_dv, self.current_da = round(volts * 10), round(self.outlet.group.dc_a * 10)
        self.soc_bp = battery.soc_bp()
        self.energy_wh = round(battery.capacity_wh)
        self.voltage_max_dv = round(battery.nominal_v * 12)
        self.demand_dv = round(battery.nominal_v * 11.5)
        self.temperature_dc = round(battery.temperature_c * 10)
        self.temperature_min_dc = self.temperature_dc - 5
        self.cell_now_mv, self.cell_min_mv = round(volts / CELLS * 1000), round(volts / CELLS * 1000) - 12
        most_da = self.settings["car_current_max_da"]
        self.charge_max_da = most_da
        soc = battery.soc()
        self.demand_da = round(most_da * min(1.0, max(0.0, (0.99 - soc) / 0.05)))
        self.discharge_max_da = round(most_da * min(1.0, max(0.0, (soc - 0.05) / 0.05)))
        if self.limits_da is not None:
            self.demand_da, self.discharge_max_da = self.limits_da
        self.discharge_min_dv = round(battery.nominal_v * 8)
        self.discharge_min_soc_bp = 500
        self.permitted = True
