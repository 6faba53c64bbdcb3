"""The record that goes with a vehicle from charger to charger: what its budgets have used, its wear; as JSON.

    {"format": "v2g-vehicle", "version": 1, "identity": "...", "station": "...", "day": 9677,
     "budget": {"life_wh": Wh, "life_s": s, "day": 9677, "day_wh": Wh, "day_s": s},
     "wear": {"lfp": {"minutes": min, "moved_bp": n, "only_moved_bp": n,
                      "ran_ppb": [a, b, c, d], "only_ppb": [a, b, c, d]}},
     "sha256": "<64 hex>"}

Days count from 2000-01-01 in UTC, null = the clock was not set. `budget` is null and `wear` {} where the
charger keeps none. Energy is the battery's. `moved_bp` is throughput in 0.01 % of the capacity (20000 = a
full cycle). `ran_ppb` are the four figures of Wear in 1e-9: model A by time and by use, model B the same
(for NMC those two are Xu's damage, not yet a loss); `only_ppb` the same of charging only. Both begin at AGED
of usage.py. `sha256` is over text_of(): it finds damage, not forgery.

Merged figures never fall: each is the larger of the two. Records that have grown apart on two chargers do not
add up, since nobody knows what they share; so a vehicle's record travels with it, one way at a time. The
day's use counts when it is of the same day, or of a later one (as the clock here may be late).
"""

import hashlib

from firmware.guard.keeper import IDENTITY_BYTES, key_of, name_of
from firmware.guard.usage import most

FORMAT = "v2g-vehicle"
VERSION = 1
BUDGET = ("life_wh", "life_s", "day", "day_wh", "day_s")
WEAR = ("minutes", "moved_bp", "only_moved_bp")
_MOST = 1 << 30
_CHEMISTRIES = (("lfp", True), ("nmc", False))


class BadRecord(ValueError):
    """Damaged, of another version, or no such record: says what is wrong."""


def export(key, vehicle, records, station, day):
    """The record of a vehicle: its budgets (or None), its records of wear, who says so and when (or None)."""
    budget = None
    if vehicle is not None:
        budget = {name: getattr(vehicle, name) for name in BUDGET}
    wear = {}
    for record in records:
        if record.key == key:
            row = {name: getattr(record, name) for name in WEAR}
            row.update({"ran_ppb": list(record.ran), "only_ppb": list(record.only)})
            wear["lfp" if record.lfp else "nmc"] = row
    found = {"format": FORMAT, "version": VERSION, "identity": name_of(key), "station": station, "day": day}
    found.update({"budget": budget, "wear": wear})
    found["sha256"] = digest(found)
    return found


def text_of(record):
    """All that the checksum covers, in one order: fields joined by |, what is missing as -."""
    parts = [record[name] for name in ("format", "version", "identity", "station", "day")]
    budget = record["budget"]
    parts += [budget[name] for name in BUDGET] if budget else ["-"]
    for chemistry, _ in _CHEMISTRIES:
        row = record["wear"].get(chemistry)
        parts += [row[name] for name in WEAR] + row["ran_ppb"] + row["only_ppb"] if row else ["-"]
    return "|".join(["-" if part is None else str(part) for part in parts])


def digest(record):
    return "".join(["%02x" % octet for octet in hashlib.sha256(text_of(record).encode()).digest()])


def check(record):
    """BadRecord unless it is one, whole, of this version."""
    if record.get("format") != FORMAT or record.get("version") != VERSION:
        raise BadRecord('"format": "%s", "version": %d' % (FORMAT, VERSION))
    identity = record.get("identity")
    if not isinstance(identity, str) or not 1 <= len(identity) <= IDENTITY_BYTES:
        raise BadRecord("an identity of 1 to %d characters" % IDENTITY_BYTES)
    if any([not 32 < ord(c) < 127 for c in identity]):
        raise BadRecord("an identity in ASCII")
    try:
        _check_numbers(record)
        if digest(record) != record["sha256"]:
            raise BadRecord("the sha256 that its content has")
    except (KeyError, TypeError, AttributeError):
        raise BadRecord("all entries of firmware/guard/passport.py")


def _check_numbers(record):
    numbers = [record["budget"][name] for name in BUDGET] if record["budget"] is not None else []
    for chemistry, _ in _CHEMISTRIES:
        row = record["wear"].get(chemistry)
        if row is not None:
            if len(row["ran_ppb"]) != 4 or len(row["only_ppb"]) != 4:
                raise BadRecord("four figures of wear")
            numbers += [row[name] for name in WEAR] + row["ran_ppb"] + row["only_ppb"]
    for number in numbers:
        if number is True or number is False or not isinstance(number, int) or not 0 <= number < _MOST:
            raise BadRecord("whole numbers from 0 to 2^30")


def merge_budget(record, vehicle):
    """Into what this charger knows (firmware/guard/budgets.py); what is reserved stays so."""
    other = record["budget"]
    vehicle.life_wh = max(vehicle.life_wh, other["life_wh"])
    vehicle.life_s = max(vehicle.life_s, other["life_s"])
    if other["day"] >= vehicle.day:
        vehicle.day = other["day"]
        vehicle.day_wh = max(vehicle.day_wh, other["day_wh"])
        vehicle.day_s = max(vehicle.day_s, other["day_s"])


def merge_wear(record, record_of):
    """Into the records that record_of(key, lfp) gives."""
    key = key_of(record["identity"])
    for chemistry, lfp in _CHEMISTRIES:
        row = record["wear"].get(chemistry)
        if row is not None:
            own = record_of(key, lfp)
            for name in WEAR:
                setattr(own, name, max(getattr(own, name), row[name]))
            own.ran = most(own.ran, row["ran_ppb"])
            own.only = most(own.only, row["only_ppb"])


def take(record, budgets, usage):
    """Merge a checked record into a running station's; False when there is no room for the vehicle. The
    store follows in its time.
    """
    if budgets is not None and record["budget"] is not None:
        vehicle = budgets.vehicle(record["identity"])
        if vehicle is None:
            return False
        merge_budget(record, vehicle)
        budgets.changed(vehicle)
    if usage is not None:
        usage.book()
        merge_wear(record, usage.record_of)
        usage.renew(key_of(record["identity"]))
    return True
