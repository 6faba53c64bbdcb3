"""Whose fault it was: ours (a programming error) or the peer's (something to answer, count and survive)."""


class LocalError(ValueError):
    """The caller broke a rule of the module: a range, an order of calls."""


class RemoteError(Exception):
    """The peer broke a rule of the protocol."""
