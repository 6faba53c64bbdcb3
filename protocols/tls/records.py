"""TLS records as they come from a peer, taken apart before any cryptography (RFC 5246 sections 6.2.1 and 7.4,
from general knowledge).

During a handshake the TLS library gets one message at a time, so that the loop turns between two of its long
calculations. Hence three rules: never more octets are asked for than one record has; a plain record that
carries several handshake messages is handed over as several records, which the standard lets a sender do too;
and what cannot begin TLS is known from its first octets, before anything is allocated for it.
"""

from protocols.upy import const

WAITS, WHOLE, FORGED = 0, 1, 2

_HEADER = const(5)
_CHANGE_CIPHER_SPEC = const(20)
_HANDSHAKE = const(22)
_APPLICATION_DATA = const(23)
_CLIENT_HELLO = const(1)
_MESSAGE_HEADER = const(4)
LARGEST = 4096  # record of a handshake: a chain of a few certificates


class RecordReader:
    """Collects one record: read at most wanted() octets to buf[n:], then took(). When that says WHOLE, take
    its pieces with next_piece() until it is 0; then the next record may come.
    """

    def __init__(self):
        self.buf = bytearray(_HEADER + LARGEST)
        self.n = 0
        self.start = 0  # of the piece that next_piece() found, with a record header in front
        self._need = _HEADER
        self._at = 0  # what was not handed over yet
        self._minor = 0
        self._carry = 0  # octets of a message that goes on in the next record
        self._is_first = True
        self._is_plain = True

    def wanted(self):
        """Octets still missing from the header, or from the record."""
        return self._need - self.n

    def took(self, n):
        """`n` octets more stand in `buf`: WAITS, WHOLE, or FORGED when this is not TLS."""
        self.n += n
        if self.n < self._need:
            return WAITS
        if self._need == _HEADER:
            if not self._is_header():
                return FORGED
            self._need += self.buf[3] << 8 | self.buf[4]
            return WAITS
        if self._is_first and self.buf[_HEADER] != _CLIENT_HELLO:
            return FORGED
        self._is_first = False
        self._at = _HEADER
        self._minor = self.buf[2]
        if self.buf[0] != _HANDSHAKE:
            self._is_plain = False  # ChangeCipherSpec: what follows cannot be read
        return WHOLE

    def _is_header(self):
        buf = self.buf
        if self._is_first and buf[0] != _HANDSHAKE:
            return False
        if not _CHANGE_CIPHER_SPEC <= buf[0] <= _APPLICATION_DATA or buf[1] != 3:
            return False
        return 0 < (buf[3] << 8 | buf[4]) <= LARGEST

    def next_piece(self):
        """Length of the next piece, which stands at buf[start:]; 0 when all of the record was handed over."""
        at = self._at
        rest = self.n - at
        if rest <= 0:
            self.n = 0
            self._need = _HEADER
            return 0
        size = self._message(at, rest) if self._is_plain else rest
        self._at = at + size
        self.start = at - _HEADER
        if at > _HEADER:
            self._put_header(self.start, size)
        elif size < rest:
            self._put_length(self.start, size)
        return size + _HEADER

    def _message(self, at, rest):
        """Octets up to the end of the handshake message there, or of the record."""
        if self._carry:
            size = min(self._carry, rest)
            self._carry -= size
            return size
        if rest < _MESSAGE_HEADER:
            self._is_plain = False  # a header in two records: no more cutting
            return rest
        buf = self.buf
        size = _MESSAGE_HEADER + (buf[at + 1] << 16 | buf[at + 2] << 8 | buf[at + 3])
        if size > rest:
            self._carry = size - rest
            return rest
        return size

    def _put_header(self, at, size):
        self.buf[at] = _HANDSHAKE
        self.buf[at + 1] = 3
        self.buf[at + 2] = self._minor
        self._put_length(at, size)

    def _put_length(self, at, size):
        self.buf[at + 3] = size >> 8
        self.buf[at + 4] = size & 0xFF
