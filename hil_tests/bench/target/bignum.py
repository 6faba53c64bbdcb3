"""A workload of long multiplication in C, the same on every MicroPython: 2048-bit squares.

Like a TLS library's, its inner loop multiplies machine words, 16 bits wide on a 32-bit processor and 32 bits
on a 64-bit one; so that the ratio between two machines is about that of a handshake's calculations.
"""


def square(times, bits=2048):
    """Square a number of 2048 bits so many times."""
    x = (1 << bits) - 0x6B3F1
    for _ in range(times):
        x * x  # noqa: B018 the work is the result
