"""What a caller did wrong. A peer's fault is no exception here: the machines answer it, count it, and close
the link where they must, because a forged frame must cost neither a traceback nor an allocation.
"""


class LocalError(ValueError):
    """The caller broke a rule of the module: a range, an order of calls."""
