"""Ordered sessions and slots outlive a restart: every one is in the board's store before it is confirmed
(design §7), with wall time instead of ticks (design §4).

* Where there is no valid clock, a kept departure is unknown (so nothing is discharged below the target), and
  comes back when the clock is set; one that lies beyond what can be ordered (a wrong clock) too. When the
  clock is set again, what came back follows the clock, and what was ordered since keeps its tick.
* An hour after its departure a session is over, in the dark or not: then the configured day counts, for a
  vehicle that is known still to stand there without discharging if its driver had not agreed to that.
* A session belongs to the vehicle at the plug. It ends when the plug is seen out after it was in, and when
  the protocol names another vehicle than before. After a restart it counts at once, but consent only once the
  same vehicle has said who it is; a vehicle that never says that, behind a plug that may have been pulled in
  the dark, gives no consent. A bay that sees neither plug nor identity, or whose vehicle is configured, knows
  no more than before the restart: there all of it comes back.
* A record that cannot be read is told of, and no bay discharges by its configured day until somebody orders
  a session there or another vehicle comes.

How often that is written: firmware/orderport/kept_store.py. A departure up to a minute later counts as the
same.
"""

from firmware import codes_order as c
from firmware.guard.departure import FOREVER_MS, MODE_ORDERLY, MODE_V2G
from firmware.guard.keeper import key_of, text_of
from firmware.orderport.kept_record import NO_DAY, NOBODY, ORDERED, UNKNOWN, WAITING, WITHHELD, Row
from firmware.orderport.kept_store import KeptRows
from firmware.units import MS_PER_DAY
from protocols.ticks import ticks_add, ticks_diff

_HOUR_MS = 3600000
_SAME_MS = 60000
_OUT = 3  # seconds that a plug must be seen out
_DAYS = 6  # that ticks reach


class KeptSessions(KeptRows):
    """A keeper of the guard's host; `driver`: firmware/orderport/session.py's. Call load() once."""

    def __init__(self, driver, config, store, clock, log, doors=()):
        """`doors`: what sees the plugs: each has `bay` and plug_seen(), 1 in, 0 out, -1 unknown."""
        self.driver = driver
        self.sessions = driver.sessions
        rows = [config["bays"][number - 1] for number in driver.numbers]
        count = len(rows)
        KeptRows.__init__(self, [row["name"] for row in rows], store, log)
        self.clock = clock
        self.always = [bool(row["battery"]["identity"]) for row in rows]
        self.days = list(self.sessions.days)
        self.doors = [self._door_of(bay, doors) for bay in self.sessions.bays]
        self.told = [NOBODY] * count  # who stands there, as the protocol tells
        self.out = [0] * count
        self.settings = clock.settings
        driver.kept = self

    def _door_of(self, bay, doors):
        for door in doors:
            if door.bay is bay:
                return door
        return None

    # the restart

    def load(self, now):
        """What the store has holds from now on."""
        self.last = now
        self.load_rows(now)
        self.clock.sample(now)
        for i in range(len(self.rows)):
            self._restore(i, now)

    def _restore(self, i, now):
        row = self.rows[i]
        if row is not None and row.kind == WITHHELD:
            self._withhold(i)
        elif row is not None:
            blind = row.owner == NOBODY and not (row.plugged and self.doors[i] is not None)
            row.sure = self.always[i] or blind
            row.by_wall = True
            self.driver.booked[i] = row.booked
            self._put(i, row, now)
            self._date(i, row, now)
            if self.rows[i] is row:
                self.log.add(c.SESSION_BACK, self.driver.numbers[i], now)
        if self.later[i] is not None:
            self.later[i].by_wall = True
            self._await(i, self.later[i], now)

    def _date(self, i, row, now):
        """The departure's tick, where it can be known; over when it has passed by an hour."""
        left_ms = self._left_ms(row.day, row.ms)
        if left_ms is None:
            return
        if left_ms < -_HOUR_MS:
            self._end(i, now)
            return
        row.depart = ticks_add(now, left_ms)
        self._put(i, row, now)

    def _left_ms(self, day, ms):
        """From the clock's last sample to a wall time, None when nobody knows."""
        if day == NO_DAY or not self.clock.valid:
            return None
        days = max(-_DAYS, min(_DAYS, day - self.clock.day))
        left_ms = days * MS_PER_DAY + ms - self.clock.ms
        return left_ms if left_ms <= FOREVER_MS else None

    def _put(self, i, row, now):
        """Into the image; consent only as far as its vehicle is there."""
        mode = row.mode if row.sure or row.mode != MODE_V2G else MODE_ORDERLY
        known = row.depart != UNKNOWN
        left_ms = max(0, ticks_diff(row.depart, now)) if known else UNKNOWN
        self.sessions.order(i, mode, row.target_bp, row.minimum_bp, left_ms, now)
        if known:
            self.sessions.bays[i].depart.put(row.depart, now)  # it may have passed

    def _await(self, i, row, now):
        """An order that holds from the arrival on."""
        left_ms = self._left_ms(row.arrive_day, row.arrive_ms)
        if left_ms is None:
            return
        depart_ms = self._left_ms(row.day, row.ms)
        if depart_ms is not None:
            row.depart = ticks_add(now, max(0, depart_ms))
        ordered = (row.mode, row.target_bp, row.minimum_bp, row.depart)
        self.driver.waiting[i] = (ticks_add(now, max(0, left_ms)), ordered)

    # what is ordered

    def ordered(self, i, ordered, named, now):
        """A session holds from now on; `named`: its departure is a new one."""
        mode, target_bp, minimum_bp, depart = ordered
        old = self.rows[i]
        row = Row(ORDERED, mode, target_bp, minimum_bp)
        row.depart = depart
        row.owner = self.told[i]
        row.booked = self.driver.booked[i]
        row.plugged = self.doors[i] is not None and self.doors[i].plug_seen() == 1
        if old is not None and old.kind == ORDERED and (not named or old.depart != UNKNOWN):
            row.day, row.ms = old.day, old.ms
            row.by_wall = old.by_wall and not named
        self.rows[i] = row
        if i not in self.driver.waiting:
            self.later[i] = None
        self._allow(i)
        self.clock.sample(now)
        if depart == UNKNOWN and named:
            row.day, row.ms = NO_DAY, 0
        elif not row.by_wall:
            self._stamp(row, now)
        self.ordered_anew(i)

    def waits(self, i, ordered, arrive, now):
        """A session that will hold from tick `arrive` on."""
        mode, target_bp, minimum_bp, depart = ordered
        row = self.later[i] = Row(WAITING, mode, target_bp, minimum_bp)
        row.depart = depart
        self.clock.sample(now)
        self._stamp(row, now)
        if self.clock.valid:
            row.arrive_day, row.arrive_ms = self._wall_of(arrive, now)
        self.ordered_anew(i)

    def _stamp(self, row, now):
        """The departure's wall time; whether it is another one."""
        if row.depart == UNKNOWN or not self.clock.valid:
            return False
        day, ms = self._wall_of(row.depart, now)
        if day == row.day and 0 <= ms - row.ms <= _SAME_MS:
            return False
        row.day, row.ms = day, ms
        return True

    def _wall_of(self, tick, now):
        ms = self.clock.ms + ticks_diff(tick, now)
        return self.clock.day + ms // MS_PER_DAY, ms % MS_PER_DAY

    # who stands there

    def meet(self, bay, identity):
        """As firmware/guard/keeper.py's."""
        if bay in self.sessions.bays and identity:
            i = self.sessions.bays.index(bay)
            key = key_of(text_of(identity))
            if key != NOBODY and key != self.told[i]:
                self.told[i] = key
                self._met(i, key)

    def _met(self, i, key):
        row = self.rows[i]
        if row is None or self.always[i]:
            return
        if row.owner == NOBODY:
            row.owner = key
            self.changed(True)
        elif row.owner != key:
            self._end(i, self.last, True)
        elif not row.sure:
            row.sure = True
            self._put(i, row, self.last)

    def _look_at_plug(self, i, now):
        door = self.doors[i]
        if door is None:
            return
        seen = door.plug_seen()
        self.out[i] = self.out[i] + 1 if seen == 0 else 0
        if self.out[i] == _OUT:
            self.told[i] = NOBODY
        row = self.rows[i]
        if row is None:
            return
        if seen == 1 and not row.plugged:
            row.plugged = True
            self.changed(True)
        elif row.plugged and self.out[i] >= _OUT:
            self._end(i, now, True)

    def _end(self, i, now, gone=False):
        """The configured day counts again."""
        row = self.rows[i]
        if gone and row.kind == ORDERED:
            self.log.add(c.SESSION_DROPPED, self.driver.numbers[i], now)
        self.driver.booked[i] = False
        bay = self.sessions.bays[i]
        bay.depart.fail()
        bay.mode.fail()
        self.sessions.by_day[i] = True
        self.rows[i] = None
        if gone or row.mode == MODE_V2G or row.owner == NOBODY or self.always[i]:
            self._allow(i)
        else:
            kept = self.rows[i] = Row(WITHHELD)
            kept.owner, kept.plugged = row.owner, row.plugged
            self._withhold(i)
        self.changed(True)

    def _withhold(self, i):
        """The configured day without discharging."""
        self.sessions.days[i] = (min(MODE_ORDERLY, self.days[i][0]),) + self.days[i][1:]

    def _allow(self, i):
        self.sessions.days[i] = self.days[i]

    # time

    def update(self, now):
        """Once a second, outside the step."""
        self.pass_time(now)
        self.clock.sample(now)
        is_set = self.clock.valid and self.clock.settings != self.settings
        self.settings = self.clock.settings
        for i in range(len(self.rows)):
            self._look_at_plug(i, now)
            row = self.rows[i]
            if row is not None and row.kind == ORDERED:
                self._look_at_time(i, row, is_set, now)
            row = self.later[i]
            if row is not None and row.by_wall and (is_set or i not in self.driver.waiting):
                self._await(i, row, now)

    def _look_at_time(self, i, row, is_set, now):
        mode = self.sessions.bays[i].mode
        if ticks_diff(now, mode.time) > _HOUR_MS:
            mode.put(mode.value, now)  # a tick of days ago would seem to come
        if row.day != NO_DAY and (row.depart == UNKNOWN or is_set and row.by_wall):
            self._date(i, row, now)
        elif row.depart != UNKNOWN and ticks_diff(now, row.depart) > _HOUR_MS:
            self._end(i, now)
        elif (is_set or row.day == NO_DAY) and self._stamp(row, now):
            self.changed(False)

    def words(self, i):
        """Entries of an answer: whether a restart would bring it back, and what is still waited for."""
        rows = [row for row in (self.rows[i], self.later[i]) if row is not None]
        if not rows:
            return {}
        kept = self.store is not None and not (self.pending or self.failed)
        waits = []
        for row in rows:
            undated = row.depart != UNKNOWN and row.day == NO_DAY
            if undated or row.kind == WAITING and row.arrive_day == NO_DAY:
                kept = False
            if row.depart == UNKNOWN and row.day != NO_DAY:
                waits.append("clock")
            if not row.sure and row.mode == MODE_V2G:
                waits.append("vehicle")
        answer = {"kept": kept}
        if waits:
            answer["waits_for"] = ", ".join(waits)
        return answer
