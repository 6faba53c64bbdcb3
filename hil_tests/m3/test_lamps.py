"""The board's named lines on its real registers."""

from hil_tests.m3 import images


def test_the_lamps_are_lit_by_their_lines_and_dark_at_the_end():
    ended = images.run(["hil_tests.m3.target.lamps"])
    assert ended.status == 0 and "LAMPS [0, 1, 3, 0] 0" in ended.output, ended.output
