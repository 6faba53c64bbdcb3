"""What is asked of every file before any test runs it: mpy-cross compiles it, the lint is silent, ruff is
silent, sizes are kept.
"""

import re
import subprocess
import sys

import pytest

from tools import mpy
from tools.lint import check_source, check_tree
from tools.mpy import ROOT

HOST = ("tools", "hil_tests")
SIZES = ("S01", "S02", "S03")
PORTABLE = mpy.portable_sources(mpy.ROOMS + (mpy.SUITE,))


def text(findings):
    return "".join("\n" + str(finding) for finding in findings)


@pytest.mark.parametrize("source", PORTABLE, ids=str)
def test_mpy_cross_takes_it(source, tmp_path):
    mpy.compile_file(ROOT / source, tmp_path / "out.mpy")


def test_lint_is_silent_about_the_portable_rooms():
    findings = check_tree()
    assert not findings, text(findings)


def test_host_rooms_keep_the_sizes():
    files = [f for room in HOST for f in sorted((ROOT / room).rglob("*.py"))]
    found = [
        x
        for f in files
        for x in check_source(f.read_text(encoding="utf-8"), f.relative_to(ROOT), SIZES)
    ]
    assert not found, text(found)


def test_ruff_is_silent():
    result = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_refused_file_is_named_with_its_line(tmp_path):
    bad = tmp_path / "bad.py"
    bad.write_text("x = 1\nmatch x:\n    case 1:\n        pass\n")
    with pytest.raises(mpy.CompileError) as caught:
        mpy.compile_file(bad, tmp_path / "bad.mpy")
    assert re.match(r"%s:2: mpy-cross: SyntaxError" % re.escape(str(bad)), str(caught.value))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.py"]


def test_build_compiles_only_what_changed(tmp_path, monkeypatch):
    house, out = tmp_path / "house", tmp_path / "out"
    monkeypatch.setattr(mpy, "ROOT", house)
    (house / "drivers").mkdir(parents=True)
    first, second = house / "drivers" / "a.py", house / "drivers" / "b.py"
    first.write_text("A = 1\n")
    second.write_text("B = 1\n")
    assert mpy.build(("drivers",), out) == out
    compiled = {p: p.stat().st_ino for p in out.rglob("*.mpy")}
    assert sorted(p.name for p in compiled) == ["a.mpy", "b.mpy"] and (out / "start.py").exists()
    first.write_text("A = 2\n")
    second_before = compiled[out / "drivers" / "b.mpy"]
    mpy.build(("drivers",), out)
    assert (out / "drivers" / "a.mpy").stat().st_ino != compiled[out / "drivers" / "a.mpy"]
    assert (out / "drivers" / "b.mpy").stat().st_ino == second_before
    first.unlink()
    mpy.build(("drivers",), out)
    assert [p.name for p in out.rglob("*.mpy")] == ["b.mpy"]
