"""The DC outlet in virtual time: a session from plug to plug, the fault table, and random bad days."""

import random

import pytest

from firmware.outlet import table as t
from hil_tests.faults import outlet_campaign as campaign
from hil_tests.rig.outlet import OutletRig


def test_a_session_charges_turns_round_and_ends_with_a_dead_unlocked_outlet():
    rig = OutletRig()
    rig.energise(300)
    rig.hardware.wanted_da = -400
    rig.run(2000)
    assert rig.sequence.state == t.ENERGY and rig.hardware.current_da == -400
    rig.outlet.requested = 0
    rig.reach(t.FINISHED)
    assert rig.states == list(range(t.FINISHED + 1))
    assert rig.hardware.lock == 0 and rig.hardware.cable_dv < 600 and rig.sequence.fault == 0
    rig.outlet.requested = 1  # the same car again, without a new plug: a new insulation test
    rig.reach(t.ENERGY)
    assert rig.states.count(t.INSULATION) == 2


def test_low_insulation_warns_and_goes_on():
    rig = OutletRig()
    rig.hardware.insulation_ohm = 200 * 750
    rig.energise()
    assert rig.sequence.warning and not rig.sequence.fault


def test_the_connectors_temperature_derates_before_it_stops():
    rig = OutletRig()
    rig.energise()
    rig.hardware.connector_dc = 1000
    rig.run(200)
    assert rig.outlet.derate_bp == 5000 and rig.sequence.state == t.ENERGY


def test_a_fault_stays_until_plug_out_and_reset():
    rig = OutletRig()
    rig.energise()
    rig.hardware.estop_pressed = 1
    rig.reach(t.FAULTED)
    rig.hardware.estop_pressed = 0
    rig.outlet.reset = 1
    rig.run(5000)
    assert rig.sequence.state == t.FAULTED
    rig.hardware.plugged = 0
    rig.reach(t.UNPLUGGED)
    assert rig.sequence.fault == 0
    rig.run(100)
    rig.energise()


def test_a_welded_contactor_keeps_the_plug_locked_until_it_opens():
    rig = OutletRig()
    rig.energise()
    rig.hardware.welded = 1
    rig.outlet.requested = 0
    rig.reach(t.WELDED)
    rig.run(60000)
    assert rig.sequence.state == t.WELDED and rig.hardware.lock == 1
    rig.hardware.welded = 0
    rig.reach(t.FAULTED)
    assert rig.hardware.lock == 0 and rig.hardware.cable_dv < 600


@pytest.mark.parametrize("fault", campaign.FAULTS, ids=lambda fault: fault.name)
def test_fault_table_has_no_red_row(fault):
    result = campaign.run(fault)
    assert result.is_good, campaign.table([result])


@pytest.mark.parametrize("seed", range(8))
def test_random_bad_days_never_leave_a_live_outlet_unlocked(seed):
    draw = random.Random(seed)
    rig = OutletRig()
    worst = campaign.Result(campaign.FAULTS[0])
    for _ in range(120):
        hardware = rig.hardware
        name = draw.choice(
            (
                "plugged",
                "estop_pressed",
                "earth",
                "cc_cut",
                "welded",
                "lock_jammed",
                "vehicle_silent",
                "contactor_drops",
                "converter_tripped",
                "vehicle_stops",
                "bleeder_broken",
                "none",
                "none",
            )
        )
        if name == "plugged":
            hardware.plugged = 0 if hardware.plugged and not hardware.lock else 1  # a locked plug stays in
        elif name != "none":
            setattr(hardware, name, int(draw.random() < (0.9 if name == "earth" else 0.2)))
        rig.outlet.requested = int(draw.random() < 0.8)
        rig.outlet.reset = int(draw.random() < 0.3)
        hardware.wanted_da = draw.choice((0, 300, -300))
        for _ in range(draw.choice((50, 500, 4000)) // 5):
            rig.run(5)
            campaign.check(rig, worst)
    assert not worst.unsafe
    assert len(rig.states) > 5
