"""python-can as port, and as the other end of our slcan codec over TCP."""

import socket
import time

import can
import pytest

from drivers.ports.can_memory import ACTIVE
from drivers.ports.can_python import PythonCan
from drivers.ports.can_slcan import SlcanPort
from drivers.ports.tcp import TcpStream
from protocols.can import CanFrame

pytestmark = pytest.mark.live


class StreamPort(TcpStream):
    """An accepted socket with the byte ports' whole face."""

    def service(self, now):
        self.ready = True


def received(port, count, limit_s=5.0):
    """`count` frames, or what came before the limit."""
    frame, found = CanFrame(), []
    end = time.monotonic() + limit_s
    while len(found) < count and time.monotonic() < end:
        port.service(0)
        while port.receive(frame):
            found.append((frame.id, frame.extended, bytes(frame.data[: frame.n])))
        time.sleep(0.002)
    return found


def test_virtual_bus_both_ways_with_filters():
    options = {"interface": "virtual", "channel": "v2g-test"}
    a, b = PythonCan(options), PythonCan(options)
    try:
        b.set_filters(((0x181056F4, 0x1FFFFFFF, True),))
        assert a.send(0x181156F4, b"x", 1, True) and a.send(0x181056F4, b"\x01\x02", 2, True)
        assert received(b, 1) == [(0x181056F4, True, b"\x01\x02")]
        assert b.send(0x7DF, b"", 0, False)
        assert received(a, 1) == [(0x7DF, False, b"")]
        assert a.state == ACTIVE and a.sent == 2 and b.received == 1
    finally:
        a.close()
        b.close()
    assert not a.send(1, b"", 0, False)


def test_an_interface_that_is_not_there_is_an_oserror_with_its_name():
    with pytest.raises(OSError, match="socketcan"):
        PythonCan({"interface": "socketcan", "channel": "no-such-can7"})
    with pytest.raises(OSError, match="nonsense"):
        PythonCan({"interface": "nonsense"})


def test_our_slcan_against_python_cans_over_tcp():
    listener = socket.create_server(("127.0.0.1", 0))
    address = "socket://127.0.0.1:%d" % listener.getsockname()[1]
    bus = can.Bus(interface="slcan", channel=address, bitrate=250000, sleep_after_open=0)
    try:
        sock, _ = listener.accept()
        ours = SlcanPort(StreamPort(sock), 250000, ask_flags=False)
        messages = [(0x1CEC56F4, True, bytes(range(8))), (0x123, False, b""), (0x1FFFFFFF, True, b"\xff")]
        for can_id, extended, data in messages:
            bus.send(can.Message(arbitration_id=can_id, is_extended_id=extended, data=data))
        assert received(ours, 3) == messages
        for can_id, extended, data in messages:
            assert ours.send(can_id, data, len(data), extended)
        back = [bus.recv(5) for _ in messages]
        assert [(m.arbitration_id, m.is_extended_id, bytes(m.data)) for m in back] == messages
        assert ours.reader.garbage == 0
        ours.close()
    finally:
        bus.shutdown()
        listener.close()
