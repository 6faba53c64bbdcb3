"""IEC 104 outstation, rows 78-96: set-points and commands, direct and select before execute."""

from hil_tests.portable.iec104_support import (
    DAY,
    NOON,
    SELECTED,
    SETPOINT,
    SLOW,
    SWITCH,
    TEN,
    Raw,
    Rig,
    asdu,
    setpoint,
    summary,
)
from protocols.iec104 import const as c
from protocols.iec104.cp56 import IV, encode
from protocols.ticks import ticks_sub

YES = 7
NO = 0x47


def fresh(**settings):
    rig = Rig(**settings)
    return rig, Raw(rig)


def cause(master, type_id, ioa, body, act=6, **named):
    """Cause octet of the one answer, which mirrors the request."""
    request = asdu(type_id, act, ioa, body, **named)
    answers = master.ask(request)
    assert len(answers) == 1, answers
    assert answers[0][:2] + answers[0][3:] == request[:2] + request[3:]
    return answers[0][2]


def test_row_78_direct_set_point():
    rig, master = fresh()
    assert cause(master, 50, SETPOINT, TEN + "00") == YES
    assert rig.handler.orders == [(SETPOINT, 50, 10.0)]
    assert master.asdus() == []


def test_row_78_return_information():
    rig, master = fresh()
    rig.acquire()
    rig.station.tick(rig.now)
    master.asdus()
    echo = rig.measured[0]
    assert echo.returned(10000, 0, rig.now)
    assert not echo.returned(10000, 0, rig.now)
    rig.station.tick(rig.now)
    answers = master.asdus()
    assert summary(answers) == [(36, 11, 1)] and answers[0][9:14] == b"\x00\x00\x20\x41\x00"


def test_row_78_termination_when_configured():
    rig, master = fresh()
    assert cause(master, 50, SLOW, TEN + "00", oa=5) == YES
    rig.station.terminate(rig.slow, rig.now)
    assert master.asdus() == [asdu(50, 10, SLOW, TEN + "00", oa=5)]
    rig.station.terminate(rig.slow, rig.now)
    assert master.asdus() == []


def test_row_79_confirmation_mirrors_value_and_qualifier():
    rig, master = fresh()
    for qos in ("00", "01", "3f", "7f"):
        assert cause(master, 50, SETPOINT, "db0f4940" + qos, oa=200) == YES


def test_row_80_value_that_is_no_number():
    rig, master = fresh()
    for value in ("0000c07f", "0100807f", "ffffffff", "0000807f", "000080ff"):
        assert cause(master, 50, SETPOINT, value + "00") == NO
    assert rig.station.counts[c.REFUSED_VALUE] == 5 and not rig.handler.orders
    assert cause(master, 50, SETPOINT, "ffff7f7f00") == YES  # the largest float is the handler's to judge


def test_row_80_and_81_the_handler_refuses():
    rig, master = fresh()
    rig.handler.accepts = False
    assert cause(master, 50, SETPOINT, TEN + "00") == NO
    assert cause(master, 45, SWITCH, "01") == NO
    assert rig.station.counts[c.REFUSED_HANDLER] == 2 and rig.station.counts[c.ACCEPTED] == 0


def test_row_82_normalised_and_scaled():
    rig, master = fresh()
    for body, value in (("008000", -1.0), ("ff7f00", 1 - 1 / 32768), ("000000", 0.0), ("004000", 0.5)):
        assert cause(master, 48, SLOW, body) == YES
        rig.station.terminate(rig.slow, rig.now)
        assert rig.handler.orders[-1] == (SLOW, 48, value)
        master.asdus()
    for body, value in (("008000", -32768), ("ff7f00", 32767), ("fbff00", -5)):
        assert cause(master, 49, SLOW, body) == YES
        rig.station.terminate(rig.slow, rig.now)
        assert rig.handler.orders[-1] == (SLOW, 49, value)
        master.asdus()


def test_row_83_double_and_step_commands():
    rig, master = fresh()
    for octet, answer in (("00", NO), ("01", YES), ("02", YES), ("03", NO)):
        assert cause(master, 46, SWITCH, octet) == answer
        select = "8" + octet[1]
        assert cause(master, 47, SELECTED, select) == answer
    assert [v for _, _, v in rig.handler.orders] == [1, 2]
    assert rig.station.counts[c.REFUSED_VALUE] == 4


def test_single_command_is_a_truth_value():
    rig, master = fresh()
    assert cause(master, 45, SWITCH, "01") == YES and cause(master, 45, SWITCH, "00") == YES
    assert [v for _, _, v in rig.handler.orders] == [True, False]
    assert rig.handler.orders[0][2] is True and rig.handler.orders[1][2] is False


def test_row_84_and_85_select_then_execute():
    rig, master = fresh()
    assert cause(master, 45, SELECTED, "01") == NO
    assert cause(master, 45, SELECTED, "81") == YES and not rig.handler.orders
    assert cause(master, 45, SELECTED, "01") == YES
    assert rig.handler.orders == [(SELECTED, 45, True)]
    assert cause(master, 45, SELECTED, "01") == NO
    assert len(rig.handler.orders) == 1


def test_row_86_execute_that_differs_from_the_selection():
    rig, master = fresh()
    cases = (
        (45, "00", {}),
        (45, "05", {}),
        (46, "01", {}),
        (45, "01", {"oa": 1}),
        (50, TEN + "00", {}),
    )
    for type_id, body, named in cases:
        assert cause(master, 45, SELECTED, "81") == YES
        assert cause(master, type_id, SELECTED, body, **named) == NO
        assert cause(master, 45, SELECTED, "01") == NO, "the selection must be gone"
    assert cause(master, 50, SELECTED, TEN + "81") == YES
    assert cause(master, 50, SELECTED, "0000204200") == NO
    assert cause(master, 50, SELECTED, TEN + "81") == YES
    assert cause(master, 50, SELECTED, TEN + "01") == YES
    assert rig.handler.orders == [(SELECTED, 50, 10.0)]


def test_row_87_selection_ends_with_time():
    rig, master = fresh()
    assert cause(master, 45, SELECTED, "81") == YES
    rig.wait(9999, [master])
    assert cause(master, 45, SELECTED, "01") == YES
    assert cause(master, 45, SELECTED, "81") == YES
    rig.wait(10000, [master])
    assert cause(master, 45, SELECTED, "01") == NO
    assert len(rig.handler.orders) == 1


def test_row_87_selection_does_not_come_back_when_the_ticks_come_round():
    rig, master = fresh()
    assert cause(master, 45, SELECTED, "81") == YES
    rig.wait(14000, [master])
    rig.now = ticks_sub(rig.now, 10000)  # as after nearly a whole period of the ticks
    assert cause(master, 45, SELECTED, "01") == NO


def test_row_88_selection_by_another_master():
    rig = Rig(control_from=("10.0.0.1", "10.0.0.2"))
    one = Raw(rig, "10.0.0.1")
    two = Raw(rig, "10.0.0.2")
    assert cause(one, 45, SELECTED, "81") == YES
    assert cause(two, 45, SELECTED, "81") == NO
    assert cause(two, 45, SELECTED, "01") == NO
    assert cause(one, 45, SELECTED, "01") == YES
    assert cause(one, 45, SELECTED, "81") == YES
    rig.wait(10000, [one, two])
    assert cause(two, 45, SELECTED, "81") == YES
    assert cause(two, 45, SELECTED, "01") == YES


def test_row_89_select_of_a_direct_object():
    rig, master = fresh()
    assert cause(master, 45, SWITCH, "81") == NO
    assert cause(master, 50, SETPOINT, TEN + "80") == NO
    assert rig.station.counts[c.REFUSED_SELECT] == 2 and not rig.handler.orders


def test_row_90_deactivation():
    rig, master = fresh()
    assert cause(master, 45, SELECTED, "01", act=8) == 0x49
    assert cause(master, 45, SELECTED, "81") == YES
    assert cause(master, 45, SELECTED, "01", act=8) == 9
    assert cause(master, 45, SELECTED, "01") == NO
    assert cause(master, 50, SETPOINT, TEN + "00", act=8) == 0x49
    assert not rig.handler.orders


def test_row_91_order_to_an_object_in_progress():
    rig, master = fresh()
    assert cause(master, 50, SLOW, TEN + "00") == YES
    assert cause(master, 50, SLOW, "0000204200") == NO
    assert rig.station.counts[c.REFUSED_BUSY] == 1 and len(rig.handler.orders) == 1
    rig.station.terminate(rig.slow, rig.now)
    assert master.asdus() == [asdu(50, 10, SLOW, TEN + "00")]
    assert cause(master, 50, SLOW, "0000204200") == YES


def test_row_92_link_lost_between_select_and_execute():
    rig, master = fresh()
    assert cause(master, 45, SELECTED, "81") == YES
    rig.station.close_link(master.link)
    again = Raw(rig)
    assert cause(again, 45, SELECTED, "01") == NO


def test_row_92_link_lost_between_confirmation_and_termination():
    rig, master = fresh()
    assert cause(master, 50, SLOW, TEN + "00") == YES
    rig.station.close_link(master.link)
    again = Raw(rig)
    rig.station.terminate(rig.slow, rig.now)
    assert again.asdus() == []
    assert cause(again, 50, SLOW, TEN + "00") == YES


def tagged(ms, day=DAY, flags=0):
    out = bytearray(7)
    encode(out, 0, day, ms, flags)
    return TEN + "00" + bytes(out).hex()


def test_row_93_set_point_with_time_tag():
    rig, master = fresh()
    for ms, answer in ((0, YES), (-10000, YES), (-10001, NO), (2000, YES), (2001, NO), (-3600000, NO)):
        assert cause(master, 63, SETPOINT, tagged(NOON + ms)) == answer, ms
    assert cause(master, 63, SETPOINT, tagged(NOON, DAY - 1)) == NO
    assert cause(master, 63, SETPOINT, tagged(NOON, DAY + 1)) == NO
    assert cause(master, 63, SETPOINT, tagged(NOON, DAY - 300)) == NO
    assert cause(master, 63, SETPOINT, tagged(NOON, flags=IV)) == NO
    assert rig.station.counts[c.REFUSED_TIME] == 7
    assert rig.handler.orders == [(SETPOINT, 63, 10.0)] * 3
    rig.clock.valid = False
    assert cause(master, 63, SETPOINT, tagged(NOON)) == NO


def test_row_93_over_midnight_and_in_another_time_base():
    rig, master = fresh(utc_offset_min=480)
    rig.clock.base_ms = 57600000 + 1000  # 16:00:01 UTC is one second past midnight in Beijing
    assert cause(master, 63, SETPOINT, tagged(1000, DAY + 1)) == YES
    assert cause(master, 63, SETPOINT, tagged(86399000, DAY)) == YES
    assert cause(master, 63, SETPOINT, tagged(1000, DAY)) == NO


def test_row_94_the_same_set_point_twice_is_executed_twice():
    rig, master = fresh()
    for _ in range(2):
        assert cause(master, 50, SETPOINT, TEN + "00") == YES
    assert len(rig.handler.orders) == 2


def test_row_95_a_set_point_every_second_for_an_hour():
    rig, master = fresh()
    for second in range(3600):
        master.i(setpoint(TEN))
        answers = [f[6:] for f in master.take()]
        assert summary(answers) == [(50, 7, 1)], second
        rig.handler.orders.clear()
        rig.wait(1000)
    assert rig.station.counts[c.ACCEPTED] == 3600 and not master.link.is_closed


def test_row_116_every_order_is_told_with_its_result():
    rig, master = fresh()
    station = rig.station
    told = []

    def on_command(link, cmd, type_id, value, result):
        where = (station.order_oa, station.order_ca, station.order_ioa)
        told.append((link.peer, cmd and cmd.ioa, where, type_id, value, result))

    station.on_command = on_command
    master.ask(setpoint(TEN, oa=9))
    master.ask(asdu(50, 6, 5, TEN + "00", oa=3))
    master.ask(asdu(200, 6, 5, ca=300))
    master.ask(asdu(45, 6, SWITCH, "81"))
    master.ask(asdu(50, 6, SETPOINT)[:8])
    assert told == [
        ("10.0.0.1", SETPOINT, (9, 1, SETPOINT), 50, 10.0, c.ACCEPTED),
        ("10.0.0.1", None, (3, 1, 5), 50, None, c.REFUSED_IOA),
        ("10.0.0.1", None, (0, 300, 5), 200, None, c.REFUSED_TYPE),
        ("10.0.0.1", SWITCH, (0, 1, SWITCH), 45, True, c.REFUSED_SELECT),
    ]
