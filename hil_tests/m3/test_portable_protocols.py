"""Lane (a): the portable tests of protocols/ on the emulated Cortex-M3."""

import pytest

from hil_tests.m3.portable import FILES, is_protocols, passes, tests_of


@pytest.mark.parametrize("path, name", tests_of([path for path in FILES if is_protocols(path)]))
def test_on_the_cortex_m3(path, name):
    passes(path, name)
