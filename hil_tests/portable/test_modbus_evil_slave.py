"""The master against evil slaves: unfit, late, doubled and garbled replies, by row of the project's table."""

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
from hil_tests.portable.modbus_support import START, drain, feed, rtu, tcp
from hil_tests.portable.support import raises
from protocols.errors import LocalError
from protocols.modbus import master as mb
from protocols.modbus import tcp as tcp_codes
from protocols.modbus.master import Master
from protocols.modbus.rtu import RtuFraming

EVIL = (
    ("01 04 02 1234", mb.BAD_REPLY),  # row 18
    ("01 84 02", mb.BAD_REPLY),
    ("01 06 0000 0001", mb.BAD_REPLY),
    ("01 41", mb.BAD_REPLY),
    ("01 03 04 1234 5678", mb.BAD_REPLY),  # row 19
    ("01 03 00", mb.BAD_REPLY),
    ("01 03 02 12", mb.BAD_REPLY),
    ("01 03 02 1234 56", mb.BAD_REPLY),
    ("01 03 01 12", mb.BAD_REPLY),
    ("01 83 02 00", mb.BAD_REPLY),
    ("01 83", mb.BAD_REPLY),
)


def test_rows_18_and_19_unfit_replies_on_a_serial_line():
    """Counted, never taken; the right reply may still come within the time."""
    for text, error in EVIL:
        master = asking(serial())
        feed(master, rtu(text), later(20))
        wait(master, 20, 60)
        assert master.state == mb.WAITING and master.mismatches == 1, text
        feed(master, REPLY, later(61))
        assert master.state == mb.DONE and master.register(0) == 0x1234, text
        master = asking(serial())
        feed(master, rtu(text), later(20))
        wait(master, 20, TIMEOUT + WIRE)
        assert_failed(master, error, replies=0, timeouts=0)


def test_rows_17_to_19_unfit_replies_on_tcp():
    for text, error in EVIL + (("02 03 02 1234", mb.BAD_REPLY), ("00 03 02 1234", mb.BAD_REPLY)):
        master = asking(network())
        feed(master, tcp(1, text), later(20))
        assert_failed(master, error, mismatches=1, replies=0)
        assert not master.is_closed and master.ready(later(20))


def test_row_17_reply_of_another_unit_on_a_serial_line():
    master = asking(serial())
    feed(master, rtu("02 03 02 1234"), later(20))
    assert master.state == mb.WAITING and master.mismatches == 1
    wait(master, 20, TIMEOUT + WIRE)
    assert_failed(master, mb.TIMEOUT, timeouts=1)


def test_row_20_echo_of_address_and_value():
    def one(master):
        master.write_register(1, 1, 3, START)

    def many(master):
        master.write_registers(1, 1, (7, 8), 2, START)

    for call, good, evil in (
        (
            one,
            "01 06 0001 0003",
            ("01 06 0002 0003", "01 06 0001 0004", "01 06 0101 0003", "01 10 0001 0003"),
        ),
        (many, "01 10 0001 0002", ("01 10 0001 0001", "01 10 0000 0002", "01 06 0001 0002")),
    ):
        for make, frame in ((serial, rtu), (network, lambda text: tcp(1, text))):
            master = make()
            call(master)
            drain(master)
            feed(master, frame(good), later(20))
            assert master.state == mb.DONE
            for text in evil:
                master = make()
                call(master)
                drain(master)
                feed(master, frame(text), later(20))
                assert master.state != mb.DONE and master.mismatches == 1, text


def test_row_21_late_reply_on_a_serial_line_is_not_the_next_reply():
    """Timeout 300 ms, reply after 450 ms: quarantine lasts until it has come and the line is quiet."""
    master = asking(serial())
    wait(master, 1, 449)
    assert_failed(master, mb.TIMEOUT, timeouts=1)
    assert not master.ready(later(449))
    feed(master, REPLY, later(450))
    assert master.state == mb.FAILED and master.late_replies == 1
    assert not master.ready(later(450 + QUIET - 1))
    assert master.ready(later(450 + QUIET))
    asking(master, later(460))
    wait(master, 460, 480)
    assert master.state == mb.WAITING
    feed(master, rtu("01 03 02 5678"), later(481))
    assert master.state == mb.DONE and master.register(0) == 0x5678


def test_row_21_quarantine_ends_by_time():
    master = asking(serial())
    wait(master, 1, TIMEOUT + WIRE - 1)
    assert master.state == mb.WAITING
    wait(master, TIMEOUT + WIRE, TIMEOUT + WIRE)
    assert master.state == mb.FAILED and master.next_deadline(later(TIMEOUT + WIRE)) == TIMEOUT
    assert not master.ready(later(2 * TIMEOUT + WIRE - 1))
    assert master.ready(later(2 * TIMEOUT + WIRE))
    assert master.next_deadline(later(2 * TIMEOUT + WIRE)) == -1
    short = Master(RtuFraming(9600), TIMEOUT, quarantine_ms=50)
    asking(short)
    wait(short, 1, TIMEOUT + WIRE)
    assert not short.ready(later(TIMEOUT + WIRE + 49)) and short.ready(later(TIMEOUT + WIRE + 50))


def test_row_21_garbled_late_reply_does_not_end_the_quarantine():
    master = asking(serial())
    wait(master, 1, 400)
    feed(master, REPLY[:-1] + b"\x00", later(401))
    assert not master.ready(later(450))
    assert master.ready(later(2 * TIMEOUT + WIRE))


def test_row_21_half_of_a_late_reply_is_flushed():
    master = Master(RtuFraming(9600), TIMEOUT, quarantine_ms=0)
    asking(master)
    wait(master, 1, 330)
    feed(master, REPLY[:5], later(331))
    assert master.ready(later(331 + QUIET))
    asking(master, later(340))
    feed(master, REPLY[5:], later(341))
    assert master.state == mb.WAITING
    feed(master, rtu("01 03 02 5678"), later(350))
    wait(master, 350, 360)
    assert master.state == mb.DONE and master.register(0) == 0x5678


def test_row_21_late_reply_on_tcp_is_known_by_its_transaction():
    master = asking(network())
    wait(master, 1, 300)
    assert_failed(master, mb.TIMEOUT, timeouts=1)
    assert master.ready(later(300))
    asking(master, later(310))
    feed(master, tcp(1, "01 03 02 1234"), later(450))
    assert master.state == mb.WAITING and master.mismatches == 1
    feed(master, tcp(2, "01 03 02 5678"), later(460))
    assert master.state == mb.DONE and master.register(0) == 0x5678


def test_row_23_duplicate_reply_is_ignored():
    master = asking(serial())
    feed(master, REPLY + REPLY, later(20))
    feed(master, REPLY, later(24))
    assert master.state == mb.DONE and master.strays == 2 and master.replies == 1
    assert not master.ready(later(24 + QUIET - 1)) and master.ready(later(24 + QUIET))
    master = asking(network())
    feed(master, 2 * tcp(1, "01 03 02 1234"), later(20))
    assert master.state == mb.DONE and master.strays == 1
    asking(master, later(21))
    feed(master, tcp(1, "01 03 02 1234"), later(21))
    assert master.state == mb.WAITING


def test_row_24_other_transactions_are_discarded_and_the_wait_goes_on():
    master = asking(network())
    for tid in (0, 2, 0x0100, 0xFFFF):
        feed(master, tcp(tid, "01 03 02 FFFF"), later(5))
    assert master.state == mb.WAITING and master.mismatches == 4
    feed(master, tcp(1, "01 03 02 1234"), later(6))
    assert master.state == mb.DONE and master.register(0) == 0x1234


def test_row_24_transaction_is_never_zero():
    master = network()
    master._tid = 0xFFFE
    for tid in (0xFFFF, 1, 2):
        master.read(1, 3, 0, 1, START)
        assert drain(master)[0:2] == bytes((tid >> 8, tid & 0xFF))
        feed(master, tcp(tid, "01 03 02 0000"), START)
        assert master.state == mb.DONE


def test_row_25_foreign_protocol_is_dropped():
    master = asking(network())
    feed(master, tcp(1, "01 03 02 FFFF", protocol=1), START)
    assert master.state == mb.WAITING
    feed(master, tcp(1, "01 03 02 1234"), START)
    assert master.register(0) == 0x1234


def test_row_26_length_out_of_range_closes():
    for length in (0, 1, 255, 0xFFFF):
        master = asking(network())
        feed(master, bytes((0, 1, 0, 0, length >> 8, length & 0xFF)) + tcp(1, "01 03 02 1234"), START)
        assert_failed(master, mb.BAD_REPLY)
        assert master.is_closed and master.closed_reason == tcp_codes.BAD_LENGTH
        assert not master.ready(START)
        raises(LocalError, master.read, 1, 3, 0, 1, START)
        master.link_lost()
        assert not master.is_closed and master.ready(START)


def test_row_44_exceptions_known_and_unknown():
    for code in (1, 2, 3, 4, 5, 6, 8, 10, 11, 0, 99, 255):
        for make, frame in ((serial, rtu("01 83 %02X" % code)), (network, tcp(1, "01 83 %02X" % code))):
            master = asking(make())
            feed(master, frame, later(20))
            assert_failed(master, mb.EXCEPTION, exceptions=1, replies=1, exception_code=code)
            assert master.ready(later(20 + QUIET))


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
