"""One line: sealed with its authenticator, and opened again. Octets in, octets out; no state."""

from protocols.orderport.hmac import same

LONGEST = 2048  # octets, its end included
ORDER = b"v2g-orders-1 order "
REPLY = b"v2g-orders-1 reply "
_MARK = b',"mac":"'
_DIGITS = 64
_TAIL = len(_MARK) + _DIGITS + 2


def seal(body, mac, context):
    """The line of a JSON object (octets, not the empty object); `context`: ORDER + nonce or REPLY + mac."""
    head = body[:-1]
    return head + _MARK + mac.hex(context, head) + b'"}\n'


def is_sealed(line):
    """Whether the line (without its end) ends as a sealed one does."""
    at = len(line) - _TAIL
    return at > 1 and line[at : at + len(_MARK)] == _MARK and line[-2:] == b'"}'


def seal_of(line):
    """The 64 digits of a sealed line."""
    return line[-2 - _DIGITS : -2]


def opened(line, mac, context):
    """The JSON object (octets) of a sealed line, None when its authenticator is another one."""
    head = line[: len(line) - _TAIL]
    return head + b"}" if same(seal_of(line), mac.hex(context, head)) else None
