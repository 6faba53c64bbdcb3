"""Lane (a): the portable tests of protocols/ on the emulated Cortex-M3."""

import pytest

from hil_tests.m3.portable import FILES, cases_of, is_protocols, passes


@pytest.mark.parametrize("path, name", cases_of([path for path in FILES if is_protocols(path)]))
def test_on_the_cortex_m3(path, name):
    passes(path, name)
