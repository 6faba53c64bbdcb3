"""Lane (a): every portable test on the emulated Cortex-M3, a run of the board for each file."""

import pytest

from hil_tests.m3.portable import cases, passes


@pytest.mark.parametrize("path, name", cases())
def test_on_the_cortex_m3(path, name):
    passes(path, name)
