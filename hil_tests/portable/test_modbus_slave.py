"""The slave under probes, byte for byte; rows are those of the project's table of Modbus rules."""

from hil_tests.portable.modbus_support import START, Store, drain, feed, feed_slowly, rtu, tcp
from hil_tests.portable.support import hx, raises
from protocols.errors import LocalError
from protocols.modbus import tcp as tcp_codes
from protocols.modbus.rtu import RtuFraming
from protocols.modbus.slave import Slave
from protocols.modbus.tcp import TcpFraming
from protocols.ticks import ticks_add

QUIET = 6  # ms at 9600 baud, 11 bits: T3.5 is 4.01 ms, one more for the clock's grain, rounded up
READ_0 = rtu("01 03 0000 0001")
REPLY_0 = rtu("01 03 02 0003")


def serial(units=(1,), **options):
    store = Store(readonly=(50,))
    return Slave(RtuFraming(9600, 11, **options), store, units), store


def network(units=(1,)):
    store = Store(readonly=(50,))
    return Slave(TcpFraming(), store, units), store


def after_silence(slave, now, silence=QUIET):
    slave.tick(ticks_add(now, silence))
    return drain(slave)


def ask(slave, data, now=START):
    feed(slave, data, now)
    return after_silence(slave, now)


def test_rows_04_05_silence_times():
    for baud, bits, t15, t35, quiet in (
        (1200, 11, 13750, 32083, 34),
        (9600, 11, 1718, 4010, 6),
        (19200, 11, 859, 2005, 4),
        (9600, 10, 1562, 3645, 5),
        (38400, 11, 750, 1750, 3),
        (115200, 10, 750, 1750, 3),
    ):
        framing = RtuFraming(baud, bits)
        assert (framing.t15_us, framing.t35_us, framing.quiet_ms) == (t15, t35, quiet), baud
    for baud, bits in ((0, 11), (100, 11), (9600, 9), (9600, 12)):
        raises(LocalError, RtuFraming, baud, bits)


def test_reads_and_writes_on_both_framings():
    for text, answer in (
        ("03 0001 0002", "03 04 0104 0205"),
        ("04 0000 0001", "04 02 0003"),
        ("06 0005 BEEF", "06 0005 BEEF"),
        ("10 0006 0002 04 1234 5678", "10 0006 0002"),
        ("03 0005 0003", "03 06 BEEF 1234 5678"),
    ):
        for make, frame, quote in ((serial, rtu, False), (network, tcp, True)):
            slave, store = make()
            store.values[5:8] = [0xBEEF, 0x1234, 0x5678] if text.startswith("03 0005") else store.values[5:8]
            if quote:
                assert ask(slave, frame(0x1234, "01" + text)) == frame(0x1234, "01" + answer), text
            else:
                assert ask(slave, frame("01" + text)) == frame("01" + answer), text


def test_reply_leaves_after_the_silence_and_not_before():
    slave, _ = serial()
    feed(slave, READ_0, START)
    for wait in range(QUIET):
        assert slave.next_deadline(ticks_add(START, wait)) == QUIET - wait
        assert after_silence(slave, START, wait) == b""
    assert after_silence(slave, START, QUIET) == REPLY_0


def test_row_02_longest_frames():
    slave, store = serial()
    store.readonly = ()
    full = "01 10 0000 007B F6" + "1122" * 123
    assert len(rtu(full)) == 255
    assert ask(slave, rtu(full)) == rtu("01 10 0000 007B")
    assert ask(slave, rtu("01 03 0000 007D"), ticks_add(START, 100)) == rtu(
        "01 03 FA" + "1122" * 123 + "7B7E 7C7F"
    )


def test_row_02_257_bytes_are_dropped_until_silence():
    slave, store = serial()
    feed(slave, bytes([1, 0x41]) + bytes(255), START)
    feed(slave, READ_0, START)
    assert after_silence(slave, START) == b""
    assert slave.crc_errors == 1 and store.reads == 0
    assert ask(slave, READ_0, ticks_add(START, 50)) == REPLY_0


def test_row_02_256_bytes_are_a_frame():
    slave, _ = serial()
    frame = rtu("01 41" + "00" * 252)
    assert len(frame) == 256
    assert ask(slave, frame) == rtu("01 C1 01")


def test_row_07_gap_inside_a_frame():
    for gap, lenient, strict in (
        (0, REPLY_0, REPLY_0),
        (5, REPLY_0, REPLY_0),
        (20, REPLY_0, b""),
        (60, b"", b""),
    ):
        for gap_ms, expected in ((25, lenient), (0, strict)):
            slave, _ = serial(gap_ms=gap_ms)
            feed(slave, READ_0[:5], START)
            for wait in range(1, gap):
                slave.tick(ticks_add(START, wait))
            then = ticks_add(START, gap)
            feed(slave, READ_0[5:], then)
            assert after_silence(slave, then) == expected, (gap, gap_ms)


def test_row_07_end_by_silence_when_the_length_is_unknown():
    slave, _ = serial()
    feed_slowly(slave, rtu("01 65 0102030405"), START)
    assert after_silence(slave, START, QUIET - 1) == b""
    slave.tick(ticks_add(START, QUIET))
    assert after_silence(slave, START, QUIET) == rtu("01 E5 01")


def test_row_08_silent_on_bad_crc_and_foreign_unit():
    slave, store = serial()
    for data in (READ_0[:-1] + b"\x00", rtu("02 03 0000 0001"), rtu("F8 06 0000 0001")):
        assert ask(slave, data) == b""
        assert after_silence(slave, START, 100) == b""
    assert (slave.crc_errors, slave.foreign, store.reads, store.writes) == (1, 2, 0, 0)
    assert ask(slave, READ_0) == REPLY_0


NOISE = (
    "00",
    "FF",
    "FF00FF",
    "01",
    "01 03",
    "01 03 00",
    "01 10 00 00 00 02 04",
    "01 41",
    "A5 5A",
    "05 03 08 00",
    "00 06",
    "83 03",
)


def test_row_09_noise_before_a_frame_after_a_silence():
    for text in NOISE:
        slave, _ = serial()
        feed(slave, hx(text), START)
        for wait in range(1, QUIET + 1):
            slave.tick(ticks_add(START, wait))
        then = ticks_add(START, QUIET)
        feed(slave, READ_0, then)
        assert after_silence(slave, then) == REPLY_0, text


def test_row_09_noise_glued_to_a_frame():
    for text in NOISE:
        slave, _ = serial()
        assert ask(slave, hx(text) + READ_0) == REPLY_0, text


def test_row_10_reply_of_another_slave():
    """Request to unit 5 and its reply, then a request to us, with and without the silences between them."""
    for request, reply in (
        ("05 03 0000 0001", "05 03 02 0102"),
        ("05 03 0000 0008", "05 03 10" + "01030000" * 4),
        ("05 06 0001 0002", "05 06 0001 0002"),
        ("05 10 0000 0002 04 1111 2222", "05 10 0000 0002"),
        ("05 03 0000 0001", "05 83 02"),
        ("05 01 0000 0003", "05 01 01 05"),
    ):
        for apart in (False, True):
            slave, store = serial()
            now = START
            for data in (rtu(request), rtu(reply)):
                feed(slave, data, now)
                if apart:
                    now = ticks_add(now, 10)
                    slave.tick(now)
            assert ask(slave, READ_0, now) == REPLY_0, (request, apart)
            assert (store.writes, slave.foreign, slave.crc_errors) == (0, 2, 0), (request, apart)


def test_row_10_request_inside_the_reply_of_another_slave():
    inner = rtu("01 06 0000 DEAD")
    body = "05 03 0C 0000" + "".join("%02X" % b for b in inner) + "0000"
    for head in (b"", b"\x05"):  # in step, and out of step
        slave, store = serial()
        assert ask(slave, head + rtu(body)) == b""
        assert store.writes == 0 and slave.requests == 0
        now = ticks_add(START, 100)
        slave.tick(now)
        assert ask(slave, READ_0, now) == REPLY_0


def test_row_11_broadcast_writes_are_executed_and_not_answered():
    slave, store = serial(units=(1, 2))
    assert ask(slave, rtu("00 06 0003 0007")) == b""
    assert ask(slave, rtu("00 10 0004 0001 02 0008"), ticks_add(START, 50)) == b""
    assert store.values[3:5] == [7, 8] and store.writes == 4 and slave.broadcasts == 2
    assert ask(slave, rtu("00 10 0004 0001 04 0008"), ticks_add(START, 100)) == b""
    assert store.writes == 4


def test_row_12_broadcast_reads_are_ignored():
    slave, store = serial()
    assert ask(slave, rtu("00 03 0000 0001")) == b""
    assert ask(slave, rtu("00 04 0000 0001"), ticks_add(START, 50)) == b""
    assert store.reads == 0 and slave.ignored == 2


def test_row_14_units_of_a_serial_line():
    for unit in (0, 248, 255):
        raises(LocalError, serial, (unit,))
    raises(LocalError, serial, ())
    for unit in (1, 247):
        slave, _ = serial((unit,))
        frame = rtu("%02X 03 0000 0001" % unit)
        assert ask(slave, frame)[0] == unit


def test_row_15_echo_of_our_reply_is_not_a_request():
    slave, store = serial(echo=True)
    request = rtu("01 06 0000 0001")
    assert ask(slave, request) == request
    now = ticks_add(START, QUIET)
    assert ask(slave, request, now) == b""
    assert store.writes == 1
    now = ticks_add(now, 50)
    assert ask(slave, request, now) == request
    assert store.writes == 2 and slave._framing.collisions == 0


def test_row_15_spoilt_echo_is_a_collision():
    slave, _ = serial(echo=True)
    assert ask(slave, READ_0) == REPLY_0
    now = ticks_add(START, QUIET)
    assert ask(slave, REPLY_0[:3] + b"\x55" + READ_0, now) == b""
    assert slave._framing.collisions == 1
    assert ask(slave, READ_0, ticks_add(now, 50)) == REPLY_0


def test_row_25_foreign_protocol_is_dropped():
    slave, store = network()
    assert ask(slave, tcp(1, "01 03 0000 0001", protocol=1) + tcp(2, "01 03 0000 0001")) == tcp(
        2, "01 03 02 0003"
    )
    assert store.reads == 1 and slave._framing.foreign_protocol == 1 and not slave.is_closed


def test_row_26_length_out_of_range_closes():
    for length in (0, 1, 255, 256, 0xFFFF):
        slave, store = network()
        feed_slowly(slave, bytes((0, 1, 0, 0, length >> 8, length & 0xFF)) + tcp(2, "01 03 0000 0001"), START)
        assert slave.is_closed and slave.closed_reason == tcp_codes.BAD_LENGTH, length
        assert drain(slave) == b"" and store.reads == 0
        slave.link_lost()
        assert not slave.is_closed
        assert ask(slave, tcp(3, "01 03 0000 0001")) == tcp(3, "01 03 02 0003")


def test_row_26_shortest_and_longest_frame():
    slave, _ = network()
    assert ask(slave, tcp(1, "01 41")) == tcp(1, "01 C1 01")
    assert ask(slave, tcp(2, "01 41" + "00" * 252)) == tcp(2, "01 C1 01")
    assert not slave.is_closed


def test_row_27_byte_by_byte_and_coalesced():
    slave, _ = network()
    frame = tcp(7, "01 03 0000 0001")
    feed_slowly(slave, frame, START)
    assert drain(slave) == tcp(7, "01 03 02 0003")
    for cut in range(1, 2 * len(frame)):
        feed(slave, (frame + frame)[:cut], START)
        feed(slave, (frame + frame)[cut:], START)
        assert drain(slave) == 2 * tcp(7, "01 03 02 0003"), cut


def test_row_28_pipelined_requests_in_order():
    slave, _ = network()
    asked = b"".join([tcp(tid, "01 03 0000 0001") for tid in (9, 2, 0, 0xFFFF)])
    assert ask(slave, asked) == b"".join([tcp(tid, "01 03 02 0003") for tid in (9, 2, 0, 0xFFFF)])


def test_row_28_every_request_is_answered_when_the_client_reads_late():
    slave, _ = network()
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


def test_flood_without_reading_closes():
    slave, _ = network()
    request = tcp(1, "01 03 0000 007D")
    for _ in range(47):
        feed(slave, request, START)
    assert slave.is_closed and slave.closed_reason == tcp_codes.OVERRUN
    assert slave.tx.pending() <= len(slave.tx.buf)


def test_row_29_unit_is_echoed_and_0_and_255_are_the_first():
    slave, store = network((7, 9))
    for unit, own in ((7, 7), (9, 9), (0, 7), (255, 7)):
        assert ask(slave, tcp(1, "%02X 03 0000 0001" % unit)) == tcp(1, "%02X 03 02 0003" % unit)
        assert store.last_unit == own


def test_row_30_missing_unit():
    slave, store = network((7, 9))
    assert ask(slave, tcp(1, "08 03 0000 0001")) == tcp(1, "08 83 0B")
    assert store.reads == 0


EXCEPTIONS = (
    ("41", "C1 01"),  # row 31
    ("65 0000", "E5 01"),
    ("01 0000 0001", "81 01"),
    ("2B 0E 01 00", "AB 01"),
    ("03 0000 0000", "83 03"),  # row 33
    ("03 0000 007E", "83 03"),
    ("04 0000 FFFF", "84 03"),
    ("03 FFFF 0002", "83 02"),  # row 34
    ("03 FFFF 007E", "83 03"),  # row 32
    ("10 FFFF 0000 00", "90 03"),
    ("10 0000 0002 02 0000", "90 03"),  # row 36
    ("10 0000 0001 04 0000 0000", "90 03"),
    ("10 0000 0002 04 0000 00", "90 03"),
    ("10 0000 0001 02 0000 00", "90 03"),
    ("03 00C7 0002", "83 02"),  # the store's own end
    ("06 00C8 0000", "86 02"),
)


def test_rows_31_to_36_exceptions_on_both_framings():
    for text, answer in EXCEPTIONS:
        slave, store = network()
        assert ask(slave, tcp(5, "01" + text)) == tcp(5, "01" + answer), text
        assert slave.exceptions == 1
        slave, store = serial()
        assert ask(slave, rtu("01" + text)) == rtu("01" + answer), text
        assert slave.exceptions == 1


def test_row_31_never_function_code_80():
    for text in ("00", "80", "83 02", "FF 00"):
        slave, _ = network()
        assert ask(slave, tcp(5, "01" + text)) == b"", text
        slave, _ = serial()
        assert ask(slave, rtu("01" + text)) == b"", text
        assert after_silence(slave, START, 100) == b""


def test_row_32_store_comes_last():
    slave, store = network()
    store.fault = 4
    for text, answer in (
        ("03 0000 0001", "83 04"),
        ("06 0000 0001", "86 04"),
        ("03 FFFF 0002", "83 02"),
        ("41", "C1 01"),
    ):
        assert ask(slave, tcp(5, "01" + text)) == tcp(5, "01" + answer)
    assert store.reads == 1 and store.writes == 1


def test_row_33_limits_are_inside():
    slave, _ = network()
    assert len(ask(slave, tcp(5, "01 03 0000 007D"))) == 259
    assert ask(slave, tcp(5, "01 10 0064 0001 02 0000")) == tcp(5, "01 10 0064 0001")
    assert ask(slave, tcp(5, "01 10 0033 007B F6" + "0000" * 123)) == tcp(5, "01 10 0033 007B")


def test_row_41_partial_writes_never_happen():
    slave, store = network()
    before = list(store.values)
    assert ask(slave, tcp(5, "01 10 0031 0003 06 0001 0002 0003")) == tcp(5, "01 90 02")
    assert store.values == before


def test_row_49_counters_add_up_under_random_frames():
    slave, store = serial()
    seed = 12345
    now = START
    fed = 0
    for _ in range(400):
        seed = seed * 75 % 65537
        size = seed % 24 + 1
        data = bytearray(size)
        for i in range(size):
            seed = seed * 75 % 65537
            data[i] = seed & 0xFF if seed & 0x300 else 1
        feed(slave, data, now)
        now = ticks_add(now, 60)
        slave.tick(now)
        drain(slave)
        fed += 1
    assert slave.crc_errors + slave.requests + slave.broadcasts + slave.foreign + slave.ignored == fed
    assert ask(slave, READ_0, now)[:3] == REPLY_0[:3]
