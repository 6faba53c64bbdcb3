"""The station's end of one connection of the order port, sans-IO.

feed() octets; `request` is an authenticated order (a dict) that waits for its answer(); while it waits
nothing more is taken in. Answers stand in `tx`. After MOST_FORGED lines that nobody with the key wrote, or
one that is too long, the connection `is_closed`. Nothing raises for what a peer sends.
"""

import json

from protocols.orderport.hmac import hex_of
from protocols.orderport.line import LONGEST, ORDER, REPLY, is_sealed, opened, seal, seal_of
from protocols.outbuf import OutBuffer

TOO_LONG, UNSIGNED, FORGED, REPLAYED, NOT_JSON = 0, 1, 2, 3, 4  # places in `refusals`
MOST_FORGED = 3
NONCE_BYTES = 16
_LF = 10
_CR = 13
_MOST_ORDERS = 1 << 30


class StationLink:
    def __init__(self, mac, name, refusals, random):
        """`refusals`: entries of the answer to each of the five, as a dict; random(n) -> n octets."""
        self.mac = mac
        self.name = name
        self.refusals = refusals
        self.random = random
        self.rx = bytearray(LONGEST)
        self.count = 0
        self.scanned = 0
        self.tx = OutBuffer(2 * LONGEST)
        self.request = None
        self.is_known = False  # an order was authentic
        self.is_closed = False
        self.refused = 0
        self._forged = 0
        self.greet()

    def greet(self):
        """Another nonce: orders under the one before are worth nothing any more."""
        self.nonce = hex_of(self.random(NONCE_BYTES))
        self.n = 0
        text = {"orders": 1, "nonce": self.nonce.decode(), "station": self.name, "longest": LONGEST}
        self._put(json.dumps(text).encode() + b"\n")

    def room(self):
        """Octets that feed() can take now."""
        return 0 if self.is_closed else len(self.rx) - self.count

    def feed(self, buf, n):
        """buf[:n] has come; at most room() of it is taken."""
        n = min(n, self.room())
        self.rx[self.count : self.count + n] = buf[:n]
        self.count += n
        self.work()

    def work(self):
        """Take the next lines, up to an order that must be answered first."""
        while self.request is None and not self.is_closed:
            end = self._find_end()
            if end < 0:
                if self.count == len(self.rx):
                    self._refuse(TOO_LONG)
                    self.is_closed = True
                return
            line = bytes(self.rx[: end - 1] if end and self.rx[end - 1] == _CR else self.rx[:end])
            rest = self.count - end - 1
            self.rx[:rest] = self.rx[end + 1 : self.count]
            self.count = rest
            self.scanned = 0
            self._take(line)

    def _find_end(self):
        rx = self.rx
        for i in range(self.scanned, self.count):
            if rx[i] == _LF:
                return i
        self.scanned = self.count
        return -1

    def _take(self, line):
        if not line:
            self.greet()
            return
        if not is_sealed(line):
            self._refuse(UNSIGNED)
            return
        body = opened(line, self.mac, ORDER + self.nonce)
        if body is None:
            self._refuse(FORGED)
            return
        self.is_known = True
        self._forged = 0
        self._seal = seal_of(line)
        order = decoded(body)
        n = order.get("n") if order is not None else None
        if type(n) is not int or not 0 < n < _MOST_ORDERS:
            self._answer(0, self.refusals[NOT_JSON])
        elif n <= self.n:
            self._answer(n, self.refusals[REPLAYED])
        else:
            self.n = n
            self.request = order

    def _refuse(self, reason):
        """Of a line that nobody with the key has written."""
        self.refused += 1
        self._forged += 1
        if self._forged >= MOST_FORGED:
            self.is_closed = True
        entries = {"ok": False}
        entries.update(self.refusals[reason])
        self._put(json.dumps(entries).encode() + b"\n")

    def answer(self, entries):
        """Of the order that waits; a dict with "ok"."""
        self.request = None
        self._answer(self.n, entries)

    def _answer(self, n, entries):
        text = {"n": n, "ok": False}
        text.update(entries)
        self._put(seal(json.dumps(text).encode(), self.mac, REPLY + self._seal))

    def _put(self, line):
        if not self.tx.put(line, len(line)):
            self.is_closed = True  # a peer that does not read its answers


def decoded(body):
    """The dict of these octets, None when they are no JSON object."""
    try:
        found = json.loads(body.decode())
    except (ValueError, TypeError, RuntimeError):  # RuntimeError: nested too deeply
        return None
    return found if isinstance(found, dict) else None
