"""Forged lines against the order port's station end: noise, and genuine lines that were changed. Thousands in
the suite, a million in `v2g bench`.
"""

from protocols.orderport.client import ClientLink
from protocols.orderport.hmac import Mac
from protocols.orderport.station import StationLink

KEY = bytes(range(32))
REFUSALS = [{"ok": False, "code": code} for code in (480, 481, 482, 483, 484)]


class Random:
    def __init__(self):
        self.count = 0

    def __call__(self, n):
        self.count += 1
        return bytes([self.count % 256] * n)


def make_link(random=None):
    return StationLink(Mac(KEY), "here", REFUSALS, random or Random())


def sent(link):
    """What the station has said since the last time."""
    data = bytes(link.tx.buf[link.tx.start : link.tx.end])
    link.tx.clear()
    return data


def feed(link, data):
    for at in range(0, len(data), 300):
        link.feed(data[at : at + 300], len(data[at : at + 300]))


def forged(random, genuine):
    """A line that nobody with the key has written: noise, or a genuine one that was changed."""
    kind = random % 5
    if kind == 0:
        return bytes([(random >> (i % 13)) & 0xFF for i in range(random % 200)]) + b"\n"
    line = bytearray(genuine)
    if kind == 1:
        line[random % (len(line) - 1)] ^= 1 << random % 7
    elif kind == 2:
        at = random % (len(line) - 1)
        line = line[:at] + line[at + 1 + random % 3 :]
    elif kind == 3:
        line[-10:-3] = b"0000000"
    else:
        at = random % len(line)
        line = line[:at] + bytes([random % 256]) + line[at:]
    return bytes(line) + (b"\n" if line[-1:] != b"\n" else b"")


def siege(lines, seed):
    """So many forged lines against the station; AssertionError when one of them becomes an order."""
    random = Random()
    value = seed
    held = 0
    while held < lines:
        link = make_link(random)
        sent(link)
        client = ClientLink(Mac(KEY))
        client.greeting = {"nonce": link.nonce.decode()}
        genuine = client.order({"order": "session", "bay": 1, "target_bp": 9000, "consent": True})
        while not link.is_closed and held < lines:
            value = (value * 69069 + 12345) % 0x1000000
            line = forged(value, genuine)
            if line.replace(b"\r", b"") == genuine:
                continue
            feed(link, line)
            assert link.request is None, line
            sent(link)
            held += 1
    return held
