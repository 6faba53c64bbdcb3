"""What is said before anything is built."""

import pytest

from tools.build import BuildError, Missing, boards, footprint, image


def test_boards_that_can_be_built():
    assert "mps2_an385" in boards.buildable() and "sim" not in boards.buildable()
    for name in ("sim", "nowhere"):
        with pytest.raises(BuildError, match="there is: .*mps2_an385"):
            boards.load(name)


def test_a_missing_compiler_is_named_with_its_package(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="apt-get install gcc-arm-none-eabi make"):
        image.build("mps2_an385")


def test_over_the_budget():
    sizes = {"packages": {"firmware": 140000}, "frozen": 140000, "flash": 300000, "ram": 1000, "modules": {}}
    with pytest.raises(BuildError, match="140000 B, the board's budget is 131072 B"):
        footprint.check(sizes, boards.load("mps2_an385")["budget"])
