"""Forged lines against the order port: `main([LINES, SEED])` prints how many left it without an order."""

from hil_tests.portable.orderport_forge import siege


def main(arguments):
    """Run and print; an order that came through ends it with a traceback."""
    print("bench lines=%d" % siege(int(arguments[0]), int(arguments[1])))
    return 0
