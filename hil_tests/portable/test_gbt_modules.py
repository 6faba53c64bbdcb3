"""Whole sessions of GB/T 27930.2-2024 between its two ends, every time-out, and its tables.

lane: heap=320k
"""

from hil_tests.portable.module_rig import Rig
from hil_tests.portable.support import hx
from protocols.gbt27930 import module_charger as c
from protocols.gbt27930 import module_vehicle as v
from protocols.gbt27930 import modules as m
from protocols.gbt27930.charger import PAUSE_MS
from protocols.gbt27930.session import EXPIRED
from protocols.ticks import ticks_sub


def transferring(**settings):
    rig = Rig(**settings)
    rig.plug()
    rig.until(c.TRANSFER)
    return rig


def discharging():
    options = c.ModuleOptions()
    options.discharge_variant = 2
    options.discharge_max_da = 500
    return options


def test_a_session_walks_through_every_phase():
    rig = transferring()
    rig.run(2000)
    assert rig.charger.may_transfer() and rig.vehicle.closed
    rig.charger.charged_wh, rig.charger.discharged_wh = 12300, 4500
    rig.charger.stop(0, rig.now)
    rig.until(c.DONE)
    rig.run(100)
    assert rig.states == list(range(c.DONE + 1)) and rig.vehicle.state == v.DONE and not rig.vehicle.closed
    assert rig.vehicle.values[m.P93] == [12300, 4500] and rig.charger.values[m.P94][0] == 5000
    assert rig.vehicle.values[m.P03][0] == m.STOPPED and rig.charger.strikes == 0


def test_frames_on_the_wire_are_as_the_table_tells():
    rig = transferring()
    rig.charger.voltage_dv, rig.charger.current_da = 4001, 800
    rig.run(200)
    last = rig.last
    assert last[(0x183656F4, 0x73)] == hx("73 30 11 E8 03 02 FF FF")  # 440.0 V, 100.0 A, constant current
    assert last[(0x183656F4, 0x74)] == hx("74 F4 01 3C 00 FF FF FF")  # 50.0 %, 60 min
    assert last[(0x183656F4, 0x77)] == hx("77 72 01 6D 01 4B 4A FF")  # 3.70 V, 3.65 V, 25, 24 degrees
    assert last[(0x1836F456, 0x76)] == hx("76 A1 0F 20 03 FF FF FF")  # 400.1 V, 80.0 A
    assert last[(0x1836F456, 0x05)] == hx("05 AA AA FF FF FF FF FF")
    assert last[(0x1035F456, 0x01)][:3] == hx("01 70 01")


def test_both_know_the_others_parameters():
    rig = transferring()
    assert rig.charger.values[m.P22][:4] == [1000, 4500, 60000, 5000]
    assert rig.vehicle.values[m.P21][:4] == [10000, 2000, 1000, 0]


def test_discharging_needs_the_configured_variant_at_both_ends():
    for options, knows, wanted in ((None, 2, False), (discharging(), 0, False), (discharging(), 3, False),
                                   (discharging(), 2, True)):
        rig = transferring(options=options, discharge_variant=knows)
        assert rig.charger.may_discharge() == wanted, (knows, wanted)


def test_the_vehicle_may_stop_and_pause():
    rig = transferring()
    rig.vehicle.say(m.P79)
    rig.vehicle.values[m.P79][0] = m.YES
    rig.run(500)
    assert rig.charger.state == c.TRANSFER and not rig.charger.may_transfer()
    rig.charger.paused_at = ticks_sub(rig.now, PAUSE_MS)
    rig.until(c.DONE)
    rig = transferring()
    rig.vehicle.stop(0, rig.now)
    rig.until(c.DONE)
    rig.run(100)
    assert rig.vehicle.state == v.DONE and rig.states[-4:] == [c.STOPPING, c.END_ASK, c.ENDING, c.DONE]


def test_no_energy_before_the_tests_and_the_precharge():
    rig = Rig()
    rig.insulate = False
    rig.plug()
    rig.run(5000)
    assert rig.charger.state == c.DETECT
    rig = Rig()
    rig.precharge = False
    rig.plug()
    rig.until(c.PREPARE)
    rig.run(5000)
    assert rig.charger.state == c.PREPARE and rig.vehicle.state == v.READY


def test_every_silence_ends_the_session_and_is_told():
    cases = ((0x12, c.NEGOTIATE), (0x02, c.PARAMETERS_ASK), (0x52, c.DETECT), (0x72, c.PRECHARGE))
    hasty = tuple([(wait[0], wait[1], min(wait[2], 2000), wait[3]) for wait in c.WAITS])  # the minutes cost
    for pgi, state in cases:
        rig = Rig(waits=hasty)
        rig.lose = lambda from_charger, pf, first, pgi=pgi: not from_charger and pf != 0x37 and first == pgi
        rig.plug()
        rig.until(c.LOST)
        assert rig.states[-2] == state, hex(pgi)
        rig.run(200)
        assert not rig.vehicle.closed or rig.vehicle.state == v.STOPPING
    for pgi, limit_ms in ((0x73, 1000), (0x74, 5000), (0x77, 5000)):
        rig = transferring()
        rig.lose = lambda from_charger, pf, first, pgi=pgi: not from_charger and pf == 0x36 and first == pgi
        start = rig.ms
        rig.until(c.LOST)
        assert limit_ms - 50 <= rig.ms - start <= limit_ms + 100, hex(pgi)
        assert rig.charger.last_error == "p%02x" % pgi and rig.charger.strikes == 1


def test_a_charger_that_falls_silent_opens_the_vehicle():
    rig = transferring()
    rig.lose = lambda from_charger, pf, first: from_charger
    rig.run(1500)
    assert rig.vehicle.state == v.LOST and not rig.vehicle.closed and rig.vehicle.last_error == "p76"


def test_a_lossy_line_only_delays():
    count = [0]

    def fifth(from_charger, pf, first):
        count[0] += 1
        return count[0] % 5 == 0

    rig = Rig()
    rig.lose = fifth
    rig.plug()
    rig.until(c.TRANSFER)
    rig.charger.stop(0, rig.now)
    rig.until(c.DONE)


def test_a_refused_function_ends_it():
    rig = Rig()
    rig.plug()
    rig.until(c.PARAMETERS_ASK)
    rig.vehicle.state = v.TRANSFER
    rig.until(c.LOST, 3000)


def test_unplugging_leads_back_from_everywhere():
    for state in range(c.LOST + 1):
        rig = Rig()
        rig.charger.state = state
        rig.charger.unplugged(rig.now)
        assert rig.charger.state == c.IDLE
    for state in range(v.LOST + 1):
        rig = Rig()
        rig.vehicle.state = state
        rig.vehicle.pulled(rig.now)
        assert rig.vehicle.state == v.UNPLUGGED


def test_the_tables_have_one_end_for_each_pair_and_a_way_out_of_every_wait():
    for rows, sends, waits, names in ((c.TRANSITIONS, c.SENDS, c.WAITS, c.STATE_NAMES),
                                      (v.TRANSITIONS, v.SENDS, v.WAITS, v.STATE_NAMES)):
        pairs = set([(state, event) for state, event, _ in rows])
        assert len(pairs) == len(rows) and len(sends) == len(names)
        for wait in waits:
            assert (wait[0], EXPIRED) in pairs, wait
    ways = [(state, event) for state, event, after in c.TRANSITIONS if after == c.TRANSFER]
    assert ways == [(c.READY, c.DEMAND)]
    assert [(s, e) for s, e, after in c.TRANSITIONS if after == c.READY] == [(c.PREPARE, c.OUTPUT_READY)]


def test_every_field_says_what_backs_it():
    for row in m.MESSAGES:
        for field in row[7]:
            assert field[6] in "SDOK" and field[2] >= 8 and field[2] + field[3] <= 8 * row[4], row[0]
