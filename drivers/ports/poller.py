"""Sleeps until a port has something to read, where the runtime has select.poll; elsewhere it naps and
calls every port ready.

Only an optimisation (design §3): a port that is read without need answers 0.
"""

import select

_ON_CPYTHON = not hasattr(select.poll(), "ipoll")
_READ = select.POLLIN
_WRITE = select.POLLOUT


class Poller:
    def __init__(self):
        self._poll = select.poll()
        self._ports = {}

    def add(self, handle, port, writing=False):
        """Set `port.ready` when `handle` (a socket or a file) can be read; `writing` also wakes when a
        connect() ends.
        """
        self._poll.register(handle, _READ | _WRITE if writing else _READ)
        self._ports[_key(handle)] = port

    def reading_only(self, handle):
        """The connection stands: no more wake-ups for room to write."""
        self._poll.modify(handle, _READ)

    def remove(self, handle):
        try:
            self._poll.unregister(handle)
        except (KeyError, OSError, ValueError):
            pass  # never registered, or closed already
        self._ports.pop(_key(handle), None)

    def wait(self, ms):
        """Up to `ms` milliseconds; marks every port that woke us."""
        ports = self._ports
        for event in self._poll.poll(ms) if _ON_CPYTHON else self._poll.ipoll(ms):
            port = ports.get(event[0] if _ON_CPYTHON else id(event[0]))
            if port is not None:
                port.ready = True
                outer = getattr(port, "outer", None)  # the port that the loop asks, where one lies over this
                if outer is not None:
                    outer.ready = True


def _key(handle):
    return handle.fileno() if _ON_CPYTHON else id(handle)
