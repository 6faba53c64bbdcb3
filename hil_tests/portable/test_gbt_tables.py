"""Every event in every state of the two transition tables."""

from protocols.gbt27930 import charger as c
from protocols.gbt27930 import vehicle as v


def table(rows):
    found = {}
    for state, event, after in rows:
        assert (state, event) not in found, (state, event)
        found[(state, event)] = after
    return found


def ways_into(rows, target):
    return sorted([(state, event) for state, event, after in rows if after == target])


def test_each_pair_has_one_end_and_every_state_can_be_left():
    for rows, states in ((c.TRANSITIONS, c.MODULES + 1), (v.TRANSITIONS, v.LOST + 1)):
        table(rows)
        for state in range(states):
            assert [row for row in rows if row[0] == state], state


def test_energy_flows_only_after_all_that_comes_before_it():
    wanted = (
        (c.TRANSFER, [(c.READY, c.DEMAND)]),
        (c.READY, [(c.PREPARE, c.OUTPUT_READY)]),
        (c.PREPARE, [(c.CONFIGURE, c.BRO_AA)]),
        (c.CONFIGURE, [(c.RECOGNISED, c.E_BCP), (c.PREPARE, c.BRO_00)]),
        (c.RECOGNISED, [(c.RECOGNISE, c.E_BRM)]),
        (c.RECOGNISE, [(c.INSULATION, c.INSULATED), (c.TIMED_OUT, 0)]),
        (c.INSULATION, [(c.HANDSHAKE, c.E_BHM)]),
    )
    for state, ways in wanted:
        assert ways_into(c.TRANSITIONS, state) == sorted(ways), c.STATE_NAMES[state]


def test_a_time_out_or_a_stop_leaves_every_state_before_the_end():
    found = table(c.TRANSITIONS)
    for state in range(c.NEGOTIATE, c.STOPPING):
        assert (state, c.STOP) in found, c.STATE_NAMES[state]
        if state != c.INSULATION:
            assert (state, 0) in found, c.STATE_NAMES[state]
    for state in range(c.MODULES + 1):
        assert found[(state, c.UNPLUGGED)] == c.IDLE


def test_nothing_leaves_the_end_but_the_plug():
    for end in (c.DONE, c.LOST):
        assert [row[1] for row in c.TRANSITIONS if row[0] == end] == [c.UNPLUGGED]
    for end in (v.DONE, v.LOST):
        assert [row[1] for row in v.TRANSITIONS if row[0] == end] == [v.PULLED]


def test_every_state_has_its_messages_and_every_wait_a_way_out():
    assert len(c.SENDS) == c.MODULES + 1 == len(c.STATE_NAMES)
    assert len(v.SENDS) == v.LOST + 1 == len(v.STATE_NAMES)
    for rows, waits in ((c.TRANSITIONS, c.WAITS), (v.TRANSITIONS, v.WAITS)):
        found = table(rows)
        for wait in waits:
            assert (wait[0], 0) in found, wait
