"""Rows 31 to 41 of the Modbus table: what a slave makes of a request, and what we ask ourselves."""

from hil_tests.portable.modbus_slave_rig import after_silence, ask, full_network, full_serial, network, serial
from hil_tests.portable.modbus_support import START, FullStore, rtu, tcp
from hil_tests.portable.support import hx, raises
from protocols.errors import LocalError
from protocols.modbus import codec, functions
from protocols.modbus.full_slave import FullSlave
from protocols.modbus.identity import Identity
from protocols.modbus.tcp import TcpFraming
from protocols.ticks import ticks_add


def answers(make, table):
    """Each request of the table gets its answer from a slave of make(), one after the other."""
    slave = make()[0]
    is_serial = not slave._framing.is_stream
    now = START
    for text, answer in table:
        frame = rtu if is_serial else lambda pdu: tcp(5, pdu)
        expected = frame("01" + answer) if answer else b""
        assert ask(slave, frame("01" + text), now) == expected, (text, answer)
        now = ticks_add(now, 600)


def answers_everywhere(table):
    answers(full_network, table)
    answers(full_serial, table)


def test_row_31_unknown_function_codes():
    answers_everywhere((("41", "C1 01"), ("65 0000", "E5 01"), ("07", "87 01"), ("2B 0D 00", "AB 01")))
    table = [(text, "%02X 01" % (hx(text)[0] | 0x80)) for text in ("01 0000 0001", "16 0000 0000 0000")]
    table += [("2B 0E 01 00", "AB 01"), ("0F 0000 0001 01 01", "8F 01"), ("08 0000 1234", "88 01")]
    answers(network, table)  # without the function codes that a slave need not have
    answers(serial, table)
    answers(lambda: (FullSlave(TcpFraming(), FullStore(), (1,)), 0), (("2B 0E 01 00", "AB 01"),))


def test_row_31_never_function_code_80():
    for text in ("00", "80", "83 02", "FF 00"):
        answers(network, ((text, ""),))
        slave, _ = serial()
        assert ask(slave, rtu("01" + text)) == b"", text
        assert after_silence(slave, START, 100) == b""


def test_row_32_function_then_value_then_address_then_execution():
    answers_everywhere(
        (
            ("41 FFFF FFFF", "C1 01"),
            ("03 FFFF 007E", "83 03"),
            ("10 FFFF 0000 00", "90 03"),
            ("01 FFFF 07D1", "81 03"),
            ("0F FFFF 0002 02 0300", "8F 03"),
            ("17 FFFF 007E FFFF 0002 04 0000 0000", "97 03"),
            ("03 FFFF 0002", "83 02"),
            ("2B 0E 05 99", "AB 03"),
        )
    )
    slave, store = full_network()
    store.fault = 4
    for text, answer in (
        ("03 0000 0001", "83 04"),
        ("06 0000 0001", "86 04"),
        ("01 0000 0001", "81 04"),
        ("16 0000 0000 0000", "96 04"),
        ("03 FFFF 0002", "83 02"),
        ("05 0000 1234", "85 03"),
        ("41", "C1 01"),
    ):
        assert ask(slave, tcp(5, "01" + text)) == tcp(5, "01" + answer)
    assert store.reads == 3 and store.writes == 1


# What one more and one less than a limit gives: request, and whether it is taken.
LIMITS = (
    ("01 0000 0000", False),
    ("01 0000 07D0", True),
    ("02 0000 07D1", False),
    ("02 0000 07D0", True),
    ("03 0000 0000", False),
    ("03 0000 007D", True),
    ("03 0000 007E", False),
    ("04 0000 007D", True),
    ("04 0000 FFFF", False),
    ("0F 0000 0000 00", False),
    ("0F 0000 07B0 F6" + "00" * 246, True),
    ("0F 0000 07B1 F7" + "00" * 247, False),
    ("10 0000 0000 00", False),
    ("10 0033 007B F6" + "00" * 246, True),
    ("10 0033 007C F8" + "00" * 246, False),  # 248 would be no frame at all (row 2)
    ("17 0000 007D 0033 0079 F2" + "00" * 242, True),
    ("17 0000 007E 0033 0001 02 0000", False),
    ("17 0000 0001 0033 007A F4" + "00" * 242, False),
    ("17 0000 0000 0033 0001 02 0000", False),
    ("17 0000 0001 0033 0000 00", False),
)


def test_row_33_limits_of_what_we_take():
    for make in (full_network, full_serial):
        for text, is_taken in LIMITS:
            slave, _ = make()
            said = ask(slave, tcp(5, "01" + text) if make is full_network else rtu("01" + text))
            at = 7 if make is full_network else 1
            fc = hx(text)[0]
            if is_taken:
                assert said[at] == fc, text
            else:
                assert said[at : at + 2] == bytes((fc | 0x80, 3)), text


def test_row_33_limits_of_what_we_ask():
    buf = bytearray(270)
    values = [0] * 2001
    for call, least, most in (
        (lambda n: codec.encode_read(buf, 0, 3, 0, n), 1, 125),
        (lambda n: codec.encode_read(buf, 0, 4, 0, n), 1, 125),
        (lambda n: codec.encode_write_registers(buf, 0, 0, values, n), 1, 123),
        (lambda n: functions.encode_read_bits(buf, 0, 1, 0, n), 1, 2000),
        (lambda n: functions.encode_read_bits(buf, 0, 2, 0, n), 1, 2000),
        (lambda n: functions.encode_write_coils(buf, 0, 0, values, n), 1, 1968),
        (lambda n: functions.encode_read_write(buf, 0, 0, n, 0, values, 1), 1, 125),
        (lambda n: functions.encode_read_write(buf, 0, 0, 1, 0, values, n), 1, 121),
        (lambda n: functions.encode_identify(buf, 0, n, 0), 1, 4),
    ):
        assert call(least) <= 253 and call(most) <= 253
        for n in (least - 1, most + 1, -1):
            raises(LocalError, call, n)


def test_row_34_addresses_beyond_65535():
    answers_everywhere(
        (
            ("03 FFFF 0002", "83 02"),
            ("04 FF84 007D", "84 02"),
            ("10 FFFF 0002 04 0000 0000", "90 02"),
            ("01 FFFF 0002", "81 02"),
            ("02 FFFF 07D0", "82 02"),
            ("0F FFFF 0002 01 03", "8F 02"),
            ("17 FFFF 0002 0000 0001 02 0000", "97 02"),
            ("17 0000 0001 FFFF 0002 04 0000 0000", "97 02"),
            ("03 00C7 0002", "83 02"),  # the store's own end
            ("06 00C8 0000", "86 02"),
            ("05 0900 FF00", "85 02"),
            ("16 00C8 0000 0000", "96 02"),
        )
    )
    for text in ("17 0000 0001 FFFF 0002 04 0000 0000", "17 FFFF 0002 0000 0001 02 0000", "01 FFFF 0002"):
        assert functions.check_request(hx(text), 0, len(hx(text))) == 2, text  # whatever the store says
    buf = bytearray(260)
    assert codec.encode_read(buf, 0, 3, 0xFFFF, 1) == 5
    raises(LocalError, codec.encode_read, buf, 0, 3, 0xFFFF, 2)
    raises(LocalError, codec.encode_read, buf, 0, 3, -1, 2)
    raises(LocalError, codec.encode_write_register, buf, 0, 0x10000, 0)
    raises(LocalError, functions.encode_read_bits, buf, 0, 1, 0xFFFF, 2)
    raises(LocalError, functions.encode_write_coil, buf, 0, 0x10000, 1)
    raises(LocalError, functions.encode_mask_write, buf, 0, 0x10000, 0, 0)
    raises(LocalError, functions.encode_read_write, buf, 0, 0, 1, 0xFFFF, (1, 2), 2)


def test_row_35_a_coil_is_0000_or_ff00():
    answers_everywhere(
        (
            ("05 0001 FF00", "05 0001 FF00"),
            ("01 0000 0003", "01 01 03"),
            ("05 0001 0000", "05 0001 0000"),
            ("01 0000 0003", "01 01 01"),
            ("05 0001 1234", "85 03"),
            ("05 0001 00FF", "85 03"),
            ("05 0001 0001", "85 03"),
            ("05 0001 FFFF", "85 03"),
            ("01 0000 0003", "01 01 01"),
        )
    )


def test_row_36_byte_count_must_match_the_quantity():
    answers_everywhere(
        (
            ("10 0000 0002 02 0000", "90 03"),
            ("10 0000 0001 04 0000 0000", "90 03"),
            ("10 0000 0002 04 0000 00", "90 03"),
            ("10 0000 0001 02 0000 00", "90 03"),
            ("0F 0000 0009 01 FF", "8F 03"),
            ("0F 0000 0008 02 FF00", "8F 03"),
            ("0F 0000 0009 02 FF", "8F 03"),
            ("17 0000 0001 0000 0002 02 0000", "97 03"),
            ("17 0000 0001 0000 0001 04 0000 0000", "97 03"),
            ("17 0000 0001 0000 0002 04 0000 00", "97 03"),
            ("03 0000 0001 00", "83 03"),
            ("05 0000 FF", "85 03"),
            ("06 0000 00", "86 03"),
            ("16 0000 0000", "96 03"),
        )
    )


def test_row_37_lowest_bit_first_and_pad_bits_zero():
    answers_everywhere(
        (
            ("0F 0013 000A 02 CD01", "0F 0013 000A"),
            ("01 0013 000A", "01 02 CD01"),
            ("01 0013 0003", "01 01 05"),
            ("01 0014 0008", "01 01 E6"),
            ("02 0013 000A", "02 02 3202"),  # the inputs of this store are its coils turned
            ("0F 0013 0001 01 FE", "0F 0013 0001"),
            ("01 0013 0008", "01 01 CC"),
        )
    )
    buf = bytearray(20)
    bits = (1, 0, 1, 1, 0, 0, 1, 1, 1, 0)
    assert functions.encode_write_coils(buf, 0, 19, bits, 10) == 8
    assert buf[:8] == hx("0F 0013 000A 02 CD01")


def test_row_38_mask_write_and_write_before_read():
    slave, store = full_network()
    store.values[4] = 0x12
    assert ask(slave, tcp(5, "01 16 0004 00F2 0025")) == tcp(5, "01 16 0004 00F2 0025")
    assert store.values[4] == 0x17
    answers_everywhere(
        (
            ("06 0004 AAAA", "06 0004 AAAA"),
            ("16 0004 0000 1234", "16 0004 0000 1234"),
            ("03 0004 0001", "03 02 1234"),
            ("16 0004 FFFF FFFF", "16 0004 FFFF FFFF"),
            ("03 0004 0001", "03 02 1234"),
            ("17 0003 0003 0004 0002 04 1111 2222", "17 06 0306 1111 2222"),
        )
    )


NAMES = {0: "Vendor", 1: "Code", 2: "1.2.3", 4: "Product", 0x80: b"\x00\xff", 0x90: "x" * 244}


def test_row_39_identification_in_streams_and_alone():
    def make():
        return FullSlave(TcpFraming(), FullStore(), (1,), Identity(NAMES)), 0

    basic = "00 06 56656E646F72 01 04 436F6465 02 05 312E322E33"
    answers(
        make,
        (
            ("2B 0E 01 00", "2B 0E 01 83 00 00 03" + basic),
            ("2B 0E 01 02", "2B 0E 01 83 00 00 01 02 05 312E322E33"),
            ("2B 0E 01 04", "2B 0E 01 83 00 00 03" + basic),  # not of this stream: from the beginning
            ("2B 0E 02 00", "2B 0E 02 83 00 00 04" + basic + "04 07 50726F64756374"),
            ("2B 0E 03 00", "2B 0E 03 83 FF 90 05" + basic + "04 07 50726F64756374 80 02 00FF"),
            ("2B 0E 03 90", "2B 0E 03 83 00 00 01 90 F4" + "78" * 244),
            ("2B 0E 04 04", "2B 0E 04 83 00 00 01 04 07 50726F64756374"),
            ("2B 0E 04 03", "AB 02"),
            ("2B 0E 04 FF", "AB 02"),
            ("2B 0E 00 00", "AB 03"),
            ("2B 0E 05 00", "AB 03"),
            ("2B 0E 01", "AB 03"),
        ),
    )
    answers_everywhere((("2B 0E 03 00", "2B 0E 03 81 00 00 03 00 01 56 01 02 5031 02 03 302E31"),))


def test_row_39_an_identity_has_vendor_product_and_revision():
    for wrong in ({0: "a", 1: "b"}, {0: "a", 2: "c"}, {}, {0: "a", 1: "b", 2: "c", 7: "d"}):
        raises(LocalError, Identity, wrong)
    raises(LocalError, Identity, {0: "a", 1: "b", 2: "x" * 245})


def test_row_40_loop_back_on_a_serial_line():
    data = "A537" + "00" * 248
    answers(
        full_serial,
        (
            ("08 0000 A537", "08 0000 A537"),
            ("08 0000" + data, "08 0000" + data),
            ("08 0000", "88 03"),
            ("08 0000 A5", "88 03"),
            ("08 0001 0000", "88 01"),
        ),
    )
    answers(full_network, (("08 0000 A537", "88 01"),))


def test_row_41_partial_writes_never_happen():
    slave, store = full_network()
    before = list(store.values)
    for text, answer in (
        ("10 0031 0003 06 0001 0002 0003", "90 02"),  # register 50 is read only
        ("17 0000 0001 0031 0003 06 0001 0002 0003", "97 02"),
        ("17 00C7 0002 0001 0001 02 FFFF", "97 02"),  # what would be read is not there
        ("16 0032 0000 FFFF", "96 02"),
        ("10 00C7 0002 04 0001 0002", "90 02"),
    ):
        assert ask(slave, tcp(5, "01" + text)) == tcp(5, "01" + answer), text
    assert store.values == before
