"""Every event in every state of the outlet's table, and what no path may do."""

from firmware.outlet import table as t

NEXT = t.compiled()


def after(state, event):
    return NEXT[state * t.EVENTS + event]


def mode(state):
    return t.LINES[state] >> t.MODE_SHIFT


def is_energised(state):
    return bool(t.LINES[state] & t.CONTACTOR) or mode(state) != t.OFF


def test_every_pair_has_one_next_state():
    assert len(NEXT) == t.STATES * t.EVENTS and len(t.LINES) == t.STATES
    assert len(set([(s, e) for s, e, _ in t.TRANSITIONS])) == len(t.TRANSITIONS)
    for state in range(t.STATES):
        assert after(state, t.NOTHING) == state
        for event in range(t.EVENTS):
            assert 0 <= after(state, event) < t.STATES


def test_no_state_energises_an_unlocked_outlet():
    for state in range(t.STATES):
        if is_energised(state):
            assert t.LINES[state] & t.LOCK, state


def test_a_lock_that_is_asked_for_is_seen_closed_before_anything_is_energised():
    # walk without the event LOCKED: nothing energised is within reach
    for state in reached(t.UNPLUGGED, (t.LOCKED,)):
        assert not is_energised(state), state


def test_nothing_gives_power_without_an_insulation_test_since_the_lock_closed():
    for state in reached(t.UNPLUGGED, (t.INSULATED,)):
        assert mode(state) not in (t.MATCH, t.RUN), state
    # and a new round needs a new one: from wherever the lock is open
    for start in range(t.STATES):
        if not t.LINES[start] & t.LOCK:
            for state in reached(start, (t.INSULATED,)):
                assert mode(state) not in (t.MATCH, t.RUN), (start, state)


def test_the_lock_opens_only_from_a_dead_outlet_or_before_anything_was_live():
    for state in range(t.STATES):
        for event in range(t.EVENTS):
            then = after(state, event)
            if t.LINES[state] & t.LOCK and not t.LINES[then] & t.LOCK:
                was_never_live = state == t.LOCKING
                assert was_never_live or event in (t.DEAD, t.FAREWELLED), (state, event)
    # FAREWELLED leads out only after DEAD
    for state in reached(t.ENERGY, (t.DEAD,)):
        assert t.LINES[state] & t.LOCK, state


def test_a_fault_opens_everything_at_once_from_everywhere():
    for state in range(t.STATES):
        assert not is_energised(after(state, t.FAULT)), state


def test_a_stop_ends_every_session():
    for state in range(t.LOCKING, t.ENERGY + 1):
        assert after(state, t.STOP) != state, state
        assert mode(after(state, t.STOP)) in (t.OFF, t.RUN)


def test_energy_comes_from_closing_alone_and_closing_from_precharge():
    assert sources(t.ENERGY) == [t.CLOSING]
    assert sources(t.CLOSING) == [t.PRECHARGE]
    assert sources(t.PRECHARGE) == [t.PARAMETERS]


def test_a_fault_stays_until_it_is_reset_with_the_plug_out():
    for state in reached(t.FAULT_OPENING, (t.RESET,)):
        assert state >= t.FAULT_OPENING, state


def test_every_state_can_be_reached():
    assert len(reached(t.UNPLUGGED, ())) == t.STATES


def reached(start, without):
    """States that can be reached from `start` when these events never happen."""
    found = [start]
    for state in found:
        for event in range(t.EVENTS):
            then = after(state, event)
            if event not in without and then not in found:
                found.append(then)
    return found


def sources(state):
    return sorted(
        set([s for s in range(t.STATES) for e in range(t.EVENTS) if after(s, e) == state and s != state])
    )
