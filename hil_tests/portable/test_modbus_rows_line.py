"""Rows 1 to 10 and 16 of the Modbus table: CRC, lengths, silences, noise, and other people's frames on the
line.
"""

from drivers.ports.serial import STOP_BITS
from drivers.ports.uart import UartPort
from hil_tests.portable.modbus_master_rig import QUIET, READ, REPLY, asking, later, wait
from hil_tests.portable.modbus_master_rig import serial as master_on_line
from hil_tests.portable.modbus_slave_rig import READ_0, REPLY_0, after_silence, ask
from hil_tests.portable.modbus_slave_rig import serial as slave_on_line
from hil_tests.portable.modbus_support import START, feed, feed_slowly, rtu
from hil_tests.portable.support import hx, raises
from protocols.crc16 import crc16
from protocols.errors import LocalError
from protocols.modbus import master as mb
from protocols.modbus.rtu import RtuFraming
from protocols.ticks import ticks_add, ticks_diff


def test_row_01_check_value():
    data = b"123456789"
    assert crc16(data, 0, 9) == 0x4B37


def test_row_01_low_byte_first():
    frame = hx("01 03 00 00 00 01 84 0A")
    assert crc16(frame, 0, 6) == 0x0A84
    assert crc16(frame, 0, 8) == 0


def test_row_02_longest_frames():
    slave, store = slave_on_line()
    store.readonly = ()
    full = "01 10 0000 007B F6" + "1122" * 123
    assert len(rtu(full)) == 255
    assert ask(slave, rtu(full)) == rtu("01 10 0000 007B")
    assert ask(slave, rtu("01 03 0000 007D"), ticks_add(START, 100)) == rtu(
        "01 03 FA" + "1122" * 123 + "7B7E 7C7F"
    )


def test_row_02_257_bytes_are_dropped_until_silence():
    slave, store = slave_on_line()
    feed(slave, bytes([1, 0x41]) + bytes(255), START)
    feed(slave, READ_0, START)
    assert after_silence(slave, START) == b""
    assert slave.crc_errors == 1 and store.reads == 0
    assert ask(slave, READ_0, ticks_add(START, 50)) == REPLY_0


def test_row_02_256_bytes_are_a_frame():
    slave, _ = slave_on_line()
    frame = rtu("01 41" + "00" * 252)
    assert len(frame) == 256
    assert ask(slave, frame) == rtu("01 C1 01")


def test_row_03_a_character_has_eleven_bits():
    """8 data bits, then a parity bit and one stop bit, or no parity and two stop bits."""
    assert STOP_BITS == {"E": 1, "O": 1, "N": 2}
    nine_characters = RtuFraming(9600).wire_ms(9)
    assert nine_characters == (9 * 11 * 1000 + 9599) // 9600


def test_row_04_silence_up_to_19200_baud():
    for baud, bits, t15, t35, quiet in (
        (1200, 11, 13750, 32083, 34),
        (9600, 11, 1718, 4010, 6),
        (19200, 11, 859, 2005, 4),
        (9600, 10, 1562, 3645, 5),
    ):
        framing = RtuFraming(baud, bits)
        assert (framing.t15_us, framing.t35_us, framing.quiet_ms) == (t15, t35, quiet), baud
    for baud, bits in ((0, 11), (100, 11), (9600, 9), (9600, 12)):
        raises(LocalError, RtuFraming, baud, bits)


def test_row_05_silence_above_19200_baud():
    for baud in (19201, 38400, 115200, 921600):
        framing = RtuFraming(baud)
        assert (framing.t15_us, framing.t35_us, framing.quiet_ms) == (750, 1750, 3), baud


def test_row_06_silence_before_the_next_request():
    for gap in range(QUIET + 2):
        master = asking(master_on_line())
        feed(master, REPLY, later(20))
        assert master.state == mb.DONE
        assert master.next_deadline(later(20)) == QUIET
        assert master.ready(later(20 + gap)) == (gap >= QUIET)
    raises(LocalError, asking(master_on_line()).read, 1, 3, 0, 1, START)


def test_row_06_stray_bytes_begin_the_silence_anew():
    master = master_on_line()
    assert master.ready(START)
    feed(master, b"\x00", START)
    assert not master.ready(later(QUIET - 1))
    feed(master, b"\x00", later(QUIET - 1))
    assert not master.ready(later(QUIET))
    assert master.ready(later(2 * QUIET))


def test_row_07_gap_inside_a_frame():
    for gap, lenient, strict in (
        (0, REPLY_0, REPLY_0),
        (5, REPLY_0, REPLY_0),
        (20, REPLY_0, b""),
        (60, b"", b""),
    ):
        for gap_ms, expected in ((25, lenient), (0, strict)):
            slave, _ = slave_on_line(gap_ms=gap_ms)
            feed(slave, READ_0[:5], START)
            for ms in range(1, gap):
                slave.tick(ticks_add(START, ms))
            then = ticks_add(START, gap)
            feed(slave, READ_0[5:], then)
            assert after_silence(slave, then) == expected, (gap, gap_ms)


def test_row_07_end_by_silence_when_the_length_is_unknown():
    slave, _ = slave_on_line()
    feed_slowly(slave, rtu("01 65 0102030405"), START)
    assert after_silence(slave, START, QUIET - 1) == b""
    slave.tick(ticks_add(START, QUIET))
    assert after_silence(slave, START, QUIET) == rtu("01 E5 01")


def test_row_08_silent_on_bad_crc_and_foreign_unit():
    slave, store = slave_on_line()
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
        slave, _ = slave_on_line()
        feed(slave, hx(text), START)
        for ms in range(1, QUIET + 1):
            slave.tick(ticks_add(START, ms))
        then = ticks_add(START, QUIET)
        feed(slave, READ_0, then)
        assert after_silence(slave, then) == REPLY_0, text


def test_row_09_noise_glued_to_a_frame():
    for text in NOISE:
        slave, _ = slave_on_line()
        assert ask(slave, hx(text) + READ_0) == REPLY_0, text


def test_row_09_noise_before_a_reply():
    for noise in (b"\x00", b"\xff\xff", b"\x01", b"\x01\x03", b"\x01\x03\x02", b"\x01\x83", b"\x02\x41\x00"):
        for apart in (0, QUIET):
            master = asking(master_on_line())
            feed(master, noise, later(20))
            wait(master, 20, 20 + apart)
            feed(master, REPLY, later(20 + apart))
            wait(master, 20 + apart, 30 + apart)
            assert master.state == mb.DONE and master.register(0) == 0x1234, (noise, apart)


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
            slave, store = slave_on_line()
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
        slave, store = slave_on_line()
        assert ask(slave, head + rtu(body)) == b""
        assert store.writes == 0 and slave.requests == 0
        now = ticks_add(START, 100)
        slave.tick(now)
        assert ask(slave, READ_0, now) == REPLY_0


class Wire:
    """A UART and its DE pin: how long what was written takes to leave, and when the driver was on."""

    def __init__(self, framing):
        self.framing = framing
        self.now = START
        self.ends = START
        self.level = 0

    def any(self):
        return 0

    def write(self, data):
        self.ends = ticks_add(self.now, self.framing.wire_ms(len(data)))
        return len(data)

    def txdone(self):
        return ticks_diff(self.now, self.ends) >= 0

    def value(self, level):
        self.level = level


def test_row_16_driver_is_on_to_the_last_stop_bit_and_off_before_the_silence_ends():
    for baud in (1200, 9600, 19200, 115200):
        wire = Wire(RtuFraming(baud))
        port = UartPort(wire, wire)
        port.write(READ, 0, len(READ))
        for _ in range(1000):
            assert wire.level == (0 if ticks_diff(wire.now, wire.ends) > 0 else 1), baud
            wire.now = ticks_add(wire.now, 1)
            port.service(wire.now)
            if wire.level == 0:
                break
        assert 0 <= 1000 * ticks_diff(wire.now, wire.ends) < wire.framing.t35_us, baud
