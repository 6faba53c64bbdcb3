"""The second pass: rows of our station with c104 as the master, on both interpreters. A choice from every
group that c104 can express; `v2g rows --targets again` asks them all.
"""

import pytest

from hil_tests.rows import by_c104, foreign, run, targets, wire
from hil_tests.rows.row import NOT_APPLICABLE, PASSES, rows

ROWS = (
    11,
    16,
    34,
    35,
    39,
    41,
    45,
    49,
    50,
    53,
    54,
    56,
    61,
    62,
    63,
    65,
    67,
    73,
    74,
    76,
    78,
    79,
    80,
    82,
    84,
    85,
)
ROWS += (93, 94, 99, 101, 105, 107, 113)
UNSAID = {3: "no octets", 12: "numbers its own frames", 17: "cannot say", 19: "acknowledges by itself",
          58: "something else", 86: "selects only together"}  # fmt: skip
OPTIONS = run.Options(day_s=60, apdus=300)
pytestmark = [pytest.mark.live, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def results():
    return run.run(targets.AGAIN, set(ROWS) | set(UNSAID), OPTIONS, lambda result: None)


@pytest.mark.parametrize("name", targets.AGAIN)
@pytest.mark.parametrize("number", ROWS)
def test_c104_finds_nothing_to_complain_about(results, number, name):
    result = results[name][number]
    assert result.outcome == PASSES, "row %d: %s" % (number, result.text)


@pytest.mark.parametrize("number", UNSAID)
def test_what_c104_cannot_say_is_named_and_not_counted_as_passed(results, number):
    for name in targets.AGAIN:
        result = results[name][number]
        assert result.outcome == NOT_APPLICABLE and UNSAID[number] in result.text, result.text


def test_every_row_of_c104s_own_is_a_row():
    assert set(by_c104.ROWS) <= {row.number for row in rows()}


def test_octets_are_compared_without_the_day_of_the_week_alone():
    tag = bytes((0x10, 0x27, 30, 12, 0xD5, 11, 26))
    other = tag[:4] + bytes((0x15,)) + tag[5:]
    assert foreign.comparable(wire.asdu(103, 6, 0, tag)) == foreign.comparable(wire.asdu(103, 6, 0, other))
    later = bytes((0x11,)) + tag[1:]
    assert foreign.comparable(wire.asdu(103, 6, 0, tag)) != foreign.comparable(wire.asdu(103, 6, 0, later))
    assert foreign.is_plain_select(wire.asdu(45, 6, 1, "81"))
    assert not foreign.is_plain_select(wire.asdu(45, 6, 1, "01"))
    assert not foreign.is_plain_select(wire.asdu(45, 8, 1, "81"))


def test_a_master_killed_by_a_signal_says_nothing_about_the_station(monkeypatch):
    target = targets.make("cpython-by-c104")
    row = next(row for row in rows() if row.number == 78)

    def killed(t):
        m = t.master()
        m.process.kill()
        m.process.wait()
        t.is_served(m)

    monkeypatch.setitem(by_c104.ROWS, 78, killed)
    try:
        result = run.run_row(target, row, OPTIONS)
    finally:
        target.stop()
    assert result.outcome == NOT_APPLICABLE and "signal 9, 3 times" in result.text
