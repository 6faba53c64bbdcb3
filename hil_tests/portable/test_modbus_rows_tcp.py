"""Rows 25 to 30 and 48 of the Modbus table: MBAP header, pieces, pipelines, units, connections."""

from drivers.modbus_server import ModbusServer
from drivers.ports.memory import pair
from hil_tests.portable.modbus_master_rig import REPLY, asking, assert_failed, later
from hil_tests.portable.modbus_master_rig import network as master_on_tcp
from hil_tests.portable.modbus_master_rig import serial as master_on_line
from hil_tests.portable.modbus_slave_rig import after_silence, ask
from hil_tests.portable.modbus_slave_rig import network as slave_on_tcp
from hil_tests.portable.modbus_slave_rig import serial as slave_on_line
from hil_tests.portable.modbus_support import START, Store, drain, feed, feed_slowly, rtu, tcp
from hil_tests.portable.support import raises
from protocols.errors import LocalError
from protocols.modbus import master as mb
from protocols.modbus import tcp as tcp_codes
from protocols.modbus.slave import Slave
from protocols.modbus.tcp import TcpFraming
from protocols.ticks import ticks_add


def test_row_25_request_of_a_foreign_protocol_is_dropped():
    slave, store = slave_on_tcp()
    assert ask(slave, tcp(1, "01 03 0000 0001", protocol=1) + tcp(2, "01 03 0000 0001")) == tcp(
        2, "01 03 02 0003"
    )
    assert store.reads == 1 and slave._framing.foreign_protocol == 1 and not slave.is_closed


def test_row_25_reply_of_a_foreign_protocol_is_dropped():
    master = asking(master_on_tcp())
    feed(master, tcp(1, "01 03 02 FFFF", protocol=1), START)
    assert master.state == mb.WAITING
    feed(master, tcp(1, "01 03 02 1234"), START)
    assert master.register(0) == 0x1234


def test_row_26_length_out_of_range_closes_the_slave_s_connection():
    for length in (0, 1, 255, 256, 0xFFFF):
        slave, store = slave_on_tcp()
        feed_slowly(slave, bytes((0, 1, 0, 0, length >> 8, length & 0xFF)) + tcp(2, "01 03 0000 0001"), START)
        assert slave.is_closed and slave.closed_reason == tcp_codes.BAD_LENGTH, length
        assert drain(slave) == b"" and store.reads == 0
        slave.link_lost()
        assert not slave.is_closed
        assert ask(slave, tcp(3, "01 03 0000 0001")) == tcp(3, "01 03 02 0003")


def test_row_26_shortest_and_longest_frame():
    slave, _ = slave_on_tcp()
    assert ask(slave, tcp(1, "01 41")) == tcp(1, "01 C1 01")
    assert ask(slave, tcp(2, "01 41" + "00" * 252)) == tcp(2, "01 C1 01")
    assert not slave.is_closed


def test_row_26_length_out_of_range_closes_the_master_s_connection():
    for length in (0, 1, 255, 0xFFFF):
        master = asking(master_on_tcp())
        feed(master, bytes((0, 1, 0, 0, length >> 8, length & 0xFF)) + tcp(1, "01 03 02 1234"), START)
        assert_failed(master, mb.BAD_REPLY)
        assert master.is_closed and master.closed_reason == tcp_codes.BAD_LENGTH
        assert not master.ready(START)
        raises(LocalError, master.read, 1, 3, 0, 1, START)
        master.link_lost()
        assert not master.is_closed and master.ready(START)


def test_row_27_requests_byte_by_byte_and_coalesced():
    slave, _ = slave_on_tcp()
    frame = tcp(7, "01 03 0000 0001")
    feed_slowly(slave, frame, START)
    assert drain(slave) == tcp(7, "01 03 02 0003")
    for cut in range(1, 2 * len(frame)):
        feed(slave, (frame + frame)[:cut], START)
        feed(slave, (frame + frame)[cut:], START)
        assert drain(slave) == 2 * tcp(7, "01 03 02 0003"), cut


def test_row_27_replies_byte_by_byte():
    for make, frame in ((master_on_line, REPLY), (master_on_tcp, tcp(1, "01 03 02 1234"))):
        master = asking(make())
        for i in range(len(frame)):
            assert master.state == mb.WAITING
            feed(master, frame[i : i + 1], later(20 + i))
            master.tick(later(20 + i))
        assert master.state == mb.DONE and master.register(0) == 0x1234


def test_row_28_pipelined_requests_in_order():
    slave, _ = slave_on_tcp()
    asked = b"".join([tcp(tid, "01 03 0000 0001") for tid in (9, 2, 0, 0xFFFF)])
    assert ask(slave, asked) == b"".join([tcp(tid, "01 03 02 0003") for tid in (9, 2, 0, 0xFFFF)])


def test_row_28_every_request_is_answered_when_the_client_reads_late():
    slave, _ = slave_on_tcp()
    asked = b"".join([tcp(tid, "01 03 0000 007D") for tid in range(40)])
    feed(slave, asked[:300], START)
    assert slave.next_deadline(START) == -1
    feed(slave, asked[300:], START)
    answers = b""
    while True:
        said = drain(slave)
        answers += said
        if not said:
            break
        assert slave.next_deadline(START) == (0 if len(answers) < 37 * 259 else -1)
        slave.tick(START)
    assert len(answers) == 40 * 259
    for tid in range(40):
        assert answers[259 * tid + 1] == tid


def test_row_29_unit_is_echoed_and_0_and_255_are_the_first():
    slave, store = slave_on_tcp((7, 9))
    for unit, own in ((7, 7), (9, 9), (0, 7), (255, 7)):
        assert ask(slave, tcp(1, "%02X 03 0000 0001" % unit)) == tcp(1, "%02X 03 02 0003" % unit)
        assert store.last_unit == own


def test_row_30_missing_unit_behind_a_gateway_and_on_a_line():
    slave, store = slave_on_tcp((7, 9))
    assert ask(slave, tcp(1, "08 03 0000 0001")) == tcp(1, "08 83 0B")
    assert store.reads == 0
    slave, store = slave_on_line((7, 9))
    assert ask(slave, rtu("08 03 0000 0001")) == after_silence(slave, START, 100) == b""
    assert store.reads == 0 and slave.foreign == 1


ASK = tcp(1, "01 03 0000 0001")
ANSWER = tcp(1, "01 03 02 0003")


class Listener:
    """Clients that knock, one port each."""

    sock = None
    ready = True

    def __init__(self):
        self.waiting = []
        self.is_open = True

    def knock(self):
        ours, theirs = pair(300)
        self.waiting.append(ours)
        return theirs

    def accept(self):
        return self.waiting.pop(0) if self.waiting else None

    def close(self):
        self.is_open = False


class Office:
    """A server with room for two clients on a clock of its own."""

    def __init__(self):
        self.listener = Listener()
        self.store = Store()
        slaves = [Slave(TcpFraming(), self.store, (1,)) for _ in range(2)]
        self.server = ModbusServer(self.listener, slaves, None, 60000, 5000)
        self.now = START

    def pass_by(self, ms):
        self.now = ticks_add(self.now, ms)
        self.server.service(self.now)

    def client(self):
        port = self.listener.knock()
        self.pass_by(1)
        return port

    def asks(self, port, data=ASK):
        port.write(data, 0, len(data))
        self.pass_by(1)
        buf = bytearray(300)
        return bytes(buf[: port.read_into(buf)])


def test_row_48_idle_clients_are_closed_and_those_that_ask_are_not():
    office = Office()
    dead, alive = office.client(), office.client()
    assert office.asks(dead) == office.asks(alive) == ANSWER
    for k in range(6):
        office.pass_by(9990)
        assert office.asks(alive) == ANSWER
        assert office.asks(dead, ASK[k : k + 1]) == b""  # half a request keeps nobody alive
    office.pass_by(1000)
    assert not dead.is_open and alive.is_open
    server = office.server
    assert (server.connected(), server.idled, server.refused, server.replaced) == (1, 1, 0, 0)


def test_row_48_a_new_client_is_not_locked_out_by_dead_ones():
    office = Office()
    first, second = office.client(), office.client()
    assert office.asks(first) == office.asks(second) == ANSWER
    crowd = office.client()
    assert not crowd.is_open and office.server.refused == 1
    office.pass_by(4000)
    assert office.asks(second) == ANSWER
    office.pass_by(2000)
    third = office.client()
    assert not first.is_open and office.asks(third) == ANSWER and office.asks(second) == ANSWER
    assert office.server.replaced == 1 and office.server.connected() == 2


def test_row_48_who_breaks_the_framing_or_goes_leaves_a_clean_place():
    office = Office()
    first, second = office.client(), office.client()
    assert office.asks(first, b"\x00\x01\x00\x00\x00\x00") == b"" and not first.is_open
    assert office.asks(second, ANSWER[:5]) == b""
    second.close()
    office.pass_by(1)
    assert office.server.connected() == 0
    for _ in range(2):
        assert office.asks(office.client()) == ANSWER
    office.server.close()
    assert office.server.connected() == 0 and not office.listener.is_open
