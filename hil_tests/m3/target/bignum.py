"""Instructions of one 2048-bit square on the board: `MEASURE bignum_square N`."""

import gc

from hil_tests.bench.target.bignum import square
from hil_tests.m3.target.counter import Counter, report

TIMES = 20


def main(arguments):
    counter = Counter()
    gc.collect()
    counter.begin()
    square(TIMES)
    report("bignum_square", counter.end() // TIMES)
    return 0
