"""Converters as a stranger builds them: pymodbus servers whose registers come from pysunspec2's model files,
or are written down here from the vendors' lists; and our drivers on a real connection to them.
"""

import contextlib
import struct
import time

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice
from sunspec2.device import Model

from drivers.modbus_bus import ModbusBus
from drivers.ports.tcp import TcpClient
from firmware.image import Image
from hil_tests.interop.modbus_support import background, now_ms
from protocols.modbus.master import Master
from protocols.modbus.tcp import TcpFraming

RATING_W = 7000


class Registers:
    """`held` {address: word} in `[start, start + count)`; every write in `writes`."""

    start, count = 0, 700
    most = 0xFFFF

    def __init__(self):
        self.held = {}
        self.writes = []
        self.heard_s = time.monotonic()

    def device(self):
        """For pymodbus."""

        async def action(_fc, start, address, count, block, set_values):
            if self.before():
                return ExcCodes.DEVICE_BUSY
            self.heard_s = time.monotonic()
            if set_values is not None:
                if refused := self.refuses(address, set_values):
                    return refused
                self.writes.append((address, list(set_values)))
                self.held.update(enumerate(set_values, address))
                self.written(address)
                return None
            words = [self.word(a) & 0xFFFF for a in range(address, address + count)]
            block[address - start : address - start + count] = words
            return None

        data = [SimData(self.start, count=self.count, values=0, datatype=DataType.REGISTERS)]
        return SimDevice(0, simdata=data, action=action)

    def before(self):
        """Time passes; True where the device does not answer now."""
        return False

    def refuses(self, _address, _values):
        return None

    def written(self, address):
        pass

    def word(self, address):
        return self.held.get(address, 0)


def s16(word):
    return word - 0x10000 if word & 0x8000 else word


class Quasar(Registers):
    """V2G Liberty's list: orders count under remote control (81) with set-point in watts (83); register 88 s
    without a request, and it is at 0 W.
    """

    def __init__(self, *, state=2):
        super().__init__()
        self.power_w = 0
        self.error = 0
        self.idle_state = state
        self.fell_back = 0

    def before(self):
        idle_s = self.held.get(88, 0)
        if idle_s and self.power_w and time.monotonic() - self.heard_s > idle_s:
            self.power_w = 0
            self.fell_back += 1
        return False

    def refuses(self, address, values):
        known = address in (81, 82, 83, 88, 256, 257, 260) and len(values) == 1
        if not known:
            return ExcCodes.ILLEGAL_ADDRESS
        return ExcCodes.ILLEGAL_VALUE if address == 260 and abs(s16(values[0])) > 7400 else None

    def written(self, address):
        remote = self.held.get(81) == 1 and self.held.get(83) == 1
        if address == 260 and remote and not self.error:
            self.power_w = s16(self.held[260])

    def word(self, address):
        flowing = 1 if self.power_w > 0 else 11 if self.power_w < 0 else self.idle_state
        shown = {514: 7400, 526: self.power_w, 537: 7 if self.error else flowing, 538: 48, 539: self.error}
        return shown.get(address, self.held.get(address, 0))


class Evtec(Registers):
    """OpenEMS's list: 600 takes a signed power; Pmax in 13 is no promise."""

    def __init__(self):
        super().__init__()
        self.error = 0
        self.suspended = False

    def refuses(self, address, values):
        return None if (address, len(values)) in ((600, 2), (602, 1)) else ExcCodes.ILLEGAL_ADDRESS

    @property
    def power_w(self):
        word = self.held.get(600, 0) << 16 | self.held.get(601, 0)
        return 0 if self.error else word - (1 << 32) if word >> 31 else word

    def word(self, address):
        def f32(value):
            return struct.unpack(">HH", struct.pack(">f", value))

        shown = dict(enumerate(f32(401.5), 3)) | dict(enumerate(f32(self.power_w / 401.5), 7))
        shown |= dict(enumerate(f32(self.power_w), 9)) | {1: 2, 11: 625, 55: 0, 58: self.error}
        return shown.get(address, 0)


class SunSpec(Registers):
    """A DER made of pysunspec2's own models: every offset is theirs. Its reversion timer runs."""

    start, count = 40000, 600
    MODELS = (701, 702, 703, 704, 713, 714, 715)

    def __init__(self, **ratings):
        super().__init__()
        self.models = {n: Model(n, data={"NPrt": 1, "Prt": [{}]} if n == 714 else None) for n in self.MODELS}
        self.at = {}
        self.reads_timer = True
        self._fill(ratings)
        self._place()

    def _fill(self, ratings):
        m = self.models
        m[701].W_SF.value = m[704].WSet_SF.value = m[702].W_SF.value = 0
        m[702].WMax.value = ratings.get("most_w", 9000)
        m[702].WChaRteMax.value = ratings.get("charge_w", 9000)
        m[702].WDisChaRteMax.value = ratings.get("discharge_w", 9000)
        m[713].Pct_SF.value, m[713].SoC.value = 0, 55
        m[714].DCA_SF.value = m[714].DCV_SF.value = 0
        m[703].ES.value = 0
        m[715].LocRemCtl.value = 0
        m[715].OpCtl.value = 1
        m[701].St.value, m[701].InvSt.value, m[701].Alrm.value, m[701].W.value = 1, 3, 0, 0
        self.refresh()

    def _place(self):
        words = {40000: 0x5375, 40001: 0x6E53}
        address = 40002
        for number, model in self.models.items():
            data = model.get_mb()
            model.ID.value, model.L.value = number, len(data) // 2 - 2
            self.at[number] = address
            address += len(data) // 2
        words[address], words[address + 1] = 0xFFFF, 0
        self.ends = words

    def refresh(self):
        """The device's physics: set-point, timer, operating state."""
        controls, ac = self.models[704], self.models[701]
        left_s = 0
        if controls.WSetEna.value and controls.WSetRvrtTms.value:
            left_s = max(0.0, controls.WSetRvrtTms.value - (time.monotonic() - self.timer_s))
            if not left_s:
                controls.WSetEna.value, controls.WSet.value = 1, 0
        controls.WSetRvrtRem.value = -int(-left_s // 1) if self.reads_timer else None
        is_on = self.models[715].OpCtl.value in (1, 3) and self.models[703].ES.value and not ac.Alrm.value
        ac.W.value = (controls.WSet.value or 0) if is_on and controls.WSetEna.value else 0
        ac.St.value = 0 if ac.Alrm.value or self.models[715].OpCtl.value == 0 else 1
        ac.InvSt.value = 6 if ac.Alrm.value else 3 if ac.St.value else 0

    timer_s = 0.0

    @property
    def power_w(self):
        """+ = charging."""
        self.refresh()
        return -self.models[701].W.value

    def refuses(self, address, values):
        return ExcCodes.ILLEGAL_FUNCTION if self.models[715].LocRemCtl.value else None

    def written(self, address):
        number = max((n for n in self.at if self.at[n] <= address), key=lambda n: self.at[n])
        model, values = self.models[number], self.writes[-1][1]
        data = bytearray(model.get_mb())
        offset = 2 * (address - self.at[number])
        data[offset : offset + 2 * len(values)] = b"".join(v.to_bytes(2, "big") for v in values)
        model.set_mb(bytes(data))
        if number == 704:
            self.timer_s = time.monotonic()
        if number == 715 and model.AlarmReset.value == 1:
            model.AlarmReset.value = 0
            self.models[701].Alrm.value = 0
        self.refresh()

    def word(self, address):
        if address in self.ends:
            return self.ends[address]
        number = max((n for n in self.at if self.at[n] <= address), key=lambda n: self.at[n])
        self.refresh()
        data = self.models[number].get_mb()
        offset = 2 * (address - self.at[number])
        return int.from_bytes(data[offset : offset + 2], "big")


class NoPoller:
    """Ports are asked each turn."""

    def __getattr__(self, _name):
        return lambda *_: None


class Chain:
    """One of our drivers on a TCP connection to a stranger's device, in real time."""

    def __init__(self, module, port, lease_ms, poll_ms):
        self.bay = Image({}, [{"command_w": 700, "power_w": 60000, "state": 60000}]).bays[0]
        self.bay.following.value = 1
        self.command_w = None
        self.told = []
        row = {"unit": 1, "poll_ms": poll_ms, "lease_ms": lease_ms}
        self.driver = module.make(row, self.bay, RATING_W, lambda model, now: self.told.append(-model), 0)
        self.driver.tell = lambda fresh, now: self.told.append(fresh)
        self.bus = ModbusBus("c", TcpClient("127.0.0.1", port, NoPoller()), Master(TcpFraming(), 500))
        self.bus.add(self.driver)

    def turn(self):
        now = now_ms()
        if self.command_w is not None:
            self.bay.command_w.put(self.command_w, now)
        self.bus.port.ready = True
        self.bus.service(now)
        time.sleep(0.002)

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.turn()

    def until(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "did not happen in time"
            self.turn()


@contextlib.contextmanager
def chain(registers, module, lease_ms=2000, poll_ms=50):
    """The driver of `module`, connected to a pymodbus server over `registers`."""
    make = lambda: ModbusTcpServer(registers.device(), address=("127.0.0.1", 0))  # noqa: E731
    with background(make) as server:
        made = Chain(module, server.transport.sockets[0].getsockname()[1], lease_ms, poll_ms)
        try:
            yield made
        finally:
            made.bus.port.close()
