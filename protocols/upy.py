"""What MicroPython's compiler knows and CPython does not.

MicroPython folds `_NAME = const(value)` away while parsing, whatever `const` is bound to; on CPython it
is the identity.
"""


def const(value):
    return value
