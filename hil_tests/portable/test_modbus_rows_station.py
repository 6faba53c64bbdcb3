"""Rows 14, 22 and 42 to 49 of the Modbus table, where drivers and the step have a part: stale, torn and
missing values, busy devices, retries, dead slaves, leases; and random frames.

lane: heap=640k
"""

from drivers.converter_registers import RegisterConverter
from drivers.maps import em340, sdm630
from drivers.meter_modbus import MeterModbus
from firmware.config import section
from firmware.image import CONVERTER_RUNNING, GOOD, STALE, Image
from firmware.schema import METER
from hil_tests.portable.firmware_support import Bench, raw_config
from hil_tests.portable.meter_support import all_words, words
from hil_tests.portable.modbus_line_rig import Line, Words
from hil_tests.portable.modbus_pair_rig import FRAMINGS, Rig
from hil_tests.portable.modbus_slave_rig import READ_0, REPLY_0, ask, full_serial
from hil_tests.portable.modbus_support import START, FullStore, drain, feed
from hil_tests.portable.support import no_heap
from protocols.modbus import master as mb
from protocols.modbus.full_master import FullMaster
from protocols.modbus.full_slave import FullSlave
from protocols.modbus.master import Master
from protocols.modbus.rtu import RtuFraming
from protocols.modbus.tcp import TcpFraming
from protocols.ticks import ticks_add, ticks_diff

# 230.1 V, -15000.4 W, 50.02 Hz, 12345.678 and 9.5 kWh as singles, high word first
SDM630 = all_words(
    words(0x00, "4366 199A 4366 199A 4366 199A"),
    words(0x34, "C66A 619A"),
    words(0x46, "4248 147B 4640 E6B6 4118 0000"),
)
# 230.1 V, -15000.4 W as integers, low word first
EM340 = all_words(words(0x00, "08FD 0000 08FD 0000 08FD 0000"), words(0x28, "B60C FFFD"), words(0x33, "01F4"))


def metered(table, held, station):
    """A line with one meter of this kind behind it."""
    line = Line({7: Words(dict(held))})
    line.bus.add(MeterModbus(7, 200, 1, table, station))
    return line


def test_row_14_units_of_a_configured_meter():
    for unit, errors in ((0, 1), (1, 0), (247, 0), (248, 1), (255, 1)):
        found = []
        section({"name": "m", "model": "sdm630", "bus": "line", "unit": unit}, METER, "meter", found)
        assert len(found) == errors, unit


def test_row_22_a_silent_meter_becomes_stale_and_its_limits_close():
    bench = Bench(raw_config())
    line = metered(sdm630, SDM630, bench.station)
    line.now = bench.now
    signal = bench.station.grid_power_w
    for _ in range(20):
        line.run(100)
        bench.step()
    assert signal.quality == GOOD and signal.value == -15000
    line.dead = (7,)
    age_ms = 0
    while signal.quality == GOOD:
        line.run(100)
        bench.step()
        age_ms = ticks_diff(bench.now, signal.time)
        assert age_ms < 700
    assert signal.quality == STALE and signal.value == -15000 and age_ms > signal.max_age_ms
    assert line.bus.master.timeouts > 0
    line.dead = ()
    for _ in range(60):
        line.run(100)
        bench.step()
    assert signal.quality == GOOD


def test_row_42_both_halves_of_a_32_bit_value_from_one_snapshot():
    for framing in FRAMINGS:
        rig = Rig(framing)
        for k in range(20):
            rig.store.values[0:2] = [k, k]
            rig.master.read(1, 3, 0, 2, rig.now)
            for _ in range(200):
                if rig.slave.requests > k:
                    rig.store.values[0:2] = [k + 100, k + 100]
                if rig.master.state != mb.WAITING:
                    break
                rig.step()
            assert rig.until_done() == mb.DONE
            assert rig.master.register(0) == rig.master.register(1)


def test_row_42_word_order_is_the_table_s():
    for table, held in ((sdm630, SDM630), (em340, EM340)):
        station = Image({}, []).station
        metered(table, held, station).run(600)
        assert station.grid_power_w.value == -15000 and station.grid_voltage_dv.value == 2301, table.TITLE


def test_row_43_sentinels_never_become_measurements():
    for table, held, at, text in (
        (sdm630, SDM630, 0x34, "7FC0 0000"),
        (sdm630, SDM630, 0x34, "FFFF FFFF"),
        (sdm630, SDM630, 0x34, "7F80 0000"),
        (sdm630, SDM630, 0x34, "FF80 0000"),
        (em340, EM340, 0x28, "FFFF 7FFF"),
        (em340, EM340, 0x28, "0000 8000"),
    ):
        station = Image({}, []).station
        metered(table, all_words(held, words(at, text)), station).run(600)
        assert station.grid_power_w.quality != GOOD, text
        assert station.grid_voltage_dv.quality == GOOD
    for text in ("7FFF", "8000"):
        station = Image({}, []).station
        metered(em340, all_words(EM340, words(0x33, text)), station).run(600)
        assert station.frequency_mhz.quality != GOOD and station.grid_power_w.quality == GOOD


def test_row_44_busy_and_unknown_exceptions_cost_time_and_nothing_else():
    for code in (5, 6, 99):
        station = Image({}, []).station
        line = metered(sdm630, SDM630, station)
        store = line.slaves[0]._store
        line.run(500)
        store.fault = code
        line.run(2000)
        reads = store.reads
        line.run(4000)
        assert store.reads - reads < 10, code  # left alone for a while
        assert line.bus.master.exceptions > 0 and station.grid_power_w.value == -15000
        store.fault = 0
        station.grid_power_w.put(0, line.now)
        line.run(12000)
        assert station.grid_power_w.value == -15000, code


CALLS = (
    lambda m: m.write_register(1, 1, 3, START),
    lambda m: m.write_registers(1, 1, (7, 8), 2, START),
    lambda m: m.write_coil(1, 1, True, START),
    lambda m: m.write_coils(1, 1, (1, 0), 2, START),
    lambda m: m.mask_write(1, 1, 0, 1, START),
    lambda m: m.read_write(1, 1, 1, 1, (2,), 1, START),
    lambda m: m.read(1, 3, 0, 1, START),
)


def test_row_45_nobody_repeats_a_request_by_himself():
    for framing in FRAMINGS:
        for call in CALLS:
            master = FullMaster(framing(), 300)
            call(master)
            assert drain(master)
            for ms in range(1, 2000, 7):
                master.tick(ticks_add(START, ms))
                assert drain(master) == b""
            assert (master.requests, master.timeouts, master.error) == (1, 1, mb.TIMEOUT)


def test_row_45_a_set_point_without_answer_is_never_repeated_on_its_connection():
    line, driver, device = charger(False)
    line.run(1000)
    asked = line.bus.master.requests
    line.port.peer.is_buffered = True  # as a TCP connection is: what was written may arrive late
    dropped = []
    line.port.peer.drop = lambda: dropped.append(line.now)
    driver.bay.command_w.put(2500, line.now)
    line.dead = (1,)
    while not dropped:
        line.run(1)
    told = [frame for frame in line.frames if frame[7:10] == b"\x06\x00\x10" and frame[10:] == b"\x09\xc4"]
    assert len(told) == 1 and driver.backoff.failures == 1 and line.bus.master.requests > asked


def test_row_46_a_dead_slave_cannot_starve_the_others():
    """Four meters at 9600 baud; the worst age of a live meter's power while the fourth is dead."""
    ages = []
    for dead in ((), (4,)):
        stations = [Image({}, []).station for _ in range(4)]
        line = Line({unit: Words(dict(SDM630)) for unit in (1, 2, 3, 4)})
        for unit in (1, 2, 3, 4):
            line.bus.add(MeterModbus(unit, 500, 1, sdm630, stations[unit - 1]))
        line.run(3000)
        line.dead = dead
        worst_ms = 0
        for _ in range(60):
            line.run(100)
            for station in stations[:3]:
                worst_ms = max(worst_ms, ticks_diff(line.now, station.grid_power_w.time))
        ages.append(worst_ms)
    assert ages[1] <= ages[0] + 2 * (100 + 100 + 20), ages  # a time-out, its quarantine, the frames


class Charger(RegisterConverter):
    """Set-point in register 16, measured power in 20; both in W, two's complement."""

    READS = ((3, 20, 1, 1),)

    def make_settings(self):
        return []

    def take(self, i, master, now):
        self.bay.power_w.put(master.s16(0), now)
        self.bay.state.put(CONVERTER_RUNNING, now)

    def write(self, master, watts, now):
        master.write_register(self.unit, 16, watts & 0xFFFF, now)

    def is_off(self):
        return False


class ChargerWords(Words):
    """Follows its set-point at once, and goes to 0 W when none came for `lease_ms`."""

    def __init__(self, lease_ms):
        super().__init__({16: 0, 20: 0})
        self.lease_ms = lease_ms
        self.told_at = START
        self.told = 0

    def look(self, now):
        if len(self.writes) != self.told:
            self.told = len(self.writes)
            self.told_at = now
        is_leased = ticks_diff(now, self.told_at) < self.lease_ms
        self.words[20] = self.words[16] if is_leased else 0
        return self.words[20]


def charger(is_serial):
    bay = Image({}, [{"command_w": 1000, "power_w": 60000}]).bays[0]
    device = ChargerWords(2000)
    line = Line({1: device}, is_serial)
    driver = Charger(1, 100, 2000, bay)
    line.bus.add(driver)
    return line, driver, device


def test_row_47_set_point_is_refreshed_read_back_and_ends_with_the_link():
    for is_serial in (True, False):
        line, driver, device = charger(is_serial)
        bay = driver.bay
        for _ in range(60):
            bay.command_w.put(3000, line.now)
            line.run(100)
            device.look(line.now)
        assert bay.power_w.value == 3000 and driver.is_told(3000)
        refreshed = len([value for _, value in device.writes if value == 3000])
        assert 8 <= refreshed <= 14  # four times in every lease
        line.dead = (1,)
        cut = line.now
        while device.look(line.now):
            bay.command_w.put(3000, line.now)
            line.run(10)
        assert ticks_diff(line.now, cut) <= device.lease_ms
        line.run(1100)  # nobody commands any more, and the order's lease runs out
        line.dead = ()
        driver.lost(line.now)
        told = len(device.writes)
        line.run(6000)
        assert device.writes[told:] and device.look(line.now) == 0
        assert [value for _, value in device.writes[told:] if value] == []


NOISE = bytearray(24)


def random_frames(rounds, seed, slave, master):
    """Bytes that no frame is made of, and some that could be; the time when the line is quiet again."""
    now = START
    for _ in range(rounds):
        seed = seed * 75 % 65537
        size = seed % 24 + 1
        for i in range(size):
            seed = seed * 75 % 65537
            NOISE[i] = seed & 0xFF if seed & 0x300 else 1
        if master.ready(now):
            master.read(1, 3, 0, 1, now)
        slave.feed(NOISE, size, now)
        master.feed(NOISE, size, now)
        now = ticks_add(now, 60)
        slave.tick(now)
        master.tick(now)
        slave.tx.clear()
        master.tx.clear()
    return now


def test_row_49_counters_add_up_under_random_frames():
    slave, _ = full_serial()
    now = random_frames(200, 12345, slave, Master(RtuFraming(9600), 20, 0))
    assert slave.crc_errors + slave.requests + slave.broadcasts + slave.foreign + slave.ignored == 200
    assert ask(slave, READ_0, now)[:3] == REPLY_0[:3]


def test_row_49_random_frames_leave_nothing_behind():
    slave = FullSlave(RtuFraming(9600), FullStore(), (1,))
    master = Master(RtuFraming(9600), 20, 0)
    random_frames(20, 1, slave, master)
    no_heap(random_frames, 100, 777, slave, master)


def test_row_49_every_single_byte_and_every_cut():
    slave, _ = full_serial()
    now = START
    for n in range(1, len(READ_0)):
        feed(slave, READ_0[:n], now)
        now = ticks_add(now, 60)
        slave.tick(now)
        assert drain(slave) == b"" and slave.crc_errors == n
    for byte in range(256):
        feed(slave, bytes((byte,)), now)
        now = ticks_add(now, 60)
        slave.tick(now)
    assert slave.crc_errors == len(READ_0) - 1 + 256
    assert ask(slave, READ_0, now) == REPLY_0
    network = FullMaster(TcpFraming(), 300)
    for byte in range(256):
        network.feed(bytes((byte,)) * 7, 7, now)
        network.link_lost()
    assert network.ready(now)
