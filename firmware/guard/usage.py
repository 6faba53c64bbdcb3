"""What its use costs each vehicle's battery: streaming wear (wear.py) of every bay's battery, sampled once a
minute, per session and in total, beside that of charging only. The difference is what V2G cost.

Charging only is the same session without its discharges: every rise of the SOC counts, at its time, until
the target (or the SOC on arrival, if that is higher) is reached; no fall does. A session without discharge
therefore costs exactly nothing; to have charged later than at once is not counted as a merit of V2G. A rise
counts from RISE_BP on, so that a restless SOC does not charge the reference.

A session begins with a known SOC and ends when it has been unknown for two minutes, or another vehicle is
told. The figures are losses in 1e-9 of the capacity, by two models and two causes; where the battery's
temperature is not told, 25 degrees count. A vehicle that nobody knew begins as a battery of two years (AGED):
the first days of a new one would weigh too much.

The store has the closed totals, a day in progress booked as if it ended now: every KEEP_MIN minutes and at
the end of a session. A power cut loses what came after, and splits the day's booking there. Totals never
fall. Rows of other lengths than ROW_BYTES are another version's and are left alone.
"""

import struct

from firmware import codes_order
from firmware.guard.keeper import Keeper, key_of, name_of
from firmware.guard.wear import Wear
from firmware.image import GOOD
from protocols.ticks import ticks_diff

TEMP_DC = 250
RISE_BP = 10
KEEP_MIN = 15
MOST_RECORDS = 60
# 730 days at 25 degrees, 65 % SOC, 0.2 full cycles a day: (A time, A use, B time, B use) as Wear keeps them
AGED = {True: (17581600, 4713007, 61087775, 10301323), False: (18855458, 2949583, 30519840, 4477703)}
_MINUTE_MS = 60000
_MOST_NOTES = 8
_LONGEST_MS = 3600000  # a longer gap counts as so much
_ROW = "<16sIIII4I4I"
ROW_BYTES = struct.calcsize(_ROW)
MODELS = {True: ("BLAST LFP", "Naumann LFP"), False: ("BLAST NMC", "Xu 2018 NMC")}


class Record:
    """Totals of one vehicle: `ran` and `only` (charging only) as Wear keeps its four figures."""

    def __init__(self, key, lfp):
        self.key = key
        self.lfp = lfp
        self.minutes = 0
        self.moved_bp = 0  # throughput, in and out; 20000 = one full cycle
        self.only_moved_bp = 0
        self.ran = self.only = AGED[lfp]

    def pack(self):
        head = (self.key, 1 if self.lfp else 0, self.minutes, self.moved_bp, self.only_moved_bp)
        return struct.pack(_ROW, *(head + tuple(self.ran) + tuple(self.only)))

    def figures(self):
        """[(model, cause, ran, charging only)] in 1e-9, since the record began."""
        begun = losses_of(self.lfp, AGED[self.lfp])
        return rows(self.lfp, begun, losses_of(self.lfp, self.ran), begun, losses_of(self.lfp, self.only))


def unpack(row):
    """A record from its row of the store."""
    figures = struct.unpack(_ROW, row)
    record = Record(figures[0], figures[1] == 1)
    record.minutes, record.moved_bp, record.only_moved_bp = figures[2:5]
    record.ran, record.only = figures[5:9], figures[9:13]
    return record


def started(lfp, state):
    """A Wear that goes on from these four figures."""
    wear = Wear(lfp)
    wear.a_time, wear.a_use, wear.b_time, wear.b_use = state
    return wear


def state_of(wear):
    return (wear.a_time, wear.a_use, wear.b_time, wear.b_use)


def losses_of(lfp, state):
    return started(lfp, state).losses()


def rows(lfp, begun, ran, only_begun, only):
    """[(model, cause, ran, charging only)] in 1e-9 between two pairs of losses."""
    found = []
    for k in range(2):
        for j in range(2):
            cause = ("time", "use")[j]
            found.append((MODELS[lfp][k], cause, ran[k][j] - begun[k][j], only[k][j] - only_begun[k][j]))
    return found


class Session:
    """One vehicle's stay at a bay."""

    def __init__(self, record, soc_bp):
        self.record = record
        self.ran = started(record.lfp, record.ran)
        self.only = started(record.lfp, record.only)
        self.begun = (self.ran.losses(), self.only.losses())
        self.arrived_bp = self.last_bp = soc_bp
        self.only_bp = soc_bp
        self.counted_bp = soc_bp  # rises above it charge the reference
        self.minutes = 0
        self.before = (record.minutes, record.moved_bp, record.only_moved_bp)

    def minute(self, soc_bp, target_bp, temp_dc):
        self.minutes += 1
        self.last_bp = soc_bp
        if soc_bp < self.counted_bp:
            self.counted_bp = soc_bp
        rise_bp = soc_bp - self.counted_bp
        if rise_bp >= RISE_BP:
            self.counted_bp = soc_bp
            self.only_bp = min(self.only_bp + rise_bp, max(self.arrived_bp, target_bp, self.only_bp))
        self.ran.minute(soc_bp, temp_dc)
        self.only.minute(self.only_bp, temp_dc)

    def book(self):
        """Into the record, as if the session ended now."""
        ran, only, record = self.ran.closed(), self.only.closed(), self.record
        record.ran = most(record.ran, state_of(ran))
        record.only = most(record.only, state_of(only))
        minutes, moved_bp, only_moved_bp = self.before
        record.minutes = max(record.minutes, minutes + self.minutes)
        record.moved_bp = max(record.moved_bp, moved_bp + ran.efc_units)
        record.only_moved_bp = max(record.only_moved_bp, only_moved_bp + only.efc_units)

    def figures(self):
        """[(model, cause, ran, charging only)] in 1e-9, of this session up to now."""
        ran, only = self.ran.closed().losses(), self.only.closed().losses()
        return rows(self.record.lfp, self.begun[0], ran, self.begun[1], only)


def most(a, b):
    """The larger of each pair: totals never fall."""
    return tuple([max(a[i], b[i]) for i in range(len(a))])


class Place:
    """One bay: who stands there, and since when."""

    def __init__(self, number, lfp, due_ms):
        self.number = number
        self.lfp = lfp
        self.record = None
        self.session = None
        self.passed_ms = due_ms
        self.blind = 0  # minutes without a known SOC


class Usage(Keeper):
    """Call update() once a second, outside the step; `notes` are lines for the console."""

    def __init__(self, image, config, store):
        Keeper.__init__(self)
        self.store = store
        self.records = load(store)
        self.places = []
        self.notes = []
        self.last = -1
        self.unkept = 0  # minutes since the store was written
        count = len(config["bays"])
        for i in range(count):
            row = config["bays"][i]
            if row["battery"]["capacity_wh"]:
                due_ms = _MINUTE_MS - 1000 * (60 * i // count)  # bays are sampled at different instants
                self.place(image.bays[i], row)
                self.places.append(Place(i + 1, row["battery"]["chemistry"] == "lfp", due_ms))
                self.plug(len(self.places) - 1, self.names[-1])

    def plug(self, i, name):
        """Another vehicle stands at the i-th of these bays; `name`: text."""
        self._end(self.places[i])
        self.places[i].record = self.record_of(key_of(name), self.places[i].lfp)

    def record_of(self, key, lfp):
        """This vehicle's, a new one where there is none."""
        for record in self.records:
            if record.key == key and record.lfp == lfp:
                return record
        if len(self.records) >= MOST_RECORDS:
            self._forget()
        self.records.append(Record(key, lfp))
        return self.records[-1]

    def _forget(self):
        """Of the vehicles that are not here the one that was here least."""
        here = [place.record for place in self.places]
        away = [record for record in self.records if record not in here]
        if away:
            self.records.remove(min(away, key=lambda record: record.minutes))

    def update(self, now):
        dt_ms = min(max(0, ticks_diff(now, self.last)), _LONGEST_MS) if self.last >= 0 else 0
        self.last = now
        for i in range(len(self.places)):
            place = self.places[i]
            place.passed_ms += dt_ms
            while place.passed_ms >= _MINUTE_MS:
                place.passed_ms -= _MINUTE_MS
                self._minute(place, self.bays[i])

    def _minute(self, place, bay):
        if bay.soc_bp.quality != GOOD:
            place.blind += 1
            if place.blind >= 2:
                self._end(place)
            return
        place.blind = 0
        if place.session is None:
            place.session = Session(place.record, bay.soc_bp.value)
        target_bp = bay.target_bp.value if bay.target_bp.quality == GOOD else 0
        place.session.minute(bay.soc_bp.value, target_bp, temperature_dc(bay))
        self.unkept += 1
        if self.unkept >= KEEP_MIN * len(self.places):
            self.due = True

    def _end(self, place):
        session = place.session
        if session is not None:
            session.book()
            if len(self.notes) == _MOST_NOTES:
                self.notes.pop(0)
            self.notes.append(line(place, session))
            place.session = None
            self.due = True

    def keep(self, now):
        """Commit all records, those in use as if their session ended now."""
        self.due = False
        self.unkept = 0
        self.book()
        rows = b"".join([record.pack() for record in self.records])
        self.failed = self.store is None or not self.store.save(rows)

    def book(self):
        """Every session into its record, as if it ended now."""
        for place in self.places:
            if place.session is not None:
                place.session.book()

    def renew(self, key):
        """This vehicle's records have grown elsewhere: a session in progress goes on from there."""
        for place in self.places:
            if place.record.key == key and place.session is not None:
                place.session = Session(place.record, place.session.last_bp)
        self.due = True

    def of(self, number):
        """The place of the bay with this number, None when it has no battery that is known."""
        for place in self.places:
            if place.number == number:
                return place
        return None


def temperature_dc(bay):
    """The hottest cell, where the BMS tells it."""
    if hasattr(bay, "temp_hi_dc") and bay.temp_hi_dc.quality == GOOD:
        return bay.temp_hi_dc.value
    return TEMP_DC


def spans(figures):
    """((least, most) that was lost, the same by charging only, the same of V2G's cost), in 1e-9."""
    ran = [figures[k][2] + figures[k + 1][2] for k in (0, 2)]
    only = [figures[k][3] + figures[k + 1][3] for k in (0, 2)]
    cost = [ran[k] - only[k] for k in range(2)]
    return [(min(pair), max(pair)) for pair in (ran, only, cost)]


def line(place, session):
    """A session that has ended, for the console; losses in millionths of the capacity."""
    ran, only, cost = spans(session.figures())
    text = "#V%03d %s: bay %d %s, %d min, %.1f to %.1f %%: %s ppm, charging only %s, cost of V2G %s"
    return text % (
        codes_order.WEAR_SESSION,
        codes_order.text(codes_order.WEAR_SESSION),
        place.number,
        name_of(session.record.key),
        session.minutes,
        session.arrived_bp / 100,
        session.last_bp / 100,
        span_text(ran),
        span_text(only),
        span_text(cost),
    )


def span_text(span):
    return "%.2f..%.2f" % (span[0] / 1000, span[1] / 1000)


def load(store):
    """The records of a store."""
    data = store.load() if store is not None else b""
    return [unpack(data[at : at + ROW_BYTES]) for at in range(0, len(data) - ROW_BYTES + 1, ROW_BYTES)]
