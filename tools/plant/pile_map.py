"""The remote I/O of an AC pile, with the map of drivers/lines_modbus.py and the wiring of
boards/sim/board.json: inputs from register 0 (FC 04), outputs from 16 (FC 03, FC 16).
"""

ILLEGAL_ADDRESS, ILLEGAL_VALUE = 2, 3
FIRST_OUTPUT = 16
OUTPUTS = (("contactor", 1), ("lock", 1), ("cp_pwm", 10_000), ("inhibit", 1))


class PileMap:
    """Registers over the pile of bay `bay`."""

    windows = ((0, 32),)

    def __init__(self, plant, bay):
        self._plant = plant
        self._bay = bay
        self._pile = plant.converters[bay]

    def read(self, fc, address, count):
        """Register values, or an exception code."""
        if not 0 <= address <= address + count <= 32:
            return ILLEGAL_ADDRESS
        registers = [0] * 32
        registers[:12] = self._inputs()
        for i, (name, _) in enumerate(OUTPUTS):
            registers[FIRST_OUTPUT + i] = self._pile.outputs[name]
        return [value & 0xFFFF for value in registers[address : address + count]]

    def write(self, address, values):
        """0 when the values were taken, else an exception code."""
        first = address - FIRST_OUTPUT
        if first < 0 or first + len(values) > len(OUTPUTS):
            return ILLEGAL_ADDRESS
        rows = OUTPUTS[first : first + len(values)]
        if any(value > most for value, (_, most) in zip(values, rows, strict=True)):
            return ILLEGAL_VALUE
        pile = self._pile
        told = {name: value for value, (name, _) in zip(values, rows, strict=True)}
        is_first = pile.written_ms is None
        pile.written_ms = self._plant.now_ms
        if is_first or any(pile.outputs[name] != value for name, value in told.items()):
            self._plant.write_converter(self._bay, told)
        return 0

    def hears(self):
        """False while a request is lost."""
        return self._bay not in self._plant.silent_bays

    def answers(self):
        """False while an answer is lost."""
        return self._bay not in self._plant.deaf_bays

    def _inputs(self):
        pile = self._pile
        high, low = pile.levels_dv()
        amps = round(pile.current_a10)
        phases = [amps if i < pile.phases else 0 for i in range(3)]
        return [
            0 if pile.estop else 1,  # a closed loop: active low
            0 if pile.earth_lost else 1,
            int(pile.lock_closed),
            int(pile.contactor_closed),
            high,
            low,
            pile.cable_ohm if pile.plugged else 32_767,
            pile.grid.voltage_dv[0],
            *phases,
            pile.connector_dc,
        ]
