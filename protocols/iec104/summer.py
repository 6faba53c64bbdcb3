"""Summer time by the European rule: an hour ahead from the last Sunday of March, 01:00 UTC, to the last
Sunday of October, 01:00 UTC. CP56Time2a then carries SU = 1 and the summer hour (IEC 60870-5-101 7.2.6.18,
from general knowledge, unverified).

lint: integer
"""

_HOUR_MS = 3600000
_MARCH_31 = 89  # day of a year without 29 February, from 0
_OCTOBER_31 = 303


def is_summer(day, ms):
    """Whether this moment (UTC: days since 2000-01-01, ms of the day) lies in summer time."""
    cycle = day // 1461
    rest = day - cycle * 1461
    if rest < 366:
        first = cycle * 1461
        leap = 1
    else:
        first = cycle * 1461 + 366 + (rest - 366) // 365 * 365
        leap = 0
    begins = _last_sunday(first + _MARCH_31 + leap)
    ends = _last_sunday(first + _OCTOBER_31 + leap)
    if day == begins:
        return ms >= _HOUR_MS
    if day == ends:
        return ms < _HOUR_MS
    return begins < day < ends


def _last_sunday(last_day):
    """The last Sunday up to this day; 2000-01-01 was a Saturday."""
    return last_day - (last_day + 6) % 7
