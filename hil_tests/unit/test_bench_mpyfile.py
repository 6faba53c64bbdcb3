"""Reading .mpy files: every file of the portable rooms is understood to its last byte."""

import pytest

from hil_tests.bench.mpyfile import functions_of
from tools import mpy


@pytest.mark.parametrize("source", mpy.portable_sources(), ids=str)
def test_every_portable_file_is_understood(source, tmp_path):
    out = tmp_path / "out.mpy"
    mpy.compile_file(mpy.ROOT / source, out)
    assert functions_of(out.read_bytes())[0] > 0


def test_functions_are_counted(tmp_path):
    source = tmp_path / "some.py"
    text = "A = (1, 'x', b'y', (2, 3.5))\ndef f(a):\n    def g():\n        return a\n\n    return g\n"
    source.write_text(text)
    mpy.compile_file(source, tmp_path / "some.mpy")
    assert len(functions_of((tmp_path / "some.mpy").read_bytes())) == 3


def test_another_version_is_refused():
    with pytest.raises(ValueError, match="version 6"):
        functions_of(b"M\x05\x00\x1f\x00\x00")
