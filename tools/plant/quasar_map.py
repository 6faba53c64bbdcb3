"""Register face of one converter as a Wallbox Quasar 1 (V2G Liberty's register list): FC 03 and 06.

Quirks: orders count only under remote control (81 = 1); power is whole watts with + = charging, at most
7400; after a write the shown values stay as they were for 2.5 s; without any request for register 88's
seconds it falls back to 0 W; SOC in whole percent, 0 without a vehicle.
"""

from tools.plant.converter import FAULT, OP_ENTER_STANDBY, OP_START, RUNNING

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
MOST_W = 7400
SETTLE_MS = 2500
_WRITABLE = (81, 82, 83, 88, 256, 257, 260)


class QuasarMap:
    """`read`/`write` over one converter of the plant."""

    windows = ((0, 600),)

    def __init__(self, plant, bay):
        self._plant = plant
        self._bay = bay
        self._converter = plant.converters[bay]
        self._held = {1: 16, 81: 0, 82: 1, 83: 0, 88: 0, 256: 0, 257: 0, 260: 0, 514: MOST_W}
        self._shown = {}
        self._written_ms = -SETTLE_MS

    def read(self, fc, address, count):
        """List of `count` registers, or an exception code."""
        if fc not in (3, 6, 16):
            return ILLEGAL_FUNCTION
        if not 0 < count <= 125 or address + count > 600:
            return ILLEGAL_ADDRESS
        self._alive()
        if self._plant.now_ms - self._written_ms >= SETTLE_MS or not self._shown:
            self._shown = self._measured()
        held = {**self._held, **self._shown}
        return [held.get(at, 0) & 0xFFFF for at in range(address, address + count)]

    def write(self, address, values):
        """0 when the value was taken, else an exception code."""
        if len(values) != 1 or address not in _WRITABLE:
            return ILLEGAL_ADDRESS
        value = values[0] - 0x10000 if values[0] & 0x8000 else values[0]
        if address == 260 and abs(value) > MOST_W:
            return ILLEGAL_VALUE
        self._shown = self._measured()
        self._written_ms = self._plant.now_ms
        self._held[address] = value
        if self._held[81] == 1:
            self._act(address, value)
        self._alive()
        return 0

    def hears(self):
        """False while a request is lost."""
        return self._bay not in self._plant.silent_bays

    def answers(self):
        """False while an answer is lost."""
        return self._bay not in self._plant.deaf_bays

    def _act(self, address, value):
        if address == 260 and self._held[83] == 1:
            settings = {"WSet": float(-value), "WSetEna": 1, "WSetMod": 1, "WSetRvrtTms": self._held[88]}
            self._plant.write_converter(self._bay, settings)
        elif address == 257:
            self._plant.write_converter(self._bay, {"OpCtl": OP_START if value == 1 else OP_ENTER_STANDBY})

    def _alive(self):
        """Any request proves that somebody is there."""
        if self._converter.reversion_left_ms:
            self._converter.reversion_left_ms = self._held[88] * 1000

    def _measured(self):
        converter = self._converter
        plugged = converter.plugged
        soc = max(1, round(converter.battery.soc() * 100)) if plugged else 0
        error = 1 if converter.faulted else 0
        return {526: round(converter.ac_w), 537: self._state(plugged), 538: soc, 539: error}

    def _state(self, plugged):
        state = self._converter.state(self._plant.now_ms)
        if state == FAULT:
            return 7
        if not plugged:
            return 0
        if state != RUNNING:
            return 4
        return 11 if self._converter.ac_w < -1 else 1
