"""No row of the bay's fault table is red."""

import pytest

from firmware import sequence_table as t
from hil_tests.faults import bay_table


@pytest.mark.parametrize("row", bay_table.ROWS, ids=lambda row: row.name)
def test_fault(row):
    found = bay_table.measure(row)
    assert bay_table.passes(row, found), found


def test_a_welded_bay_stays_locked_and_no_other_fault_locks_a_driver_in():
    for row in bay_table.ROWS:
        found = bay_table.measure(row)
        if row.fault == t.WELD:
            assert found.state == t.LOCKED_OUT and found.locked
        elif row.name not in ("inputs no longer read", "plug's CC1 lost"):
            assert found.state != t.LOCKED_OUT, row.name


def test_the_table_can_be_printed():
    text = bay_table.table()
    assert text.count("\n") == len(bay_table.ROWS) + 1 and "RED" not in text
