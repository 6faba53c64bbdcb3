"""DL/T 645-2007: frames written by hand, both ends against each other, and everything that a line can do."""

from hil_tests.portable.modbus_support import START, drain, feed, feed_slowly
from hil_tests.portable.support import hx, no_heap, raises
from protocols.dlt645 import codec
from protocols.dlt645 import master as dl
from protocols.dlt645.master import Master
from protocols.dlt645.receiver import Receiver
from protocols.dlt645.slave import Slave
from protocols.errors import LocalError
from protocols.ticks import ticks_add

ADDRESS = codec.address_of("123456789012")
IMPORT = 0x00010000
# the meter 123456789012 is asked for 00010000 (forward energy), and says 012345.67 kWh
READ = hx("FEFEFEFE 68 129078563412 68 11 04 33333433 D0 16")
REPLY = hx("FEFEFEFE 68 129078563412 68 91 08 33333433 9A 78 56 34 F0 16")


def frame(text):
    """A frame from 68 to the last data byte, with checksum and end."""
    body = hx(text)
    return body + bytes((sum(body) & 0xFF, 0x16))


class Store:
    def __init__(self):
        self.held = {IMPORT: hx("67452301"), 0x0201FF00: hx("0123 0223 0323"), 0x00000000: bytes(range(250))}
        self.time = None

    def read(self, di, out):
        if di not in self.held:
            return -1
        data = self.held[di]
        for i in range(len(data)):  # a slice is an object on some builds
            out[i] = data[i]
        return len(data)

    def set_time(self, when):
        self.time = list(when)


def line(**options):
    return Master(2400), Slave(ADDRESS, Store(), **options)


def exchange(master, slave, now):
    """The request, the meter's pause, the answer; what went over the wire."""
    asked = drain(master)
    feed(slave, asked, now)
    slave.tick(ticks_add(now, 19))
    assert not slave.tx.pending()
    slave.tick(ticks_add(now, 20))
    said = drain(slave)
    feed(master, said, ticks_add(now, 100))
    return asked, said


def test_a_request_and_its_reply_byte_for_byte():
    master, slave = line()
    master.read(ADDRESS, IMPORT, START)
    asked, said = exchange(master, slave, START)
    assert asked == frame_with_preamble(READ)
    assert said == frame_with_preamble(REPLY)
    assert master.state == dl.DONE and master.count == 4
    assert codec.bcd(master.data, 0, 4, False) == 1234567


def frame_with_preamble(data):
    return data[:4] + data[4:-2] + bytes((sum(data[4:-2]) & 0xFF, 0x16))


def test_bcd_both_ways():
    buf = bytearray(4)
    for value, n, text in ((0, 2, "0000"), (2301, 2, "0123"), (-12345, 3, "452381")):
        codec.put_bcd(buf, 0, n, value)
        assert bytes(buf[:n]) == hx(text)
        assert codec.bcd(buf, 0, n, True) == value
    assert codec.bcd(hx("99999999"), 0, 4, False) == 99999999
    assert codec.bcd(hx("FFFF"), 0, 2, False) is None and codec.bcd(hx("0A00"), 0, 2, False) is None
    raises(LocalError, codec.put_bcd, buf, 0, 2, 10000)
    raises(LocalError, codec.put_bcd, buf, 0, 2, -8000)


def test_addresses():
    assert codec.address_of("1") == hx("010000000000")
    assert codec.address_of("") == hx("AAAAAAAAAAAA")
    assert codec.address_text(ADDRESS, 0) == "123456789012"
    for text in ("1234567890123", "12a", "-1"):
        raises(LocalError, codec.address_of, text)


def test_wildcards_and_reading_the_address():
    for pattern in ("AAAAAAAAAAAA", "1290AAAAAAAA"):
        master, slave = line()
        master.read(hx(pattern), IMPORT, START)
        exchange(master, slave, START)
        assert master.state == dl.DONE and bytes(master.address) == ADDRESS
    master, slave = line()
    master.read_address(START)
    exchange(master, slave, START)
    assert master.state == dl.DONE and codec.address_text(master.address, 0) == "123456789012"


def test_another_meter_keeps_quiet():
    master, slave = line()
    master.read(codec.address_of("7"), IMPORT, START)
    feed(slave, drain(master), START)
    slave.tick(ticks_add(START, 500))
    assert not slave.tx.pending() and slave.foreign == 1
    master.tick(ticks_add(START, 1000))
    assert (master.state, master.error) == (dl.FAILED, dl.TIMEOUT)


def test_a_refusal_carries_its_error_byte():
    master, slave = line()
    master.read(ADDRESS, 0x02010100, START)
    _, said = exchange(master, slave, START)
    assert said == b"\xfe" * 4 + frame("68 129078563412 68 D1 01 35")
    assert (master.state, master.error) == (dl.FAILED, dl.EXCEPTION)
    assert master.exception_code == codec.ERROR_NO_DATA


def test_a_block_in_frames_that_follow():
    master, slave = line(frame_data=105)
    master.read(ADDRESS, 0, START)
    got = b""
    now = START
    for part in range(3):
        exchange(master, slave, now)
        assert master.state == dl.DONE and master.follows == (part < 2)
        got += bytes(master.data[: master.count])
        master.clear()
        now = ticks_add(now, 1000)
        if part < 2:
            master.read_next(now)
    assert got == bytes(range(250))
    master.read_next(now)
    exchange(master, slave, now)
    assert master.error == dl.EXCEPTION


def test_a_block_of_all_phases():
    master, slave = line()
    master.read(ADDRESS, 0x0201FF00, START)
    exchange(master, slave, START)
    assert [codec.bcd(master.data, 2 * i, 2, False) for i in range(3)] == [2301, 2302, 2303]


def test_broadcast_time_sets_every_clock_and_is_not_answered():
    master, slave = line()
    master.broadcast_time((30, 59, 23, 31, 12, 26), START)
    asked = drain(master)
    assert asked == b"\xfe" * 4 + frame("68 999999999999 68 08 06 63 8C 56 64 45 59")
    feed(slave, asked, START)
    slave.tick(ticks_add(START, 500))
    assert slave._store.time == [30, 59, 23, 31, 12, 26] and not slave.tx.pending()
    master.tick(ticks_add(START, 200))
    assert master.state == dl.DONE


def test_noise_preambles_and_broken_frames_before_a_good_one():
    good = frame_with_preamble(REPLY)
    broken = good[:-2] + bytes((good[-2] ^ 1, 0x16))
    for before in (b"", b"\x68", b"\x00\xff\x68\x12", b"\xfe" * 9, good[4:13], broken, b"\x68" * 3):
        receiver = Receiver()
        data = before + good
        found = 0
        i = 0
        while i < len(data):
            i = receiver.take(data, i, len(data), START)
            found += receiver.frame_n > 0
        assert found == 1, before


def test_a_gap_ends_a_frame():
    master, slave = line()
    feed(slave, READ[:12], START)
    feed(slave, frame_with_preamble(READ), ticks_add(START, 501))
    slave.tick(ticks_add(START, 600))
    assert slave.tx.pending()


def test_byte_by_byte():
    master, slave = line()
    master.read(ADDRESS, IMPORT, START)
    feed_slowly(slave, drain(master), START)
    slave.tick(ticks_add(START, 20))
    feed_slowly(master, drain(slave), ticks_add(START, 200))
    assert master.state == dl.DONE


def test_wrong_replies_do_not_end_the_wait():
    good = "68 129078563412 68 91 08 33333433 9A 78 56 34"
    wrong = (
        "68 119078563412 68 91 08 33333433 9A 78 56 34",  # another address
        "68 129078563412 68 91 08 33333533 9A 78 56 34",  # another identifier
        "68 129078563412 68 92 08 33333433 9A 78 56 34",  # another control code
        "68 129078563412 68 11 04 33333433",  # our own echo
        "68 129078563412 68 91 02 3333",  # too short
    )
    for text in wrong:
        master, _ = line()
        master.read(ADDRESS, IMPORT, START)
        drain(master)
        feed(master, frame(text), ticks_add(START, 200))
        assert master.state == dl.WAITING and master.strays == 1, text
        feed(master, frame(good), ticks_add(START, 300))
        assert master.state == dl.DONE


def test_garbage_is_told_from_silence():
    master, _ = line()
    master.read(ADDRESS, IMPORT, START)
    drain(master)
    feed(master, b"\x00\x55\x68\x01", ticks_add(START, 200))
    for ms in range(200, 3000):
        master.tick(ticks_add(START, ms))
    assert (master.state, master.error) == (dl.FAILED, dl.BAD_REPLY)


def test_endless_noise_does_not_hold_the_line():
    master, _ = line()
    master.read(ADDRESS, IMPORT, START)
    drain(master)
    for ms in range(0, 5000, 10):
        feed(master, b"\x55", ticks_add(START, ms))
        master.tick(ticks_add(START, ms))
    assert master.state == dl.FAILED


def test_a_late_reply_is_nobody_s():
    master, _ = line()
    master.read(ADDRESS, IMPORT, START)
    drain(master)
    master.tick(ticks_add(START, 1000))
    assert master.error == dl.TIMEOUT and not master.ready(ticks_add(START, 1050))
    feed(master, frame_with_preamble(REPLY), ticks_add(START, 1060))
    assert master.strays == 1 and master.state == dl.FAILED
    master.clear()
    assert master.ready(ticks_add(START, 1200))


def test_misuse_and_a_lost_port():
    master, _ = line()
    master.read(ADDRESS, IMPORT, START)
    raises(LocalError, master.read, ADDRESS, IMPORT, START)
    master.link_lost()
    assert (master.state, master.error) == (dl.FAILED, dl.LINK_LOST)
    master.clear()
    assert master.ready(START)


def test_random_bytes_harm_neither_end():
    master, slave = line()
    seed = 12345
    for round_ in range(300):
        data = bytearray(20)
        for i in range(20):
            seed = (seed * 1103 + 12345) & 0xFFFFF
            data[i] = (0x68, 0x16, seed >> 8 & 0xFF, 0xFE, 0x11)[seed % 5]
        feed(slave, data, ticks_add(START, round_))
        feed(master, data, ticks_add(START, round_))
    now = ticks_add(START, 5000)
    slave.tick(now)
    drain(slave)
    master.read(ADDRESS, IMPORT, now)
    exchange(master, slave, now)
    assert master.state == dl.DONE


def poll(master, slave, now):
    master.clear()
    master.read(ADDRESS, IMPORT, now)
    tx = master.tx
    slave.feed(tx.buf, tx.end, now)
    tx.clear()
    slave.tick(ticks_add(now, 20))
    master.feed(slave.tx.buf, slave.tx.end, now)
    slave.tx.clear()


def test_a_poll_allocates_nothing():
    master, slave = line()
    poll(master, slave, START)
    no_heap(poll, master, slave, ticks_add(START, 1000))
    assert master.state == dl.DONE and master.replies == 2
