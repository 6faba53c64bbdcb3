"""Register face of the plant's grid meter: the configured maker's twin (tools/plant/meters), fed by the
plant.
"""

from tools.plant.meters import TWINS
from tools.plant.meters.truth import Truth


class MeterMap:
    """`read`/`write` over the plant's meter; `truth` = the instant's values, not the last sample."""

    def __init__(self, plant, truth=False, model=None):
        config = plant.config["meter"]
        self._plant = plant
        self._truth = truth
        self._twin = TWINS[model or config["model"]](pt=config["pt"], ct=config["ct"])
        self.windows = self._twin.windows

    def read(self, fc, address, count):
        """List of `count` registers, or an exception code."""
        meter = self._plant.meter
        reading = meter.truth(self._plant.grid) if self._truth else meter.sampled
        self._twin.truth = Truth.of_reading(reading)
        return self._twin.read(fc, address, count)

    def write(self, address, values):
        """The meter's settings are not part of the plant: always exception 01."""
        return self._twin.write(address, values)

    def hears(self):
        """False while a request is lost."""
        return self._truth or not self._plant.meter.silent

    def answers(self):
        """False while an answer is lost."""
        return True
