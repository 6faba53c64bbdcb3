"""The bay's sequence: whole sessions, every event in every state, the gate, and what goes wrong."""

from drivers import vehicle as r
from firmware import sequence_table as t
from hil_tests.portable.bay_rig import BATTERY_DV, Rig


def energised(command_da=400):
    rig = Rig()
    rig.plug()
    rig.until(t.ENERGY)
    rig.converter.command_da = command_da
    rig.run(1500)
    assert rig.converter.amps == command_da
    return rig


def test_a_session_from_plug_to_unlock():
    rig = energised()
    assert rig.history == list(range(t.UNPLUGGED, t.ENERGY + 1))
    assert rig.vehicle.calls == ["plugged", "insulated", "output"]
    rig.sequence.stop()
    rig.until(t.ENDED)
    assert rig.history[-4:] == [t.STOPPING, t.BLEEDING, t.UNLOCKING, t.ENDED]
    assert rig.vehicle.calls[-1] == "stop" and not rig.faults
    rig.lines.cc1_dv = 60
    rig.run(20)
    assert rig.sequence.state == t.UNPLUGGED and rig.vehicle.calls[-1] == "unplugged"
    rig.plug()
    rig.until(t.ENERGY)


def test_energy_goes_either_way_through_zero_without_leaving_the_state():
    rig = energised()
    rig.converter.command_da = -400
    rig.run(1000)
    assert rig.converter.amps == -400 and rig.sequence.state == t.ENERGY


def test_the_test_voltage_is_the_lower_of_both_and_the_outlet_is_discharged_after_it():
    rig = Rig()
    rig.plug()
    rig.until(t.TESTING)
    rig.run(800)
    assert rig.converter.demand_dv == 4500 and rig.lines.outside_dv == 4500
    rig.until(t.CONNECTING)
    assert rig.lines.outside_dv < 600 and not rig.lines.k1k2
    rig.until(t.PRECHARGE)
    rig.until(t.CLOSING)
    assert 10 <= BATTERY_DV - rig.converter.output_dv() <= 100


def test_the_contactors_open_under_little_current():
    rig = energised()
    rig.sequence.stop()
    while rig.lines.contactor_closed:
        amps = rig.converter.amps
        rig.run(10)
    assert amps <= 50 + 20


def test_a_converter_that_does_not_let_go_is_cut_off_all_the_same():
    rig = energised()
    rig.sequence.stop()
    rig.run(10)
    stuck = rig.ms
    while rig.lines.contactor_closed and rig.ms < stuck + 3000:
        rig.converter.amps = 400
        rig.run(10)
    assert rig.ms - stuck <= 1100


def test_the_vehicle_ends_it():
    rig = energised()
    rig.vehicle.record.phase = r.STOPPING
    rig.until(t.ENDED)
    assert not rig.faults


def test_a_session_that_begins_anew_opens_bleeds_and_is_served_again():
    rig = energised()
    rig.vehicle.record.phase = r.CONNECTING
    rig.vehicle.record.known = False
    rig.vehicle.at = rig.now
    rig.vehicle.patience_ms = 2000
    rig.until(t.CONNECTING)
    assert not rig.lines.contactor_closed and "stop" not in rig.vehicle.calls
    rig.until(t.ENERGY)
    assert not rig.faults


def outputs_hold(rig):
    lines = rig.lines
    live = lines.k1k2 or rig.converter.demand != t.NOTHING
    return not live or (lines.lock_closed and lines.earth and not lines.e_stop and lines.fresh
                        and rig.sequence.is_plugged())


def test_every_event_in_every_state_with_every_input_energises_nothing_that_it_must_not():
    rig = Rig()
    sequence, lines = rig.sequence, rig.lines
    tried = 0
    for state in range(len(t.STATE_NAMES)):
        for event in range(len(t.EVENT_NAMES)):
            for inputs in range(64):
                sequence.state = state
                sequence.since = rig.now
                sequence.insulated = bool(inputs & 1)
                lines.lock_closed = bool(inputs & 2)
                lines.e_stop = bool(inputs & 4)
                lines.earth = not inputs & 8
                lines.fresh = not inputs & 16
                lines.cc1_dv = 60 if inputs & 32 else 40
                sequence.happen(event, rig.now)
                sequence._switch()
                assert outputs_hold(rig), (t.STATE_NAMES[state], t.EVENT_NAMES[event], inputs)
                if (lines.k1k2 or rig.converter.demand) and not sequence.insulated:
                    assert sequence.state in (t.TESTING, t.TEST_BLEED)
                tried += 1
    assert tried == 15 * 20 * 64


def test_the_ways_to_energy():
    into = {}
    for state, event, after in t.TRANSITIONS:
        into.setdefault(after, []).append((state, event))
    assert into[t.ENERGY] == [(t.CLOSING, t.CLOSED)]
    assert into[t.CLOSING] == [(t.PRECHARGE, t.PRECHARGED)]
    assert into[t.PRECHARGE] == [(t.CONNECTING, t.WANTED)]
    assert sorted(into[t.CONNECTING]) == [(t.TEST_BLEED, t.BLED), (t.BLEEDING, t.RESTART)]
    assert into[t.TEST_BLEED] == [(t.TESTING, t.GOOD)]
    assert into[t.HANDSHAKE] == [(t.LOCKING, t.LOCKED)]
    pairs = [(row[0], row[1]) for row in t.TRANSITIONS]
    assert len(pairs) == len(set(pairs))


def test_each_live_state_is_left_by_a_trip_and_by_the_plug():
    pairs = [(row[0], row[1]) for row in t.TRANSITIONS]
    for state in t.LIVE_STATES:
        assert (state, t.TRIP) in pairs and (state, t.PULLED) in pairs and (state, t.STOP) in pairs or (
            state == t.STOPPING
        )


def test_a_lock_that_does_not_close_ends_it_before_anything():
    rig = Rig()
    rig.lock_works = False
    rig.plug()
    rig.until(t.ENDED)
    assert rig.faults == [t.LOCK] and rig.vehicle.calls == []


def test_voltage_outside_before_the_test_locks_the_bay_out():
    rig = Rig()
    rig.plug()
    rig.until(t.HANDSHAKE)
    rig.vehicle.patience_ms = 100000
    rig.lines.outside_dv = 350
    rig.vehicle.record.phase = r.WAITS_INSULATION
    rig.run(20)
    assert rig.sequence.state == t.LOCKED_OUT and rig.faults == [t.OUTSIDE_LIVE]
    rig.sequence.reset(rig.now)
    assert rig.sequence.state == t.LOCKED_OUT or rig.lines.outside_dv < 100
    rig.run(100)
    rig.sequence.reset(rig.now)
    rig.until(t.ENDED)


def test_bad_insulation_never_gets_further_and_a_middling_one_is_noted():
    for ohm_per_v, state, warning in ((100, t.ENDED, True), (101, t.ENERGY, True), (500, t.ENERGY, True),
                                      (501, t.ENERGY, False)):
        rig = Rig()
        rig.insulation = ohm_per_v
        rig.plug()
        rig.until(state)
        assert rig.sequence.warning == warning, ohm_per_v
        assert (rig.faults == [t.INSULATION]) == (state == t.ENDED)


def test_an_insulation_monitor_that_says_nothing_is_no_good_insulation():
    rig = Rig()
    rig.insulation = -1
    rig.plug()
    rig.until(t.ENDED, 70000)
    assert rig.faults == [t.INSULATION] and t.CONNECTING not in rig.history


def test_a_battery_that_is_not_what_it_said_is_not_connected():
    for battery_dv in (BATTERY_DV * 106 // 100, BATTERY_DV * 94 // 100):
        rig = Rig()
        rig.battery_dv = battery_dv
        rig.plug()
        rig.until(t.ENDED)
        assert rig.faults == [t.BATTERY_VOLTAGE] and t.CLOSING not in rig.history


def test_a_contactor_that_does_not_close_or_does_not_open():
    rig = Rig()
    rig.plug()
    rig.until(t.PRECHARGE)
    rig.contactor_works = False
    rig.until(t.ENDED)
    assert rig.faults == [t.CONTACTOR]
    rig = energised()
    rig.welded = True
    rig.lines.e_stop = True
    rig.until(t.LOCKED_OUT)
    assert rig.faults == [t.E_STOP] and rig.lines.lock and not rig.lines.k1k2
    rig.lines.e_stop = False
    rig.sequence.reset(rig.now)
    assert rig.sequence.state == t.LOCKED_OUT


def test_a_residual_voltage_keeps_it_locked():
    rig = energised()
    rig.bleeds = False
    rig.sequence.stop()
    rig.until(t.LOCKED_OUT)
    rig.run(20000, 50)
    assert rig.lines.lock and rig.lines.lock_closed and rig.faults == [t.NOT_BLED]
    rig.bleeds = True
    rig.run(1000)
    rig.sequence.reset(rig.now)
    rig.until(t.ENDED)


def test_a_plug_pulled_at_any_time_ends_with_an_open_outlet():
    for state in range(t.LOCKING, t.ENDED):
        rig = Rig()
        rig.plug()
        if state > t.ENERGY:
            rig.until(t.ENERGY)
            rig.sequence.stop()
        rig.until(state)
        rig.lines.cc1_dv = 60
        rig.run(200)
        assert not rig.lines.contactor_closed and rig.converter.demand == t.NOTHING, t.STATE_NAMES[state]
        rig.until(t.UNPLUGGED)
