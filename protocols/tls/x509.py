"""What is read out of a certificate in DER: its public key, for pinning, and its days (RFC 5280 section 4.1,
from general knowledge).

Nothing is verified here: only certificates that a TLS library has accepted, or our own, come this far.
What is no certificate raises ValueError.
"""

from protocols.upy import const

_SEQUENCE = const(0x30)
_VERSION = const(0xA0)
_UTC_TIME = const(0x17)
_DAYS = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


def public_key(der):
    """SubjectPublicKeyInfo as it stands there: bytes, header included."""
    at, end = _field(der, 5)
    return bytes(der[at:end])


def validity(der):
    """[first day, last day], days since 2000-01-01 in UTC; a day before 2000 is 0."""
    at, _ = _field(der, 3)
    _, at, _ = _item(der, at)
    tag, start, end = _item(der, at)
    first = _day(der, tag, start, end)
    tag, start, end = _item(der, end)
    return [first, _day(der, tag, start, end)]


def _field(der, wanted):
    """(start, end) of a field of tbsCertificate, header included, counted from the serial number = 0: 1
    signature, 2 issuer, 3 validity, 4 subject, 5 subjectPublicKeyInfo.
    """
    _, at, _ = _sequence(der, 0)
    _, at, _ = _sequence(der, at)
    tag, _, end = _item(der, at)
    if tag == _VERSION:
        at = end
    for _ in range(wanted):
        _, _, at = _item(der, at)
    _, _, end = _sequence(der, at)
    return at, end


def _sequence(der, at):
    found = _item(der, at)
    if found[0] != _SEQUENCE:
        raise ValueError("no certificate: no sequence at octet %d" % at)
    return found


def _item(der, at):
    """(tag, start of the content, end) of the item at `at`."""
    if at + 2 > len(der):
        raise ValueError("no certificate: it ends at octet %d" % len(der))
    size = der[at + 1]
    start = at + 2
    if size > 0x7F:
        octets = size & 0x7F
        if not 0 < octets < 4:
            raise ValueError("no certificate: no length at octet %d" % at)
        size = 0
        for i in range(octets):
            if start + i >= len(der):
                raise ValueError("no certificate: it ends at octet %d" % len(der))
            size = size << 8 | der[start + i]
        start += octets
    if start + size > len(der):
        raise ValueError("no certificate: an item of %d octets at octet %d" % (size, at))
    return der[at], start, start + size


def _day(der, tag, start, end):
    """UTCTime YYMMDD... or GeneralizedTime YYYYMMDD..."""
    text = "".join([chr(octet) for octet in der[start:end]])
    if tag == _UTC_TIME:
        text = ("20" if text[:2] < "50" else "19") + text
    year, month, day = int(text[:4]) - 2000, int(text[4:6]), int(text[6:8])
    if year < 0:
        return 0
    if not 1 <= month <= 12:
        raise ValueError("no certificate: month %d" % month)
    leap = 1 if month > 2 and year % 4 == 0 and (year % 100 or year % 400 == 0) else 0
    # whole leap days before this year: 2000 is one
    leaps = (year + 3) // 4 - (year - 1) // 100 + (year - 1) // 400 if year else 0
    return 365 * year + leaps + _DAYS[month - 1] + leap + day - 1
