"""What is known of Infypower modules: their last readings, their faults, and the questions that keep them
fresh.

lint: integer, hot
"""

from drivers.faults import (
    AC_VOLTAGE,
    DUPLICATE_ID,
    FAN,
    INTERNAL,
    OVER_TEMPERATURE,
    OVER_VOLTAGE,
    PHASE_LOSS,
    PROTECTION,
    SHORT,
)
from protocols import infy
from protocols.ticks import ticks_add, ticks_diff
from protocols.upy import const

OFFLINE_MS = 3000  # of silence; the pile that the facts name waits 8 s
LEASE_MS = 10000  # after which a module that hears nothing is off by itself

_FLAGS = (
    (infy.FLAG_SHORT, SHORT),
    (infy.FLAG_DISCHARGE, INTERNAL),
    (infy.FLAG_FAULT, INTERNAL),
    (infy.FLAG_PROTECTION, PROTECTION),
    (infy.FLAG_FAN, FAN),
    (infy.FLAG_OVER_TEMPERATURE, OVER_TEMPERATURE),
    (infy.FLAG_OVER_VOLTAGE, OVER_VOLTAGE),
    (infy.FLAG_DUPLICATE_ID, DUPLICATE_ID),
    (infy.FLAG_PHASE_LOSS, PHASE_LOSS),
    (infy.FLAG_AC_UNDER, AC_VOLTAGE),
    (infy.FLAG_AC_OVER, AC_VOLTAGE),
)
_DC_OFF = const(1 << 8)
_SLOW_MS = const(200)
_FRESH, _MODE_FRESH = const(15), const(16)
_FAST = (infy.POWER_SWITCH, infy.DC_VOLTAGE, infy.DC_CURRENT, infy.AC_POWER)
_SLOW = (infy.INVERTER_STATUS, infy.RATED_POWER, infy.DC_VMAX, infy.DC_VMIN, infy.DC_IMAX)


class Module:
    def __init__(self, address):
        self.address = address
        self.heard = False
        self.used = False  # takes part in what the group does now
        self.seen_at = 0
        self.voltage_dv = 0
        self.current_da = 0  # magnitude
        self.power_w = 0  # AC, magnitude
        self.flags = 0  # not known to be off before it says so
        self.inverter = False
        self.fresh = 0  # bits of READINGS that came since the last round
        self.rated_w = 0
        self.voltage_max_dv = 0
        self.voltage_min_dv = 0
        self.current_max_da = 0

    def take(self, data, now):
        """An answer of this module."""
        self.heard = True
        self.seen_at = now
        item = infy.item_of(data)
        value = infy.value_of(data)
        if item == infy.DC_VOLTAGE:
            self.voltage_dv = (value + 50) // 100
            self.fresh |= 1
        elif item == infy.DC_CURRENT:
            self.current_da = (value + 50) // 100
            self.fresh |= 2
        elif item == infy.AC_POWER:
            self.power_w = (value + 500) // 1000
            self.fresh |= 4
        elif item == infy.POWER_SWITCH:
            self.flags = infy.flags_of(data)
            self.fresh |= 8
        elif item == infy.INVERTER_STATUS:
            self.inverter = data[7] & 1 == 1
            self.fresh |= 16
        elif item == infy.DC_VMAX:
            self.voltage_max_dv = value // 100
        elif item == infy.DC_VMIN:
            self.voltage_min_dv = value // 100
        elif item == infy.DC_IMAX:
            self.current_max_da = value // 100
        elif item == infy.RATED_POWER:
            self.rated_w = value // 1000

    def is_online(self, now):
        return self.heard and ticks_diff(now, self.seen_at) < OFFLINE_MS

    def is_off(self):
        """The module itself says that its DC side is off."""
        return self.heard and self.flags & _DC_OFF != 0

    def faults(self):
        """Its faults as bits of the closed list."""
        found = 0
        for row in _FLAGS:
            if self.flags >> row[0] & 1:
                found |= row[1]
        return found


class ModuleGroup:
    """The modules of one bay, which share its current equally."""

    def __init__(self, addresses, poll_ms, device):
        self.modules = [Module(address) for address in addresses]
        self.poll_ms = poll_ms
        self.device = device
        self.poll_at = 0
        self.slow_at = 0
        self.asking = 0  # next question of the round
        self.slow = 0
        self._data = bytearray(8)

    def feed(self, frame, now):
        """An answer to us from one of our modules; anything else changes nothing."""
        if not frame.extended or frame.n < 8 or (frame.id >> 8) & 0xFF != infy.CONTROLLER:
            return
        if infy.command_of(frame.id) != infy.READ or infy.error_of(frame.id):
            return
        if (frame.id >> 22) & 0xF != self.device:
            return
        for module in self.modules:
            if module.address == frame.id & 0xFF:
                module.take(frame.data, now)
                return

    def ask(self, port, now, mode_wanted):
        """A round of questions each poll_ms, one module in a turn; the mode as often as it is waited for."""
        if ticks_diff(now, self.poll_at) < 0:
            return
        module = self.modules[self.asking]
        for i in range(len(_FAST)):
            self._read(port, module, _FAST[i])
        self.asking += 1
        if self.asking < len(self.modules):
            return
        self.asking = 0
        self.poll_at = ticks_add(now, self.poll_ms)
        if mode_wanted:
            self._ask_all(port, infy.INVERTER_STATUS)
        elif ticks_diff(now, self.slow_at) >= 0:
            self.slow_at = ticks_add(now, _SLOW_MS)
            self._ask_all(port, _SLOW[self.slow])
            self.slow = (self.slow + 1) % len(_SLOW)

    def _ask_all(self, port, item):
        for module in self.modules:
            self._read(port, module, item)

    def _read(self, port, module, item):
        infy.fill(self._data, item, 0)
        can_id = infy.identifier(self.device, infy.READ, module.address, infy.CONTROLLER)
        port.send(can_id, self._data, 8, True)

    def forget(self):
        """The bus is lost: nobody was heard."""
        for module in self.modules:
            module.heard = False
            module.fresh = 0
            module.flags = 0

    def forget_modes(self):
        for module in self.modules:
            module.fresh &= ~_MODE_FRESH

    def is_heard(self):
        """Whether any module has ever answered on this bus."""
        for module in self.modules:
            if module.heard:
                return True
        return False

    def online(self, now):
        """How many modules answer."""
        count = 0
        for module in self.modules:
            if module.is_online(now):
                count += 1
        return count

    def is_whole(self, now):
        return self.online(now) == len(self.modules)

    def choose(self, now):
        """From now on the group is made of the modules that answer."""
        for module in self.modules:
            module.used = module.is_online(now)
            if not module.used:
                module.current_da = module.power_w = module.voltage_dv = 0  # it is off by now

    def has_lost_one(self, now):
        """Whether a module that takes part does not answer."""
        for module in self.modules:
            if module.used and not module.is_online(now):
                return True
        return False

    def take_round(self, now):
        """True once each module that answers has given every reading since the last time."""
        for module in self.modules:
            if module.is_online(now) and module.fresh & _FRESH != _FRESH:
                return False
        for module in self.modules:
            module.fresh &= ~_FRESH
        return True

    def all_off(self, now):
        """Every module says so, or has been silent for so long that it switched itself off."""
        for module in self.modules:
            if module.heard and not module.is_off() and ticks_diff(now, module.seen_at) < LEASE_MS:
                return False
        return self.is_heard()

    def all_on(self):
        for module in self.modules:
            if module.used and module.is_off():
                return False
        return self.is_heard()

    def all_in_mode(self, inverter):
        """Whether each module that takes part has read back this mode since forget_modes()."""
        for module in self.modules:
            if module.used and (not module.fresh & _MODE_FRESH or module.inverter != inverter):
                return False
        return True

    def faults(self, now):
        found = 0
        for module in self.modules:
            if module.is_online(now):
                found |= module.faults()
        return found

    def rated_w(self, now):
        """Of the modules that answer."""
        total = 0
        for module in self.modules:
            if module.is_online(now):
                total += module.rated_w
        return total

    def voltage_dv(self):
        """At the common output: the highest that a module measures."""
        highest = 0
        for module in self.modules:
            if module.heard and module.voltage_dv > highest:
                highest = module.voltage_dv
        return highest

    def current_da(self):
        """DC magnitude."""
        total = 0
        for module in self.modules:
            if module.heard:
                total += module.current_da
        return total

    def power_w(self):
        """AC magnitude."""
        total = 0
        for module in self.modules:
            if module.heard:
                total += module.power_w
        return total
