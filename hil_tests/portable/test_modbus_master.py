"""The master's own rules, byte for byte: what it sends, when it may, values, broadcast, echo, timers."""

from hil_tests.portable.modbus_master_rig import (
    QUIET,
    REPLY,
    TIMEOUT,
    WIRE,
    asking,
    assert_failed,
    later,
    network,
    serial,
    wait,
)
from hil_tests.portable.modbus_support import START, drain, feed, feed_slowly, rtu, tcp
from hil_tests.portable.support import raises
from protocols.errors import LocalError
from protocols.modbus import master as mb
from protocols.modbus import tcp as tcp_codes


def test_requests_on_the_wire():
    for call, text in (
        (lambda m: m.read(17, 3, 0x6B, 3, START), "11 03 006B 0003"),
        (lambda m: m.read(17, 4, 8, 1, START), "11 04 0008 0001"),
        (lambda m: m.write_register(17, 1, 3, START), "11 06 0001 0003"),
        (lambda m: m.write_registers(17, 1, (10, 0x102, 99), 2, START), "11 10 0001 0002 04 000A 0102"),
    ):
        for make, frame in ((serial, rtu(text)), (network, tcp(1, text))):
            master = make()
            call(master)
            assert drain(master) == frame
            assert master.state == mb.WAITING and master.requests == 1


def test_reply_values():
    master = network()
    master.read(1, 3, 0, 6, START)
    drain(master)
    feed(master, tcp(1, "01 03 0C FFFE 8000 0001 E240 C248 0000"), START)
    assert master.state == mb.DONE and master.count == 6
    assert (
        master.register(0) == 0xFFFE
        and master.s16(0) == -2
        and master.s16(1) == -32768
        and master.s16(2) == 1
    )
    assert (
        master.u32(2) == 123456
        and master.s32(2) == 123456
        and master.s32(0) == -98304
        and master.u32(0) == 0xFFFE8000
    )
    assert master.f32(4) == -50.0 and master.scaled(4, 1000) == -50000
    for call, i in ((master.register, 6), (master.register, -1), (master.u32, 5), (master.f32, 5)):
        raises(LocalError, call, i)
    master.read(1, 3, 0, 1, START)
    raises(LocalError, master.register, 0)


def test_misuse_is_refused_and_sends_nothing():
    for make in (serial, network):
        master = make()
        for call in (
            lambda m: m.read(1, 3, 0, 0, START),
            lambda m: m.read(1, 3, 0, 126, START),
            lambda m: m.read(1, 3, 0xFFFF, 2, START),
            lambda m: m.read(1, 1, 0, 1, START),
            lambda m: m.read(256, 3, 0, 1, START),
            lambda m: m.read(-1, 3, 0, 1, START),
            lambda m: m.write_register(1, 0, 0x10000, START),
            lambda m: m.write_registers(1, 0, [0] * 124, 124, START),
        ):
            raises(LocalError, call, master)
            assert master.state == mb.IDLE and drain(master) == b"" and master.requests == 0
        master.read(1, 3, 0, 1, START)
        raises(LocalError, master.read, 1, 3, 0, 1, START)
        assert len(drain(master)) in (8, 12)


def test_done_and_failed_stay_until_cleared():
    master = asking(network())
    master.clear()
    assert master.state == mb.WAITING
    feed(master, tcp(1, "01 03 02 1234"), START)
    wait(master, 0, 1000)
    assert master.state == mb.DONE and master.register(0) == 0x1234
    master.clear()
    assert master.state == mb.IDLE and master.error == mb.NONE


def test_longest_reply_and_its_wire_time():
    master = serial()
    master.read(1, 3, 0, 125, START)
    drain(master)
    wire_ms = 10 + 293  # 8 and 255 bytes of 11 bits at 9600 baud
    assert master.next_deadline(START) == 10 + QUIET  # the line is ours until then
    wait(master, 1, 100)
    assert master.next_deadline(later(100)) == wire_ms + TIMEOUT - 100
    feed_slowly(master, rtu("01 03 FA" + "A55A" * 125), later(600))
    assert master.state == mb.DONE and master.register(124) == 0xA55A


def test_link_lost_while_waiting_and_while_idle():
    for make in (serial, network):
        master = asking(make())
        feed(master, b"\x00\x01\x00", START)
        master.link_lost()
        assert_failed(master, mb.LINK_LOST)
        assert master.ready(later(QUIET))
        asking(master, later(QUIET))
        feed(master, REPLY if make is serial else tcp(2, "01 03 02 1234"), later(20))
        assert master.state == mb.DONE
        master.link_lost()
        assert master.state == mb.DONE


def test_stalled_stream_must_be_closed():
    """A request that the peer did not take in time can neither be taken back nor followed by another."""
    master = network()
    master.read(1, 3, 0, 1, START)
    master.tx.consumed(5)
    wait(master, 1, TIMEOUT)
    assert_failed(master, mb.TIMEOUT)
    assert master.is_closed and master.closed_reason == tcp_codes.STALLED
    master = serial()
    master.read(1, 3, 0, 1, START)
    master.tx.consumed(5)
    wait(master, 1, TIMEOUT + WIRE)
    assert not master.is_closed and master.tx.pending() == 0


def test_idle_for_longer_than_the_clock_can_tell():
    master = asking(serial())
    feed(master, REPLY, later(20))
    wait(master, 20, 40)
    for days in range(1, 13):
        assert master.ready(later(days * 86400000 % 0x3FFFFFFF)), days


def test_bad_crc_is_counted_and_the_right_reply_may_follow():
    master = asking(serial())
    feed(master, REPLY[:-1] + b"\x00", later(20))
    wait(master, 20, 50)
    assert master.state == mb.WAITING and master.crc_errors == 1
    feed(master, REPLY, later(50))
    assert master.state == mb.DONE
    master = asking(serial())
    feed(master, REPLY[:-1] + b"\x00", later(20))
    wait(master, 20, TIMEOUT + WIRE)
    assert_failed(master, mb.BAD_REPLY, crc_errors=1, timeouts=0)
