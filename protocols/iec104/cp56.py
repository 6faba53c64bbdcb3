"""CP56Time2a, the seven-octet binary time (IEC 60870-5-101 7.2.6.18, from general knowledge).

Time here is (day since 2000-01-01, millisecond of the day); both fit a 31-bit small integer. Octets: ms
of the minute (2, little endian), IV + GEN + minute, SU + hour, day of week + day, month, year. We write
SU = 0 unless the station has a rule of summer time; a received SU = 1 is taken as one hour ahead of the time
base. Day of week is written as 1 (Monday) to 7 and not judged when read. Reserved bits are written as 0 and
not judged.

lint: hot
"""

from protocols.upy import const

SIZE = 7
IV = 0x80
GEN = 0x40
SU = 0x80
_DAY_MS = const(86400000)
_MONTH_STARTS = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365)


def encode(buf, at, day, ms, flags):
    """Write day/ms as CP56Time2a; `flags`: 0, IV or GEN."""
    put_date(buf, at, day)
    put_time(buf, at, ms, flags)


def put_time(buf, at, ms, flags):
    """Octets 1-4: the time of day."""
    minutes = ms // 60000
    rest = ms - minutes * 60000
    hours = minutes // 60
    buf[at] = rest & 0xFF
    buf[at + 1] = rest >> 8
    buf[at + 2] = minutes - hours * 60 | flags
    buf[at + 3] = hours


def put_date(buf, at, day):
    """Octets 5-7: day of week and month, month, year (2000-2099)."""
    cycles = day // 1461
    rest = day - cycles * 1461
    year = 4 * cycles
    leap = 1
    if rest >= 366:
        leap = 0
        year += (rest - 1) // 365
        rest = (rest - 1) % 365
    month = 1
    while rest >= _month_end(month, leap):
        month += 1
    start = _month_end(month - 1, leap)
    buf[at + 4] = rest - start + 1 | ((day + 5) % 7 + 1) << 5
    buf[at + 5] = month
    buf[at + 6] = year % 100


def _month_end(month, leap):
    """Days of the year up to the end of `month`."""
    return _MONTH_STARTS[month] + (leap if month >= 2 else 0)


def decode(buf, at, out):
    """Read CP56Time2a into out[0] = day, out[1] = ms; False when it is invalid or no such moment exists."""
    ms = buf[at] | buf[at + 1] << 8
    minute = buf[at + 2] & 0x3F
    hour = buf[at + 3] & 0x1F
    if buf[at + 2] & IV or ms > 59999 or minute > 59 or hour > 23:
        return False
    day = _decode_date(buf, at)
    if day < 0:
        return False
    ms += (hour * 60 + minute) * 60000
    if buf[at + 3] & SU:
        ms -= 3600000
        if ms < 0:
            ms += _DAY_MS
            day -= 1
    out[0] = day
    out[1] = ms
    return day >= 0


def _decode_date(buf, at):
    day = buf[at + 4] & 0x1F
    month = buf[at + 5] & 0x0F
    year = buf[at + 6] & 0x7F
    if not day or not 1 <= month <= 12 or year > 99:
        return -1
    leap = 0 if year % 4 else 1
    start = _month_end(month - 1, leap)
    if day > _month_end(month, leap) - start:
        return -1
    return 365 * year + (year + 3) // 4 + start + day - 1


def shift(moment, minutes):
    """Move moment[0] (day) and moment[1] (ms) by some minutes, within a day either way."""
    ms = moment[1] + minutes * 60000
    if ms < 0:
        ms += _DAY_MS
        moment[0] -= 1
    elif ms >= _DAY_MS:
        ms -= _DAY_MS
        moment[0] += 1
    moment[1] = ms


class Stamp:
    """The current time in `buf`, redone when the tick has moved; IV is set while the clock is not valid."""

    def __init__(self, clock, utc_offset_min, is_summer=None):
        """`is_summer(day, ms)` of UTC tells when the time base is an hour ahead; None = never."""
        self.buf = bytearray(SIZE)
        self._clock = clock
        self._offset = utc_offset_min
        self._is_summer = is_summer
        self._tick = -1
        self._day = -1
        self._moment = [0, 0]

    def take(self, now):
        """Bring `buf` to tick `now`."""
        if now == self._tick:
            return
        self._tick = now
        clock = self._clock
        clock.sample(now)
        moment = self._moment
        moment[0] = clock.day
        moment[1] = clock.ms
        summer = self._is_summer is not None and self._is_summer(clock.day, clock.ms)
        if self._offset or summer:
            shift(moment, self._offset + 60 if summer else self._offset)
        if moment[0] != self._day:
            self._day = moment[0]
            put_date(self.buf, 0, self._day)
        put_time(self.buf, 0, moment[1], 0 if clock.valid else IV)
        if summer:
            self.buf[3] |= SU

    def forget(self):
        """The clock was set: the next `take` reads it again even within the same tick."""
        self._tick = -1
