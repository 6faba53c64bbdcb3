"""The simulated twins of all converters with one face, for the contract that their drivers keep.

A twin has: `driver`, `bay`, `command_w` (the lease, renewed at each turn; None = not), run(ms), true_w() (+ =
charging), fail(on), cut(on) (nothing passes the wire), stop() (the driver's prebuilt stop), DECLARED of the
driver's module, ENDS_MS (by itself without us; 0 = it never does).
"""

from drivers import converter_evtec, converter_infy, converter_quasar, converter_sunspec_der
from drivers.faults import INTERNAL, OVER_TEMPERATURE
from drivers.modbus_bus import ModbusBus
from drivers.ports.memory import pair
from firmware.image import Image
from hil_tests.portable.infy_rig import Rig
from hil_tests.portable.meter_support import next_step
from hil_tests.portable.modbus_support import START
from protocols import infy
from protocols.modbus.master import Master
from protocols.modbus.slave import Slave
from protocols.modbus.tcp import TcpFraming
from protocols.ticks import ticks_add, ticks_diff

RATING_W = 7000


def _signed(value, bits):
    return value - (1 << bits) if value >> bits - 1 else value


class ModbusTwin:
    """Registers behind a Modbus server in memory; `held` is what is read."""

    lease_ms = 4000
    poll_ms = 200
    ENDS_MS = 0
    FAULT = INTERNAL

    def __init__(self):
        self.bay = Image({}, [{"command_w": 700, "power_w": 60000, "state": 60000}]).bays[0]
        self.bay.following.value = 1
        self.held = {}
        self.power_w = 0
        self.now = self.heard_at = START
        self.command_w = None
        self.told = []
        row = {"unit": 1, "poll_ms": self.poll_ms, "lease_ms": self.lease_ms}
        self.driver = self.MODULE.make(row, self.bay, RATING_W, self._rejected, 0)
        self.driver.tell = self._tell
        ours, self.port = pair()
        self.bus = ModbusBus("c", ours, Master(TcpFraming(), 300))
        self.bus.add(self.driver)
        self.slave = Slave(TcpFraming(), self, (1,))
        self.is_cut = False
        self._buf = bytearray(300)
        self.begin()

    def _rejected(self, model, now):
        raise AssertionError("no such model: %d" % model)

    def _tell(self, fresh, now):
        self.told.append(fresh)

    def read(self, unit, fc, address, count, out, at):
        self.refresh()
        for i in range(count):
            word = self.held.get(address + i, 0) & 0xFFFF
            out[at + 2 * i] = word >> 8
            out[at + 2 * i + 1] = word & 0xFF
        return 0

    def write(self, unit, fc, address, count, data, at):
        for i in range(count):
            self.held[address + i] = data[at + 2 * i] << 8 | data[at + 2 * i + 1]
        self.written(address, count)
        return 0

    def run(self, ms):
        end = ticks_add(self.now, ms)
        while self.now != end:
            step = next_step(self.bus, self.slave, self.now, min(100, ticks_diff(end, self.now)))
            self.now = ticks_add(self.now, step)
            if self.command_w is not None:
                self.bay.command_w.put(self.command_w, self.now)
            self.bus.service(self.now)
            self._serve()
            if self.ENDS_MS and ticks_diff(self.now, self.heard_at) >= self.ENDS_MS:
                self.power_w = 0

    def _serve(self):
        n = self.port.read_into(self._buf)
        if n and not self.is_cut:
            self.slave.feed(self._buf, n, self.now)
            self.heard_at = self.now
        self.slave.tick(self.now)
        tx = self.slave.tx
        if tx.pending():
            self.port.write(tx.buf, tx.start, tx.pending())
            tx.clear()

    def true_w(self):
        return self.power_w

    def cut(self, on):
        self.is_cut = on

    def stop(self):
        frame = self.driver.stop_frame
        self.slave.feed(frame, len(frame), self.now)
        self._serve()


class QuasarTwin(ModbusTwin):
    MODULE = converter_quasar
    lease_ms = ENDS_MS = 12000
    poll_ms = 1000

    def begin(self):
        self.held = {537: 2, 538: 55}

    def refresh(self):
        held = self.held
        held[526] = self.power_w
        if held[537] != 7:
            held[537] = 2 if self.power_w == 0 else 1 if self.power_w > 0 else 11

    def written(self, address, count):
        if address == 260 and self.held[537] != 7:
            self.power_w = _signed(self.held[260], 16)

    def fail(self, on):
        self.held[537] = 7 if on else 2
        self.power_w = 0


class EvtecTwin(ModbusTwin):
    MODULE = converter_evtec
    failed = False

    def begin(self):
        self.held = {1: 2, 11: 550}

    def refresh(self):
        self.held[9], self.held[10] = _float_words(self.power_w)
        self.held[58] = 1 if self.failed else 0

    def written(self, address, count):
        if address == 600 and not self.failed:
            self.power_w = _signed(self.held[600] << 16 | self.held[601], 32)

    def fail(self, on):
        self.failed = on
        self.power_w = 0


def _float_words(value):
    """float32 of a whole number, as two registers, without struct: the driver's codec is not to be its own
    judge.
    """
    if value == 0:
        return 0, 0
    sign = 0x8000 if value < 0 else 0
    value = abs(value)
    exponent = 0
    while value >> exponent > 1:
        exponent += 1
    fraction = value - (1 << exponent) << 23 - exponent
    return sign | 127 + exponent << 7 | fraction >> 16, fraction & 0xFFFF


class SunSpecTwin(ModbusTwin):
    """Models 701, 702, 703, 704, 713, 714, 715 in this order; the reversion timer runs."""

    MODULE = converter_sunspec_der
    lease_ms = ENDS_MS = 4000
    FAULT = OVER_TEMPERATURE
    MODELS = ((701, 153), (702, 50), (703, 17), (704, 65), (713, 7), (714, 43), (715, 7))

    def begin(self):
        held = self.held
        held[40000], held[40001] = 0x5375, 0x6E53
        address = 40002
        self.at = {}
        for model, length in self.MODELS:
            held[address], held[address + 1] = model, length
            self.at[model] = address
            address += 2 + length
        held[address] = 0xFFFF
        self.failed = self.off = False
        held[self.at[702] + 26] = held[self.at[702] + 34] = held[self.at[702] + 35] = 9000
        held[self.at[713] + 4], held[self.at[713] + 8] = 55, 0
        held[self.at[714] + 31] = 400

    def refresh(self):
        held, at = self.held, self.at
        held[at[701] + 3] = 0 if self.failed or self.off else 1
        held[at[701] + 4] = 6 if self.failed else 0 if self.off else 3
        held[at[701] + 7] = 1 << 7 if self.failed else 0
        held[at[701] + 10] = -self.power_w
        held[at[704] + 34] = self._left_s()

    def _left_s(self):
        left_ms = 1000 * self.held.get(self.at[704] + 32, 0) - ticks_diff(self.now, self.heard_at)
        return max(0, (left_ms + 999) // 1000)

    def written(self, address, count):
        at = self.at
        if address == at[715] + 8:
            self.off = self.held[address] in (0, 2)
        w_set = self.held.get(at[704] + 24, 0) << 16 | self.held.get(at[704] + 25, 0)
        is_on = self.held.get(at[704] + 22, 0) and self.held.get(at[703] + 2, 0)
        self.power_w = -_signed(w_set, 32) if is_on and not self.failed and not self.off else 0

    def fail(self, on):
        self.failed = on
        self.power_w = 0


class InfyTwin(Rig):
    MODULE = converter_infy
    ENDS_MS = 10000
    FAULT = OVER_TEMPERATURE
    poll_ms = 50

    def __init__(self):
        super().__init__(1, RATING_W)
        self.driver = self.converter
        self.command_w = None
        self.told = []
        self.driver.tell = self._tell

    def _tell(self, fresh, now):
        self.told.append(fresh)

    def true_w(self):
        return self.power_w()

    def fail(self, on):
        self.modules[0].extra_flags = 1 << infy.FLAG_OVER_TEMPERATURE if on else 0

    def cut(self, on):
        self.modules[0].silent = on

    def stop(self):
        self.driver.panic(self.bus.port)
        for module in self.modules:
            module.service(self.now)


TWINS = (SunSpecTwin, InfyTwin, QuasarTwin, EvtecTwin)
