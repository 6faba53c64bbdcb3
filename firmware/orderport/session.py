"""Orders of the driver, and of a swap station for its slots: who wants how much by when.

What an order does not name stays as it is. A departure is told in seconds from now (depart_in_s) or as a
minute of the day in UTC (depart_min, which needs the clock); "depart_unknown": true takes it back. V2G needs
"consent": true once, in the order that chooses it; "consent": false ends discharging. One with arrive_in_s
holds from then on: until then it waits, one a bay, the latest.

A slot of a swap station is a bay whose battery has no departure until one is booked. Without `bay` the one is
taken, of those that nobody has booked, whose SOC is the least above what is asked; if none is, the fullest.

The answer comes after the step that planned anew, with what has become of it, and once it is kept
(firmware/orderport/kept.py).
"""

from firmware import codes
from firmware import codes_order as c
from firmware.guard.departure import FOREVER_MS, MODE_NONE, MODE_ORDERLY, MODE_V2G
from firmware.guard.fleet import is_late
from firmware.guard.sessions import UNKNOWN
from firmware.image import GOOD
from firmware.orderport.entries import BAY, BOOL, CHOICE, INT, Refused, checked
from firmware.schema import MAX_BAYS, MODES
from firmware.units import FULL_BP, MS_PER_DAY
from protocols.ticks import ticks_add, ticks_diff

_FAR_S = FOREVER_MS // 1000
SESSION = (
    ("bay", BAY, 1, MAX_BAYS, True),
    ("mode", CHOICE, MODES, 0, False),
    ("target_bp", INT, 0, FULL_BP, False),
    ("minimum_bp", INT, 0, FULL_BP, False),
    ("depart_in_s", INT, 0, _FAR_S, False),
    ("depart_min", INT, 0, 1439, False),
    ("depart_unknown", BOOL, 0, 0, False),
    ("arrive_in_s", INT, 0, _FAR_S, False),
    ("consent", BOOL, 0, 0, False),
)
SLOT = (
    ("bay", BAY, 1, MAX_BAYS, False),
    ("in_s", INT, 0, _FAR_S, False),
    ("target_bp", INT, 0, FULL_BP, False),
    ("cancel", BOOL, 0, 0, False),
)
_DEPARTURES = ("depart_in_s", "depart_min", "depart_unknown")
_PLAN_MS = 1500  # after so long the answer tells what there is


class Driver:
    def __init__(self, sessions, numbers, names, clock, image, log):
        """`sessions`: firmware/guard/sessions.py's; `numbers`: of its bays; `names`: of all bays."""
        self.sessions = sessions
        self.numbers = numbers
        self.names = names
        self.clock = clock
        self.image = image
        self.log = log
        self.waiting = {}  # place: (tick of the arrival, wishes)
        self.booked = [False] * len(numbers)
        self.kept = None  # firmware/orderport/kept.py

    def place_of(self, bay):
        """Place among the guarded bays of a number or a name."""
        if isinstance(bay, str):
            bay = self.names.index(bay) + 1 if bay in self.names else 0
        if bay not in self.numbers:
            right = "one of: " + ", ".join([str(number) for number in self.numbers])
            raise Refused(c.NO_SUCH_BAY, right, "bay", bay)
        return self.numbers.index(bay)

    def session(self, order, now):
        """Place of the bay whose session is new; its plan follows with the next step."""
        wishes = checked(order, SESSION)
        place = self.place_of(wishes["bay"])
        ordered = self._merged(place, wishes, now)
        arrive_s = wishes.get("arrive_in_s", 0)
        if arrive_s:
            arrive = ticks_add(now, arrive_s * 1000)
            self.waiting[place] = (arrive, ordered)
            if self.kept is not None:
                self.kept.waits(place, ordered, arrive, now)
        else:
            self.waiting.pop(place, None)
            named = any([key in wishes for key in _DEPARTURES])
            self._order(place, ordered, now, named)
        return place

    def _merged(self, place, wishes, now):
        """(mode, target, minimum, tick of the departure or UNKNOWN)."""
        bay = self.sessions.bays[place]
        mode = bay.mode.value if bay.mode.quality == GOOD else MODE_NONE
        wanted = MODES.index(wishes["mode"]) + 1 if "mode" in wishes else mode or MODE_ORDERLY
        consent = wishes.get("consent")
        if wanted == MODE_V2G and consent is False:
            if "mode" in wishes:
                raise Refused(c.NO_CONSENT, '"consent": true, or another mode', "consent", False)
            wanted = MODE_ORDERLY
        if wanted == MODE_V2G and mode != MODE_V2G and consent is not True:
            raise Refused(c.NO_CONSENT, '"consent": true beside "mode": "v2g"', "consent", consent)
        target_bp = wishes.get("target_bp", bay.target_bp.value)
        minimum_bp = wishes.get("minimum_bp", min(bay.minimum_bp.value, target_bp))
        if minimum_bp > target_bp:
            raise Refused(c.BAD_ENTRY, "at most target_bp (%d)" % target_bp, "minimum_bp", minimum_bp)
        return wanted, target_bp, minimum_bp, self._departure(bay, wishes, now)

    def _departure(self, bay, wishes, now):
        if wishes.get("depart_unknown"):
            return UNKNOWN
        if "depart_in_s" in wishes:
            left_ms = wishes["depart_in_s"] * 1000
        elif "depart_min" in wishes:
            self.clock.sample(now)
            if not self.clock.valid:
                raise Refused(c.CLOCK_UNSET, "depart_in_s, seconds from now")
            left_ms = (wishes["depart_min"] * 60000 - self.clock.ms) % MS_PER_DAY
        else:
            return bay.depart.value if bay.depart.quality == GOOD else UNKNOWN
        least_ms = wishes.get("arrive_in_s", 0) * 1000
        if left_ms < least_ms:
            raise Refused(c.BAD_ENTRY, "not before arrive_in_s", "depart_in_s", left_ms // 1000)
        return ticks_add(now, left_ms)

    def _order(self, place, ordered, now, named=True):
        mode, target_bp, minimum_bp, depart = ordered
        left_ms = UNKNOWN if depart == UNKNOWN else max(0, ticks_diff(depart, now))
        self.sessions.order(place, mode, target_bp, minimum_bp, left_ms, now)
        self.image.order_event = True
        self.log.add(c.SESSION_ORDERED, self.numbers[place], now)
        if self.kept is not None:
            self.kept.ordered(place, ordered, named, now)

    def update(self, now):
        """The arrivals that are due."""
        for place in range(len(self.numbers)):
            waits = self.waiting.get(place)
            if waits is not None and ticks_diff(now, waits[0]) >= 0:
                del self.waiting[place]
                self._order(place, waits[1], now)

    def slot(self, order, now):
        """Place of the bay whose battery is booked, or free again."""
        wishes = checked(order, SLOT)
        if wishes.get("cancel"):
            if "bay" not in wishes:
                raise Refused(c.BAD_ENTRY, "the bay whose booking ends", "bay", None)
            place = self.place_of(wishes["bay"])
            self.booked[place] = False
            self._order(place, (MODE_V2G, 0, self.sessions.bays[place].minimum_bp.value, UNKNOWN), now)
            return place
        for key in ("in_s", "target_bp"):
            if key not in wishes:
                raise Refused(c.BAD_ENTRY, "when the battery is fetched, and with what", key, None)
        target_bp = wishes["target_bp"]
        if "bay" in wishes:
            place = self.place_of(wishes["bay"])
        else:
            place = self._nearest(target_bp, wishes["in_s"])
        self.booked[place] = True
        minimum_bp = min(target_bp, self.sessions.bays[place].minimum_bp.value)
        self._order(place, (MODE_V2G, target_bp, minimum_bp, ticks_add(now, wishes["in_s"] * 1000)), now)
        return place

    def _nearest(self, target_bp, in_s):
        """The battery with the least above the target; if none has that, the fullest."""
        best = -1
        rank = 0
        for place in range(len(self.numbers)):
            bay = self.sessions.bays[place]
            if self.booked[place] or bay.depart.quality == GOOD or bay.soc_bp.quality != GOOD:
                continue
            over_bp = bay.soc_bp.value - target_bp
            own = FULL_BP - over_bp if over_bp >= 0 else over_bp
            if best < 0 or own > rank:
                best, rank = place, own
        if best < 0:
            raise Refused(c.NO_SUCH_BAY, "a battery that nobody has booked, and whose SOC is known")
        return best

    def is_planned(self, place, since, now):
        """Whether a step has planned the bay's session since that tick."""
        waited_ms = ticks_diff(now, since)
        if place in self.waiting or waited_ms >= _PLAN_MS:
            return True
        return waited_ms > 0 and ticks_diff(self.sessions.bays[place].plan_time, since) >= 0

    def told(self, place, now):
        """What has become of a session."""
        bay = self.sessions.bays[place]
        known = bay.depart.quality == GOOD
        mode = bay.mode.value if bay.mode.quality == GOOD else MODE_NONE
        answer = {
            "ok": True,
            "bay": self.numbers[place],
            "mode": MODES[mode - 1] if mode else "none",
            "target_bp": bay.target_bp.value,
            "minimum_bp": bay.minimum_bp.value,
            "depart_in_s": ticks_diff(bay.depart.value, now) // 1000 if known else None,
            "soc_bp": bay.soc_bp.value if bay.soc_bp.quality == GOOD else None,
            "reach_bp": bay.reach_bp.value,
            "need_s": bay.need_s.value,
            "laxity_s": bay.laxity_s.value if known else None,
            "feasible": not is_late(bay),
            "must": bay.must.value,
            "must_text": codes.text(bay.must.value),
            "envelope_w": [bay.envelope_lo_w.value, bay.envelope_hi_w.value],
            "command_w": bay.command_w.value,
        }
        if place in self.waiting:
            answer["arrive_in_s"] = ticks_diff(self.waiting[place][0], now) // 1000
        answer.update(self.kept.words(place) if self.kept is not None else {"kept": False})
        return answer
