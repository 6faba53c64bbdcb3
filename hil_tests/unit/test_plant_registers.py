"""Register maps of the plant, judged by addresses and offsets that are written out here once more."""

import struct

import pytest

from protocols.modbus.master import DONE, Master
from protocols.modbus.slave import Slave
from protocols.modbus.tcp import TcpFraming
from tools.plant.config import default_plant
from tools.plant.core import Plant
from tools.plant.meter_map import MeterMap
from tools.plant.sunspec_map import SunSpecMap
from tools.plant.truthlog import TruthLog, truth_columns
from tools.plant.virtual import virtual_converter, virtual_meter

# address of the ID register, model, L
MODELS = (
    (40002, 1, 66), (40070, 701, 153), (40225, 704, 65), (40292, 713, 7), (40301, 714, 43), (40346, 715, 7),
    (40355, 702, 50), (40407, 703, 17),
)
AC, CONTROLS, STORAGE, DC, CONTROL = 40070, 40225, 40292, 40301, 40346


@pytest.fixture
def plant():
    config = default_plant(2)
    config.update(phase_share_bp=[5000, 3000, 2000], substep_ms=50)
    plant = Plant(config)
    plant.inject("frequency", mhz=49_987)
    plant.inject("voltage", dv=2315, phase=1)
    plant.write_converter(0, {"WSet": 9000.0, "WSetEna": 1})
    plant.advance(1_800_000)
    return plant


def f32(registers):
    return struct.unpack(">f", struct.pack(">HH", *registers))[0]


def number(registers, code):
    return struct.unpack(">" + code, struct.pack(f">{len(registers)}H", *registers))[0]


def test_sdm630_addresses(plant):
    meter = MeterMap(plant)
    reading = plant.meter.sampled
    expected = {0x00: 231.5, 0x02: 230.0, 0x04: 230.0, 0x0C: -2000.0, 0x0E: -2400.0, 0x10: -2600.0,
                0x34: -7000.0, 0x06: 2000 / 231.5, 0x3E: -1.0, 0x46: 49.987, 0x48: reading.import_wh / 1000,
                0x4A: reading.export_wh / 1000, 0x160: reading.phase_export_wh[0] / 1000, 0x42: 0.0}
    for address, value in expected.items():
        assert f32(meter.read(4, address, 2)) == pytest.approx(value, rel=1e-6), hex(address)
    assert reading.export_wh == pytest.approx(3500, rel=1e-3)


def test_sdm630_block_is_one_snapshot(plant):
    block = MeterMap(plant).read(4, 0, 80)
    assert len(block) == 80
    assert f32(block[0x34:0x36]) == pytest.approx(sum(f32(block[a:a + 2]) for a in (0x0C, 0x0E, 0x10)))


@pytest.mark.parametrize("fc, address, count, code", [
    (3, 0x34, 2, 1), (4, 0x34, 0, 3), (4, 0, 82, 3), (4, 0x35, 2, 2), (4, 0x34, 3, 2), (4, 0x56, 4, 2),
    (4, 0x1000, 2, 2)])
def test_sdm630_refusals(fc, address, count, code):
    assert MeterMap(Plant(default_plant(1))).read(fc, address, count) == code


def test_sdm630_takes_no_writes(plant):
    assert MeterMap(plant).write(0x34, [0, 0]) == 1


def test_sunspec_chain_of_models(plant):
    device = SunSpecMap(plant, 0)
    assert struct.pack(">HH", *device.read(3, 40000, 2)) == b"SunS"
    for address, model, length in MODELS:
        assert device.read(3, address, 2) == [model, length]
    assert device.read(3, 40426, 2) == [0xFFFF, 0]
    assert device.read(3, 40426, 1) == [0xFFFF]
    assert device.read(3, 40428, 1) == 2
    assert device.read(3, 39999, 2) == 2
    assert device.read(4, 40000, 2) == 1


def test_sunspec_offsets_of_the_measurements(plant):
    def at(model, offset, code):
        size = struct.calcsize(code) // 2 or 1
        return number(SunSpecMap(plant, 0).read(3, model + offset, size), code)

    converter = plant.converters[0]
    assert at(AC, 3, "H") == 1 and at(AC, 4, "H") == 3
    assert at(AC, 10, "h") == 9000 and at(AC, 116, "h") == 0
    assert at(AC, 41, "h") == at(AC, 64, "h") == at(AC, 87, "h") == 3000
    assert at(AC, 17, "I") == 49_987 and at(AC, 115, "h") == -3
    assert at(AC, 47, "H") == 2315 and at(AC, 114, "h") == -1
    assert at(AC, 19, "Q") == round(converter.injected_wh)
    assert at(AC, 12, "h") == 0 and at(AC, 35, "h") == -0x8000
    assert at(CONTROLS, 22, "H") == 1 and at(CONTROLS, 23, "H") == 1 and at(CONTROLS, 24, "i") == 9000
    assert at(CONTROLS, 14, "H") == 0xFFFF and at(CONTROLS, 55, "h") == 0 and at(CONTROLS, 56, "h") == -2
    assert at(STORAGE, 2, "H") == 60_000 and at(STORAGE, 4, "H") == converter.battery.soc_bp()
    assert at(STORAGE, 7, "h") == 0 and at(STORAGE, 8, "h") == -2
    assert at(DC, 4, "H") == 1 and at(DC, 6, "h") == round(9000 / 0.94)
    assert at(DC, 20, "H") == 2 and at(DC, 31, "H") == round(converter.battery.voltage_v * 10)
    assert at(CONTROL, 2, "H") == 0 and at(CONTROL, 3, "I") == 1800


def test_sunspec_whole_map_reads_in_pieces_as_in_one(plant):
    device = SunSpecMap(plant, 0)
    pieces = [r for a in range(40000, 40428, 4) for r in device.read(3, a, 4)]
    whole = [r for a in range(40000, 40428, 107) for r in device.read(3, a, 107)]
    assert pieces == whole and len(whole) == 428


def test_writes_act_as_one_transaction(plant):
    device = SunSpecMap(plant, 1)
    block = [1, 1, *struct.unpack(">HHHH", struct.pack(">ii", -4000, 0)), 0, 0, 0, 0, 3]
    assert device.write(CONTROLS + 22, block) == 0
    assert plant.converters[1].ordered_w() == 4000
    assert number(device.read(3, CONTROLS + 33, 2), "I") == 3
    plant.advance(plant.now_ms + 1500)
    assert number(device.read(3, CONTROLS + 33, 2), "I") == 2
    assert number(device.read(3, AC + 10, 1), "h") == -4000
    plant.advance(plant.now_ms + 3000)
    assert device.read(3, CONTROLS + 22, 1) == [0]


@pytest.mark.parametrize("address, values, code", [
    (CONTROLS + 21, [0, 1], 2), (CONTROLS + 22, [1, 1, 0], 2), (CONTROLS + 25, [5], 2),
    (CONTROLS + 31, [0, 5, 0, 0], 2), (AC + 10, [5], 2), (40000, [1], 2), (CONTROLS + 22, [2], 3),
    (CONTROLS + 23, [7], 3), (CONTROLS + 22, [1, 7], 3), (CONTROLS + 24, [0x8000, 0], 3),
    (CONTROL + 8, [4], 3), (CONTROL + 2, [1], 2), (CONTROL + 5, [1], 2)])
def test_refused_writes_change_nothing(address, values, code):
    plant = Plant(default_plant(2))
    before = plant.state()
    assert SunSpecMap(plant, 1).write(address, values) == code
    assert plant.state() == before


def test_scale_factors_fit_the_rating_and_can_be_set():
    config = default_plant(2)
    config["bays"][0].update(rating_w=350_000, capacity_wh=700_000, slew_w_per_s=1_000_000)
    config["bays"][1]["scale_factors"] = {"W_SF": 1, "WSet_SF": 2, "Pct_SF": 0, "A_SF": -4}
    plant = Plant(config)
    big, odd = SunSpecMap(plant, 0), SunSpecMap(plant, 1)
    plant.write_converter(0, {"WSet": 350_000.0, "WSetEna": 1})
    assert odd.write(CONTROLS + 22, [1, 1, 0xFFFF, 0x10000 - 50]) == 0
    plant.advance(3000)
    assert number(big.read(3, AC + 10, 1), "h") * 10 ** big.read(3, AC + 116, 1)[0] == 350_000
    assert number(big.read(3, STORAGE + 2, 1), "H") * 10 ** big.read(3, STORAGE + 7, 1)[0] == 700_000
    assert plant.converters[1].ac_w == 5000
    assert number(odd.read(3, AC + 10, 1), "h") == -500
    assert odd.read(3, STORAGE + 4, 1) == [50]
    assert number(odd.read(3, AC + 14, 1), "h") == 32_767


def test_fault_full_battery_and_unplugging_show_in_the_registers(plant):
    device = SunSpecMap(plant, 1)
    plant.inject("converter_fault", bay=1, alarm="GROUND_FAULT")
    plant.advance(plant.now_ms + 50)
    assert device.read(3, AC + 3, 5) == [0, 6, 0, 0, 1]
    plant.clear("converter_fault", bay=1)
    plant.inject("soc", bay=1, bp=10_000)
    plant.write_converter(1, {"WSet": -5000.0, "WSetEna": 1})
    plant.advance(plant.now_ms + 1000)
    assert device.read(3, AC + 4, 1) == [4]
    plant.inject("vehicle_unplugged", bay=1)
    assert device.read(3, STORAGE + 4, 1) == [0xFFFF]
    assert device.read(3, DC + 42, 1) == [0]


def test_alarm_reset_and_heartbeat_are_written(plant):
    device = SunSpecMap(plant, 1)
    assert device.write(CONTROL + 5, [0, 77, 1, 2]) == 0
    assert device.read(3, CONTROL + 5, 4) == [0, 77, 0, 2]
    assert plant.converters[1].state(plant.now_ms) == "standby"


def test_virtual_faces_keep_the_store_contract(plant):
    now = [plant.now_ms]
    meter, converter = virtual_meter(plant, lambda: now[0]), virtual_converter(plant, 1, lambda: now[0])
    out = bytearray(10)
    assert meter.read(1, 4, 0x34, 2, out, 3) == 0
    assert out[:3] == b"\0\0\0" and out[7:] == b"\0\0\0"
    assert struct.unpack(">f", out[3:7])[0] == pytest.approx(-7000)
    assert meter.read(1, 3, 0x34, 2, out, 0) == 1
    data = b"\xff" + struct.pack(">HHi", 1, 1, -3000)
    assert converter.write(1, 16, CONTROLS + 22, 4, data, 1) == 0
    now[0] += 2000
    assert converter.read(1, 3, AC + 10, 1, out, 0) == 0
    assert struct.unpack(">h", out[:2])[0] == -3000
    assert plant.now_ms == now[0]


def test_logs_in_virtual_time(tmp_path):
    plant = Plant(default_plant(1))
    log = TruthLog(plant, tmp_path / "log")
    plant.advance(250)
    SunSpecMap(plant, 0).write(CONTROLS + 22, [1, 1, 0xFFFF, 0x10000 - 500])
    SunSpecMap(plant, 0).write(CONTROL + 5, [0, 1])
    plant.inject("soc", bay=0, bp=4000)
    plant.advance(1000)
    log.close()
    plant.advance(2000)
    truth, writes, events = ((tmp_path / "log" / name).read_text().splitlines()
                             for name in ("truth.csv", "writes.csv", "events.csv"))
    assert truth[0] == ",".join(truth_columns(1))
    assert [line.split(",")[1] for line in truth[1:]] == [str(ms) for ms in range(0, 1001, 100)]
    assert truth[1] == "0,0,50000,2000.0,2000.0,0.0,,5000,running"
    assert truth[-1] == "1000000000,1000,50000,2500.0,2000.0,500.0,500.0,4000,running"
    assert writes[0] == "t_ns,plant_ms,bay,wset_w,wset_ena,rvrt_tms_s,order_w"
    assert writes[1:] == ["250000000,250,0,-500.0,1,,500.0"]
    assert events[1] == '250000000,250,inject,soc,"{""bay"": 0, ""bp"": 4000}"'


def test_our_own_slave_and_master_work_over_a_virtual_face(plant):
    slave, master = Slave(TcpFraming(), virtual_converter(plant, 1), (1,)), Master(TcpFraming(), 500)

    def exchange():
        slave.feed(master.tx.buf[master.tx.start:master.tx.end], master.tx.pending(), 0)
        master.tx.consumed(master.tx.pending())
        slave.tick(0)
        master.feed(slave.tx.buf[slave.tx.start:slave.tx.end], slave.tx.pending(), 0)
        slave.tx.consumed(slave.tx.pending())
        return master.state

    master.write_registers(1, CONTROLS + 22, [1, 1, 0, 1500], 4, 0)
    assert exchange() == DONE
    assert plant.converters[1].ordered_w() == -1500
    master.read(1, 3, CONTROLS + 22, 4, 0)
    assert exchange() == DONE
    assert master.s32(2) == 1500
    master.write_register(1, AC + 10, 7, 0)
    exchange()
    assert master.exception_code == 2
