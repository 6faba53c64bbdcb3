"""Finds a SunSpec device's models and scale factors, one read at a time: base address, chain of model
headers, scale factors.

The chain is bounded: a device that never ends it is not believed.
"""

from drivers.maps import sunspec
from drivers.scale import signed16

_MOST_MODELS = 64


class Discovery:
    """Drives reads until `complete`; `failure` holds the id of a missing model (0 = no SunSpec device at
    all).
    """

    def __init__(self):
        self.complete = False
        self.failure = -1
        self.models = {}
        self.scales = {}
        self._base = 0
        self._cursor = -1
        self._scale = -1

    def places(self):
        """What is needed from now on: the models' addresses in the order of sunspec.NEEDED, then the scale
        factors in that of sunspec.SCALES.
        """
        return [self.models[model] for model in sunspec.NEEDED] + [
            self.scales[key] for key, _, _ in sunspec.SCALES
        ]

    def request(self):
        """Set `address` and `count` of the next read."""
        if self._cursor < 0:
            self.address = sunspec.BASES[self._base]
            self.count = 2
        elif self._scale < 0:
            self.address = self._cursor
            self.count = 2
        else:
            _, model, offset = sunspec.SCALES[self._scale]
            self.address = self.models[model] + offset
            self.count = 1

    def answer(self, master):
        """Take in the reply to the last request."""
        if self._cursor < 0:
            self._found_base(master.register(0), master.register(1))
        elif self._scale < 0:
            self._found_model(master.register(0), master.register(1))
        else:
            self._found_scale(signed16(master.register(0)))

    def refused(self):
        """The device answered with an exception."""
        if self._cursor < 0:
            self._next_base()
        else:
            self.failure = 0

    def _found_base(self, first, second):
        if (first, second) == sunspec.SIGNATURE:
            self._cursor = sunspec.BASES[self._base] + 2
        else:
            self._next_base()

    def _next_base(self):
        self._base += 1
        if self._base == len(sunspec.BASES):
            self.failure = 0
            self._base = 0

    def _found_model(self, model, length):
        if model == sunspec.END_MODEL:
            for needed in sunspec.NEEDED:
                if needed not in self.models:
                    self.failure = needed
                    return
            self._scale = 0
        elif len(self.models) >= _MOST_MODELS or self._cursor + 2 + length > 0xFFFD:
            self.failure = 0
        else:
            if model not in self.models:
                self.models[model] = self._cursor
            self._cursor += 2 + length

    def _found_scale(self, exponent):
        key, model, _ = sunspec.SCALES[self._scale]
        if not -4 <= exponent <= 4:
            self.failure = model
            return
        self.scales[key] = exponent
        self._scale += 1
        self.complete = self._scale == len(sunspec.SCALES)
