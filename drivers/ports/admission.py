"""Who may begin a TLS handshake, and who it must then turn out to be.

Before a byte is read: the address must be allowed, its own bucket and, unless a pin names its address, the
bucket that all strangers share must have a token left, and the gate must be open (a board that stalls for too
long calculates only while no bay is energised; a clock that was never set cannot judge a certificate). After
the handshake the client's certificate, or its public key, must be one that was written down for this address.
Strangers can therefore use up neither a known master's turn nor the processor.

Every end of a handshake has a kind; the kinds are counted here.
"""

from array import array
from hashlib import sha256

from protocols.ticks import ticks_add, ticks_diff
from protocols.tls import x509

KINDS = (
    "accepted",
    "address",
    "rate",
    "full",
    "energised",
    "clock",
    "not_tls",
    "late",
    "gone",
    "no_certificate",
    "untrusted",
    "expired",
    "not_yet_valid",
    "unpinned",
    "certificate",
    "handshake",
)
ACCEPTED, ADDRESS, RATE, FULL, ENERGISED, CLOCK, NOT_TLS, LATE, GONE = range(9)
NO_CERTIFICATE, UNTRUSTED, EXPIRED, NOT_YET_VALID, UNPINNED, CERTIFICATE, HANDSHAKE = range(9, 16)

_MINUTE_MS = 60000
_ADDRESSES = 16  # whose buckets are remembered


class Pin:
    """A client: the SHA-256 of its certificate or public key (32 bytes), and where it may come from."""

    def __init__(self, name, digest, is_key, addresses):
        self.name = name
        self.digest = digest
        self.is_key = is_key
        self.addresses = addresses  # none = anywhere


class Bucket:
    """`per_minute` tokens a minute, as many at once; a token every 60 s / per_minute."""

    def __init__(self, peer, per_minute, now):
        self.peer = peer
        self.every_ms = _MINUTE_MS // per_minute
        self.tokens = per_minute
        self.most = per_minute
        self.at = now

    def refill(self, now):
        passed_ms = ticks_diff(now, self.at)
        if passed_ms < 0 or passed_ms >= _MINUTE_MS:
            self.tokens = self.most
            self.at = now
            return
        gained = passed_ms // self.every_ms
        self.tokens = min(self.most, self.tokens + gained)
        self.at = ticks_add(self.at, gained * self.every_ms)

    def take(self, now):
        self.refill(now)
        if self.tokens == 0:
            return False
        self.tokens -= 1
        return True


class OpenGate:
    """Nothing forbids a handshake: the face of a gate."""

    def refusal(self, now):
        """Kind for which no handshake may begin or go on now, 0 for none."""
        return 0


class Admission:
    def __init__(self, allow, pins, per_minute, total_per_minute, now, gate=None):
        """`allow`: addresses, none = any. `per_minute`: of one address; `total_per_minute`: of all
        strangers together.
        """
        self.allow = allow
        self.pins = pins
        self.per_minute = per_minute
        self.gate = gate or OpenGate()
        self.counts = array("i", [0] * len(KINDS))
        self._total = Bucket("", total_per_minute, now)
        self._buckets = []

    def admit(self, peer, now):
        """0, or the kind for which this connection is closed unread."""
        if self.allow and peer not in self.allow:
            return ADDRESS
        kind = self.gate.refusal(now)
        if kind:
            return kind
        if not self._bucket(peer, now).take(now):
            return RATE
        if not self.is_known(peer) and not self._total.take(now):
            return RATE
        return 0

    def is_known(self, peer):
        """Whether a pin names this address."""
        for pin in self.pins:
            if peer in pin.addresses:
                return True
        return False

    def _bucket(self, peer, now):
        for bucket in self._buckets:
            if bucket.peer == peer:
                return bucket
        if len(self._buckets) >= _ADDRESSES:
            self._forget_one(now)
        self._buckets.append(Bucket(peer, self.per_minute, now))
        return self._buckets[-1]

    def _forget_one(self, now):
        """A stranger before a known address; of these the fullest, which loses least."""
        best = 0
        best_rank = -1
        for i in range(len(self._buckets)):
            bucket = self._buckets[i]
            bucket.refill(now)
            rank = bucket.tokens + (0 if self.is_known(bucket.peer) else bucket.most + 1)
            if rank > best_rank:
                best = i
                best_rank = rank
        self._buckets.pop(best)

    def pinned(self, der, peer):
        """Index of the pin that this certificate from this address fits, -1 for none."""
        whole = sha256(der).digest()
        try:
            key = sha256(x509.public_key(der)).digest()
        except ValueError:
            key = b""
        for i in range(len(self.pins)):
            pin = self.pins[i]
            if pin.digest == (key if pin.is_key else whole) and (not pin.addresses or peer in pin.addresses):
                return i
        return -1


def digest_of(text):
    """32 bytes from 64 hexadecimal digits, colons and blanks apart; b"" when it is not that."""
    digits = text.replace(":", "").replace(" ", "")
    if len(digits) != 64:
        return b""
    try:
        return bytes([int(digits[i : i + 2], 16) for i in range(0, 64, 2)])
    except ValueError:
        return b""
