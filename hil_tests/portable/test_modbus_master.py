"""The master against evil slaves, byte for byte; rows are those of the project's table of Modbus rules."""

from hil_tests.portable.modbus_support import START, drain, feed, feed_slowly, rtu, tcp
from hil_tests.portable.support import raises
from protocols.errors import LocalError
from protocols.modbus import master as mb
from protocols.modbus import tcp as tcp_codes
from protocols.modbus.master import Master
from protocols.modbus.rtu import RtuFraming
from protocols.modbus.tcp import TcpFraming
from protocols.ticks import ticks_add

QUIET = 6  # ms at 9600 baud
TIMEOUT = 300
WIRE = 10 + 9  # ms for the 8 bytes of READ and the 7 of REPLY, each rounded up
READ = rtu("01 03 0000 0001")
REPLY = rtu("01 03 02 1234")


def serial(**options):
    return Master(RtuFraming(9600, 11, **options), TIMEOUT)


def network():
    return Master(TcpFraming(), TIMEOUT)


def later(ms):
    return ticks_add(START, ms)


def asking(master, now=START):
    """The master has sent READ (unit 1, FC 3, address 0, one register)."""
    master.read(1, 3, 0, 1, now)
    drain(master)
    return master


def wait(master, start, end):
    """Tick every millisecond of [start, end]."""
    for ms in range(start, end + 1):
        master.tick(later(ms))


def assert_failed(master, error, **counters):
    assert (master.state, master.error) == (mb.FAILED, error), (master.state, master.error)
    for name in counters:
        assert getattr(master, name) == counters[name], name


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


def test_row_06_silence_before_the_next_request():
    for gap in range(QUIET + 2):
        master = asking(serial())
        feed(master, REPLY, later(20))
        assert master.state == mb.DONE
        assert master.next_deadline(later(20)) == QUIET
        assert master.ready(later(20 + gap)) == (gap >= QUIET)
    raises(LocalError, asking(serial()).read, 1, 3, 0, 1, START)


def test_row_06_stray_bytes_begin_the_silence_anew():
    master = serial()
    assert master.ready(START)
    feed(master, b"\x00", START)
    assert not master.ready(later(QUIET - 1))
    feed(master, b"\x00", later(QUIET - 1))
    assert not master.ready(later(QUIET))
    assert master.ready(later(2 * QUIET))


def test_row_09_noise_before_a_reply():
    for noise in (b"\x00", b"\xff\xff", b"\x01", b"\x01\x03", b"\x01\x03\x02", b"\x01\x83", b"\x02\x41\x00"):
        for apart in (0, QUIET):
            master = asking(serial())
            feed(master, noise, later(20))
            wait(master, 20, 20 + apart)
            feed(master, REPLY, later(20 + apart))
            wait(master, 20 + apart, 30 + apart)
            assert master.state == mb.DONE and master.register(0) == 0x1234, (noise, apart)


def test_row_11_and_13_broadcast_waits_the_turnaround_and_no_reply():
    master = serial()
    master.write_register(0, 1, 3, START)
    frame = drain(master)
    assert frame == rtu("00 06 0001 0003")
    feed(master, frame, later(30))  # nobody may answer; who does is not heard
    assert master.state == mb.WAITING and master.replies == 0
    wait(master, 31, 109)
    assert master.state == mb.WAITING and not master.ready(later(109))
    wait(master, 110, 110)
    assert master.state == mb.DONE and master.ready(later(110)) and master.timeouts == 0


def test_row_12_broadcast_reads_are_refused():
    raises(LocalError, serial().read, 0, 3, 0, 1, START)
    master = network()
    master.read(0, 3, 0, 1, START)  # on TCP, 0 is an address like any other
    feed(master, tcp(1, "00 03 02 1234"), START)
    assert master.state == mb.DONE


def test_row_14_units_of_a_serial_line():
    for unit in (248, 255):
        raises(LocalError, serial().read, unit, 3, 0, 1, START)
        network().read(unit, 3, 0, 1, START)


def test_row_15_echo_is_stripped():
    """The echo of FC 06 is the very reply that would be expected: only what follows it counts."""
    master = serial(echo=True)
    master.write_register(1, 1, 3, START)
    frame = drain(master)
    feed_slowly(master, frame, later(9))
    assert master.state == mb.WAITING
    feed(master, frame, later(30))
    assert master.state == mb.DONE
    master = serial(echo=True)
    asking(master)
    feed(master, READ + REPLY, later(30))
    assert master.state == mb.DONE


def test_row_15_spoilt_echo_is_a_collision():
    master = asking(serial(echo=True))
    feed(master, READ[:4] + b"\xaa" + READ[5:] + REPLY, later(20))
    assert master.state == mb.WAITING and master._framing.collisions == 1
    wait(master, 20, TIMEOUT + WIRE)
    assert_failed(master, mb.BAD_REPLY, replies=0)


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


def test_row_27_byte_by_byte():
    for make, frame in ((serial, REPLY), (network, tcp(1, "01 03 02 1234"))):
        master = asking(make())
        for i in range(len(frame)):
            assert master.state == mb.WAITING
            feed(master, frame[i : i + 1], later(20 + i))
            master.tick(later(20 + i))
        assert master.state == mb.DONE and master.register(0) == 0x1234


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
