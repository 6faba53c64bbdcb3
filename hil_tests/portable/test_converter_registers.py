"""Quasar and EVTEC drivers on a bus in memory: order of what is written, signs, leases, sentinels."""

from drivers.converter_evtec import EvtecConverter
from drivers.converter_quasar import QuasarConverter
from drivers.modbus_bus import ModbusBus
from drivers.ports.memory import pair
from firmware.image import (
    CONVERTER_FAULT,
    CONVERTER_OFF,
    CONVERTER_RUNNING,
    CONVERTER_STANDBY,
    GOOD,
    Image,
)
from hil_tests.portable.meter_support import next_step
from hil_tests.portable.modbus_support import START
from hil_tests.portable.support import no_heap
from protocols.modbus.master import Master
from protocols.modbus.slave import Slave
from protocols.modbus.tcp import TcpFraming
from protocols.ticks import ticks_add, ticks_diff


class Device:
    """Registers of one charger; every write is noted."""

    def __init__(self, held):
        self.held = held
        self.writes = []
        self.reads = 0

    def read(self, unit, fc, address, count, out, at):
        self.reads += 1
        for i in range(count):
            word = self.held.get(address + i, 0)
            out[at + 2 * i] = word >> 8
            out[at + 2 * i + 1] = word & 0xFF
        return 0

    def write(self, unit, fc, address, count, data, at):
        value = 0
        for i in range(2 * count):
            value = value << 8 | data[at + i]
        self.writes.append((address, value))
        return 0


class Bench:
    def __init__(self, make, held, lease_ms):
        self.device = Device(held)
        self.bay = Image({}, [{"command_w": 1000, "power_w": 60000}]).bays[0]
        self.driver = make(1, 500, lease_ms, self.bay)
        ours, self.port = pair()
        self.bus = ModbusBus("c", ours, Master(TcpFraming(), 300))
        self.bus.add(self.driver)
        self.slave = Slave(TcpFraming(), self.device, (1,))
        self.now = START
        self.command_w = None
        self._buf = bytearray(300)

    def run(self, ms):
        end = ticks_add(self.now, ms)
        while self.now != end:
            step = next_step(self.bus, self.slave, self.now, min(200, ticks_diff(end, self.now)))
            self.now = ticks_add(self.now, step)
            if self.command_w is not None:
                self.bay.command_w.put(self.command_w, self.now)
            self.bus.service(self.now)
            n = self.port.read_into(self._buf)
            if n:
                self.slave.feed(self._buf, n, self.now)
            self.slave.tick(self.now)
            tx = self.slave.tx
            if tx.pending():
                self.port.write(tx.buf, tx.start, tx.pending())
                tx.clear()


QUASAR = {526: 0xFFFF & -3000, 537: 11, 538: 55}


def quasar(held=None):
    return Bench(QuasarConverter, dict(QUASAR) if held is None else held, 12000)


def test_quasar_is_set_up_then_told_0_w_then_the_command():
    bench = quasar()
    bench.command_w = -3000
    bench.run(15000)
    assert bench.device.writes[:5] == [(81, 1), (83, 1), (88, 12), (260, 0), (260, 0x10000 - 3000)]
    assert bench.driver.is_told(-3000) and not bench.driver.is_told(1)


def test_quasar_is_left_alone_after_a_write():
    bench = quasar()
    bench.run(11000)
    assert len(bench.device.writes) == 4
    reads = bench.device.reads
    bench.command_w = 2000
    bench.run(1000)
    assert bench.device.writes[-1] == (260, 2000)
    reads = bench.device.reads
    bench.run(1400)
    assert bench.device.reads == reads
    bench.run(2000)
    assert bench.device.reads > reads


def test_quasar_s_values():
    bench = quasar()
    bench.run(15000)
    bay = bench.bay
    assert (bay.power_w.value, bay.state.value, bay.soc_bp.value) == (-3000, CONVERTER_RUNNING, 5500)
    for words, state in (
        ({537: 0}, CONVERTER_OFF),
        ({537: 7}, CONVERTER_FAULT),
        ({537: 4}, CONVERTER_STANDBY),
        ({537: 1, 540: 8}, CONVERTER_FAULT),
        ({537: 1, 538: 0}, CONVERTER_RUNNING),
    ):
        bench.device.held = dict(QUASAR)
        bench.device.held.update(words)
        bench.run(9000)
        assert bay.state.value == state, words
    assert bay.soc_bp.quality != GOOD


def test_quasar_that_is_paused_is_started():
    bench = quasar({537: 4, 538: 50})
    bench.run(20000)
    assert (257, 1) in bench.device.writes


def test_a_command_that_ends_becomes_0_w():
    bench = quasar()
    bench.command_w = 2000
    bench.run(20000)
    bench.command_w = None
    bench.run(6000)
    assert bench.device.writes[-1] == (260, 0) and bench.driver.written_w == 0


def test_stop_frame_is_0_w_and_made_on_the_first_write():
    bench = quasar()
    assert bench.driver.stop_frame == b""
    bench.command_w = 2000
    bench.run(15000)
    assert bench.driver.stop_frame[7:] == b"\x06\x01\x04\x00\x00"


# 400.5 V, -10.0 A, -3999.6 W, 62.5 %
EVTEC = {1: 2, 3: 0x43C8, 4: 0x4000, 7: 0xC120, 8: 0, 9: 0xC579, 10: 0xF99A, 11: 625}


def evtec(held=None):
    return Bench(EvtecConverter, dict(EVTEC) if held is None else held, 2000)


def test_evtec_s_values_and_both_readings_of_soc():
    bench = evtec()
    bench.run(1000)
    bay = bench.bay
    assert (bay.power_w.value, bay.dc_voltage_dv.value, bay.dc_current_da.value) == (-4000, 4005, -100)
    assert (bay.soc_bp.value, bay.state.value) == (6250, CONVERTER_RUNNING)
    bench.device.held.update({9: 0, 10: 0, 11: 0, 12: 630})
    bench.run(1000)
    assert (bay.soc_bp.value, bay.state.value) == (6300, CONVERTER_STANDBY)
    bench.device.held.update({1: 0, 12: 0, 3: 0x7FC0})
    bench.run(1000)
    assert bay.state.value == CONVERTER_OFF and bay.soc_bp.quality != GOOD
    assert bay.dc_voltage_dv.quality != GOOD and bay.dc_current_da.quality == GOOD
    bench.device.held[58] = 1
    bench.run(4000)
    assert bay.state.value == CONVERTER_FAULT


def test_evtec_is_told_0_w_first_and_then_again_and_again():
    bench = evtec()
    bench.command_w = -4000
    bench.run(3000)
    assert bench.device.writes[0] == (600, 0) and bench.device.writes[1] == (600, 0x100000000 - 4000)
    assert 5 <= bench.device.writes.count((600, 0x100000000 - 4000)) <= 8


def test_a_silent_device_backs_off_and_asks_for_a_new_connection():
    bench = evtec()
    bench.run(1000)
    bench.slave._units = (9,)
    bench.port.peer.manipulate = lambda data: b""
    bench.command_w = 100
    bench.run(3000)
    assert bench.driver.backoff.failures > 1 and bench.driver.is_told(100)


def test_a_poll_allocates_nothing():
    bench = evtec()
    bench.command_w = -4000
    bench.run(2000)
    driver = bench.driver
    no_heap(driver.urgency, bench.now)
    no_heap(driver.due_in, bench.now)
