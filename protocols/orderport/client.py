"""The other end of the order port, sans-IO: signs orders, and believes only answers to them."""

import json

from protocols.errors import LocalError
from protocols.orderport.line import LONGEST, ORDER, REPLY, is_sealed, opened, seal, seal_of


class PeerError(ValueError):
    """The other side is no station with our key."""


class ClientLink:
    """`greeting` is the station's, None before it came; `answer` the one to the last order, None before."""

    def __init__(self, mac):
        self.mac = mac
        self.greeting = None
        self.answer = None
        self.n = 0
        self._seal = b""
        self._rx = b""

    def order(self, entries):
        """The line (octets) of an order: a dict, without `n`."""
        if self.greeting is None:
            raise LocalError("no greeting yet")
        self.n += 1
        self.answer = None
        text = {"n": self.n}
        text.update(entries)
        line = seal(json.dumps(text).encode(), self.mac, ORDER + self.greeting["nonce"].encode())
        if len(line) > LONGEST:
            raise LocalError("an order of %d octets, at most %d" % (len(line), LONGEST))
        self._seal = seal_of(line[:-1])
        return line

    def feed(self, data):
        """Octets of the station; PeerError for what no honest station sends."""
        self._rx += data
        while b"\n" in self._rx:
            at = self._rx.index(b"\n")
            line = self._rx[:at]
            self._rx = self._rx[at + 1 :]
            self._take(line)

    def _take(self, line):
        if is_sealed(line):
            line = opened(line, self.mac, REPLY + self._seal)
            if line is None:
                raise PeerError("an answer that is not the station's, or not to this order")
            self.answer = json.loads(line.decode())
            return
        try:
            found = json.loads(line.decode())
        except ValueError:
            raise PeerError("no order port: it does not speak JSON")
        if "nonce" in found:
            self.greeting = found
            self.n = 0
        else:
            self.answer = found  # a refusal that anybody could have written
