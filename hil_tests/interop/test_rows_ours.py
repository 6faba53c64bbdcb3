"""The rows against our station over TCP, one test item a row and interpreter. Row 95 lasts an hour of
virtual time here and row 110 sends 3000 APDUs; `v2g rows` runs them whole.

The selected rows run on both interpreters side by side, when the first item asks for its result.
"""

import re

import pytest

from hil_tests.rows import run
from hil_tests.rows.row import PASSES, rows
from tools.runtime import INTERPRETERS

OPTIONS = run.Options(day_s=3600, apdus=3000)
NOT_THERE = {
    109: "a journal for the event buffer",
}
pytestmark = [pytest.mark.live, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def results(request):
    """{interpreter: {number: Result}} of the items that were selected."""
    chosen = {name: set() for name in INTERPRETERS}
    for item in request.session.items:
        found = re.match(r"test_row_(\d+)\[(\w+)\]", item.name)
        if found and item.path == request.path:
            chosen[found.group(2)].add(int(found.group(1)))
    names = [name for name in INTERPRETERS if chosen[name]]
    return run.run(names, set().union(*chosen.values()), OPTIONS, lambda result: None)


def _test_of(row):
    @pytest.mark.parametrize("interpreter", INTERPRETERS)
    def test(results, interpreter):
        result = results[interpreter][row.number]
        assert result.outcome == PASSES, "row %d: %s; instead: %s" % (row.number, row.required, result.text)

    return test


for _row in rows():
    if not _row.not_yet:
        globals()["test_row_%03d" % _row.number] = _test_of(_row)


def test_rows_are_1_to_116_and_what_is_not_there_is_named():
    assert [row.number for row in rows()] == list(range(1, 117))
    assert {row.number for row in rows() if row.not_yet} == set(NOT_THERE)
