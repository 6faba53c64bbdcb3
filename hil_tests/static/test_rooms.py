"""The house has one direction (boards -> drivers -> protocols, boards -> firmware): the contracts of
pyproject.toml, by import-linter.
"""

import re
import shutil
import subprocess
import sys

import pytest

from tools.mpy import ROOT

ROOMS = ("boards", "drivers", "firmware", "protocols", "tools", "hil_tests")
LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(cache_dir=None))"


def lint_imports(folder):
    """(exit status, text) of import-linter with the configuration in the folder's pyproject.toml."""
    result = subprocess.run(
        [sys.executable, "-P", "-c", "import sys; sys.path.insert(0, '.'); " + LINT_IMPORTS],
        cwd=folder,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(folder), "COLUMNS": "200", "NO_COLOR": "1"},
    )
    return result.returncode, result.stdout + result.stderr


def test_rooms_keep_their_direction():
    status, text = lint_imports(ROOT)
    assert status == 0, text


@pytest.mark.parametrize(
    "importer, imported, broken",
    [
        ("protocols/a.py", "firmware.b", "protocols import only protocols"),
        ("protocols/a.py", "drivers.b", "protocols import only protocols"),
        ("drivers/a.py", "firmware.b", "drivers import protocols"),
        ("drivers/a.py", "boards.b", "drivers import protocols"),
        ("firmware/a.py", "drivers.b", "firmware knows neither"),
        ("firmware/a.py", "protocols.b", "firmware imports protocols only"),
        ("firmware/image.py", "firmware.b", "the image and the units import nothing"),
        ("firmware/units.py", "protocols.ticks", "the image and the units import nothing"),
        ("boards/a.py", "tools.b", "Portable rooms never import"),
        ("protocols/a.py", "hil_tests.b", "Portable rooms never import"),
        ("firmware/a.py", "protocols.ticks", ""),
        ("firmware/telecontrol.py", "protocols.b", ""),
        ("drivers/a.py", "firmware.image", ""),
        ("boards/a.py", "drivers.b", ""),
    ],
)
def test_contracts_bite(tmp_path, importer, imported, broken):
    """A small house with one import: exactly the contract that forbids it breaks."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in ROOMS:
        (tmp_path / room).mkdir()
        for name in ("__init__.py", "b.py"):
            (tmp_path / room / name).write_text("")
    for name in ("firmware/image.py", "firmware/units.py", "protocols/ticks.py"):
        (tmp_path / name).write_text("")
    (tmp_path / importer).write_text("import %s\n" % imported)
    status, text = lint_imports(tmp_path)
    found = [line for line in text.splitlines() if re.search(r"\bBROKEN\b", line)]
    assert (status == 0) == (not broken), text
    assert len(found) == (1 if broken else 0) and all(broken in line for line in found), text
