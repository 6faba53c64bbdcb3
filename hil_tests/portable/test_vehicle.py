"""The vehicle record: from GB/T 27930 and from an external SECC the same, with limits that end by themselves.

lane: heap=320k
"""

import json

from drivers import vehicle as r
from drivers.can_bus import CanBus
from drivers.ports import memory
from drivers.ports.can_memory import MemoryBus
from drivers.vehicle_gbt import GbtVehicle
from drivers.vehicle_secc import SeccVehicle
from firmware.image import BAY_ROWS, GOOD, INVALID, MEASURED, Group
from protocols.can import CanFrame
from protocols.gbt27930 import charger as c
from protocols.gbt27930 import vehicle as v
from protocols.ticks import TICKS_MASK, ticks_add

START = TICKS_MASK - 3000
BMS_ROWS = tuple([(name, MEASURED) for name in (
    "bms_charge_w", "bms_discharge_w", "cell_hi_mv", "cell_lo_mv", "temp_hi_dc", "temp_lo_dc")])


class GbtRig:
    """The driver on a bus in memory with the vehicle's twin."""

    def __init__(self, discharges=True, rows=BAY_ROWS + BMS_ROWS):
        bus = MemoryBus()
        self.bus = CanBus("can", bus.port(32))
        self.car_port = bus.port(32)
        self.bay = Group(rows, {})
        self.record = r.VehicleRecord()
        options = c.ChargerOptions()
        options.discharge = True
        self.driver = GbtVehicle(self.bay, self.record, options)
        self.bus.add(self.driver)
        self.bms = v.VehicleState()
        self.bms.discharges = discharges
        self.bms.discharge_max_da = 800
        self.car = v.Vehicle(self.bms)
        self.now = START
        self.frame = CanFrame()
        self.silent = False

    def run(self, ms):
        for _ in range(ms // 10):
            self.now = ticks_add(self.now, 10)
            self.bus.service(self.now)
            while self.car_port.receive(self.frame):
                if not self.silent:
                    self.car.feed(self.frame, self.now)
            self.car.tick(self.now)
            head = self.car.queue.head()
            while head is not None:
                if not self.silent:
                    self.car_port.send(head.id, head.data, head.n, True)
                self.car.queue.drop()
                head = self.car.queue.head()
            if self.car.state == v.PREPARE:
                self.car.ready(self.now)

    def until(self, phase):
        for _ in range(1000):
            if self.record.phase == phase:
                return
            self.run(10)
        raise AssertionError(r.PHASE_NAMES[self.record.phase])


def transferring(**options):
    rig = GbtRig(**options)
    rig.car.plugged(rig.now)
    rig.driver.plugged(rig.now)
    rig.until(r.WAITS_INSULATION)
    assert rig.driver.insulation_voltage_dv() == 4500
    rig.driver.insulated(rig.now)
    rig.until(r.WAITS_OUTPUT)
    assert rig.record.voltage_dv == 4000 and rig.record.voltage_max_dv == 4500
    assert rig.record.charge_max_da(rig.now) == 0  # no limit holds before energy may flow
    rig.driver.output_ready(rig.now)
    rig.until(r.TRANSFERRING)
    rig.run(1500)
    return rig


def test_a_gbt_vehicle_fills_the_record():
    rig = transferring()
    record = rig.record
    assert record.identity == b"LSIMULATEDCAR0001" and record.protocol == "GB/T 27930-2015"
    assert record.soc_bp == 5000 and record.energy_wh == 60000
    assert record.voltage_max_dv == 4400  # of BCP's 450 V and BCL's 440 V the lower
    assert record.charge_max_da(rig.now) == 1000 and record.discharge_max_da(rig.now) == 800
    assert record.voltage_min_dv == 3200 and record.soc_min_bp == 2000
    assert (record.cell_hi_mv, record.temp_hi_dc, record.temp_lo_dc) == (3700, 250, 240)


def test_the_image_gets_what_it_has_rows_for():
    rig = transferring()
    bay = rig.bay
    assert bay.soc_bp.value == 5000 and bay.soc_bp.quality == GOOD
    assert bay.bms_charge_w.value == 40000 and bay.bms_discharge_w.value == 32000
    assert bay.cell_hi_mv.value == 3700 and bay.cell_lo_mv.value == 3600  # 27930 tells the highest alone
    rig.record.cell_hi_mv = r.ABSENT
    rig.record.publish(bay, rig.now)
    assert bay.cell_hi_mv.quality == INVALID and bay.cell_lo_mv.quality == INVALID
    rig = transferring(rows=BAY_ROWS)
    assert rig.bay.soc_bp.quality == GOOD and not hasattr(rig.bay, "bms_charge_w")


def test_limits_end_with_permission_with_the_session_and_with_silence():
    rig = transferring()
    rig.bms.permitted = False
    rig.run(500)
    assert rig.record.charge_max_da(rig.now) == 0 and rig.record.discharge_max_da(rig.now) == 0
    rig.bms.permitted = True
    rig.run(500)
    assert rig.record.charge_max_da(rig.now) == 1000
    rig.silent = True
    rig.run(1100)
    assert rig.record.charge_max_da(rig.now) == 0 and rig.record.phase == r.CONNECTING
    rig = transferring()
    rig.driver.stop(False, rig.now)
    assert rig.record.charge_max_da(rig.now) == 0 and rig.record.phase == r.STOPPING
    rig.until(r.ENDED)


def test_a_vehicle_that_only_charges_has_no_discharge_limit():
    rig = transferring(discharges=False)
    assert rig.record.charge_max_da(rig.now) == 1000 and rig.record.discharge_max_da(rig.now) == 0


def test_no_discharging_below_the_vehicles_own_soc():
    rig = transferring()
    rig.bms.soc_bp = 2000
    rig.run(600)
    assert rig.record.discharge_max_da(rig.now) == 0 and rig.record.charge_max_da(rig.now) == 1000


def test_demands_are_followed_as_they_change():
    rig = transferring()
    rig.bms.demand_da, rig.bms.demand_dv = 123, 4300
    rig.run(100)
    assert rig.record.charge_max_da(rig.now) == 123 and rig.record.voltage_max_dv == 4300
    rig.driver.measured(3990, -250)
    rig.run(100)
    assert rig.car.values[11][:2] == [3990, -250]


def test_unplugged_leaves_nothing_behind():
    rig = transferring()
    rig.driver.unplugged(rig.now)
    rig.run(20)
    assert rig.record.phase == r.UNPLUGGED and not rig.record.known and rig.bay.soc_bp.quality == INVALID


class SeccRig:
    def __init__(self):
        ours, self.theirs = memory.pair()
        self.bay = Group(BAY_ROWS + BMS_ROWS, {})
        self.record = r.VehicleRecord()
        self.driver = SeccVehicle(ours)
        self.driver.attach(self.bay, self.record)
        self.now = START
        self.buf = bytearray(2048)

    def say(self, text):
        data = text.encode() if isinstance(text, str) else text
        self.theirs.write(data, 0, len(data))
        self.run(10)

    def tell(self, **said):
        self.say(json.dumps(said) + "\n")

    def run(self, ms):
        self.now = ticks_add(self.now, ms)
        self.driver.service(self.now)

    def heard(self):
        """The last object that we sent."""
        n = self.theirs.read_into(self.buf)
        lines = bytes(self.buf[:n]).decode().strip().split("\n")
        return json.loads(lines[-1])


FULL = {"phase": "transfer", "protocol": "ISO 15118-20", "identity": "WMIV1234567890ABCDEX",
        "permitted": True, "soc_bp": 5500, "energy_wh": 77000, "voltage_dv": 3987, "current_da": -120,
        "charge_da": 1000, "discharge_da": 800, "voltage_max_dv": 4400, "voltage_min_dv": 3200,
        "soc_min_bp": 2000, "cell_hi_mv": 3710, "cell_lo_mv": 3690, "temp_hi_dc": 265, "temp_lo_dc": 250,
        "remaining_min": 45}


def test_an_external_secc_fills_the_same_record():
    rig = SeccRig()
    rig.driver.plugged(rig.now)
    rig.tell(**FULL)
    record = rig.record
    assert record.phase == r.TRANSFERRING and record.protocol == "ISO 15118-20"
    assert record.identity == b"WMIV1234567890ABCDEX"
    assert (record.soc_bp, record.voltage_dv, record.current_da) == (5500, 3987, -120)
    assert record.charge_max_da(rig.now) == 1000 and record.discharge_max_da(rig.now) == 800
    assert rig.bay.bms_discharge_w.value == 31896 and rig.bay.cell_lo_mv.value == 3690


def test_what_we_say_to_the_secc():
    rig = SeccRig()
    rig.driver.plugged(rig.now)
    rig.driver.measured(3990, 15)
    rig.run(10)
    assert rig.heard() == {"plugged": True, "insulated": False, "output": False, "stop": None,
                           "voltage_dv": 3990, "current_da": 15}
    rig.driver.insulated(rig.now)
    rig.run(10)
    assert rig.heard()["insulated"] is True
    rig.driver.output_ready(rig.now)
    rig.driver.stop(True, rig.now)
    rig.run(10)
    assert rig.heard()["stop"] == "fault"
    rig.run(1000)
    assert rig.heard()["output"] is True


def test_silence_and_our_own_stop_close_the_limits():
    rig = SeccRig()
    rig.driver.plugged(rig.now)
    rig.tell(**FULL)
    rig.run(rig.record.max_age_ms + 1)
    assert rig.record.charge_max_da(rig.now) == 0 and rig.bay.bms_charge_w.value == 0
    rig.tell(**FULL)
    assert rig.record.charge_max_da(rig.now) == 1000
    rig.driver.stop(False, rig.now)
    rig.tell(**FULL)
    assert rig.record.charge_max_da(rig.now) == 0


def test_lines_that_are_nothing_change_nothing():
    rig = SeccRig()
    rig.driver.plugged(rig.now)
    rig.tell(**FULL)
    for line in (b"\n", b"hello\n", b"[1]\n", b"{\n", b'{"phase": 3}\n', b'{"phase": "x"}\n', b"{}\n",
                 b"\xff\xfe{}\n", b'{"phase": "transfer"' + b" " * 600 + b"}\n"):
        rig.say(line)
    assert rig.driver.bad_lines == 8 and rig.record.soc_bp == 5500


def test_a_value_out_of_range_is_unknown_alone():
    rig = SeccRig()
    rig.driver.plugged(rig.now)
    for bad in (-1, 10001, "5500", True, None, 55.5):
        said = dict(FULL)
        said["soc_bp"] = bad
        rig.tell(**said)
        assert rig.record.soc_bp == r.ABSENT and rig.record.charge_max_da(rig.now) == 1000
        assert rig.record.discharge_max_da(rig.now) == 0  # not without knowing the SOC
    said = dict(FULL)
    said["charge_da"] = 999999
    rig.tell(**said)
    assert rig.record.charge_max_da(rig.now) == 0


def test_a_line_may_come_in_pieces():
    rig = SeccRig()
    text = json.dumps(FULL) + "\n"
    rig.say(text[:100])
    rig.say(text[100:])
    assert rig.record.known


def test_fixed_limits_for_a_battery_that_says_nothing():
    limits = r.FixedLimits(100, 50, 3000, 4200)
    assert limits.charge_max_da(0) == 100 and limits.discharge_max_da(5) == 50
