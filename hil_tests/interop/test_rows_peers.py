"""A few rows against the stations that we did not write, so that the tests are known to tell good from bad:
both outcomes are wanted. `v2g rows` runs all.
"""

import pytest

from hil_tests.rows import run
from hil_tests.rows.row import FAILS, NOT_APPLICABLE, PASSES

pytestmark = pytest.mark.live

WANTED = {
    "c104": {
        2: PASSES,
        4: FAILS,
        12: PASSES,
        29: NOT_APPLICABLE,
        47: FAILS,
        62: PASSES,
        85: PASSES,
        96: NOT_APPLICABLE,
    },
    "hat": {2: PASSES, 5: FAILS, 12: PASSES, 32: FAILS, 62: PASSES, 79: FAILS, 115: NOT_APPLICABLE},
}


@pytest.mark.parametrize("name", sorted(WANTED))
def test_a_peer_gets_what_it_deserves(name):
    wanted = WANTED[name]
    found = run.run([name], set(wanted), run.Options(), lambda result: None)[name]
    assert {number: found[number].outcome for number in wanted} == wanted, {
        n: r.text for n, r in found.items()
    }


def test_a_process_that_dies_fails_its_row_and_the_next_one_finds_another():
    target = run.targets.make("hat")
    row = next(row for row in run.rows() if row.number == 2)
    try:
        assert run.run_row(target, row, run.Options()).outcome == PASSES
        target.process.kill()
        dead = run.run_row(target, row, run.Options())
        assert dead.outcome == FAILS and "signal 9" in dead.text
        assert run.run_row(target, row, run.Options()).outcome == PASSES
    finally:
        target.stop()
