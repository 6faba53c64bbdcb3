"""Rows 11 to 15 of the Modbus table: broadcast, unit numbers, the echo of a half-duplex line."""

from hil_tests.portable.modbus_master_rig import (
    READ,
    REPLY,
    TIMEOUT,
    WIRE,
    asking,
    assert_failed,
    later,
    wait,
)
from hil_tests.portable.modbus_master_rig import full_serial as full_master_on_line
from hil_tests.portable.modbus_master_rig import network as master_on_tcp
from hil_tests.portable.modbus_master_rig import serial as master_on_line
from hil_tests.portable.modbus_slave_rig import QUIET, READ_0, REPLY_0, ask
from hil_tests.portable.modbus_slave_rig import full_serial as full_slave_on_line
from hil_tests.portable.modbus_slave_rig import serial as slave_on_line
from hil_tests.portable.modbus_support import START, drain, feed, feed_slowly, rtu, tcp
from hil_tests.portable.support import raises
from protocols.errors import LocalError
from protocols.modbus import master as mb
from protocols.ticks import ticks_add


def test_row_11_broadcast_writes_are_executed_and_not_answered():
    slave, store = full_slave_on_line(units=(1, 2))
    assert ask(slave, rtu("00 06 0003 0007")) == b""
    assert ask(slave, rtu("00 10 0004 0001 02 0008"), ticks_add(START, 50)) == b""
    assert store.values[3:5] == [7, 8] and store.writes == 4 and slave.broadcasts == 2
    assert ask(slave, rtu("00 10 0004 0001 04 0008"), ticks_add(START, 100)) == b""
    assert store.writes == 4


def test_row_11_broadcast_writes_of_bits_and_masks():
    slave, store = full_slave_on_line(units=(1, 2))
    for text in ("05 0001 FF00", "0F 0008 0003 01 05", "16 0003 FF00 0012"):
        assert ask(slave, rtu("00" + text), ticks_add(START, 40 * store.writes)) == b""
    assert list(store.coils[0:2]) == [1, 1] and list(store.coils[8:11]) == [1, 0, 1]
    assert store.values[3] == 0x0312 and store.writes == 6 and slave.broadcasts == 3


def test_row_12_broadcast_reads_are_ignored():
    slave, store = full_slave_on_line()
    now = START
    for text in (
        "03 0000 0001",
        "04 0000 0001",
        "01 0000 0001",
        "02 0000 0001",
        "2B 0E 01 00",
        "08 0000 1234",
        "17 0000 0001 0000 0001 02 1234",
    ):
        assert ask(slave, rtu("00" + text), now) == b"", text
        now = ticks_add(now, 50)
    assert store.reads == store.writes == 0 and slave.ignored == 7


def test_row_12_broadcast_reads_are_refused():
    raises(LocalError, master_on_line().read, 0, 3, 0, 1, START)
    master = full_master_on_line()
    for call, arguments in (
        (master.read_bits, (0, 1, 0, 1)),
        (master.read_write, (0, 0, 1, 0, (1,), 1)),
        (master.loop_back, (0, b"12", 2)),
        (master.identify, (0, 1, 0)),
    ):
        raises(LocalError, call, *(arguments + (START,)))
    assert master.state == mb.IDLE and drain(master) == b""
    master = master_on_tcp()
    master.read(0, 3, 0, 1, START)  # on TCP, 0 is an address like any other
    feed(master, tcp(1, "00 03 02 1234"), START)
    assert master.state == mb.DONE


def test_row_13_broadcast_waits_the_turnaround_and_expects_nothing():
    master = master_on_line()
    master.write_register(0, 1, 3, START)
    frame = drain(master)
    assert frame == rtu("00 06 0001 0003")
    feed(master, frame, later(30))  # nobody may answer; who does is not heard
    assert master.state == mb.WAITING and master.replies == 0
    wait(master, 31, 109)
    assert master.state == mb.WAITING and not master.ready(later(109))
    wait(master, 110, 110)
    assert master.state == mb.DONE and master.ready(later(110)) and master.timeouts == 0


def test_row_14_units_of_a_slave_on_a_serial_line():
    for unit in (0, 248, 255):
        raises(LocalError, slave_on_line, (unit,))
    raises(LocalError, slave_on_line, ())
    for unit in (1, 247):
        slave, _ = slave_on_line((unit,))
        frame = rtu("%02X 03 0000 0001" % unit)
        assert ask(slave, frame)[0] == unit


def test_row_14_units_that_a_master_asks():
    for unit in (248, 255):
        raises(LocalError, master_on_line().read, unit, 3, 0, 1, START)
        master_on_tcp().read(unit, 3, 0, 1, START)


def test_row_15_echo_of_our_reply_is_not_a_request():
    slave, store = slave_on_line(echo=True)
    request = rtu("01 06 0000 0001")
    assert ask(slave, request) == request
    now = ticks_add(START, QUIET)
    assert ask(slave, request, now) == b""
    assert store.writes == 1
    now = ticks_add(now, 50)
    assert ask(slave, request, now) == request
    assert store.writes == 2 and slave._framing.collisions == 0


def test_row_15_spoilt_echo_of_our_reply_is_a_collision():
    slave, _ = slave_on_line(echo=True)
    assert ask(slave, READ_0) == REPLY_0
    now = ticks_add(START, QUIET)
    assert ask(slave, REPLY_0[:3] + b"\x55" + READ_0, now) == b""
    assert slave._framing.collisions == 1
    assert ask(slave, READ_0, ticks_add(now, 50)) == REPLY_0


def test_row_15_echo_is_stripped():
    """The echo of FC 06 is the very reply that would be expected: only what follows it counts."""
    master = master_on_line(echo=True)
    master.write_register(1, 1, 3, START)
    frame = drain(master)
    feed_slowly(master, frame, later(9))
    assert master.state == mb.WAITING
    feed(master, frame, later(30))
    assert master.state == mb.DONE
    master = master_on_line(echo=True)
    asking(master)
    feed(master, READ + REPLY, later(30))
    assert master.state == mb.DONE


def test_row_15_spoilt_echo_is_a_collision():
    master = asking(master_on_line(echo=True))
    feed(master, READ[:4] + b"\xaa" + READ[5:] + REPLY, later(20))
    assert master.state == mb.WAITING and master._framing.collisions == 1
    wait(master, 20, TIMEOUT + WIRE)
    assert_failed(master, mb.BAD_REPLY, replies=0)
