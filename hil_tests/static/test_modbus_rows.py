"""Every row of the Modbus table has a test that runs in the portable lanes, and no test names another row."""

import re

from hil_tests import modbus_rows


def test_names(path):
    return re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)


test_names.__test__ = False


def test_every_row_has_a_portable_test():
    found = set()
    for path in modbus_rows.files():
        if path.parent.name == "portable":
            found |= {modbus_rows.number_of(name) for name in test_names(path)}
    assert found == set(range(1, 50)) and len(modbus_rows.ROWS) == 49


def test_what_is_named_a_row_has_one_number_and_a_place():
    """One number, two digits, and nowhere but in the files that `v2g rows --protocol modbus` runs."""
    for path in modbus_rows.files():
        for name in test_names(path):
            if name.startswith("test_row"):
                assert re.match(r"test_row_\d\d_[a-z0-9]", name), (path.name, name)
                assert 1 <= modbus_rows.number_of(name) <= 49, (path.name, name)
    for path in modbus_rows.ROOT.glob("hil_tests/portable/test_modbus_*.py"):
        if path not in modbus_rows.files():
            assert not [name for name in test_names(path) if name.startswith("test_row")], path.name


def test_every_file_of_rows_holds_rows_only():
    for path in modbus_rows.files():
        if path.parent.name == "portable":
            assert None not in [modbus_rows.number_of(name) for name in test_names(path)], path.name
