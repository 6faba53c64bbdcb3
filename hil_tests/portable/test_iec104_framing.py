"""IEC 104 outstation, rows 1-10: what a frame is, and what becomes of a link that sends something else."""

from hil_tests.portable.iec104_support import GI, STOPDT, TEN, TESTFR, Raw, Rig, controls, setpoint, summary
from hil_tests.portable.support import hx


def test_row_1_one_apdu_in_pieces_at_every_octet():
    data = setpoint(TEN)
    for cut in range(1, len(data) + 6):
        rig = Rig()
        master = Raw(rig)
        frame = master.frame(data)
        master.write(frame[:cut])
        assert not rig.handler.orders
        master.write(frame[cut:])
        assert rig.handler.orders == [(0x6201, 50, 10.0)]
        assert summary(master.asdus()) == [(50, 7, 1)]


def test_row_1_octet_by_octet():
    rig = Rig()
    master = Raw(rig)
    for octet in master.frame(setpoint(TEN)):
        master.write(bytes((octet,)))
    assert summary(master.asdus()) == [(50, 7, 1)]


def test_row_2_several_apdus_in_one_segment():
    rig = Rig()
    master = Raw(rig)
    data = b""
    for n in range(5):
        data += master.frame(setpoint(TEN), ns=n)
        data += hx("680443000000")
    data += master.frame(setpoint(TEN), ns=5)[:7]
    master.write(data)
    assert len(rig.handler.orders) == 5
    assert controls(master.take()) == ["I", 0x83] * 5
    master.write(master.frame(setpoint(TEN), ns=5)[7:])
    assert len(rig.handler.orders) == 6


def closes(data, started=True):
    """A link that receives `data` is closed for its framing at once and says nothing more."""
    rig = Rig()
    master = Raw(rig, start=started)
    master.write(data)
    assert master.link.is_closed and master.link.closed_reason == "framing", data
    assert master.take() == []
    assert not rig.handler.orders
    master.write(hx("680443000000"))
    assert master.take() == []
    assert rig.station.counts[17] == 1
    rig.station.close_link(master.link)
    assert not rig.station.links


def test_row_3_first_octet_is_no_start():
    for first in (0x00, 0x10, 0x16, 0x67, 0x69, 0xE5, 0xFF):
        closes(bytes((first,)))
        closes(bytes((first, 4, TESTFR, 0, 0, 0)))


def test_row_3_a_large_segment_of_noise():
    closes(b"GET / HTTP/1.1\r\n" * 60)
    closes(b"\x68\xff" + bytes(900))


def test_row_4_length_below_four():
    for length in (0, 1, 2, 3):
        closes(bytes((0x68, length)))
        closes(bytes((0x68, length, TESTFR, 0, 0, 0)))


def test_row_5_length_above_253_without_waiting_for_the_octets():
    for length in (254, 255):
        closes(bytes((0x68, length)))


def test_row_6_u_frame_with_two_functions_or_none():
    for control in (0x03, 0x0F, 0x33, 0x47, 0xC3, 0xFF):
        closes(bytes((0x68, 4, control, 0, 0, 0)), started=False)


def test_row_7_u_and_s_frames_with_octets_to_spare():
    closes(hx("6805 43 00 00 00 00"))
    closes(hx("6804 43 01 00 00"))
    closes(hx("6804 43 00 00 02"))
    closes(hx("6806 01 00 00 00 00 00"))
    closes(hx("6804 01 01 00 00"))
    closes(hx("6804 05 00 00 00"))
    closes(hx("6804 01 00 01 00"))


def test_row_8_i_frame_without_a_whole_data_unit_identifier():
    closes(hx("6804 00 00 00 00"))
    closes(hx("6805 00 00 00 00 64"))
    closes(hx("6809 00 00 00 00 64 01 06 00 01"))
    closes(hx("680E 00 00 01 00 64 01 06 00 01 00 00 00 00 14"))


def test_row_9_no_apdu_of_ours_is_longer_than_255():
    rig = Rig(event_slots=64)
    for i in range(60):
        rig.station.add_point(0x5001 + i, 13)
    master = Raw(rig)
    for i in range(40):
        rig.station.point_at(0x5001 + i).update(i + 1, 0, rig.now)
    master.i(GI)
    sizes = [len(f) for f in master.read()]
    master.asdus()
    rig.station.tick(rig.now)
    sizes += [len(f) for f in master.read()]
    assert max(sizes) <= 255 and max(sizes) > 240


def test_row_10_confirmations_nobody_asked_for():
    rig = Rig()
    master = Raw(rig)
    for control in (0x0B, 0x23, 0x83):
        master.u(control)
    assert not master.link.is_closed and master.take() == []
    assert summary(master.ask(setpoint(TEN))) == [(50, 7, 1)]
    master.u(STOPDT)
    assert controls(master.take()) == [0x23]
