"""Rows 17 to 24 and 44 of the Modbus table: what a master takes for an answer; the slaves here are evil."""

from hil_tests.portable.modbus_master_rig import (
    QUIET,
    REPLY,
    TIMEOUT,
    WIRE,
    asking,
    assert_failed,
    full_network,
    full_serial,
    later,
    network,
    serial,
    wait,
)
from hil_tests.portable.modbus_support import START, drain, feed, rtu, tcp
from protocols.modbus import master as mb
from protocols.modbus.master import Master
from protocols.modbus.rtu import RtuFraming


WRONG_FUNCTION = ("01 04 02 1234", "01 84 02", "01 06 0000 0001", "01 41", "01 01 02 1234")
WRONG_COUNT = (
    "01 03 04 1234 5678",
    "01 03 00",
    "01 03 02 12",
    "01 03 02 1234 56",
    "01 03 01 12",
    "01 83 02 00",
    "01 83",
)


def unfit_on_a_line(texts):
    """Counted, never taken; the right reply may still come within the time."""
    for text in texts:
        master = asking(serial())
        feed(master, rtu(text), later(20))
        wait(master, 20, 60)
        assert master.state == mb.WAITING and master.mismatches == 1, text
        feed(master, REPLY, later(61))
        assert master.state == mb.DONE and master.register(0) == 0x1234, text
        master = asking(serial())
        feed(master, rtu(text), later(20))
        wait(master, 20, TIMEOUT + WIRE)
        assert_failed(master, mb.BAD_REPLY, replies=0, timeouts=0)


def unfit_on_tcp(texts):
    """On TCP nothing else will come: the request has failed."""
    for text in texts:
        master = asking(network())
        feed(master, tcp(1, text), later(20))
        assert_failed(master, mb.BAD_REPLY, mismatches=1, replies=0)
        assert not master.is_closed and master.ready(later(20))


def asked(make, call):
    master = make()
    call(master)
    drain(master)
    return master


def test_row_17_reply_of_another_unit():
    master = asking(serial())
    feed(master, rtu("02 03 02 1234"), later(20))
    assert master.state == mb.WAITING and master.mismatches == 1
    wait(master, 20, TIMEOUT + WIRE)
    assert_failed(master, mb.TIMEOUT, timeouts=1)
    unfit_on_tcp(("02 03 02 1234", "00 03 02 1234", "02 83 02"))
    master = asked(full_network, lambda m: m.read_bits(1, 1, 0, 8, START))
    feed(master, tcp(1, "02 01 01 FF"), later(20))
    assert_failed(master, mb.BAD_REPLY, mismatches=1, replies=0)


def test_row_18_reply_of_another_function_code():
    unfit_on_a_line(WRONG_FUNCTION)
    unfit_on_tcp(WRONG_FUNCTION)


def test_row_19_byte_count_is_that_of_the_request():
    unfit_on_a_line(WRONG_COUNT)
    unfit_on_tcp(WRONG_COUNT)


def test_row_19_byte_count_of_bits_and_of_read_write():
    for call, good, evil in (
        (
            lambda m: m.read_bits(1, 1, 0, 9, START),
            "01 01 02 FF01",
            ("01 01 01 FF", "01 01 03 FF0100", "01 01 12 FF01", "01 02 02 FF01"),
        ),
        (
            lambda m: m.read_write(1, 0, 1, 0, (7,), 1, START),
            "01 17 02 1234",
            ("01 17 04 1234 5678", "01 17 00", "01 17 01 12", "01 03 02 1234"),
        ),
        (
            lambda m: m.identify(1, 1, 0, START),
            "01 2B 0E 01 01 00 00 01 00 01 56",
            (
                "01 2B 0E 02 01 00 00 01 00 01 56",
                "01 2B 0E 01 01 00 00 02 00 01 56",
                "01 2B 0E 01 01 00 00 01 00 02 56",
                "01 2B 0E 01 01 00 00 01 00 01 56 57",
                "01 2B 0D 01 01 00 00 01 00 01 56",
                "01 2B 0E 01",
            ),
        ),
    ):
        for make, frame in ((full_serial, rtu), (full_network, lambda text: tcp(1, text))):
            master = asked(make, call)
            feed(master, frame(good), later(20))
            assert master.state == mb.DONE, good
            for text in evil:
                master = asked(make, call)
                feed(master, frame(text), later(20))
                wait(master, 21, 60)
                assert master.state != mb.DONE and master.replies == 0, text


ECHOES = (
    (
        lambda m: m.write_register(1, 1, 3, START),
        "01 06 0001 0003",
        ("01 06 0002 0003", "01 06 0001 0004", "01 06 0101 0003", "01 10 0001 0003"),
    ),
    (
        lambda m: m.write_registers(1, 1, (7, 8), 2, START),
        "01 10 0001 0002",
        ("01 10 0001 0001", "01 10 0000 0002", "01 06 0001 0002"),
    ),
    (
        lambda m: m.write_coil(1, 1, True, START),
        "01 05 0001 FF00",
        ("01 05 0001 0000", "01 05 0000 FF00", "01 05 0001 FFFF", "01 0F 0001 FF00"),
    ),
    (
        lambda m: m.write_coils(1, 1, (1, 0, 1), 3, START),
        "01 0F 0001 0003",
        ("01 0F 0001 0001", "01 0F 0000 0003", "01 05 0001 0003"),
    ),
    (
        lambda m: m.mask_write(1, 1, 0xF2, 0x25, START),
        "01 16 0001 00F2 0025",
        ("01 16 0001 00F2 0024", "01 16 0001 00F3 0025", "01 16 0002 00F2 0025", "01 16 0001 00F2"),
    ),
    (
        lambda m: m.loop_back(1, b"\x12\x34", 2, START),
        "01 08 0000 1234",
        ("01 08 0000 1235", "01 08 0001 1234", "01 08 0000"),
    ),
)


def test_row_20_echo_of_everything_that_was_written():
    for call, good, evil in ECHOES:
        for make, frame in ((full_serial, rtu), (full_network, lambda text: tcp(1, text))):
            master = asked(make, call)
            feed(master, frame(good), later(20))
            wait(master, 21, 21 + QUIET)
            assert master.state == mb.DONE, good
            for text in evil:
                master = asked(make, call)
                feed(master, frame(text), later(20))
                wait(master, 21, 21 + QUIET)
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


def test_row_44_exceptions_known_and_unknown():
    for code in (1, 2, 3, 4, 5, 6, 8, 10, 11, 0, 99, 255):
        for make, frame in ((serial, rtu("01 83 %02X" % code)), (network, tcp(1, "01 83 %02X" % code))):
            master = asking(make())
            feed(master, frame, later(20))
            assert_failed(master, mb.EXCEPTION, exceptions=1, replies=1, exception_code=code)
            assert master.ready(later(20 + QUIET))
