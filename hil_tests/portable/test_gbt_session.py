"""Whole sessions of GB/T 27930-2015 between the two ends, in virtual time.

lane: heap=320k
"""

from hil_tests.portable.gbt_rig import Rig
from hil_tests.portable.support import hx
from protocols.gbt27930 import charger as c
from protocols.gbt27930 import tables as t
from protocols.gbt27930 import vehicle as v
from protocols.ticks import ticks_sub


def transferring(options=None, bms=None):
    rig = Rig(options, bms)
    rig.plug()
    rig.until(c.TRANSFER)
    return rig


def test_a_session_walks_through_every_phase():
    rig = transferring()
    rig.run(3000)
    rig.charger.stop(c.MANUAL, rig.now)
    rig.until(c.DONE)
    assert rig.states == [c.IDLE] + list(range(c.HANDSHAKE, c.DONE + 1))
    assert rig.vehicle.state == v.DONE
    assert rig.charger.strikes == rig.vehicle.strikes == 0


def test_frames_on_the_wire_are_the_standards():
    rig = transferring()
    rig.bms.demand_da = 805
    rig.bms.voltage_dv = 3999
    rig.charger.voltage_dv, rig.charger.current_da = 4001, 800
    rig.run(1000)
    by_id = rig.last
    assert by_id[0x1826F456] == hx("01 01 00")  # CHM: V1.1
    assert by_id[0x182756F4] == hx("94 11")  # BHM: 450.0 V
    assert by_id[0x1801F456][0] == 0xAA and len(by_id[0x1801F456]) == 8
    assert by_id[0x100956F4] == hx("AA")
    assert by_id[0x181056F4] == hx("30 11 7B 0C 02")  # BCL: 440.0 V, -80.5 A, constant current
    assert by_id[0x1812F456] == hx("A1 0F 80 0C 00 00 FD FF")  # CCS: 400.1 V, -80.0 A, permitted
    assert by_id[0x1CECF456][0] == 0x13  # TP: end of message acknowledged
    assert by_id[0x1CEC56F4][:4] == hx("10 09 00 02")  # RTS of BCS


def test_periods():
    rig = transferring()
    rig.at.clear()
    rig.run(10000)
    for message, period_ms in ((t.CCS, 50), (t.BCL, 50), (t.BSM, 250)):
        times = rig.times(message)
        assert len(times) == 10000 // period_ms, t.MESSAGES[message][0]
        assert all([times[i + 1] - times[i] == period_ms for i in range(len(times) - 1)])


def test_the_charger_learns_who_and_what_the_vehicle_is():
    rig = transferring()
    rig.run(1000)
    charger = rig.charger
    assert charger.raw[t.BRM][24:41] == b"LSIMULATEDCAR0001"
    assert charger.values[t.BCP] == [4250, 1000, 60000, 4500, 550, 5000, 4000]
    assert charger.values[t.BCS][4] == 5000 and charger.values[t.BSM][1] == 250
    assert rig.vehicle.values[t.CML] == [10000, 2000, 1000, 0]


def test_the_vehicle_stops():
    rig = transferring()
    rig.vehicle.stop(v.SOC_REACHED, rig.now)
    rig.until(c.DONE)
    assert rig.charger.stop_cause == c.BMS_STOPPED
    assert rig.data_of(t.BST)[0] == 0x01 and rig.data_of(t.CST)[0] == 0x40
    assert rig.charger.have[t.BSD] and rig.vehicle.have[t.CSD]


def test_a_lost_stop_frame_is_sent_again():
    rig = transferring()
    lost = [2]

    def lose(from_charger, pf):
        if from_charger and pf == 0x1A and lost[0]:
            lost[0] -= 1
            return True
        return False

    rig.lose = lose
    rig.vehicle.stop(v.VOLTAGE_REACHED, rig.now)
    rig.until(c.DONE)
    assert rig.vehicle.state == v.DONE and rig.vehicle.last_error == ""


def test_a_pause_ends_with_permission_and_not_later_than_ten_minutes():
    rig = transferring()
    assert rig.charger.may_transfer()
    rig.bms.permitted = False
    rig.run(500)
    assert rig.charger.state == c.TRANSFER and not rig.charger.may_transfer()
    rig.bms.permitted = True
    rig.run(500)
    assert rig.charger.may_transfer()
    rig.bms.permitted = False
    rig.run(250)
    # ten minutes of frames are too many for a small board: the pause is made to have begun 595 s earlier
    rig.charger.paused_at = ticks_sub(rig.charger.paused_at, 595000)
    rig.run(4500)
    assert rig.charger.state == c.TRANSFER
    rig.run(1500)
    assert rig.charger.state > c.TRANSFER


def test_what_the_bms_calls_abnormal_stops_the_session():
    for name in ("insulation", "over_temperature"):
        rig = transferring()
        setattr(rig.bms, name, 1)
        rig.run(260)
        assert rig.charger.state in (c.STOPPING, c.ENDING), name
        assert rig.charger.stop_cause == c.FAULT and rig.data_of(t.CST)[0] == 0x10


def silence(rig, from_charger, pfs):
    """The frames with these PF of one end are lost from now on."""

    def lose(charger, pf):
        return charger == from_charger and pf in pfs

    rig.lose = lose


def first_state_after(rig, limit_ms):
    before = rig.charger.state
    start = rig.ms
    while rig.charger.state == before and rig.ms - start < limit_ms:
        rig.run(10)
    return rig.charger.state, rig.ms - start


def test_each_wait_of_the_transfer_ends_in_an_error_message_with_its_bit():
    for pfs, name, least_ms, most_ms, byte, bits in (
        ((0x10,), "bcl", 940, 1010, 2, 0x04),
        ((0xEC, 0xEB), "bcs", 4740, 5010, 2, 0x01),
        ((0x13,), "time", 4740, 5010, 2, 0x00),
    ):
        rig = transferring()
        rig.run(1000)
        silence(rig, False, pfs)
        state, took_ms = first_state_after(rig, 10000)
        assert state == c.TIMED_OUT, name
        assert least_ms <= took_ms <= most_ms, (name, took_ms)
        rig.run(10)
        assert rig.charger.last_error == name and rig.data_of(t.CEM)[byte] & 0x3F == bits


def test_a_vehicle_that_comes_back_begins_again_at_its_identity():
    rig = transferring()
    silence(rig, False, (0x10,))
    assert first_state_after(rig, 5000)[0] == c.TIMED_OUT
    rig.lose = None
    rig.until(c.TRANSFER)
    assert rig.charger.strikes == 1
    at = rig.states.index(c.TIMED_OUT)
    assert rig.states[at + 1 :] == list(range(c.RECOGNISE, c.TRANSFER + 1))


def test_the_third_time_out_is_the_end_until_it_is_plugged_anew():
    rig = transferring()
    silence(rig, False, tuple(range(256)))
    rig.until(c.LOST)
    assert rig.charger.strikes == 3
    count = len(rig.times(t.CCS)) + len(rig.times(t.CRM))
    rig.lose = None
    rig.run(70000, 50)
    assert rig.charger.state == c.LOST and len(rig.times(t.CCS)) + len(rig.times(t.CRM)) == count
    rig.charger.unplugged(rig.now)
    rig.charger.strikes = 0
    rig.vehicle.pulled(rig.now)
    rig.plug()
    rig.until(c.TRANSFER)
    assert rig.charger.strikes == 0


def test_a_vehicle_that_never_answers_the_handshake_is_left_alone():
    rig = Rig()
    silence(rig, False, tuple(range(256)))
    rig.plug()
    rig.until(c.LOST)
    assert 10000 <= rig.ms <= 10100 and len(rig.times(t.CHM)) == 40


def test_brm_bcp_and_bro_are_waited_for_five_seconds():
    for state, pf, bit in ((c.RECOGNISE, 0xEC, (0, 0x01)), (c.CONFIGURE, 0x09, (1, 0x04))):
        rig = Rig()
        silence(rig, False, (pf,))
        rig.plug()
        rig.until(state)
        after, took_ms = first_state_after(rig, 10000)
        assert after == c.TIMED_OUT and 4900 <= took_ms <= 5010
        rig.run(10)
        assert rig.data_of(t.CEM)[bit[0]] & (bit[1] * 3) == bit[1]


def test_a_vehicle_that_is_never_ready_is_waited_for_a_minute():
    rig = Rig()
    rig.close_after_ms = 1000000
    rig.plug()
    rig.until(c.CONFIGURE)
    after, took_ms = first_state_after(rig, 70000)
    assert after == c.TIMED_OUT and 59900 <= took_ms <= 60010


def test_nothing_but_the_owner_ends_the_insulation_test_or_closes_the_output():
    rig = Rig()
    rig.insulate = rig.precharge = False
    rig.plug()
    rig.run(20000, 50)
    assert rig.charger.state == c.INSULATION
    rig.charger.insulated(rig.now)
    rig.until(c.PREPARE)
    rig.run(4000)
    assert rig.charger.state == c.PREPARE and rig.data_of(t.CRO) == b"\x00"


def test_the_vehicles_time_out_is_told_and_counts():
    rig = transferring()
    silence(rig, True, (0x12,))
    assert first_state_after(rig, 3000)[0] == c.TIMED_OUT
    assert rig.vehicle.last_error == "ccs" and rig.data_of(t.BEM)[2] & 0x03 == 0x01
    rig.lose = None
    rig.until(c.TRANSFER)


def test_stop_before_any_energy_ends_in_order():
    for state in (c.HANDSHAKE, c.INSULATION, c.RECOGNISE, c.RECOGNISED, c.CONFIGURE, c.PREPARE):
        rig = Rig()
        rig.insulate = rig.precharge = False
        rig.plug()
        while rig.charger.state != state:
            if rig.charger.state == c.INSULATION:
                rig.charger.insulated(rig.now)
            rig.run(10)
        rig.charger.stop(c.FAULT, rig.now)
        rig.until(c.DONE)


def test_unplugged_ends_every_state():
    rig = transferring()
    rig.charger.unplugged(rig.now)
    assert rig.charger.state == c.IDLE and rig.charger.queue.count == 0
    rig.run(1000)
    assert rig.states[-1] == c.IDLE


def test_discharging_is_asked_for_and_allowed_by_the_vehicle():
    options = c.ChargerOptions()
    options.discharge = True
    bms = v.VehicleState()
    bms.discharges = True
    bms.discharge_max_da = 350
    rig = transferring(options, bms)
    assert not rig.charger.may_discharge()
    rig.run(1000)
    assert rig.charger.may_discharge()
    assert rig.charger.values[t.BDC] == [350, 3200, 2000]
    assert rig.data_of(t.BDC) == hx("FE 10 80 0C 14")  # +35.0 A with offset 400, 320.0 V, 20 %
    assert rig.charger.asks == 1


def test_a_vehicle_without_discharging_charges_on():
    options = c.ChargerOptions()
    options.discharge = True
    rig = transferring(options)
    rig.run(20000)
    assert rig.charger.state == c.TRANSFER and not rig.charger.may_discharge() and rig.charger.asks == 10


def test_version_negotiation_falls_back_to_2015():
    for version, agreed in (((0, 0, 0), 1), ((1, 1, 0), 1), ((2, 0, 0), 1)):
        options = c.ChargerOptions()
        options.negotiate = True
        bms = v.VehicleState()
        bms.version = version
        rig = transferring(options, bms)
        assert rig.charger.agreed_version == agreed and c.NEGOTIATE in rig.states
        assert rig.data_of(t.CVC)[2:5] == hx("01 01 00")
        if version[0] == 0:
            assert len(rig.times(t.CVC)) == c.NEGOTIATE_MS // 50


def test_deadlines_are_kept_when_tick_comes_only_then():
    rig = transferring()
    charger = rig.charger
    charger.tick(rig.now)
    assert 0 < charger.next_deadline(rig.now) <= 50
    rig.run(500)
    charger.tick(rig.now)
    left = charger.next_deadline(rig.now)
    count = len(rig.times(t.CCS))
    rig.run(left - 1, 1)
    assert len(rig.times(t.CCS)) == count
    rig.run(1, 1)
    assert len(rig.times(t.CCS)) == count + 1
