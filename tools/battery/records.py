"""Vehicles' records in a charger's store (station.store), read and merged while its firmware does not run; of
a running one ask the order port (`v2g order HOST:PORT record`).
"""

import json
from pathlib import Path

from drivers.ports.file_slots import FileSlots
from drivers.store import Store
from firmware.guard import budgets, passport, usage
from firmware.guard.keeper import key_of, name_of
from tools.catalogue import Failure
from tools.catalogue_host import STORE_BAD


class Records:
    """Both stores of a charger: what budgets have used, and wear."""

    def __init__(self, path):
        self.path = path
        self.stores = [_store(path, ".budgets"), _store(path, ".wear")]
        if self.stores == [None, None]:
            raise Failure(STORE_BAD, "%s.budgets.0, %s.wear.0" % (path, path))
        self.vehicles = budgets.load(self.stores[0])
        self.wear = usage.load(self.stores[1])

    def identities(self):
        keys = {row.identity for row in self.vehicles} | {row.key for row in self.wear}
        return sorted(name_of(key) for key in keys)

    def export(self, identity):
        """The record of one vehicle; Failure when it was never here."""
        if identity not in self.identities():
            known = ", ".join(self.identities()) or "nobody"
            raise Failure(STORE_BAD, "%s: %s; known: %s" % (self.path, identity, known))
        key = key_of(identity)
        own = [row for row in self.vehicles if row.identity == key]
        return passport.export(key, own[0] if own else None, self.wear, Path(self.path).name, None)

    def merge(self, record):
        """Take in a record; Failure when it is none, or cannot be kept."""
        try:
            passport.check(record)
        except (passport.BadRecord, AttributeError) as error:
            raise Failure(STORE_BAD, "the record: right: %s" % error) from None
        key = key_of(record["identity"])
        if record["budget"] is not None and self.stores[0] is not None:
            own = [row for row in self.vehicles if row.identity == key]
            if not own:
                own = [budgets.Vehicle(key)]
                self.vehicles += own
            passport.merge_budget(record, own[0])
        if self.stores[1] is not None:
            passport.merge_wear(record, self._record_of)
        for store, rows in zip(self.stores, (self.vehicles, self.wear)):
            if store is not None and not store.save(b"".join(row.pack() for row in rows)):
                raise Failure(STORE_BAD, "%s: cannot be written, or is full" % self.path)

    def _record_of(self, key, lfp):
        for row in self.wear:
            if row.key == key and row.lfp == lfp:
                return row
        self.wear.append(usage.Record(key, lfp))
        return self.wear[-1]


def _store(path, what):
    if not Path("%s%s.0" % (path, what)).exists():
        return None
    return Store(FileSlots("%s%s" % (path, what)))


def read(file):
    """A record in a file; Failure when it is none."""
    try:
        return json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Failure(STORE_BAD, "%s: %s" % (file, error)) from None


def summary(record):
    """Lines for a person."""
    budget = record["budget"]
    if budget is not None:
        used = (budget["life_wh"] / 1000, budget["life_s"] / 3600, budget["day_wh"] / 1000)
        yield "discharged for the grid: %.1f kWh in %.1f h; on its last day %.1f kWh" % used
    for chemistry, row in record["wear"].items():
        kept = usage.Record(key_of(record["identity"]), chemistry == "lfp")
        kept.ran, kept.only = row["ran_ppb"], row["only_ppb"]
        ran, only, cost = (usage.span_text(span) for span in usage.spans(kept.figures()))
        hours = (row["minutes"] / 60, row["moved_bp"] / 20000)
        yield "%s, %.1f h here, %.2f full cycles: wear %s ppm, charging only %s, cost of V2G %s" % (
            (chemistry.upper(), *hours, ran, only, cost)
        )
