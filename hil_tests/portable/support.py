"""What portable tests share: plain functions, the same on both interpreters."""

import sys

MICROPYTHON = sys.implementation.name == "micropython"

if MICROPYTHON:
    import micropython


def raises(kind, call, *arguments, **named):
    """The exception of this kind that the call raises; AssertionError when it raises none."""
    try:
        call(*arguments, **named)
    except kind as error:
        return error
    raise AssertionError("did not raise " + kind.__name__)


def hx(text):
    """bytes from hexadecimal text; spaces and line ends are for the reader."""
    return bytes.fromhex("".join(text.split()))


def no_heap(call, *arguments):
    """The call's result (at most four arguments); on MicroPython, AssertionError when it takes anything from
    the heap.

    Call it once before (a first call may grow a dictionary or cache an attribute). A result above 2**30
    allocates too.
    """
    if not MICROPYTHON:
        return call(*arguments)
    failure = None
    result = None
    n = len(arguments)
    a, b, c, d = arguments + (None,) * (4 - n)
    micropython.heap_lock()
    try:  # written out, because a call with a star allocates
        if n == 0:
            result = call()
        elif n == 1:
            result = call(a)
        elif n == 2:
            result = call(a, b)
        elif n == 3:
            result = call(a, b, c)
        else:
            result = call(a, b, c, d)
    except MemoryError as error:
        failure = error
    finally:
        micropython.heap_unlock()
    if failure is not None:
        sys.print_exception(failure)
        raise AssertionError("took memory from the heap")
    return result
