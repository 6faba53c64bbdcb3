"""The plant's CAN buses over TCP: python-can's slcan driver and our own port talk to the same modules and
the same vehicle; and a whole charger runs on them.
"""

import asyncio
import threading
import time

import can
import pytest

from drivers.ports.can_slcan import SlcanPort
from drivers.ports.poller import Poller
from drivers.ports.tcp import TcpClient
from protocols.can import CanFrame
from tools import runtime
from tools.can_decode import write_text
from tools.defaults import default_config, with_vehicles
from tools.plant.config import default_plant
from tools.plant.live import LivePlant
from tools.up import Site

pytestmark = pytest.mark.live


class PlantThread:
    """A LivePlant with one CAN bay, in a thread of its own."""

    def __init__(self):
        section = default_plant(1)
        section["bays"][0]["converter"] = "infy"
        self._section = section
        self._ready, self._stop = threading.Event(), None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    async def _run(self):
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        async with LivePlant(self._section) as self.live:
            self._ready.set()
            await self._stop.wait()

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(10)
        return self.live

    def __exit__(self, *exception):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)


@pytest.fixture
def live():
    with PlantThread() as live:
        yield live


def python_can(address):
    return can.Bus(interface="slcan", channel="socket://" + address, bitrate=125000, sleep_after_open=0)


def answer_to(bus, can_id, data, wanted_id):
    """The answer with this identifier, None when there is none."""
    bus.send(can.Message(arbitration_id=can_id, is_extended_id=True, data=data))
    end = time.monotonic() + 5
    while time.monotonic() < end:
        message = bus.recv(0.5)
        if message is not None and message.is_extended_id and message.arbitration_id == wanted_id:
            return bytes(message.data)
    return None


def test_python_can_reads_a_module_and_hears_what_another_adapter_sends(live):
    a, b = python_can(live.can_address), python_can(live.can_address)
    try:
        time.sleep(0.2)
        answer = answer_to(a, 0x02A300F0, bytes.fromhex("1133000000000000"), 0x02A3F000)
        assert answer == bytes.fromhex("1133000001 4FB180".replace(" ", ""))  # 22 kW in mW
        refused = answer_to(a, 0x02A300F0, bytes.fromhex("7777000000000000"), 0x0AA3F000)
        assert refused is not None  # error 2: bad command
        seen = set()
        for _ in range(200):
            message = b.recv(0.5)
            seen.add(message.arbitration_id)
        assert {0x02A300F0, 0x02A3F000, 0x1A1} <= seen
    finally:
        a.shutdown()
        b.shutdown()


def test_our_slcan_port_over_tcp_reaches_the_same_module(live):
    host, port = live.can_address.rsplit(":", 1)
    poller = Poller()
    ours = SlcanPort(TcpClient(host, int(port), poller), 125000)
    frame, answers = CanFrame(), []
    end = time.monotonic() + 5
    asked = False
    while time.monotonic() < end and not answers:
        poller.wait(5)
        ours.service(time.monotonic_ns() // 1_000_000 & 0x3FFFFFFF)
        if ours.is_open and not asked:
            asked = ours.send(0x02A300F0, bytes.fromhex("1110000000000000"), 8, True)
        while ours.receive(frame):
            if frame.id == 0x02A3F000:
                answers.append(bytes(frame.data))
    ours.close()
    assert answers == [bytes.fromhex("1110000000000100")]  # DC side off
    assert ours.errors == 0 and ours.reader.garbage == 0


@pytest.mark.parametrize("interpreter", runtime.INTERPRETERS)
def test_a_charger_connects_a_car_over_can(tmp_path, interpreter):
    config = with_vehicles(default_config(1, 0, tmp_path, [6000]))
    with Site(config, tmp_path, interpreter) as site:
        end = time.monotonic() + 10
        while site.control.state()["bays"][0]["outlet_v"] < 390 and time.monotonic() < end:
            time.sleep(0.1)
        time.sleep(1)
        assert site.control.state()["bays"][0]["connected"]
    counts = write_text(tmp_path / "truth" / "can.log", tmp_path / "can.txt")
    assert counts["CCS"] > 5 and counts["BDC"] >= 1 and counts["BRM"] == 1 and "?" not in counts
    log = (tmp_path / "firmware.log").read_text()
    assert "#V25" not in log and "#V26" not in log and "leases withdrawn" in log
