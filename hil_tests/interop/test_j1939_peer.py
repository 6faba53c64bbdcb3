"""Our J1939 transport against can-j1939's, over python-can's virtual bus: each way, and by broadcast."""

import queue
import time

import j1939
import pytest

from drivers.ports.can_python import PythonCan
from protocols.can import CanFrame, FrameQueue
from protocols.j1939 import Transport

pytestmark = pytest.mark.live

VIN = bytes(range(49))


@pytest.fixture
def peers():
    """(our transport with a function that runs it until a condition, their ECU, what they received)."""
    options = {"interface": "virtual", "channel": "j1939-peer"}
    ours = PythonCan(options)
    theirs = j1939.ElectronicControlUnit(max_cmdt_packets=255)
    theirs.connect(interface="virtual", channel="j1939-peer")
    heard = queue.Queue()
    theirs.subscribe(lambda _priority, pgn, source, _time, data: heard.put((pgn, source, bytes(data))), 0xF4)
    transport = Transport(0x56, 0xF4, FrameQueue(40))
    frame = CanFrame()

    def run(condition, limit_s=8.0):
        end = time.monotonic() + limit_s
        complete = False
        while time.monotonic() < end and not condition(complete):
            now = time.monotonic_ns() // 1_000_000 & 0x3FFFFFFF
            while ours.receive(frame):
                if frame.id & 0xFF == 0xF4 and frame.id >> 16 & 0xFF in (0xEC, 0xEB):
                    complete = transport.feed(frame, now) or complete
            transport.tick(now)
            while head := transport.queue.head():
                ours.send(head.id, head.data, head.n, True)
                transport.queue.drop()
            time.sleep(0.001)
        return complete

    yield transport, run, theirs, heard
    theirs.disconnect()
    theirs.stop()
    ours.close()


def test_their_rts_is_received_whole(peers):
    transport, run, theirs, _ = peers
    assert theirs.send_pgn(0, 0x02, 0x56, 7, 0xF4, list(VIN))
    assert run(lambda complete: complete)
    assert transport.rx_pf == 0x02 and bytes(transport.rx[: transport.rx_n]) == VIN


def test_their_broadcast_is_received_whole(peers):
    transport, run, theirs, _ = peers
    assert theirs.send_pgn(0, 0xFE, 0xEC, 7, 0xF4, list(VIN[:20]))
    assert run(lambda complete: complete)
    assert bytes(transport.rx[: transport.rx_n]) == VIN[:20]


def test_they_receive_ours(peers):
    transport, run, _, heard = peers
    now = time.monotonic_ns() // 1_000_000 & 0x3FFFFFFF
    assert transport.send(0x32, VIN[:11], 11, now)
    run(lambda _complete: transport.tx_state == 0)
    assert transport.aborts == 0
    pgn, source, data = heard.get(timeout=5)
    assert pgn & 0xFF00 == 0x3200 and source == 0x56 and data == VIN[:11]
