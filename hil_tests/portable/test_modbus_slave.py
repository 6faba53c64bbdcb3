"""What the slave answers on both framings, and when; what the rows ask: test_modbus_rows_*.py."""

from hil_tests.portable.modbus_slave_rig import QUIET, READ_0, REPLY_0, after_silence, ask, network, serial
from hil_tests.portable.modbus_support import START, feed, rtu, tcp
from protocols.modbus import tcp as tcp_codes
from protocols.ticks import ticks_add


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


def test_flood_without_reading_closes():
    slave, _ = network()
    request = tcp(1, "01 03 0000 007D")
    for _ in range(47):
        feed(slave, request, START)
    assert slave.is_closed and slave.closed_reason == tcp_codes.OVERRUN
    assert slave.tx.pending() <= len(slave.tx.buf)
