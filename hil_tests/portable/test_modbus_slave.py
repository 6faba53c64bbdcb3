"""The slave's answers on both framings and its TCP stream; rows are those of the project's table."""

from hil_tests.portable.modbus_slave_rig import after_silence, ask, network, serial
from hil_tests.portable.modbus_support import START, drain, feed, feed_slowly, rtu, tcp
from protocols.modbus import tcp as tcp_codes


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
