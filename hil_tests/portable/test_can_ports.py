"""The CAN port's contract on each implementation that needs no hardware, and on stand-ins of controllers."""

from drivers.ports import memory
from drivers.ports.can_board import MachineCan, PybCan
from drivers.ports.can_memory import ACTIVE, BUS_OFF, PASSIVE, MemoryBus, pair
from drivers.ports.can_slcan import SlcanPort
from hil_tests.portable.support import hx, no_heap, raises
from protocols.can import CanFrame, FrameQueue
from protocols.errors import LocalError


def received(port):
    frame = CanFrame()
    found = []
    while port.receive(frame):
        found.append((frame.id, frame.extended, bytes(frame.data[: frame.n])))
    return found


def test_ports_on_one_bus_hear_each_other_but_not_themselves():
    bus = MemoryBus()
    a, b, c = bus.port(), bus.port(), bus.port()
    assert a.send(0x1826F456, b"\x01\x01\x00", 3, True)
    assert received(b) == received(c) == [(0x1826F456, True, b"\x01\x01\x00")]
    assert received(a) == [] and a.sent == 1 and b.received == 1


def test_filters_let_in_what_they_name_and_nothing_of_the_other_length():
    a, b = pair()
    b.set_filters(((0x181056F4, 0xFF00FFFF, True), (0x7E0, 0x7FF, False)))
    for can_id, extended in ((0x181256F4, True), (0x1810F456, True), (0x7E0, False), (0x7E0, True)):
        a.send(can_id, b"", 0, extended)
    assert [row[:2] for row in received(b)] == [(0x181256F4, True), (0x7E0, False)]


def test_a_full_queue_loses_the_new_frame_and_says_so():
    a, b = pair(2)
    for i in range(3):
        a.send(i, bytes([i]), 1, False)
    assert [row[0] for row in received(b)] == [0, 1] and b.errors == 1


def test_what_fits_no_frame_is_refused_by_every_queue():
    queue = FrameQueue(1)
    raises(LocalError, queue.put, 0x800, False, b"", 0)
    raises(LocalError, queue.put, 0x20000000, True, b"", 0)
    raises(LocalError, queue.put, 1, True, b"123456789", 9)


def slcan_pair():
    """Two slcan ports, each the other's adapter."""
    end_a, end_b = memory.pair()
    a, b = SlcanPort(end_a, 250000, False), SlcanPort(end_b, 250000, False)
    a.service(0)
    b.service(0)
    return a, b, end_a, end_b


def test_slcan_opens_the_channel_with_the_bit_rate():
    end_a, end_b = memory.pair()
    SlcanPort(end_a, 125000).service(0)
    buf = bytearray(32)
    n = end_b.read_into(buf)
    assert bytes(buf[:n]) == b"C\rS4\rO\r"
    raises(LocalError, SlcanPort, end_a, 123456)


def test_slcan_carries_every_length_and_both_kinds_of_identifier():
    a, b, _, _ = slcan_pair()
    sent = []
    for n in range(9):
        for can_id, extended in ((0x1CECF456, True), (0x7FF, False)):
            data = bytes(range(n))
            assert a.send(can_id, data, n, extended)
            sent.append((can_id, extended, data))
    assert received(b) == sent
    assert b.reader.garbage == 0


def test_slcan_reports_a_bus_that_is_off_and_opens_it_again():
    end_a, end_b = memory.pair()
    port = SlcanPort(end_a, 250000)
    port.service(0)
    buf = bytearray(64)
    end_b.read_into(buf)
    port.service(1000)
    n = end_b.read_into(buf)
    assert bytes(buf[:n]) == b"F\r"
    end_b.write(b"FA4\r", 0, 4)
    assert received(port) == [] and port.state == BUS_OFF and port.bus_offs == 1
    port.service(1001)
    n = end_b.read_into(buf)
    assert bytes(buf[:n]) == b"C\rS5\rO\r"
    end_b.write(b"F20\r", 0, 4)
    assert received(port) == [] and port.state == PASSIVE
    end_b.write(b"F00\r", 0, 4)
    assert received(port) == [] and port.state == ACTIVE


def test_slcan_opens_again_after_the_stream_was_lost():
    end_a, end_b = memory.pair()
    port = SlcanPort(end_a, 250000)
    port.service(0)
    end_b.write(b"T18", 0, 3)
    received(port)
    end_a.is_open = end_b.is_open = False
    port.service(10)
    assert not port.send(1, b"", 0, False) and port.refused == 1
    buf = bytearray(64)
    end_b.read_into(buf)
    end_a.is_open = end_b.is_open = True
    port.service(20)
    n = end_b.read_into(buf)
    assert bytes(buf[:n]) == b"C\rS5\rO\r"
    end_b.write(b"t7E80\r", 0, 6)
    assert received(port) == [(0x7E8, False, b"")]  # no half frame of the old stream before it


def test_slcan_sends_and_receives_without_the_heap():
    a, b, _, _ = slcan_pair()
    frame = CanFrame()
    data = hx("01 02 03 04 05 06 07 08")
    a.send(0x181056F4, data, 8, True)
    received(b)
    b.reader.feed(b"T181056F450102030405\r", 21)
    assert no_heap(b.receive, frame)
    assert frame.id == 0x181056F4 and frame.n == 5


class FakeMachineCan:
    """The calls of machine.CAN that the port uses, as its documentation describes them."""

    FLAG_RTR, FLAG_EXT_ID = 1, 2
    STATE_STOPPED, STATE_ACTIVE, STATE_WARNING, STATE_PASSIVE, STATE_BUS_OFF = range(5)

    def __init__(self):
        self.inbox = []
        self.outbox = []
        self.room = 2
        self.now_state = self.STATE_ACTIVE
        self.restarts = 0
        self.filters = ()
        self.off = False

    def set_filters(self, filters):
        self.filters = filters

    def send(self, can_id, data, flags):
        if self.now_state == self.STATE_BUS_OFF:
            raise OSError(5, "bus off")
        if len(self.outbox) >= self.room:
            return None
        self.outbox.append((can_id, bytes(data), flags))
        return 0

    def recv(self, store):
        if not self.inbox:
            return None
        can_id, data, flags, errors = self.inbox.pop(0)
        store[1][: len(data)] = data
        return [can_id, store[1][: len(data)], flags, errors]

    def state(self):
        return self.now_state

    def restart(self):
        self.restarts += 1
        self.now_state = self.STATE_ACTIVE

    def deinit(self):
        self.off = True


def test_machine_can_queue_full_filters_and_flags():
    can = FakeMachineCan()
    port = MachineCan(can)
    assert can.filters is None
    port.set_filters(((0x181056F4, 0x1FFFFFFF, True), (0x7E0, 0x7FF, False)))
    assert can.filters == [(0x181056F4, 0x1FFFFFFF, can.FLAG_EXT_ID), (0x7E0, 0x7FF, 0)]
    assert port.send(0x1812F456, b"\x01\x02\x03", 2, True) and port.send(5, b"", 0, False)
    assert can.outbox == [(0x1812F456, b"\x01\x02", can.FLAG_EXT_ID), (5, b"", 0)]
    assert not port.send(6, b"", 0, False) and port.refused == 1
    can.inbox = [(0x181056F4, b"\x07\x08", can.FLAG_EXT_ID, 0), (0x123, b"\x09", 0, 2)]
    assert received(port) == [(0x181056F4, True, b"\x07\x08"), (0x123, False, b"\x09")]
    assert port.errors == 1
    port.close()
    assert can.off


def test_machine_can_restarts_a_bus_that_is_off_once_a_second():
    can = FakeMachineCan()
    port = MachineCan(can)
    can.now_state = can.STATE_BUS_OFF
    assert not port.send(1, b"", 0, False)
    port.service(100)
    assert port.state == BUS_OFF and port.bus_offs == 1 and can.restarts == 0
    port.service(1000)
    assert can.restarts == 0
    port.service(1100)
    assert can.restarts == 1
    port.service(1200)
    assert port.state == ACTIVE
    can.now_state = can.STATE_PASSIVE
    port.service(1300)
    assert port.state == PASSIVE


class FakePybCan:
    ERROR_ACTIVE, ERROR_WARNING, ERROR_PASSIVE, BUS_OFF = 1, 2, 3, 4

    def __init__(self):
        self.inbox = []
        self.outbox = []
        self.now_state = self.ERROR_ACTIVE
        self.filter_set = False
        self.restarts = 0

    def state(self):
        return self.now_state

    def restart(self):
        self.restarts += 1
        self.now_state = self.ERROR_ACTIVE

    def any(self, fifo):
        return len(self.inbox) > 0

    def recv(self, fifo, store):
        can_id, extended, data = self.inbox.pop(0)
        store[4][: len(data)] = data
        return [can_id, extended, False, 0, store[4][: len(data)]]

    def send(self, data, can_id, timeout, extframe):
        if len(self.outbox) >= 1:
            raise OSError(16, "busy")
        self.outbox.append((can_id, bytes(data), extframe))

    def deinit(self):
        self.outbox = None


def test_pyb_can_keeps_the_same_contract():
    can = FakePybCan()

    def accept_all(controller):
        controller.filter_set = True

    port = PybCan(can, accept_all)
    assert can.filter_set
    port.set_filters(((0x7E0, 0x7FF, False),))
    can.inbox = [(0x7E1, False, b"\x01"), (0x7E0, False, b"\x02\x03")]
    assert received(port) == [(0x7E0, False, b"\x02\x03")]
    assert port.send(0x100AF456, b"\xaa", 1, True) and can.outbox == [(0x100AF456, b"\xaa", True)]
    assert not port.send(1, b"", 0, False) and port.refused == 1
    can.now_state = can.BUS_OFF
    port.service(0)
    port.service(1000)
    port.service(1001)
    assert can.restarts == 1 and port.state == ACTIVE and port.bus_offs == 1


def test_what_wakes_the_byte_port_wakes_the_can_port():
    ours, _ = memory.pair()
    port = SlcanPort(ours, 250000)
    assert ours.outer is port  # where drivers/ports/poller.py looks
