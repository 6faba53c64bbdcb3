"""Runs the `test_*` functions of one module and says how each went, on any MicroPython (also on a board,
frozen).

Output, one line each: `UT <module> <test> RUN`, then whatever the test prints, then `UT <module> <test> PASS`
or, after a traceback, `... FAIL`; at the end `UT <module> - DONE`. Whoever reads it knows by the last line
what ran when the target died.
"""

import gc
import sys


def _run(module, name, test):
    print("UT", module, name, "RUN")
    try:
        test()
    except Exception as error:  # noqa: BLE001 (a test may fail in any way)
        sys.print_exception(error)
        print("UT", module, name, "FAIL")
        return 1
    print("UT", module, name, "PASS")
    return 0


def main(argv):
    """argv: module, then the tests to run (none: all). Returns 1 when one failed."""
    module = argv[0]
    namespace = __import__(module, None, None, ("main",))
    names = argv[1:] or [n for n in sorted(dir(namespace)) if n.startswith("test_")]
    failed = 0
    for name in names:
        gc.collect()
        failed |= _run(module, name, getattr(namespace, name))
    print("UT", module, "-", "DONE")
    return failed
