"""The slave on a serial line: where frames end, noise, other units, broadcast, echo; by row of the table."""

from hil_tests.portable.modbus_slave_rig import QUIET, READ_0, REPLY_0, after_silence, ask, serial
from hil_tests.portable.modbus_support import START, drain, feed, feed_slowly, rtu
from hil_tests.portable.support import hx, raises
from protocols.errors import LocalError
from protocols.modbus.rtu import RtuFraming
from protocols.ticks import ticks_add


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
