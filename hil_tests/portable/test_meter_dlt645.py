"""The DL/T 645 meter driver on a bus in memory against our meter's side."""

from drivers.meter_dlt645 import MeterDlt645
from drivers.modbus_bus import ModbusBus
from drivers.ports.memory import pair
from firmware.image import GOOD, Image
from hil_tests.portable.meter_support import next_step
from hil_tests.portable.modbus_support import START
from hil_tests.portable.support import hx, no_heap, raises
from protocols.dlt645.codec import address_of
from protocols.dlt645.master import Master
from protocols.dlt645.slave import Slave
from protocols.errors import LocalError
from protocols.ticks import ticks_add, ticks_diff

HELD = {
    0x02030000: hx("452381"),  # -1.2345 kW
    0x02010100: hx("0123"),
    0x02800002: hx("0250"),
    0x00010000: hx("67452301"),
    0x00020000: hx("89000000"),
}


class Store:
    def __init__(self, held):
        self.held = dict(held)
        self.asked = []

    def read(self, di, out):
        self.asked.append(di)
        if di not in self.held:
            return -1
        data = self.held[di]
        out[0 : len(data)] = data
        return len(data)


class Bench:
    def __init__(self, held=None, address="17", **options):
        self.store = Store(HELD if held is None else held)
        self.slave = Slave(address_of("17"), self.store)
        self.station = Image({}, []).station
        self.driver = MeterDlt645(address, 500, options.pop("sign", 1), self.station, **options)
        ours, self.port = pair()
        self.bus = ModbusBus("m", ours, Master(2400))
        self.bus.add(self.driver)
        self.now = START
        self._buf = bytearray(300)

    def run(self, ms):
        end = ticks_add(self.now, ms)
        while self.now != end:
            step = next_step(self.bus, self.slave, self.now, ticks_diff(end, self.now))
            self.now = ticks_add(self.now, step)
            self.bus.service(self.now)
            n = self.port.read_into(self._buf)
            if n:
                self.slave.feed(self._buf, n, self.now)
            self.slave.tick(self.now)
            tx = self.slave.tx
            if tx.pending():
                self.port.write(tx.buf, tx.start, tx.pending())
                tx.clear()

    def shows(self, **expected):
        for name in sorted(expected):
            signal = getattr(self.station, name)
            value = signal.value if signal.quality == GOOD else None
            assert value == expected[name], (name, value, expected[name])


def test_a_station_s_signals():
    bench = Bench()
    bench.run(1000)
    bench.shows(grid_power_w=-1234, grid_voltage_dv=2301, frequency_mhz=50020)  # -1234.5 rounds up
    bench.shows(import_kwh=12345, import_wh=670, export_kwh=0, export_wh=890)


def test_whoever_is_there_ratios_and_sign():
    bench = Bench(address="", sign=-1, pt_ratio=10, ct_ratio=20)
    bench.run(1000)
    bench.shows(grid_power_w=246900, grid_voltage_dv=23010, import_kwh=178, import_wh=0, export_kwh=2469134)


def test_what_is_no_bcd_or_is_refused_costs_its_own_signal():
    held = dict(HELD)
    held[0x02010100] = hx("FFFF")
    del held[0x02800002]
    bench = Bench(held)
    bench.run(6000)
    bench.shows(grid_voltage_dv=None, frequency_mhz=None, grid_power_w=-1234, import_kwh=12345)
    assert bench.store.asked.count(0x02800002) == 1 and bench.store.asked.count(0x02030000) > 8


def test_another_address_is_silence_and_back_off():
    bench = Bench(address="18")
    bench.run(20000)
    bench.shows(grid_power_w=None)
    assert bench.bus.master.requests < 10 and bench.store.asked == []


def test_taking_in_a_reply_allocates_nothing():
    bench = Bench()
    bench.run(1000)
    for reading in bench.driver.readings:
        bench.driver.reading = reading
        bench.bus.master.count = len(HELD[reading.di])
        bench.bus.master.data[0 : len(HELD[reading.di])] = HELD[reading.di]
        no_heap(bench.driver.done, bench.bus.master, bench.now)
    no_heap(bench.driver.urgency, bench.now)


def test_impossible_settings():
    raises(LocalError, Bench, None, "12345x")
    raises(LocalError, Bench, pt_ratio=1000, ct_ratio=1000)


def test_power_of_each_phase():
    held = dict(HELD)
    held.update({0x02030100: hx("001000"), 0x02030200: hx("002080"), 0x02030300: hx("FFFFFF")})
    phases = Image({}, [{}, {}, {}]).bays
    bench = Bench(held, phases=[Told(bay.power_w) for bay in phases])
    bench.run(6000)
    assert [bay.power_w.value for bay in phases] == [100, -200, 0]
    assert [bay.power_w.quality == GOOD for bay in phases] == [True, True, False]



class Told:
    """A group with a power."""

    def __init__(self, signal):
        self.grid_power_w = signal
