"""The simulated converter as a stranger sees it: pysunspec2 scans it, reads it and commands it over TCP."""

import time

import pytest
from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusIOException
from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP

from tools.plant.config import default_plant
from tools.plant.process import PlantProcess

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def plant():
    section = default_plant(2)
    section["bays"][1].update(rating_w=60_000, capacity_wh=100_000, slew_w_per_s=1_000_000, soc_bp=4321,
                              heartbeat_ms=1500)
    section["frequency_mhz"] = 49_950
    with PlantProcess(section) as process:
        yield process


def connect(address):
    host, port = address.rsplit(":", 1)
    device = SunSpecModbusClientDeviceTCP(slave_id=1, ipaddr=host, ipport=int(port), timeout=2.0)
    device.connect()
    return device


@pytest.fixture(params=[0, 1])
def bay(request):
    return request.param


@pytest.fixture
def device(plant, bay):
    device = connect(plant.converters[bay])
    device.scan(connect=False)
    yield device
    device.close()


def order(device, injection_w, lease_s=0):
    """The usual recipe: mode, fall-back, lease, value, and enable last."""
    model = device.models[704][0]
    model.WSetMod.value = 1
    model.WSetRvrtTms.value = lease_s
    model.WSet.cvalue = injection_w
    model.WSetEna.value = 1
    model.write()


def wait_for(condition, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


def measured_w(device):
    device.models[701][0].W.read()
    return device.models[701][0].W.cvalue


def test_scan_finds_the_models_without_complaint(device):
    assert device.base_addr == 40000
    models = [model for model in device.models if isinstance(model, int)]
    assert models == [1, 701, 704, 713, 714, 715, 702, 703]
    assert [device.models[i][0].error_info for i in models] == [""] * 8
    assert device.models[1][0].Md.value.startswith("Simulated")
    assert len(device.models[714][0].Prt) == 1


def test_values_equal_the_truth(plant, bay, device):
    order(device, 4500)
    wait_for(lambda: measured_w(device) == 4500)
    for model in (701, 704, 713, 714, 715):
        device.models[model][0].read()
    state = plant.control.state()
    truth = state["bays"][bay]
    ac, controls, storage = (device.models[i][0] for i in (701, 704, 713))
    dc, control = device.models[714][0], device.models[715][0]
    assert -ac.W.cvalue == truth["ac_w"]
    assert ac.WL1.cvalue + ac.WL2.cvalue + ac.WL3.cvalue == pytest.approx(4500)
    assert ac.Hz.cvalue == pytest.approx(49.95)
    assert ac.LNV.cvalue == pytest.approx(230)
    assert ac.LLV.cvalue == pytest.approx(398.4)
    assert ac.A.cvalue == pytest.approx(4500 / 230, abs=0.1)
    assert (ac.St.value, ac.InvSt.value, ac.Alrm.value) == (1, 3, 0)
    assert ac.TmpAmb.value is None and controls.WMaxLimPct.value is None
    assert -controls.WSet.cvalue == truth["order_w"]
    assert storage.SoC.cvalue == pytest.approx(truth["soc_bp"] / 100, abs=0.02)
    assert storage.WHAvail.cvalue == pytest.approx(truth["stored_wh"], abs=15)
    assert dc.Prt[0].PrtTyp.value == 2
    assert dc.Prt[0].DCW.cvalue == pytest.approx(4500 / 0.94, abs=10)
    assert dc.Prt[0].DCV.cvalue * dc.Prt[0].DCA.cvalue == pytest.approx(4500 / 0.94, rel=0.01)
    assert control.DERHb.value == pytest.approx(state["plant_ms"] / 1000, abs=2)


@pytest.mark.parametrize("injection_w", [-6000, 6000, 0])
def test_set_point_moves_the_plant(plant, bay, device, injection_w):
    order(device, injection_w)
    wait_for(lambda: plant.control.state()["bays"][bay]["ac_w"] == -injection_w)
    device.models[704][0].read()
    assert device.models[704][0].WSet.cvalue == injection_w


def test_lease_counts_down_in_the_device_and_reverts(plant, device):
    order(device, 3000, lease_s=2)
    wait_for(lambda: measured_w(device) == 3000)
    controls = device.models[704][0]
    controls.WSetRvrtRem.read()
    assert controls.WSetRvrtRem.value in (1, 2)
    wait_for(lambda: measured_w(device) == 0)
    controls.read()
    assert (controls.WSetEna.value, controls.WSetRvrtRem.value) == (0, 0)


def test_lost_heartbeat_reverts(plant):
    device = connect(plant.converters[1])
    device.scan(connect=False)
    order(device, 3000)
    control = device.models[715][0]
    for beat in range(1, 5):
        control.ControllerHb.value = beat
        control.write()
        time.sleep(0.5)
    assert measured_w(device) == 3000
    wait_for(lambda: measured_w(device) == 0, 3)
    device.close()


def test_read_only_points_refuse_a_write(device):
    with pytest.raises(Exception, match="Modbus exception: 2"):
        device.write(device.models[701][0].model_addr + 10, b"\0\1")


def test_several_clients_at_once(plant, bay):
    devices = [connect(plant.converters[bay]) for _ in range(4)]
    for device in devices:
        device.scan(connect=False)
    order(devices[0], 2500)
    for device in devices:
        wait_for(lambda d=device: measured_w(d) == 2500)
    for device in devices:
        device.close()


def loses_answers_to(client, injection_w):
    with pytest.raises(ModbusIOException):
        client.write_registers(40225 + 22, [1, 1, 0, injection_w], device_id=1)


def test_a_deaf_converter_acts_and_a_silent_one_does_not(plant, bay):
    host, port = plant.converters[bay].rsplit(":", 1)
    with ModbusTcpClient(host, port=int(port), timeout=0.3, retries=0) as client:
        plant.control.inject("converter_deaf", bay=bay)
        loses_answers_to(client, 2000)
        wait_for(lambda: plant.control.state()["bays"][bay]["ac_w"] == -2000)
        plant.control.clear("converter_deaf", bay=bay)
        plant.control.inject("converter_silent", bay=bay)
        loses_answers_to(client, 7000)
        plant.control.clear("converter_silent", bay=bay)
        assert not client.read_holding_registers(40070, count=2, device_id=1).isError()
    time.sleep(0.5)
    assert plant.control.state()["bays"][bay]["ac_w"] == -2000


def test_a_fault_shows_and_cuts_the_power(plant, bay, device):
    order(device, 5000)
    wait_for(lambda: measured_w(device) == 5000)
    plant.control.inject("converter_fault", bay=bay, alarm="OVER_TEMP")
    wait_for(lambda: measured_w(device) == 0, 1)
    ac = device.models[701][0]
    ac.read()
    assert (ac.St.value, ac.InvSt.value, ac.Alrm.value) == (0, 6, 1 << 7)
    plant.control.clear("converter_fault", bay=bay)
    wait_for(lambda: measured_w(device) == 5000)
