"""The physics core: one grid connection with site load, meter and N bays; no clock inside.

`advance(now_ms)` (plant ms, unbounded, from 0) runs whole substeps up to `now_ms`; every face calls it before
it answers. Inputs act at the boundary that was reached, so a trace depends on the inputs and their times
only, not on how often `advance` is called. Power balance: grid = site load + sum of the bays, positive =
import.
"""

from tools.plant import faults
from tools.plant.battery import Battery
from tools.plant.breakers import Breakers
from tools.plant.config import check_plant
from tools.plant.meter import Meter
from tools.plant.pile import make
from tools.plant.profile import Profile


class Grid:
    """Frequency in mHz and phase voltages in 0.1 V."""

    def __init__(self, frequency_mhz, voltage_dv):
        self.frequency_mhz = frequency_mhz
        self.voltage_dv = list(voltage_dv)


class Plant:
    """The world of one charger; `config` is a section `plant` (see config.py)."""

    def __init__(self, config, folder="."):
        self.config = config = check_plant(config, folder)
        self.substep_ms = config["substep_ms"]
        self.now_ms = 0
        self.grid = Grid(config["frequency_mhz"], config["voltage_dv"])
        points = config["load_profile"] or [(0, config["site_load_w"])]
        self._profile = Profile(points)
        self.load_override_w = None
        self.load_w = float(self._profile.load_w(0))
        self.phase_load_w = [None, None, None]  # of each phase, in place of its share
        self._lines = [lines_of(bay) for bay in config["bays"]]
        self.breakers = Breakers(config["breakers_da"])
        self._phase_share = [share / 10_000 for share in config["phase_share_bp"]]
        self.converters = [make(bay, Battery(bay), self.grid) for bay in config["bays"]]
        self.meter = Meter(config["meter"]["sample_ms"], self.grid)
        self.outlets = {}  # bay: its DC outlet, where one is simulated (can_bays.py)
        self.silent_bays = set()
        self.deaf_bays = set()
        self._observers = []
        self._write_listeners = []
        self._event_listeners = []
        self._share_power()
        self.meter.sampled = self.meter.truth(self.grid)

    def advance(self, now_ms):
        """Run the physics up to `now_ms`; an earlier time changes nothing."""
        step_ms = self.substep_ms
        while self.now_ms + step_ms <= now_ms:
            self._step(step_ms)

    def grid_w(self):
        """Power at the grid connection at this instant, positive = import."""
        return sum(self.meter.phase_w)

    def write_converter(self, bay, values):
        """Settings of one converter, in SunSpec points and engineering units, as one transaction."""
        converter = self.converters[bay]
        converter.write(values, self.now_ms)
        for listener in self._write_listeners:
            listener(self, bay, values)

    def inject(self, name, /, **arguments):
        """Start a fault or set a quantity by name (see faults.py); raises FaultError."""
        faults.inject(self, name, arguments)
        self._tell("inject", name, arguments)

    def clear(self, name, /, **arguments):
        """End a fault; raises FaultError."""
        faults.clear(self, name, arguments)
        self._tell("clear", name, arguments)

    def observe(self, interval_ms, function):
        """Call `function(plant)` now and at every multiple of `interval_ms` of plant time."""
        self._observers.append([interval_ms, self.now_ms - self.now_ms % interval_ms + interval_ms, function])
        function(self)

    def on_write(self, listener):
        """Call `listener(plant, bay, values)` for every accepted write to a converter."""
        self._write_listeners.append(listener)

    def on_event(self, listener):
        """Call `listener(plant, action, name, arguments)` for every fault; action is inject or clear."""
        self._event_listeners.append(listener)

    def state(self):
        """Snapshot for people and the control port: units in the names, positive = charging or import."""
        return {
            "plant_ms": self.now_ms,
            "frequency_mhz": self.grid.frequency_mhz,
            "voltage_dv": list(self.grid.voltage_dv),
            "grid_w": round(self.grid_w(), 1),
            "phase_w": [round(watts, 1) for watts in self.meter.phase_w],
            "over_breaker_ms": list(self.breakers.longest_ms),
            "load_w": round(self.load_w, 1),
            "import_wh": round(self.meter.import_wh, 3),
            "export_wh": round(self.meter.export_wh, 3),
            "faults": faults.active(self),
            "bays": [self._bay_state(converter) for converter in self.converters],
        }

    def _tell(self, action, name, arguments):
        for listener in self._event_listeners:
            listener(self, action, name, arguments)

    def _bay_state(self, converter):
        ordered_w = converter.ordered_w()
        return {
            "state": converter.state(self.now_ms),
            "ac_w": round(converter.ac_w, 1),
            "order_w": None if ordered_w is None else round(ordered_w, 1),
            "soc_bp": converter.battery.soc_bp(),
            "stored_wh": round(converter.battery.stored_wh, 3),
            "lease_left_ms": converter.reversion_left_ms,
            "reversions": converter.reversions,
            "plugged": converter.plugged,
            **self._outlet_state(converter),
        }

    def _outlet_state(self, converter):
        outlet = self.outlets.get(self.converters.index(converter))
        if outlet is None:
            return {}
        return {
            "locked": outlet.lock_closed,
            "contactor": outlet.contactor_closed,
            "connected": outlet.group.connected,
            "outlet_v": round(outlet.outlet_v, 1),
        }

    def _step(self, dt_ms):
        start_ms = self.now_ms
        self.load_w = float(
            self._profile.load_w(start_ms) if self.load_override_w is None else self.load_override_w
        )
        for converter in self.converters:
            converter.step(start_ms, dt_ms)
        self._share_power()
        self.now_ms = start_ms + dt_ms
        self.breakers.step(dt_ms, self.meter.phase_w, self._loads_w, self.grid.voltage_dv)
        self.meter.step(self.now_ms, dt_ms, self.grid)
        for observer in self._observers:
            if self.now_ms >= observer[1]:
                observer[1] += observer[0]
                observer[2](self)

    def _share_power(self):
        """Bays of three phases together, the others on their own lines."""
        three_w = 0.0
        phase_w = [0.0, 0.0, 0.0]
        for converter, lines in zip(self.converters, self._lines):
            if len(lines) == 3:
                three_w += converter.ac_w
            else:
                for line in lines:
                    phase_w[line - 1] += converter.ac_w / len(lines)
        third_w = three_w / 3
        self._loads_w = loads_w = [
            self.load_w * share if own is None else float(own)
            for share, own in zip(self._phase_share, self.phase_load_w)
        ]
        for i in range(3):
            self.meter.phase_w[i] = loads_w[i] + third_w + phase_w[i]
        if self.phase_load_w != [None, None, None]:
            self.load_w = sum(loads_w)


def lines_of(bay):
    """The grid's phases that a bay loads."""
    return bay["lines"][: bay["phases"]] if bay["model"] == "ac_pile" else bay["lines"]
