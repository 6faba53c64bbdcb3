"""What is frozen: everything that a program needs, and nothing of another board."""

from pathlib import Path

from tools.build import footprint
from tools.build.closure import closure, imported, path_of, too_large_floats


def test_our_modules_and_packages():
    assert path_of("firmware.loop") == Path("firmware/loop.py")
    assert path_of("firmware") == Path("firmware/__init__.py")
    assert path_of("json") is None


def test_imports_at_any_depth():
    names = imported(Path("boards/mps2_an385/main.py"))
    assert {"boards.station.start", "firmware.config", "machine"} <= names


def test_the_firmware_of_the_cortex_m3():
    found = {str(path) for path in closure(["boards.mps2_an385.start", "boards.mps2_an385.main"])}
    assert {"boards/__init__.py", "firmware/config.py", "protocols/crc16.py"} <= found
    assert not {path for path in found if path.startswith(("boards/sim", "tools", "hil_tests"))}
    assert not {path for path in found if "tls" in path}
    assert not {"drivers/ports/tcp.py", "drivers/ports/serial.py", "protocols/modbus/slave.py"} & found


def test_floats_that_no_board_holds(tmp_path):
    (tmp_path / "x.py").write_text("a = 3.4e38\nb = 3.5e38\nc = [1e-50, -1e39]\n")
    assert too_large_floats(tmp_path / "x.py") == [2, 3]


def test_packages_of_a_report():
    assert footprint.package_of(Path("protocols/iec104/link.py")) == "protocols/iec104"
    assert footprint.package_of(Path("boards/mps2_an385/board.py")) == "boards/mps2_an385"
    sizes = {"packages": {"firmware": 100, "drivers": 50}, "frozen": 150, "flash": 1000, "ram": 500}
    sizes["modules"] = {"firmware/a.py": 40, "firmware/b.py": 60}
    lines = footprint.table(sizes, {"frozen_bytes": 200, "heap_bytes": 400}, {"firmware": 30, "free": 300})
    ending = "of which the heap 400 B; 300 B of it free after all imports"
    assert "RAM fixed by the linker 500 B, " + ending in lines
    assert [line.split() for line in lines[-2:]] == [["60", "firmware/b.py"], ["40", "firmware/a.py"]]
